#include "node/net/loop.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "node/net/native.h"

namespace vcnode::node {
namespace {

// What a shell reports for a process ended by SIGINT.
constexpr int kExitOnSecondSignal = 130;
// Longer delays mean "never" and would overflow the clock's nanoseconds.
constexpr std::int64_t kTimerMsMax = 365LL * 24 * 3600 * 1000;

extern "C" void exit_at_once(int) {
  ::_exit(kExitOnSecondSignal);
}

}  // namespace

void LoopGate::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (context_ != nullptr) asio::post(*context_, std::move(task));
}

bool LoopGate::is_on_loop() {
  const std::lock_guard lock(mutex_);
  return context_ != nullptr && context_->get_executor().running_in_this_thread();
}

void LoopGate::shut() {
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
}

EventLoop::EventLoop() : native_(std::make_unique<Native>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::post(std::function<void()> task) {
  asio::post(native_->context, std::move(task));
}

EventLoop::TimerId EventLoop::after_ms(std::int64_t delay_ms, std::function<void()> task) {
  const TimerId id = ++native_->last_timer;
  auto timer = std::make_unique<Timer>(native_->executor());
  timer->expires_after(std::chrono::milliseconds(std::clamp<std::int64_t>(delay_ms, 0, kTimerMsMax)));
  timer->async_wait([native = native_.get(), id, task = std::move(task)](ErrorCode) {
    // The map decides: a timer cancelled after it expired is no longer there.
    if (native->timers.erase(id) != 0) task();
  });
  native_->timers.emplace(id, std::move(timer));
  return id;
}

void EventLoop::cancel(TimerId timer) {
  native_->timers.erase(timer);
}

void EventLoop::on_shutdown_signal(std::function<void(int)> task) {
  native_->signals = std::make_unique<asio::signal_set>(native_->context, SIGINT, SIGTERM);
  native_->signals->async_wait([native = native_.get(), task = std::move(task)](ErrorCode error, int number) {
    if (error) return;
    // A plain handler, so that the second signal works even when the loop is stuck.
    native->signals.reset();
    struct sigaction action {};
    action.sa_handler = exit_at_once;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    task(number);
  });
}

void EventLoop::run() {
  native_->context.restart();
  native_->context.run();
}

void EventLoop::stop() {
  asio::post(native_->context, [native = native_.get()] { native->context.stop(); });
}

}  // namespace vcnode::node
