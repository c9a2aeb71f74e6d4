#include "protocol/gossip/standing.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace vcnode::gossip {
namespace {

int halved(int points, std::int64_t times) {
  return times >= 31 ? 0 : points / (1 << times);
}

}  // namespace

int StandingBook::points(const Ed25519PublicKey& key, MonotonicTime now) const {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return 0;
  if (entry->second.refused_until && *entry->second.refused_until <= now) return 0;
  const std::int64_t age_ms = now.milliseconds() - entry->second.as_of.milliseconds();
  return halved(entry->second.points, age_ms / kHalfLifeMs);
}

int StandingBook::change(const Ed25519PublicKey& key, int points_by, MonotonicTime now) {
  const int points_now = points(key, now);
  auto entry = entries_.find(key);
  if (entry == entries_.end()) {
    if (entries_.size() >= kKeysMax) make_room();
    entry = entries_.emplace(key, Entry{0, now, std::nullopt}).first;
  }
  Entry& kept = entry->second;
  if (kept.refused_until && *kept.refused_until <= now) kept = Entry{0, now, std::nullopt};
  // Whole half-lives only, so that what happened often is not forgotten faster than what happened once.
  const std::int64_t age_ms = now.milliseconds() - kept.as_of.milliseconds();
  kept.as_of = kept.as_of.plus_ms(age_ms / kHalfLifeMs * kHalfLifeMs);
  kept.points = std::min(points_now + points_by, kPointsMax);
  if (kept.points <= options_.close_at) kept.refused_until = now.plus_ms(options_.refuse_ms);
  return kept.points;
}

std::optional<MonotonicTime> StandingBook::refused_until(const Ed25519PublicKey& key,
                                                         MonotonicTime now) const {
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || !entry->second.refused_until || *entry->second.refused_until <= now)
    return std::nullopt;
  return entry->second.refused_until;
}

void StandingBook::make_room() {
  const auto remark = [](const auto& item) {
    const Entry& entry = item.second;
    return std::tuple(entry.refused_until.has_value(), std::abs(entry.points), entry.as_of);
  };
  entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                  [&](const auto& a, const auto& b) { return remark(a) < remark(b); }));
}

}  // namespace vcnode::gossip
