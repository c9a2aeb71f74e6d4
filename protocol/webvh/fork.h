// Two logs of one DID compared: is one a prefix of the other, or did somebody sign two histories?
//
// Versions are compared by versionId, never by their bytes: an entry whose proof was made again is the same
// version. Threading: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "protocol/webvh/state.h"
#include "protocol/webvh/witness.h"

namespace vcnode::webvh {

enum class Relation : std::uint8_t {
  same,       // the same versions
  prefix,     // one goes on where the other ends
  fork,       // two valid entries on one parent
  other_log,  // not of one DID
};

struct Comparison {
  Relation relation = Relation::same;
  std::size_t common = 0;  // versions that both have, from the first
  bool resigned = false;   // a common version carries different proofs
};

[[nodiscard]] Comparison compare(std::span<const State> a, std::span<const State> b);

// Who stands behind both of two entries on one parent, as did:keys in order: update keys that signed both,
// and witnesses with a good proof on each.
[[nodiscard]] std::vector<std::string> equivocators(const State& a, std::span<const WitnessProof> proofs_of_a,
                                                    const State& b,
                                                    std::span<const WitnessProof> proofs_of_b);

}  // namespace vcnode::webvh
