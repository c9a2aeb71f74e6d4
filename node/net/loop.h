// EventLoop and WorkerPool: where the node's work runs.
//
// One EventLoop thread owns the gossip engine, the publisher, timers and all sockets' completion handlers.
// CPU work (signature checks, verdicts, Argon2id) goes to the WorkerPool and posts its result back.
// Asio stays behind this header. A loop outlives everything built on it, except a Respond. Threading: post()
// from any thread; everything else on the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace vcnode::node {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void post(std::function<void()> task);
  // One-shot timer; the returned id cancels it. A cancelled task never runs.
  using TimerId = std::uint64_t;
  TimerId after_ms(std::int64_t delay_ms, std::function<void()> task);
  void cancel(TimerId timer);
  // Calls `task` once with the signal number on SIGINT or SIGTERM; a second signal exits the process at once.
  void on_shutdown_signal(std::function<void(int)> task);
  void run();   // until stop(); tasks already posted still run
  void stop();  // from any thread

  struct Native;  // io_context, for node/net and node/http only
  [[nodiscard]] Native& native() noexcept { return *native_; }

 private:
  std::unique_ptr<Native> native_;
};

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool();  // finishes what was posted
  void post(std::function<void()> task);
  // Drops what has not begun, on the caller's thread: nobody waits for it any more. What runs is finished.
  void discard();
  [[nodiscard]] std::size_t queued() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::node
