// PublicationQueue: what one issuer wants to say, gathered into at most one head per second.
//
// submit() hands in a change of status bits, new lists or statements; everything handed in while a head is
// not due yet shares the next one. Order for each publication: sign (Publisher::prepare) → durable → visible
// (Publisher::commit, shown) → answered. A change that is refused takes nobody else's down with it, and a
// change that finds its bit already so costs no head. When the feed grows by a log of the issuer's own that
// was not made here (a restored backup catches up), the Publisher is opened anew from it and what was waiting
// goes on top.
//
// Sans-IO: time, the store and everybody else are behind PublicationShell, which node/app and the simulator
// each have one of. Threading: not thread-safe; callbacks on the caller's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/feed/publisher.h"

namespace vcnode::feed {

// Between a store conflict (an adopted log was stored first) and the next attempt the engine needs a moment.
inline constexpr std::int64_t kConflictRetryMs = 200;
inline constexpr int kConflictRetriesMax = 10;
// The engine shows a publication of ours within milliseconds; longer than this nobody waits for it.
inline constexpr std::int64_t kShownMsMax = 2'000;
inline constexpr std::int64_t kReassertCheckMs = 20'000;

// Whoever runs a queue. post(), after_ms() and store() return before they call back.
class PublicationShell {
 public:
  virtual ~PublicationShell() = default;

  [[nodiscard]] virtual const FeedReplica& replica() const = 0;  // of the issuer's feed, as others see it
  [[nodiscard]] virtual std::optional<Error> why_not_sign() const = 0;
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;       // since 1970
  [[nodiscard]] virtual std::int64_t monotonic_ms() const = 0;  // never goes back

  virtual void post(std::function<void()> task) = 0;
  virtual void after_ms(std::int64_t delay, std::function<void()> task) = 0;

  enum class Fate {
    durable,
    conflict,  // another log of the issuer's own was stored first; it is about to be adopted
    failed
  };
  using Stored = std::function<void(Fate, const Result<void>&)>;
  virtual void store(const Publication& publication, Stored done) = 0;  // `publication` lives until then
  virtual void show(const Publication& publication) = 0;                // it is durable

  // The feed got leaves that were not made here, or a later head: the store is older than the feed.
  virtual void overtaken() = 0;
  // For whoever reads the log.
  virtual void not_continued(const Error& reason) = 0;
  virtual void not_reasserted(const Error& reason) = 0;
};

class PublicationQueue {
 public:
  using Done = std::function<void(const Result<Head>&)>;

  PublicationQueue(Publisher::Options options, PublicationShell& shell);

  // Opens the Publisher from what the shell shows and starts re-asserting.
  void start();
  // After the feed changed: opens the Publisher anew unless it was our own publication.
  void on_feed_changed();
  // No publication after this; what waits, and what is still submitted, is answered with `reason`.
  void stop(Error reason);

  // Errors handed to `done`: those of why_not(), of Publisher::prepare, of the shell's store.
  void submit(Changes changes, Done done);
  // Why nothing can be published now: stop(), why_not_sign(), FEED_CLOSED, PUBLISHER_STATE_INCOMPLETE.
  [[nodiscard]] std::optional<Error> why_not() const;
  // Nothing waits, is on its way to the disk, or is stored and not shown yet.
  [[nodiscard]] bool idle() const noexcept { return !running_ && queue_.empty() && unshown_.empty(); }
  [[nodiscard]] std::size_t queued() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size() + unshown_.size(); }
  // As last published; none while the feed cannot be continued.
  [[nodiscard]] const Publisher* publisher() const noexcept { return publisher_ ? &*publisher_ : nullptr; }

 private:
  struct Entry {
    Changes changes;
    Done done;
  };
  struct Running {  // signed, and on its way to the disk
    Publication publication;
    std::vector<Entry> entries;
  };
  struct Unshown {  // durable, but not yet what others see
    Head head;
    std::vector<Entry> entries;
  };
  using Bits = std::map<std::pair<std::string, status::StatusIndex>, bool>;

  [[nodiscard]] Timestamp wall() const { return Timestamp(shell_.wall_ms() / 1000); }
  void open_publisher();
  void adopt();
  void pump();
  void wait_ms(std::int64_t delay);
  [[nodiscard]] Result<void> merge(const Changes& changes, Bits& bits, Changes& merged) const;
  [[nodiscard]] std::pair<Changes, std::vector<Entry>> take_batch();
  void give_up(std::vector<Entry> entries, const Failure& reason);
  void put_back(std::vector<Entry> entries);
  void publish(Publication publication, std::vector<Entry> entries);
  void on_stored(PublicationShell::Fate fate, const Result<void>& stored);
  void answer_when_shown(const Head& head, std::vector<Entry> entries);
  void answer_shown(std::uint64_t size);
  void hold_back();
  void retry_later(std::vector<Entry> entries, const Error& conflict);
  void reassert();
  void answer(Entry entry, Result<Head> result);
  void answer_all(std::vector<Entry> entries, const Result<Head>& result);

  Publisher::Options options_;
  PublicationShell& shell_;
  std::optional<Publisher> publisher_;
  std::optional<Error> closed_;  // why publisher_ is empty
  std::optional<Error> stopped_;
  std::deque<Entry> queue_;
  std::optional<Running> running_;
  std::deque<Unshown> unshown_;
  std::uint64_t own_size_ = 0;      // of the feed, as far as this process made it or found it at start
  std::int64_t not_before_ms_ = 0;  // monotonic
  std::size_t one_by_one_ = 0;      // of queue_, after a publication of several could not be made
  int conflicts_ = 0;
  bool waits_ = false;
};

}  // namespace vcnode::feed
