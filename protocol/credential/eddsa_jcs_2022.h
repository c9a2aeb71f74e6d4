// The bytes that eddsa-jcs-2022 signs (vc-di-eddsa 1.0 §3.3.3 to §3.3.5), shared by create, verify, our
// vector generator and the conformance tests, which compare every intermediate value with the published ones.
//
//   proof configuration = the proof without proofValue
//   document            = the document without proof, or, in a chain, with proof = [the earlier proofs named
//   by
//                         previousProof, in that order, proofValue included]; if the proof configuration has
//                         an
//                         @context, the document's is replaced by it (§3.3.2)
//   signed bytes        = SHA-256(JCS(proof configuration)) || SHA-256(JCS(document))
//
// Threading: pure functions.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::credential::eddsa_jcs_2022 {

inline constexpr std::string_view kProofType = "DataIntegrityProof";
inline constexpr std::string_view kName = "eddsa-jcs-2022";

struct SigningInput {
  std::string proof_configuration;  // canonical
  std::string document;             // canonical
  Sha256Digest proof_hash;
  Sha256Digest document_hash;
  [[nodiscard]] std::array<std::uint8_t, 64> bytes() const noexcept;  // what is signed
};

// For verification: streams from the strict tree, allocates the two canonical texts and nothing else.
[[nodiscard]] SigningInput signing_input(const json::Value& document, const json::Value& proof,
                                         std::span<const json::Value* const> previous);

// For creation, from builder trees. `previous` is an array, empty for none. Errors: JSON_NUMBER_RANGE,
// JSON_UTF8.
[[nodiscard]] Result<SigningInput> signing_input(const nlohmann::json& document, const nlohmann::json& proof,
                                                 const nlohmann::json& previous);

}  // namespace vcnode::credential::eddsa_jcs_2022
