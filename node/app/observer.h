// Observer: visits the did:web documents and status lists that the operator named, on the schedule of
// protocol/observe, and hands what it saw to the feed of a hosted issuer.
//
// Fetches run on threads of their own, at most kFetchesMax at a time, and end with stop(). Nothing that a
// verifier asks causes one. What was seen before is read from the feed; nothing else is kept.
// Threading: everything on the loop's thread, `publish` too.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/app/clock.h"
#include "node/app/log.h"
#include "node/app/metrics.h"
#include "node/http/fetcher.h"
#include "node/net/loop.h"
#include "protocol/observe/schedule.h"

namespace vcnode::node {

// A slow server holds one of them for kFetchMsMax; a thousand targets a day need a fraction of one.
inline constexpr std::size_t kFetchesMax = 4;

class Observer {
 public:
  using Published = std::function<void(const Result<void>&)>;
  // Puts an observation into the feed; calls back when it is durable and shown, or cannot be.
  using Publish = std::function<void(feed::NewObservation, Published)>;
  using Fetch = std::function<Result<std::string>(const std::string& url, const PublicFetchOptions&)>;

  struct Options {
    std::vector<observe::Target> targets;
    observe::ScheduleOptions schedule = {};
    std::optional<std::filesystem::path> ca_file = {};
    std::uint64_t seed = 0;
    Fetch fetch = fetch_public;
  };
  struct Ports {
    EventLoop& loop;
    const Clock& clock;
    Metrics& metrics;
    Log& log;
  };
  Observer(Options options, Ports ports, Publish publish);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // What the feed says was observed, nullptr for nothing yet: before the first call nothing is fetched, then
  // after every change of the feed.
  void learn(const std::shared_ptr<const feed::ObservedUrls>& observed);
  // No fetch and no publication after this.
  void stop();

 private:
  struct Shared;
  void pump();
  void arm();
  void fetch(const observe::Target& target);
  void on_fetched(const observe::Target& target, const Result<std::string>& body);
  void on_failed(const observe::Target& target, const Error& why, Timestamp again);
  void publish(const observe::Target& target, feed::NewObservation observation);
  void on_published(const observe::Target& target, const Result<void>& published);
  [[nodiscard]] Timestamp now() const { return ports_.clock.now().wall; }

  Options options_;
  Ports ports_;
  Publish publish_;
  observe::Schedule schedule_;
  std::shared_ptr<Shared> shared_;  // with fetches that may end after this is gone
  std::optional<EventLoop::TimerId> timer_;
  std::unique_ptr<WorkerPool> workers_;
};

}  // namespace vcnode::node
