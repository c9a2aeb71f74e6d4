// Challenges: what a verifier asks a holder to sign, so that a copy of an earlier presentation is told from
// an answer (protocol/spec/verdict.md, "Presentations").
//
// Those made here say when: `c1.<seconds since 1970>.<22 random characters>`. The verifier states its own
// challenge when it judges the answer, so the time in it is the verifier's word and needs no secret.
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/rng.h"
#include "crypto/base/time.h"

namespace vcnode::verify {

// From making the challenge to judging the answer: time to find a credential on a telephone.
inline constexpr std::int64_t kChallengeSecondsMax = 600;
// Challenges and domains of others.
inline constexpr std::size_t kChallengeBytesMax = 512;

[[nodiscard]] std::string new_challenge(Timestamp now, Rng& rng);
// When it was made; nullopt of a challenge that does not say it.
[[nodiscard]] std::optional<Timestamp> time_of_challenge(std::string_view challenge);

}  // namespace vcnode::verify
