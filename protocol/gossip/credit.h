// Credits: how much one side lets the other send before it has worked off what came.
//
// The receiver states totals since the link began (wire::Credit), so a lost, repeated or late statement does
// no harm. Hello, Credit, Ping, Pong and Refusal are free: two peers without credit must be able to tell each
// other; they have a budget of their own instead (ControlBudget). Threading: plain objects of one link.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "crypto/base/bytes.h"
#include "crypto/base/time.h"
#include "protocol/wire/frame.h"

namespace vcnode::gossip {

struct Window {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

// Frames on their way out: heads, requests and records before leaves and bodies, each in order.
enum class Priority : std::uint8_t { head, body };

class Outbox {
 public:
  // `window_max`: never more in flight than that, whatever the peer says it takes.
  explicit Outbox(Window window_max) : window_max_(window_max) {}
  void allow(Window total);
  void push(Priority priority, Bytes frame);
  // The next frame that the credit covers. A frame that waits is not overtaken by a smaller one behind it.
  [[nodiscard]] std::optional<Bytes> pop();
  [[nodiscard]] std::size_t queued_bytes() const noexcept { return queued_bytes_; }

 private:
  Window window_max_;
  Window allowed_;
  Window sent_;
  std::array<std::deque<Bytes>, 2> queues_;
  std::size_t queued_bytes_ = 0;
};

// What came in, what of it is worked off, and when to say so.
class Intake {
 public:
  explicit Intake(Window window) : window_(window), granted_(window) {}
  // False if the frame is beyond what was granted; it is then not counted.
  [[nodiscard]] bool take(std::size_t frame_bytes);
  void release(std::size_t frame_bytes);
  // The statement to send now: due after a fifth of the frames (40 of 200) or a quarter of the bytes, and not
  // sooner than kGrantMsMin after the last, which also bounds the rate at which a peer can keep this node
  // busy.
  [[nodiscard]] std::optional<wire::Credit> grant(MonotonicTime now);
  [[nodiscard]] std::optional<MonotonicTime> grant_at() const;
  [[nodiscard]] Window open() const noexcept;  // taken and not released

  static constexpr std::int64_t kGrantMsMin = 100;

 private:
  [[nodiscard]] bool grant_due() const noexcept;
  Window window_;
  Window granted_;
  Window taken_;
  Window released_;
  MonotonicTime granted_at_;
  bool granted_once_ = false;
};

// A burst and a rate.
class RateBudget {
 public:
  [[nodiscard]] bool take(MonotonicTime now);

 protected:
  RateBudget(std::int64_t burst, std::int64_t per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}
  void put_back() { tokens_ = std::min(burst_, tokens_ + 1); }

 private:
  std::int64_t burst_;
  std::int64_t per_second_;
  std::int64_t tokens_;
  std::optional<MonotonicTime> filled_at_;
};

// Free frames. Honest peers send ten credits a second at the very most, and answer pings.
class ControlBudget : public RateBudget {
 public:
  static constexpr std::int64_t kBurst = 64;
  static constexpr std::int64_t kPerSecond = 20;
  ControlBudget() : RateBudget(kBurst, kPerSecond) {}
};

}  // namespace vcnode::gossip
