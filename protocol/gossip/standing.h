// Standing: what a node key has earned with us, over all its links.
//
// Points fall for what only the sender can have done wrong and rise a little for what was useful; both halve
// every ten minutes, so an old fault is forgotten and merit cannot be hoarded against one. "We lack
// something" never costs anything. A key at or below `close_at` is refused for `refuse_ms` and starts at 0
// afterwards. A stranger can always come back under a new key: this protects time and memory, not truth.
// Bounded: kKeysMax entries; the least remarkable one makes room.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "crypto/base/bytes.h"
#include "crypto/base/time.h"

namespace vcnode::gossip {

// Prices, in points. Two malformed frames or four false signatures end a link.
inline constexpr int kCostMalformed = 64;   // cannot happen by accident on an authenticated channel
inline constexpr int kCostSignature = 32;   // costs us two signature checks
inline constexpr int kCostFalse = 32;       // a claim that cannot be shown, leaves that are not the log's
inline constexpr int kCostMismatch = 32;    // an answer that is none
inline constexpr int kCostWithheld = 16;    // a head without its leaves
inline constexpr int kCostOverCredit = 16;  // each frame beyond the credit
inline constexpr int kGainUseful = 1;       // a head accepted from this peer first
inline constexpr int kPointsMax = 50;       // merit never outweighs one malformed frame

class StandingBook {
 public:
  struct Options {
    int close_at = -100;
    std::int64_t refuse_ms = 3'600'000;
  };
  explicit StandingBook(Options options) : options_(options) {}

  [[nodiscard]] int points(const Ed25519PublicKey& key, MonotonicTime now) const;
  // Returns the points after the change.
  int change(const Ed25519PublicKey& key, int points, MonotonicTime now);
  [[nodiscard]] std::optional<MonotonicTime> refused_until(const Ed25519PublicKey& key,
                                                           MonotonicTime now) const;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  static constexpr std::size_t kKeysMax = 4096;
  static constexpr std::int64_t kHalfLifeMs = 600'000;

 private:
  struct Entry {
    int points = 0;
    MonotonicTime as_of;
    std::optional<MonotonicTime> refused_until;
  };
  void make_room();
  Options options_;
  std::map<Ed25519PublicKey, Entry> entries_;
};

}  // namespace vcnode::gossip
