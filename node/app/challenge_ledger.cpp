#include "node/app/challenge_ledger.h"

#include "crypto/hash.h"
#include "node/net/codes.h"
#include "protocol/verify/challenge.h"

namespace vcnode::node {

Result<bool> ChallengeLedger::take(std::string_view challenge, Timestamp now) {
  const Sha256Digest digest = sha256(as_bytes(challenge));
  const std::lock_guard lock(mutex_);
  // Twice the time, for challenges whose age only the holder says.
  const Timestamp oldest = now.plus_seconds(-2 * verify::kChallengeSecondsMax);
  while (!by_time_.empty() && by_time_.begin()->first < oldest) {
    answered_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
  if (answered_.contains(digest)) return false;
  if (answered_.size() >= challenges_max_)
    return fail(codes::SERVER_BUSY, "more than ", challenges_max_,
                " challenges were answered within minutes; try again later");
  answered_.insert(digest);
  by_time_.emplace(now, digest);
  return true;
}

}  // namespace vcnode::node
