#include "protocol/gossip/credit.h"

#include <algorithm>

#include "crypto/base/assert.h"

namespace vcnode::gossip {

void Outbox::allow(Window total) {
  // Sums cannot overflow: what was sent is far below 2^63, and the window is a limit of ours.
  allowed_.frames = std::max(allowed_.frames, std::min(total.frames, sent_.frames + window_max_.frames));
  allowed_.bytes = std::max(allowed_.bytes, std::min(total.bytes, sent_.bytes + window_max_.bytes));
}

void Outbox::push(Priority priority, Bytes frame) {
  queued_bytes_ += frame.size();
  queues_[static_cast<std::size_t>(priority)].push_back(std::move(frame));
}

std::optional<Bytes> Outbox::pop() {
  for (auto& queue : queues_) {
    if (queue.empty()) continue;
    const std::size_t size = queue.front().size();
    if (sent_.frames + 1 > allowed_.frames || sent_.bytes + size > allowed_.bytes) return std::nullopt;
    Bytes frame = std::move(queue.front());
    queue.pop_front();
    queued_bytes_ -= size;
    sent_.frames += 1;
    sent_.bytes += size;
    return frame;
  }
  return std::nullopt;
}

bool Intake::take(std::size_t frame_bytes) {
  if (taken_.frames + 1 > granted_.frames || taken_.bytes + frame_bytes > granted_.bytes) return false;
  taken_.frames += 1;
  taken_.bytes += frame_bytes;
  return true;
}

void Intake::release(std::size_t frame_bytes) {
  released_.frames += 1;
  released_.bytes += frame_bytes;
  VCNODE_ASSERT(released_.frames <= taken_.frames && released_.bytes <= taken_.bytes);
}

bool Intake::grant_due() const noexcept {
  const Window unsaid{released_.frames + window_.frames - granted_.frames,
                      released_.bytes + window_.bytes - granted_.bytes};
  return unsaid.frames >= std::max<std::uint64_t>(1, window_.frames / 5) || unsaid.bytes >= window_.bytes / 4;
}

std::optional<wire::Credit> Intake::grant(MonotonicTime now) {
  const auto at = grant_at();
  if (!at || now < *at) return std::nullopt;
  granted_ = {released_.frames + window_.frames, released_.bytes + window_.bytes};
  granted_at_ = now;
  granted_once_ = true;
  return wire::Credit{granted_.frames, granted_.bytes};
}

std::optional<MonotonicTime> Intake::grant_at() const {
  if (!grant_due()) return std::nullopt;
  // Never granted: at once.
  return granted_once_ ? granted_at_.plus_ms(kGrantMsMin) : granted_at_;
}

Window Intake::open() const noexcept {
  return {taken_.frames - released_.frames, taken_.bytes - released_.bytes};
}

bool RateBudget::take(MonotonicTime now) {
  if (!filled_at_) filled_at_ = now;
  const std::int64_t fresh = (now.milliseconds() - filled_at_->milliseconds()) * per_second_ / 1000;
  if (fresh > 0) {
    tokens_ = std::min(burst_, tokens_ + fresh);
    filled_at_ = filled_at_->plus_ms(fresh * 1000 / per_second_);
  }
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

}  // namespace vcnode::gossip
