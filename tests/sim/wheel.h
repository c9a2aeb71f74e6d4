// Wheel: the simulator's only clock: what happens at which millisecond, in order of scheduling.
//
// A ring of one slot per millisecond for the near future and an ordered map for the rest; an event is 16
// bytes, whatever belongs to it lies in a pool of its kind. Events of one millisecond run in the order in
// which they were scheduled, so that a run depends on nothing but its inputs.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <vector>

#include "crypto/base/assert.h"

namespace vcnode::sim {

struct Event {
  enum class Kind : std::uint32_t { tick, frame, synced, verified, task };
  Kind kind = Kind::task;
  std::uint32_t node = 0;
  std::uint32_t life = 0;  // of the node when this was scheduled
  std::uint32_t item = 0;  // in the pool of its kind
};

class Wheel {
 public:
  Wheel() : slots_(kSlots) {}
  [[nodiscard]] std::int64_t now_ms() const noexcept { return now_ms_; }

  void at(std::int64_t when_ms, const Event& event) {
    VCNODE_ASSERT(when_ms >= now_ms_);
    if (when_ms < now_ms_ + kSlots)
      put(when_ms, event);
    else
      later_[when_ms].push_back(event);
  }

  // The next event not after `end_ms`; time moves to it. False: time moves to `end_ms`.
  [[nodiscard]] bool next(std::int64_t end_ms, Event& out) {
    for (;;) {
      auto& slot = slots_[index_of(now_ms_)];
      if (done_ < slot.size()) {
        out = slot[done_++];
        return true;
      }
      slot.clear();
      done_ = 0;
      busy_[index_of(now_ms_) / 64] &= ~(1ull << (index_of(now_ms_) % 64));
      const std::int64_t following = following_ms();
      if (following > end_ms) {
        move_to(end_ms);
        return false;
      }
      move_to(following);
    }
  }

 private:
  static constexpr std::int64_t kSlots = 65'536;  // about a minute: all but the longest timers
  [[nodiscard]] static std::size_t index_of(std::int64_t ms) { return static_cast<std::size_t>(ms % kSlots); }

  void put(std::int64_t when_ms, const Event& event) {
    slots_[index_of(when_ms)].push_back(event);
    busy_[index_of(when_ms) / 64] |= 1ull << (index_of(when_ms) % 64);
  }

  void move_to(std::int64_t ms) {
    now_ms_ = ms;
    while (!later_.empty() && later_.begin()->first < now_ms_ + kSlots) {
      for (const Event& event : later_.begin()->second) put(later_.begin()->first, event);
      later_.erase(later_.begin());
    }
  }

  [[nodiscard]] std::int64_t following_ms() const {
    for (std::int64_t ms = now_ms_ + 1; ms < now_ms_ + kSlots;) {
      const std::size_t index = index_of(ms);
      const std::uint64_t rest = busy_[index / 64] >> (index % 64);
      if (rest != 0) {
        const std::int64_t found = ms + std::countr_zero(rest);
        return found < now_ms_ + kSlots ? found : first_later_ms();
      }
      ms += 64 - static_cast<std::int64_t>(index % 64);
    }
    return first_later_ms();
  }
  [[nodiscard]] std::int64_t first_later_ms() const {
    return later_.empty() ? INT64_MAX : later_.begin()->first;
  }

  std::int64_t now_ms_ = 0;
  std::size_t done_ = 0;  // of the present slot
  std::vector<std::vector<Event>> slots_;
  std::array<std::uint64_t, kSlots / 64> busy_{};
  std::map<std::int64_t, std::vector<Event>> later_;
};

// What events refer to; places are used again.
template <class T>
class Pool {
 public:
  [[nodiscard]] std::uint32_t put(T value) {
    if (free_.empty()) {
      items_.push_back(std::move(value));
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    items_[place] = std::move(value);
    return place;
  }
  [[nodiscard]] T take(std::uint32_t place) {
    free_.push_back(place);
    return std::move(items_[place]);
  }
  [[nodiscard]] std::size_t used() const noexcept { return items_.size() - free_.size(); }

 private:
  std::vector<T> items_;
  std::vector<std::uint32_t> free_;
};

}  // namespace vcnode::sim
