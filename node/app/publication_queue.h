// PublicationQueue: what one hosted issuer wants to say, gathered into at most one head per second.
//
// submit() hands in a change of status bits, new lists or statements; everything handed in while a head is
// not due yet shares the next one. Order for each publication: sign (Publisher::prepare) → durable
// (GroupCommit) → visible (Publisher::commit, engine) → answered. A change that is refused takes nobody
// else's down with it, and a change that finds its bit already so costs no head. When the engine adopts a
// longer log of the issuer's own (a restored backup catches up), the Publisher is opened anew from it and
// what was waiting goes on top.
// Threading: everything on the loop's thread, callbacks too.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/app/driver.h"
#include "protocol/feed/publisher.h"

namespace vcnode::node {

// A second's worth of single changes far beyond what one issuer makes; more is refused, not kept in memory.
inline constexpr std::size_t kQueuedChangesMax = 10'000;
// Between a store conflict (an adopted log was stored first) and the next attempt the engine needs a moment.
inline constexpr std::int64_t kConflictRetryMs = 200;
inline constexpr int kConflictRetriesMax = 10;
// The engine shows a publication of ours within milliseconds; longer than this nobody waits for it.
inline constexpr std::int64_t kShownMsMax = 2'000;
inline constexpr std::int64_t kReassertCheckMs = 20'000;

class PublicationQueue {
 public:
  struct Ports {
    EventLoop& loop;
    storage::GroupCommit& commits;
    Driver& driver;
    const Clock& clock;
    Metrics& metrics;
    Health& health;
    Log& log;
  };
  using Done = std::function<void(Result<feed::Head>)>;

  PublicationQueue(feed::Publisher::Options options, Ports ports);
  ~PublicationQueue();

  // Opens the Publisher from what the engine holds and starts re-asserting.
  void start();
  // After the engine accepted something into this feed: opens the Publisher anew unless it was our own
  // publication.
  void on_feed_changed();
  // Called when the feed grew by leaves that were not made here: the store was older than the feed.
  void on_overtaken(std::function<void()> callback) { overtaken_ = std::move(callback); }
  // No publication after this; what waits is answered with SHUTTING_DOWN.
  void stop();

  // Errors handed to `done`: those of why_not(), of Publisher::prepare, STORE_*, SERVER_BUSY, SHUTTING_DOWN.
  void submit(feed::Changes changes, Done done);
  // Why nothing can be published now: Driver::why_not_sign, PUBLISHER_STATE_INCOMPLETE, SHUTTING_DOWN.
  [[nodiscard]] std::optional<Error> why_not() const;
  [[nodiscard]] const std::optional<feed::Head>& head() const noexcept;
  // As last published; nullopt while the feed cannot be continued, and for a list it does not have.
  [[nodiscard]] std::optional<bool> bit(std::string_view list_uri, status::StatusIndex index) const;
  [[nodiscard]] const feed::Origin& origin() const noexcept { return options_.origin; }

 private:
  struct Entry {
    feed::Changes changes;
    Done done;
  };
  using Bits = std::map<std::pair<std::string, status::StatusIndex>, bool>;

  void open_publisher();
  void adopt();
  void pump();
  void wait_ms(std::int64_t delay);
  [[nodiscard]] bool is_revocation_list(const std::string& uri) const;
  [[nodiscard]] Result<void> merge(const feed::Changes& changes, Bits& bits, feed::Changes& merged) const;
  [[nodiscard]] std::pair<feed::Changes, std::vector<Entry>> take_batch();
  void publish(feed::Publication publication, std::vector<Entry> entries);
  void on_stored(const feed::Publication& publication, std::vector<Entry> entries,
                 const Result<void>& stored);
  void answer_when_shown(const feed::Head& head, std::vector<Entry> entries);
  void answer_shown(std::uint64_t size);
  void hold_back();
  void retry_later(std::vector<Entry> entries, const Error& conflict);
  void reassert();
  void answer(Entry entry, Result<feed::Head> result);
  void answer_all(std::vector<Entry> entries, const Result<feed::Head>& result);

  feed::Publisher::Options options_;
  Ports ports_;
  std::optional<feed::Publisher> publisher_;
  std::optional<Error> closed_;  // why publisher_ is empty
  struct Unshown {               // durable, but not yet what this node's readers see
    feed::Head head;
    std::vector<Entry> entries;
  };
  std::deque<Unshown> unshown_;
  std::deque<Entry> queue_;
  std::optional<EventLoop::TimerId> timer_;
  std::optional<EventLoop::TimerId> reassert_timer_;
  std::function<void()> overtaken_;
  std::uint64_t own_size_ = 0;      // of the feed, as far as this process made it or found it at start
  std::int64_t not_before_ms_ = 0;  // monotonic
  int conflicts_ = 0;
  std::size_t one_by_one_ = 0;  // of queue_, after a publication of several could not be made
  bool storing_ = false;
  bool stopped_ = false;
};

}  // namespace vcnode::node
