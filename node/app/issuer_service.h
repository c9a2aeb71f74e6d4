// IssuerService: one hosted issuer: gives credentials an index and a signature, changes their status, and
// takes the next entry of its log into its feed.
//
// Issuing: index drawn at random (loop) → allocation durable (GroupCommit) → signed (worker) → answered. A
// credential is never handed out before its allocation is on disk, so what was handed out can be revoked.
// When the open list pair is full, the next pair is published first and requests wait for it. Nothing is
// issued while the issuer may not sign (see PublicationQueue::why_not): a node that has not caught up with
// its own feed does not know which indexes are spent.
//
// With proven times (Identity::time_batch): index reserved (loop) → next time batch, whose quorum cosigns →
// allocation durable → signed → answered. What is not answered has spent nothing: the index is free again,
// and the same id may be asked for again.
//
// A did:key issuer has one key and one feed for ever. What signs for a did:webvh issuer, and which feed it
// has, says the newest version of its DID (issuer_identity.cpp): after an entry that changed either, requests
// wait until the feed of the new epoch is begun and go on with the new key. No credential carries a time at
// which its key was not in force: an entry must be dated after the last credential that was signed.
//
// Errors: those of why_not(), those of TimeBatcher::add, CREDENTIAL_ID_USED, STORE_*,
// STATUS_REVOCATION_FINAL, SERVER_BUSY. Threading: everything on the loop's thread but for what says
// otherwise; `done` of issue() is called on a worker or on the loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/app/issuance.h"
#include "node/app/issuer_keys.h"
#include "node/app/list_pairs.h"
#include "node/app/publication_queue.h"
#include "node/app/statement_orders.h"
#include "node/app/time_batcher.h"
#include "protocol/gossip/admitted.h"
#include "protocol/issuer/history.h"

namespace vcnode::node {

// Requests that wait for a new list pair, or for the issuer's next epoch; more are refused.
inline constexpr std::size_t kParkedIssuesMax = 1'000;
// Two credentials meet on one index only if two processes share a store, which the store refuses.
inline constexpr int kAllocateAttemptsMax = 3;
inline constexpr std::int64_t kListsRetryMs = 1'000;
// Below this many credentials on a list, a look at the list tells something about its few holders (herd
// privacy).
inline constexpr std::uint64_t kHerdMin = 1'000;
// How long issuing and time batches are held back for an entry that came too late, dated before a credential
// or of a feed that had grown, so that the next one fits.
inline constexpr std::int64_t kEntryHoldMs = 15'000;

struct PurposeChange {
  status::Purpose purpose = status::Purpose::revocation;
  bool value = false;
};

// A statement as it stands in the feed.
struct PublishedStatement {
  std::string id;
  std::string text;
  Sha256Digest digest;
  std::optional<statement::Place> place;  // of its leaf; none: durable, and not shown yet
};
struct PublishedStatements {
  std::vector<PublishedStatement> statements;  // in the order asked for
  feed::Head head;
};

class IssuerService {
 public:
  struct Identity {
    std::string name;
    std::string network;
    Did did;                                     // as configured
    std::optional<gossip::AdmittedHistory> log;  // of a did:webvh issuer
    IssuerKeys keys;
    std::string public_url;
    std::optional<TimeBatcher::Options> time_batch;  // none: times of issue are not proven
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
  // What signs for the issuer now, and into which feed.
  struct InForce {
    Did did;
    std::string version_id;  // "" of a did:key
    feed::Origin origin;
    std::string verification_method;
    std::shared_ptr<Signer> assertion;
    std::shared_ptr<Signer> feed;
    Timestamp since = Timestamp(0);  // nothing is signed with these keys that is dated before
    friend bool operator==(const InForce&, const InForce&) = default;
  };
  IssuerService(Identity identity, Ports ports);

  // Begins the feed and publishes the first pair of lists where there is none; `ready` is called once, when
  // that is done or has to wait.
  void start(std::function<void()> ready);
  void on_feed_changed(const feed::OriginHash& origin);
  void on_history_changed() { settle(); }
  void stop();

  void issue(Draft draft, std::function<void(Result<std::string>)> done);
  void change_status(const Allocation& allocation, const std::vector<PurposeChange>& changes,
                     std::function<void(Result<feed::Head>)> done);
  // As last published; nullopt while that is not known here.
  [[nodiscard]] std::optional<bool> is_revoked(const Allocation& allocation) const;

  // Puts what was seen on the web into the feed. Errors: those of why_not(), of Publisher::prepare, STORE_*.
  void observe(feed::NewObservation observation, std::function<void(const Result<void>&)> done);

