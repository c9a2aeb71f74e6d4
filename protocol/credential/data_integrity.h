// Data Integrity proofs, cryptosuite eddsa-jcs-2022 (W3C vc-data-integrity 1.0; vc-di-eddsa 1.0 §3.3).
//
// Create: hash = SHA-256(JCS(proof options)) || SHA-256(JCS(document without proof)); signature over the 64
// bytes; proofValue = multibase base58btc. The proof options carry the document's @context (§3.3.5), and on
// verification the proof's @context must be a prefix of the document's, which it then replaces (§3.3.2).
// Proof sets: every proof must verify. Chains: a proof with `previousProof` (string or array of strings)
// signs the document with `proof` = [the matching earlier proofs, proofValue included] (vc-data-integrity
// §4.3); an id that no proof has, or a value that is not a string, fails. Cycles fail.
//
// Works on any object, not only credentials: status lists and statements use it too.
//
// The two sides of verify_proofs: an error means "could not check" (unsupported cryptosuite or DID method),
// the value says for each proof checked and good or checked and bad.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "protocol/did/resolver.h"

namespace vcnode::credential {

inline constexpr std::size_t kProofsMax =
    16;  // a diploma with ministry, board and school signatures has three

struct ProofOptions {
  std::string verification_method;
  Timestamp created;  // always written
  std::string proof_purpose = "assertionMethod";
  std::optional<std::string> id;  // needed by later proofs that name this one as previous
  std::vector<std::string>
      previous_proofs;  // ids of earlier proofs of `document`; one is written as a string
  std::optional<std::string> challenge;
  std::optional<std::string> domain;
};

// Returns `document` with the new proof appended to its proofs. Errors: those of the signer,
// PROOF_PREVIOUS_UNKNOWN, PROOF_PREVIOUS_DUPLICATE (an id used twice), PROOF_TOO_MANY, JSON_WRONG_TYPE (not
// an object), JSON_NUMBER_RANGE, JSON_UTF8.
[[nodiscard]] Result<nlohmann::json> add_proof(const nlohmann::json& document, const ProofOptions& options,
                                               Signer& signer);

struct VerifiedProof {
  ResolvedMethod method;
  std::string verification_method;
  std::optional<Timestamp> created;
  std::optional<Timestamp> expires;  // checked for its form only: whoever has a clock compares it
};

struct ProofOutcome {
  bool verified = false;
  // When not verified: the code and sentence of the first failing proof (PROOF_*, KEY_INVALID,
  // VERIFICATION_METHOD_UNKNOWN …).
  std::optional<Error> failure;
  std::vector<VerifiedProof> proofs;  // all of them, in document order, when verified
};

// Checks every proof of `document` (an object with a `proof` member).
// Errors (could not check): PROOF_MISSING, PROOF_MALFORMED, PROOF_TYPE_UNSUPPORTED,
// PROOF_CRYPTOSUITE_UNSUPPORTED, PROOF_TOO_MANY, DID_METHOD_UNSUPPORTED.
[[nodiscard]] Result<ProofOutcome> verify_proofs(const json::Value& document,
                                                 std::string_view expected_purpose, const Resolver& resolver);

}  // namespace vcnode::credential
