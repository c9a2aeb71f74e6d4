// A node's signature on a verdict that it gave (protocol/spec/verdict.md, "Signature").
//
// The verdict's bytes are the same with and without one: what is signed is an envelope beside it that names
// its digest, with an eddsa-jcs-2022 proof by a did:key that signs nothing else. It shows who said the
// verdict, not that the verdict is right: that is what a replay shows.
//
// Threading: VerdictSigner is as thread-safe as its Signer; the rest are pure functions.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "protocol/did/did.h"

namespace vcnode::evidence {

// Starts the meaning of every envelope, so that nothing else which is signed can be taken for one.
inline constexpr std::string_view kVerdictSignatureType = "vcnode-verdict-signature";

class VerdictSigner {
 public:
  // What the signer says of itself besides its key.
  struct Place {
    std::string node;     // public URL
    std::string network;  // whose feeds it holds
  };
  // `signer` outlives this; its key has no other purpose.
  VerdictSigner(Signer& signer, Place place);
  [[nodiscard]] const Did& did() const noexcept { return did_; }
  [[nodiscard]] const Place& place() const noexcept { return place_; }
  // The envelope in JCS form. `verdict`: its exact bytes, which are JCS. Errors: those of the signer.
  [[nodiscard]] Result<std::string> sign(std::string_view verdict, Timestamp now) const;

 private:
  Signer& signer_;
  Place place_;
  Did did_;
};

struct VerdictSignature {
  Sha256Digest verdict;
  Did signer;  // did:key
  std::string node, network;
  Timestamp created;
};

// The signature in an answer that has a verdict as its member "verdict", one credential's or a
// presentation's. Good only if it is one, about this verdict, by the key that it names, made by `now` and the
// usual difference of clocks. Whose key that is, nothing in it proves.
// Errors: VERDICT_MALFORMED (no answer), VERDICT_UNSIGNED, VERDICT_SIGNATURE_MALFORMED,
// VERDICT_SIGNATURE_OTHER, VERDICT_SIGNER_DIFFERS (its proof is by another key than it names),
// PROOF_NOT_YET_MADE, and those of credential::verify_proofs.
[[nodiscard]] Result<VerdictSignature> check_signature(const json::Value& answer, Timestamp now);

// Whether it is by one of the keys that are known to be a node's. Errors: VERDICT_SIGNER_UNKNOWN (none was
// named), VERDICT_SIGNER_DIFFERS.
[[nodiscard]] Result<void> check_signer(const VerdictSignature& signature, const std::set<Did>& expected);

}  // namespace vcnode::evidence
