#include "protocol/evidence/verdict_signature.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/did/resolver.h"
#include "protocol/evidence/codes.h"
#include "protocol/evidence/stated.h"
#include "protocol/verify/codes.h"

namespace vcnode::evidence {
namespace {

constexpr std::int64_t kSignatureVersion = 1;
constexpr std::string_view kSignaturePurpose = "assertionMethod";

constexpr std::array<std::string_view, 7> kEnvelopeMembers = {"network", "node", "proof",  "signer",
                                                              "type",    "v",    "verdict"};
// What add_proof writes here and nothing else: an unread member would be signed and mean nothing.
constexpr std::array<std::string_view, 6> kProofMembers = {"created",    "cryptosuite", "proofPurpose",
                                                           "proofValue", "type",        "verificationMethod"};

Failure no_signature(std::string_view what) {
  return fail(codes::VERDICT_SIGNATURE_MALFORMED, "the signature's ", what);
}

Result<void> check_members(const json::Value& object, std::string_view name,
                           std::span<const std::string_view> known) {
  if (!object.is_object()) return no_signature(concat(name, " is no object"));
  for (const json::Member& member : object.members())
    if (std::ranges::find(known, member.name) == known.end())
      return no_signature(concat(name, " has a member \"", excerpt(member.name), "\" that means nothing"));
  for (const std::string_view wanted : known)
    if (object.find(wanted) == nullptr) return no_signature(concat(name, " lacks \"", wanted, "\""));
  return {};
}

Result<std::string> text_member(const json::Value& envelope, std::string_view name) {
  if (const auto text = envelope.find_string(name)) return std::string(*text);
  return no_signature(concat("\"", name, "\" is no string"));
}

// Of an answer; a verdict that stands alone has no place for a signature.
Result<const json::Value*> signed_verdict(const json::Value& answer) {
  const json::Value* verdict = answer.find("verdict");
  if (verdict != nullptr && verdict->is_object()) return verdict;
  if (verdict != nullptr || answer.find("verdicts") != nullptr)
    return fail(codes::VERDICT_UNSIGNED,
                "this is a verdict alone; a signature stands beside it in the node's answer");
  return fail(codes::VERDICT_MALFORMED, "the text is no answer with a verdict as its member \"verdict\"",
              answer.is_array() ? "; of an answer to several questions, give one element" : "");
}

Result<VerdictSignature> read_envelope(const json::Value& envelope, const Sha256Digest& verdict) {
  VCNODE_CHECK(check_members(envelope, "envelope", kEnvelopeMembers));
  VCNODE_CHECK(check_members(*envelope.find("proof"), "proof", kProofMembers));
  const json::Value& version = *envelope.find("v");
  if (envelope.find_string("type") != kVerdictSignatureType || version.kind() != json::Kind::integer ||
      version.integer() != kSignatureVersion)
    return no_signature(concat("type and v are not \"", kVerdictSignatureType, "\" and ", kSignatureVersion));
  VCNODE_TRY(const auto signed_text, text_member(envelope, "verdict"));
  if (signed_text != digest_text(verdict))
    return fail(codes::VERDICT_SIGNATURE_OTHER, "the signature is about the verdict ", excerpt(signed_text),
                ", the one beside it is ", digest_text(verdict));
  VCNODE_TRY(const auto signer, text_member(envelope, "signer"));
  auto did = Did::parse(signer);
  const auto key = did ? did_key::key_of(*did) : Result<Ed25519PublicKey>(did.failure());
  if (!key) return no_signature(concat("signer is no did:key: ", key.error().message));
  VCNODE_TRY(auto node, text_member(envelope, "node"));
  VCNODE_TRY(auto network, text_member(envelope, "network"));
  return VerdictSignature{verdict, *std::move(did), std::move(node), std::move(network), Timestamp()};
}

}  // namespace

VerdictSigner::VerdictSigner(Signer& signer, Place place)
    : signer_(signer), place_(std::move(place)), did_(did_key::did_of(signer.public_key())) {}

Result<std::string> VerdictSigner::sign(std::string_view verdict, Timestamp now) const {
  const nlohmann::json envelope{{"type", kVerdictSignatureType},
                                {"v", kSignatureVersion},
                                {"verdict", digest_text(sha256(as_bytes(verdict)))},
                                {"signer", did_.text()},
                                {"node", place_.node},
                                {"network", place_.network}};
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(signer_.public_key());
  options.created = now;
  options.proof_purpose = kSignaturePurpose;
  VCNODE_TRY(const auto made, credential::add_proof(envelope, options, signer_));
  return jcs::canonicalize(made);
}

Result<VerdictSignature> check_signature(const json::Value& answer, Timestamp now) {
  VCNODE_TRY(const json::Value* verdict, signed_verdict(answer));
  const json::Value* envelope = answer.find("signature");
  if (envelope == nullptr || envelope->is_null())
    return fail(codes::VERDICT_UNSIGNED, "no signature stands beside the verdict");
  VCNODE_TRY(auto out, read_envelope(*envelope, sha256(as_bytes(jcs::canonicalize(*verdict)))));
  VCNODE_TRY(const auto outcome, credential::verify_proofs(*envelope, kSignaturePurpose, DidKeyResolver()));
  if (!outcome.verified) return Failure{*outcome.failure};
  const credential::VerifiedProof& proof = outcome.proofs.front();
  if (proof.method.controller != out.signer)
    return fail(codes::VERDICT_SIGNER_DIFFERS, "the signature names ", out.signer.text(),
                " and is by the key of ", proof.method.controller.text());
  out.created = *proof.created;
  if (out.created > now.plus_seconds(limits::kClockSkewSecondsMax))
    return fail(codes::PROOF_NOT_YET_MADE, "the signature was created at ", out.created.to_string(),
                ", more than ", limits::kClockSkewSecondsMax, " seconds after ", now.to_string());
  return out;
}

Result<void> check_signer(const VerdictSignature& signature, const std::set<Did>& expected) {
  if (expected.contains(signature.signer)) return {};
  if (expected.empty())
    return fail(codes::VERDICT_SIGNER_UNKNOWN, "the signature by ", signature.signer.text(),
                " holds, and nobody told whose key that is");
  return fail(codes::VERDICT_SIGNER_DIFFERS, "the signature is by ", signature.signer.text(), ", not by ",
              expected.begin()->text(), expected.size() > 1 ? " or another of those expected" : "");
}

}  // namespace vcnode::evidence