  // Signs what is not signed yet and publishes all in one head, or none. Errors: those of why_not(), of
  // Publisher::prepare and of feed::check_body (a signature made elsewhere that no key in force made);
  // STATEMENT_ID_USED, STATEMENT_UNKNOWN; SERVER_BUSY (an entry of the log is on its way); STORE_*.
  using Said = std::function<void(Result<PublishedStatements>)>;
  void publish_statements(std::vector<StatementOrder> orders, Said done);

  struct TakenEntry {
    std::string version_id;
    std::optional<feed::Head> head;  // of the feed that the entry leads to; none: it leads to none
    std::vector<Error> warnings = {};
  };
  struct Recovery {
    // The entry opens an epoch by itself, also where the old feed key could commit to it, and may seal an
    // earlier state; `takes_back`: also one that leaves out what nobody says again.
    bool alone = false;
    bool takes_back = false;
  };
  // The next entry of the issuer's log, durable and in its feed before it is answered. `keys`: as the key
  // files are now, those that the entry names among them. Errors: those of webvh::apply, FEED_SERVICE_INVALID
  // and WEBVH_WITNESS_THRESHOLD; ISSUER_WITHOUT_LOG; ENTRY_NOT_NEXT; ENTRY_TIME_PASSED; SEAL_OUTDATED;
  // SEAL_TAKES_BACK, also as a warning; FEED_CLOSED; ISSUER_KEY_MISSING; why nothing can be published;
  // STORE_*.
  void take_entry(issuer::EntryBody entry, IssuerKeys keys, Recovery recovery,
                  std::function<void(Result<TakenEntry>)> done);
  // Publishes a signed Closed statement of this date. Errors: CLOSE_TIME (the future, or before a credential
  // that was issued), those of why_not(), of Publisher::prepare; STORE_*.
  void close(Timestamp date, std::function<void(Result<feed::Head>)> done);

  // Why nothing can be issued or changed now.
  [[nodiscard]] std::optional<Error> why_not() const;
  [[nodiscard]] const std::string& name() const noexcept { return identity_.name; }  // any thread
  [[nodiscard]] const std::optional<gossip::AdmittedHistory>& log() const noexcept { return identity_.log; }
  [[nodiscard]] const IssuerKeys& keys() const noexcept { return identity_.keys; }
  // The DID of the newest version. Any thread.
  [[nodiscard]] Did did() const;
  // nullptr while nothing may sign for the issuer. Any thread.
  [[nodiscard]] std::shared_ptr<const InForce> in_force() const;
  // Of the feed that is published to; nullopt while there is none.
  [[nodiscard]] std::optional<feed::Origin> origin() const;
  [[nodiscard]] std::optional<feed::Head> head() const;
  [[nodiscard]] const ListPair* find_pair(std::string_view name_or_uri) const {
    return pairs_.find(name_or_uri);
  }
  [[nodiscard]] bool is_open(const ListPair& pair) const {
    const ListPair* open = pairs_.open_pair();
    return open != nullptr && open->name == pair.name;
  }
  [[nodiscard]] std::vector<ListPairs::Count> counts() const { return pairs_.counts(); }
  // None without proven times.
  [[nodiscard]] std::vector<WitnessClient::Stand> witnesses() const;

 private:
  struct Request {
    Draft draft;
    std::function<void(Result<std::string>)> done;
    int attempts = 0;
    TimeBatcher::Document document = nullptr;  // with its entry; none: the draft is signed
  };
  // An entry on its way into the feed.
  struct Change {
    webvh::State version;
    issuer::EntryBody body;
    std::optional<issuer::FeedService> feed;  // that it names
    Recovery recovery = {};
    std::function<void(Result<TakenEntry>)> done;
    std::vector<Error> warnings = {};
  };
  using Shown = std::function<void(Result<feed::Head>)>;
  // Statements that are signed and about to be published.
  struct Saying {
    std::shared_ptr<const InForce> by;
    std::vector<std::string> ids;
    std::vector<PublishedStatement> statements;
    Said done;
    std::optional<Error> refused = std::nullopt;
  };

