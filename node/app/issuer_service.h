// IssuerService: one hosted issuer: gives credentials an index and a signature, and changes their status.
//
// Issuing: index drawn at random (loop) → allocation durable (GroupCommit) → signed (worker) → answered. A
// credential is never handed out before its allocation is on disk, so what was handed out can be revoked.
// When the open list pair is full, the next pair is published first and requests wait for it. Nothing is
// issued while the issuer may not sign (see PublicationQueue::why_not): a node that has not caught up with
// its own feed does not know which indexes are spent.
// Errors: those of why_not(), CREDENTIAL_ID_USED, STORE_*, STATUS_REVOCATION_FINAL, SERVER_BUSY.
// Threading: everything on the loop's thread; `done` of issue() is called on a worker or on the loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/app/issuance.h"
#include "node/app/list_pairs.h"
#include "node/app/publication_queue.h"

namespace vcnode::node {

// Requests that wait for a new list pair; more are refused.
inline constexpr std::size_t kParkedIssuesMax = 1'000;
// Two credentials meet on one index only if two processes share a store, which the store refuses.
inline constexpr int kAllocateAttemptsMax = 3;
inline constexpr std::int64_t kListsRetryMs = 1'000;
// Below this many credentials on a list, a look at the list tells something about its few holders (herd
// privacy).
inline constexpr std::uint64_t kHerdMin = 1'000;

struct PurposeChange {
  status::Purpose purpose = status::Purpose::revocation;
  bool value = false;
};

class IssuerService {
 public:
  struct Identity {
    std::string name;
    Did did;
    feed::Origin origin;
    std::string verification_method;
    std::unique_ptr<Signer> signer;  // assertion and feed key: one for a did:key issuer
    std::string public_url;
  };
  struct Ports {
    EventLoop& loop;
    storage::GroupCommit& commits;
    const Store& store;
    WorkerPool& workers;
    Driver& driver;
    const Clock& clock;
    Metrics& metrics;
    Health& health;
    Log& log;
    Rng& rng;
  };
  IssuerService(Identity identity, Ports ports);

  // Publishes the first pair of lists if there is none; `ready` is called once, when that is done or has to
  // wait.
  void start(std::function<void()> ready);
  void on_feed_changed();
  void stop();

  void issue(Draft draft, std::function<void(Result<std::string>)> done);
  void change_status(const Allocation& allocation, const std::vector<PurposeChange>& changes,
                     std::function<void(Result<feed::Head>)> done);
  // As last published; nullopt while that is not known here.
  [[nodiscard]] std::optional<bool> is_revoked(const Allocation& allocation) const;

  // Why nothing can be issued or changed now.
  [[nodiscard]] std::optional<Error> why_not() const { return queue_.why_not(); }
  [[nodiscard]] const std::string& name() const noexcept { return identity_.name; }
  [[nodiscard]] const Did& did() const noexcept { return identity_.did; }
  [[nodiscard]] const feed::Origin& origin() const noexcept { return identity_.origin; }
  [[nodiscard]] const std::optional<feed::Head>& head() const noexcept { return queue_.head(); }
  [[nodiscard]] const ListPair* find_pair(std::string_view name_or_uri) const {
    return pairs_.find(name_or_uri);
  }
  [[nodiscard]] bool is_open(const ListPair& pair) const {
    const ListPair* open = pairs_.open_pair();
    return open != nullptr && open->name == pair.name;
  }
  [[nodiscard]] std::vector<ListPairs::Count> counts() const { return pairs_.counts(); }

 private:
  struct Request {
    Draft draft;
    std::function<void(Result<std::string>)> done;
    int attempts = 0;
  };
  void learn();
  void close_pairs();
  void ensure_lists();
  void on_lists_published(const Result<feed::Head>& published);
  void allocate(std::shared_ptr<Request> request);
  void on_allocated(const std::shared_ptr<Request>& request, const Allotted& allotted,
                    const Result<void>& stored);
  void sign(const std::shared_ptr<Request>& request, const Allotted& allotted);
  [[nodiscard]] Result<std::string> signed_text(const Draft& draft, const Allotted& allotted, Timestamp now);
  void serve_parked();
  void refuse_parked(const Error& error);
  void tell_ready();

  Identity identity_;
  Ports ports_;
  PublicationQueue queue_;
  ListPairs pairs_;
  std::vector<std::shared_ptr<Request>> parked_;
  std::function<void()> ready_;
  std::optional<EventLoop::TimerId> timer_;
  bool opening_pair_ = false;
  Reminder lists_wait_;
};

}  // namespace vcnode::node
