// The order among a document's proofs (vc-data-integrity 1.0 §2.1.2 proof chains): which earlier proofs each
// one signs over, by `previousProof`, a string or an array of strings that are `id`s of other proofs.
//
// Threading: immutable after of().
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::credential {

// "/proof" for a lone proof, "/proof/1" for the second of several.
[[nodiscard]] std::string proof_path(const json::Value& proofs, std::size_t index);

class ProofChain {
 public:
  // `proofs`: the document's `proof` member. REQUIRES: every proof is an object whose `id`, if any, is a
  // string; at most kProofsMax of them. Errors, each of which makes the document bad whatever the signatures
  // say: PROOF_PREVIOUS_UNKNOWN, PROOF_PREVIOUS_NOT_STRING, PROOF_PREVIOUS_DUPLICATE, PROOF_PREVIOUS_CYCLE.
  [[nodiscard]] static Result<ProofChain> of(const json::Value& proofs);

  // The earlier proofs that proof `index` signs over, in the order of its previousProof; empty for none.
  [[nodiscard]] const std::vector<const json::Value*>& previous(std::size_t index) const {
    return previous_[index];
  }

 private:
  ProofChain() = default;
  std::vector<std::vector<const json::Value*>> previous_;  // by proof, in document order
};

}  // namespace vcnode::credential
