#include "node/app/clock.h"

#include <chrono>

namespace vcnode::node {

namespace {

template <class C>
std::int64_t milliseconds_of() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(C::now().time_since_epoch()).count();
}

}  // namespace

std::int64_t SystemClock::wall_ms() const {
  return milliseconds_of<std::chrono::system_clock>();
}

std::int64_t SystemClock::monotonic_ms() const {
  return milliseconds_of<std::chrono::steady_clock>();
}

}  // namespace vcnode::node
