// Endorsements: who of a named set vouches for an issuer or for an achievement.
//
// An Endorsement never creates authority; a policy may count them. Bodies are counted, not statements, and
// nobody vouches for itself. Threading: pure functions.
#pragma once

#include <string>
#include <vector>

#include "protocol/recognition/judge.h"

namespace vcnode::recognition {

// Endorsements by one body of one thing that are read, the oldest first.
inline constexpr std::size_t kEndorsementsPerPairMax = 64;

struct Endorsed {
  std::vector<std::string> by;         // lookup names, sorted
  std::vector<std::string> in_doubt;   // vouch, but what is held of them cannot be relied on; sorted
  std::vector<Sha256Digest> evidence;  // one per name in `by`
};

[[nodiscard]] Endorsed endorsed_by(const std::set<Did>& bodies, const Query& query, const LevelFact& level,
                                   const World& world);

}  // namespace vcnode::recognition
