// The observer on a real loop with real threads; the web and the feed are the test's.
#include "node/app/observer.h"

#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/http/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/observe/web_issuer.h"

using namespace vcnode;
using node::Observer;

namespace {

constexpr std::int64_t kWaitMsMax = 20'000;

// What servers answer; from any thread.
class Web {
 public:
  void put(const std::string& url, std::string body) {
    const std::lock_guard lock(mutex_);
    bodies_[url] = std::move(body);
  }
  void take_away(const std::string& url) {
    const std::lock_guard lock(mutex_);
    bodies_.erase(url);
  }
  Result<std::string> get(const std::string& url, const node::PublicFetchOptions& options) {
    const std::lock_guard lock(mutex_);
    ++asked_[url];
    CHECK(options.stopped != nullptr);
    const auto found = bodies_.find(url);
    if (found == bodies_.end()) return fail(codes::FETCH_NOT_FOUND, url, ": status 404");
    return found->second;
  }
  int asked(const std::string& url) {
    const std::lock_guard lock(mutex_);
    return asked_[url];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> bodies_;
  std::map<std::string, int> asked_;
};

// A loop, an observer of two issuers and the feed that it writes to. Looks every second.
struct Bench {
  Web web;
  test::WebIssuer first{"uni.example"};
  test::WebIssuer second{"school.example"};
  std::ostringstream lines;
  node::Log log{"info", &lines};
  node::Metrics metrics;
  node::SystemClock clock;
  node::EventLoop loop;
  feed::Observations feed;
  bool refuse = false;
  int published = 0;
  std::unique_ptr<Observer> observer;

  Bench() {
    Observer::Options options;
    options.targets = {observe::Target::of_did(first.did().text()).value(),
                       observe::Target::of_did(second.did().text()).value(),
                       observe::Target::of_list(first.list_url()).value()};
    options.schedule = {.interval_seconds = 1, .reassert_seconds = 3600, .retry_seconds = 1};
    options.fetch = [this](const std::string& url, const node::PublicFetchOptions& how) {
      return web.get(url, how);
    };
    web.put(first.document_url(), first.document());
    web.put(second.document_url(), second.document());
    web.put(first.list_url(), first.list({}));
    observer = std::make_unique<Observer>(std::move(options), Observer::Ports{loop, clock, metrics, log},
                                          [this](feed::NewObservation made, Observer::Published done) {
                                            publish(std::move(made), std::move(done));
                                          });
  }

  void publish(feed::NewObservation made, Observer::Published done) {
    ++published;
    if (refuse) {
      loop.post([done] { done(fail(codes::SHUTTING_DOWN, "not now")); });
      return;
    }
    feed.append(feed::ObservationLeafKey::parse(made.key).value(), sha256(made.body),
                {1, static_cast<std::uint64_t>(published)});
    loop.post([this, done] {
      done({});
      observer->learn(feed.shown());
    });
  }

  // Runs the loop until `enough`, which is asked on the loop.
  void run_until(const std::function<bool()>& enough) {
    const std::int64_t until = clock.monotonic_ms() + kWaitMsMax;
    std::function<void()> look = [&] {
      const bool late = clock.monotonic_ms() > until;
      CHECK_FALSE(late);
      if (late || enough()) return loop.stop();
      loop.after_ms(20, look);
    };
    loop.post(look);
    loop.run();
  }
  [[nodiscard]] std::size_t seen(const std::string& url) const {
    const auto shown = feed.shown();
    if (shown == nullptr || !shown->contains(url)) return 0;
    return shown->at(url).observations.size();
  }
};

}  // namespace

TEST_CASE("what the web serves is observed once, and again when it changes") {
  Bench bench;
  const std::string url = bench.first.document_url();
  bench.loop.post([&] { bench.observer->learn(nullptr); });
  bench.run_until([&] {
    return bench.seen(url) == 1 && bench.seen(bench.first.list_url()) == 1 && bench.web.asked(url) >= 3;
  });
  CHECK(bench.feed.shown()->at(url).leaves == 1);
  bench.web.put(url, bench.first.document({{"k", 2}}));
  bench.run_until([&] { return bench.seen(url) == 2; });
  CHECK(bench.feed.shown()->at(url).leaves == 2);
  CHECK(bench.seen(bench.second.document_url()) == 1);
  CHECK(bench.lines.str().find("event=observed") != std::string::npos);
}

TEST_CASE("a server that is gone or serves something else is asked again, and leaves the feed as it was") {
  Bench bench;
  const std::string gone = bench.first.document_url();
  const std::string wrong = bench.second.document_url();
  bench.web.take_away(gone);
  bench.web.put(wrong, "<html>");
  bench.loop.post([&] { bench.observer->learn(nullptr); });
  bench.run_until([&] {
    return bench.web.asked(gone) >= 2 && bench.web.asked(wrong) >= 2 &&
           bench.seen(bench.first.list_url()) == 1;
  });
  CHECK(bench.seen(gone) == 0);
  CHECK(bench.seen(wrong) == 0);
  CHECK(bench.lines.str().find("FETCH_NOT_FOUND") != std::string::npos);
  CHECK(bench.lines.str().find("JSON_SYNTAX") != std::string::npos);
  bench.web.put(gone, bench.first.document());
  bench.run_until([&] { return bench.seen(gone) == 1; });
}

TEST_CASE("an observation that the feed refuses is made again") {
  Bench bench;
  bench.refuse = true;
  bench.loop.post([&] { bench.observer->learn(nullptr); });
  bench.run_until([&] { return bench.published >= 4; });
  CHECK(bench.feed.empty());
  CHECK(bench.lines.str().find("SHUTTING_DOWN") != std::string::npos);
  bench.refuse = false;
  bench.run_until([&] { return bench.seen(bench.first.document_url()) == 1; });
}

TEST_CASE("nothing is fetched before the feed is known, and nothing published after the end") {
  Bench bench;
  bench.run_until(
      [&, until = bench.clock.monotonic_ms() + 300] { return bench.clock.monotonic_ms() > until; });
  CHECK(bench.web.asked(bench.first.document_url()) == 0);
  bench.loop.post([&] {
    bench.observer->learn(nullptr);
    bench.observer->stop();
    bench.observer->learn(nullptr);
  });
  bench.run_until(
      [&, until = bench.clock.monotonic_ms() + 1'500] { return bench.clock.monotonic_ms() > until; });
  CHECK(bench.published == 0);
  bench.observer.reset();
}