  // issuer_service.cpp
  void learn();
  void ensure_lists();
  void on_lists_published(const Result<feed::Head>& published);
  void allocate(std::shared_ptr<Request> request);
  void store_allocation(const std::shared_ptr<Request>& request, const Allotted& allotted);
  void on_allocated(const std::shared_ptr<Request>& request, const Allotted& allotted,
                    const Result<void>& stored);
  void sign(const std::shared_ptr<Request>& request, const Allotted& allotted);
  [[nodiscard]] Result<std::string> signed_text(const Request& request, const Allotted& allotted,
                                                Timestamp now, const InForce& by);
  void serve_parked();
  void refuse_parked(const Error& error);
  void tell_ready();
  [[nodiscard]] bool waits_for_entry() const;
  void resume();
  void hold_back(std::int64_t ms);

  // issuer_memory.cpp
  [[nodiscard]] feed::Origin first_origin() const;
  void remember(StoreBatch& batch, const feed::Origin& origin, const feed::Head& head) const;
  void recall();
  [[nodiscard]] bool continues_own(const feed::FeedReplica& replica) const;
  void close_pairs();

  // issuer_recovery.cpp
  void recover_epoch();
  [[nodiscard]] Result<void> check_recovery();

  // issuer_closing.cpp
  void close_after(const Result<std::optional<Timestamp>>& last, Timestamp date,
                   std::function<void(Result<feed::Head>)> done);

  // issuer_statements.cpp
  [[nodiscard]] Result<void> check_orders(const std::vector<StatementOrder>& orders) const;
  [[nodiscard]] std::shared_ptr<const Resolver> keys_in_force() const;
  [[nodiscard]] Failure entry_on_its_way() const;
  void say(const std::shared_ptr<Saying>& saying);

  // issuer_batches.cpp
  void make_batcher(TimeBatcher::Options options);
  [[nodiscard]] Result<TimeBatcher::Feed> batch_feed() const;
  void publish_batch(feed::NewTimeBatch batch, std::function<void(Result<TimeBatcher::Published>)> done);
  void batch(const std::shared_ptr<Request>& request, const Allotted& allotted);
  void on_batched(const std::shared_ptr<Request>& request, const Allotted& allotted,
                  std::uint64_t pairs_closed, const Result<TimeBatcher::Document>& document);
  [[nodiscard]] std::optional<Error> why_id_is_used(const std::string& id) const;

  // issuer_identity.cpp
  void settle();
  void settle_later(const Error& why);
  [[nodiscard]] Result<InForce> choose() const;
  void begin_feed(const InForce& next);
  void install(InForce next);
  void retire_queue(std::function<void()> idle);
  void when_idle(PublicationQueue& queue, std::function<void()> idle);
  [[nodiscard]] Result<Change> check_entry(issuer::EntryBody entry) const;
  [[nodiscard]] std::optional<Error> why_closed() const;
  void run_change();
  void publish_entry();
  void end_change(Result<TakenEntry> result);
  void finish_change();
  void answer_in_force(const std::string& version, std::function<void(Result<TakenEntry>)> done,
                       std::int64_t tries);
  void publish_once(const InForce& by, const feed::FeedReplica& replica, const feed::Changes& changes,
                    Shown shown);
  void wait_shown(const feed::Origin& origin, const feed::Head& head, Timestamp since, Shown shown);
  [[nodiscard]] feed::Changes beginning_of(const issuer::History& history) const;

  Identity identity_;
  Ports ports_;
  mutable std::mutex mutex_;  // guards in_force_ and did_
  std::shared_ptr<const InForce> in_force_;
  Did did_;
  std::unique_ptr<PublicationQueue> queue_;
  std::vector<std::unique_ptr<PublicationQueue>> retired_;  // what they began still calls back
  PublicationQueue* draining_ = nullptr;                    // of `retired_`, not idle yet
  std::optional<Error> blocked_;                            // why there is no queue
  std::optional<Change> change_;
  bool beginning_ = false;  // the first leaves of a feed are under way
  bool stopped_ = false;
  ListPairs pairs_;
  std::uint64_t pairs_closed_ = 0;  // how often; what was reserved before is not given away after
  std::unique_ptr<TimeBatcher> batcher_;
  std::vector<std::shared_ptr<Request>> parked_;
  std::vector<std::function<void()>> held_;  // what waits for an entry and does not fit among parked_
  std::function<void()> ready_;
  std::optional<EventLoop::TimerId> timer_;
  std::optional<EventLoop::TimerId> settle_timer_;
  std::int64_t hold_until_ms_ = 0;  // monotonic
  Timestamp last_signed_{0};
  std::set<std::string, std::less<>> saying_;  // ids of statements on their way into the feed
  bool opening_pair_ = false;
  Reminder lists_wait_;
  Reminder settle_wait_;
};

}  // namespace vcnode::node
