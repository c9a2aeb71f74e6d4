// PublicationQueue: feed::PublicationQueue on this node's loop, store, engine, clock and log.
//
// Bounds what waits. Threading: everything on the loop's thread, callbacks too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "node/app/driver.h"
#include "protocol/feed/publication_queue.h"

namespace vcnode::node {

// A second's worth of single changes far beyond what one issuer makes; more is refused, not kept in memory.
inline constexpr std::size_t kQueuedChangesMax = 10'000;

class PublicationQueue final : private feed::PublicationShell {
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
  using Done = feed::PublicationQueue::Done;

  // `scid`: of a did:webvh issuer, else "".
  PublicationQueue(feed::Publisher::Options options, Ports ports, std::string scid = {});
  ~PublicationQueue() override;

  void start() { queue_.start(); }
  // After the engine accepted something into this feed.
  void on_feed_changed() { queue_.on_feed_changed(); }
  // Called when the feed got leaves or a head that were not made here: the store was older than the feed.
  void on_overtaken(std::function<void()> callback) { overtaken_ = std::move(callback); }
  // Called with what is about to be stored with a head, to add to it.
  using Add = std::function<void(StoreBatch&, const feed::Head&)>;
  void with_each_batch(Add add) { add_ = std::move(add); }
  // No publication after this; what waits is answered with SHUTTING_DOWN.
  void stop();

  // Errors handed to `done`: those of why_not(), of Publisher::prepare, STORE_*, SERVER_BUSY, SHUTTING_DOWN.
  void submit(feed::Changes changes, Done done);
  // Why nothing can be published now: Driver::why_not_sign, PUBLISHER_STATE_INCOMPLETE, SHUTTING_DOWN.
  [[nodiscard]] std::optional<Error> why_not() const { return queue_.why_not(); }
  [[nodiscard]] const std::optional<feed::Head>& head() const noexcept;
  // Nothing waits, and nothing is on its way.
  [[nodiscard]] bool idle() const { return queue_.idle(); }
  // As last published; nullopt while the feed cannot be continued, and for a list it does not have.
  [[nodiscard]] std::optional<bool> bit(std::string_view list_uri, status::StatusIndex index) const;

 private:
  [[nodiscard]] const feed::FeedReplica& replica() const override;
  [[nodiscard]] std::optional<Error> why_not_sign() const override;
  [[nodiscard]] std::int64_t wall_ms() const override { return ports_.clock.wall_ms(); }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return ports_.clock.monotonic_ms(); }
  void post(std::function<void()> task) override { ports_.loop.post(std::move(task)); }
  void after_ms(std::int64_t delay, std::function<void()> task) override;
  void store(const feed::Publication& publication, Stored done) override;
  void show(const feed::Publication& publication) override;
  void overtaken() override;
  void not_continued(const Error& reason) override;
  void not_reasserted(const Error& reason) override;
  void say(LogLevel level, std::string_view event, const Error& reason);

  [[nodiscard]] const feed::OriginHash& origin() const noexcept { return empty_.origin().hash(); }

  feed::FeedReplica empty_;  // stands for the feed when its epoch is over; nothing is signed on it
  std::string scid_;
  Ports ports_;
  std::function<void()> overtaken_;
  Add add_;
  std::set<EventLoop::TimerId> timers_;
  feed::PublicationQueue queue_;
};

}  // namespace vcnode::node
