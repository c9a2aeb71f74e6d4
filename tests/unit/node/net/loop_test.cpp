#include "node/net/loop.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "tests/support/doctest.h"
#include "tests/unit/node/net/fixture.h"

using namespace vcnode;
using node::EventLoop;
using node::WorkerPool;

TEST_SUITE("node/net loop") {
  TEST_CASE("tasks run in the order they were posted, those before stop() included") {
    EventLoop loop;
    std::vector<int> seen;
    for (int i = 0; i < 3; ++i) loop.post([&seen, i] { seen.push_back(i); });
    loop.stop();
    loop.post([&seen] { seen.push_back(99); });
    loop.run();
    CHECK(seen == std::vector<int>{0, 1, 2});
  }

  TEST_CASE("timers run in order of time, and a cancelled one never does") {
    EventLoop loop;
    std::vector<int> seen;
    loop.after_ms(20, [&] { seen.push_back(20); });
    loop.after_ms(-5, [&] { seen.push_back(0); });
    const auto cancelled = loop.after_ms(5, [&] { seen.push_back(5); });
    // Both have expired when the first runs; it still can cancel the second.
    EventLoop::TimerId victim = 0;
    loop.after_ms(10, [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      loop.cancel(victim);
    });
    victim = loop.after_ms(11, [&] { seen.push_back(11); });
    loop.cancel(cancelled);
    loop.cancel(12345);
    loop.after_ms(40, [&] { loop.stop(); });
    loop.run();
    CHECK(seen == std::vector<int>{0, 20});
  }

  TEST_CASE("a loop that never ran may be destroyed with tasks and timers in it") {
    auto kept = std::make_shared<int>(1);
    {
      EventLoop loop;
      loop.post([kept] {});
      loop.after_ms(1000, [kept] {});
      loop.on_shutdown_signal([kept](int) {});
      CHECK(kept.use_count() > 1);
    }
    CHECK(kept.use_count() == 1);
  }

  TEST_CASE("post and stop work from other threads") {
    std::atomic<int> count{0};
    {
      test::LoopThread thread;
      std::vector<std::thread> posters;
      for (int i = 0; i < 4; ++i) {
        posters.emplace_back([&] {
          for (int j = 0; j < 100; ++j) thread.loop().post([&] { ++count; });
        });
      }
      for (auto& poster : posters) poster.join();
    }
    CHECK(count == 400);
  }

  TEST_CASE("workers run what was posted, and the destructor waits for it") {
    std::atomic<int> done{0};
    {
      std::promise<void> gate;
      auto opened = gate.get_future().share();
      WorkerPool pool(2);
      for (int i = 0; i < 10; ++i) {
        pool.post([&, opened] {
          opened.wait();
          ++done;
        });
      }
      CHECK(test::eventually([&] { return pool.queued() == 8; }));
      gate.set_value();
    }
    CHECK(done == 10);
  }

  TEST_CASE("what had not begun when it was discarded never runs, and is let go at once") {
    std::atomic<int> done{0};
    auto owned = std::make_shared<int>(1);
    {
      // Before the pool: its destructor waits for the task that uses them.
      std::promise<void> gate;
      std::promise<void> begun;
      WorkerPool pool(1);
      pool.post([&done, &begun, opened = gate.get_future().share()] {
        begun.set_value();
        opened.wait();
        ++done;
      });
      begun.get_future().wait();
      for (int i = 0; i < 10; ++i) pool.post([&done, owned] { ++done; });
      pool.discard();
      CHECK(owned.use_count() == 1);
      CHECK(pool.queued() == 0);
      gate.set_value();
    }
    CHECK(done == 1);
  }

  TEST_CASE("a pool of zero threads has one per core") {
    std::promise<void> ran;
    WorkerPool pool(0);
    pool.post([&] { ran.set_value(); });
    ran.get_future().wait();
    CHECK(pool.queued() == 0);
  }
}

namespace {

// Forks a process that runs a loop with a shutdown task, and returns its exit status after `signals`.
int exit_after_signals(const std::vector<int>& signals, const std::function<void(EventLoop&, int)>& task) {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    EventLoop loop;
    loop.on_shutdown_signal([&](int number) {
      if (::write(ready[1], "s", 1) != 1) ::_exit(1);
      task(loop, number);
    });
    loop.post([&] {
      if (::write(ready[1], "r", 1) != 1) ::_exit(1);
    });
    loop.run();
    ::_exit(7);
  }
  char seen = 0;
  for (const int number : signals) {
    CHECK(::read(ready[0], &seen, 1) == 1);
    ::kill(child, number);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_SUITE("node/net signals") {
  TEST_CASE("the first signal runs the task with its number") {
    const auto stop_if_term = [](EventLoop& loop, int number) {
      if (number == SIGTERM) loop.stop();
    };
    CHECK(exit_after_signals({SIGTERM}, stop_if_term) == 7);
  }

  TEST_CASE("the second signal ends the process at once, even when the loop is stuck") {
    const auto hang = [](EventLoop&, int) { std::this_thread::sleep_for(std::chrono::seconds(60)); };
    CHECK(exit_after_signals({SIGINT, SIGINT}, hang) == 130);
    CHECK(exit_after_signals({SIGINT, SIGTERM}, hang) == 130);
  }
}
