// Which challenges were answered here lately, so that none is answered twice.
//
// In memory only, by digest, and for as long as a challenge can be good; a restart forgets, and then only the
// age of a challenge guards it. A crowd of them is refused rather than forgotten. Threading: from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"

namespace vcnode::node {

// About 10 MB; more answers than that in ten minutes are an attack.
inline constexpr std::size_t kChallengesMax = 100'000;

class ChallengeLedger {
 public:
  explicit ChallengeLedger(std::size_t challenges_max = kChallengesMax) : challenges_max_(challenges_max) {}
  // Whether the challenge was not answered before; from now on it was. Errors: SERVER_BUSY.
  [[nodiscard]] Result<bool> take(std::string_view challenge, Timestamp now);

 private:
  std::size_t challenges_max_;
  std::mutex mutex_;
  std::set<Sha256Digest> answered_;
  std::multimap<Timestamp, Sha256Digest> by_time_;
};

}  // namespace vcnode::node
