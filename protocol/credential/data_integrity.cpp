#include "protocol/credential/data_integrity.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <variant>

#include "crypto/base/encoding.h"
#include "crypto/ed25519.h"
#include "crypto/jcs.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/credential/proof_chain.h"
#include "protocol/did/codes.h"

namespace vcnode::credential {
namespace {

using Checked = std::variant<VerifiedProof, Error>;  // good, or checked and bad

Failure malformed(std::string_view path, std::string_view member, std::string_view rule) {
  return fail(codes::PROOF_MALFORMED, path, "/", member, " is missing or malformed, it must be ", rule);
}

Result<std::string_view> string_member(const json::Value& proof, std::string_view path,
                                       std::string_view member) {
  if (const auto value = proof.find_string(member)) return *value;
  return malformed(path, member, "a string");
}

Result<std::optional<Timestamp>> time_member(const json::Value& proof, std::string_view path,
                                             std::string_view member) {
  const json::Value* value = proof.find(member);
  if (value == nullptr) return std::optional<Timestamp>{};
  if (value->is_string()) {
    if (const auto time = Timestamp::parse(value->string())) return std::optional<Timestamp>(*time);
  }
  return malformed(path, member, "an RFC 3339 date-time with a time zone");
}

Result<DidUrl> method_member(const json::Value& proof, std::string_view path) {
  VCNODE_TRY(const auto text, string_member(proof, path, "verificationMethod"));
  if (auto method = DidUrl::parse(text)) return method;
  if (is_url(text) && !text.starts_with("did:"))
    return fail(codes::DID_METHOD_UNSUPPORTED, path, "/verificationMethod is \"", excerpt(text),
                "\", which is not a DID URL, and only DIDs are resolved");
  return malformed(path, "verificationMethod", "a DID URL");
}

Result<Ed25519Signature> signature_member(const json::Value& proof, std::string_view path) {
  VCNODE_TRY(const auto text, string_member(proof, path, "proofValue"));
  if (text.starts_with('z')) {
    if (const auto bytes = base58btc_decode(text.substr(1), Ed25519Signature::kSize)) {
      if (const auto signature = Ed25519Signature::from(*bytes)) return *signature;
    }
  }
  return malformed(path, "proofValue",
                   concat("'z' and the base58btc form of exactly ", Ed25519Signature::kSize, " bytes"));
}

Result<void> check_suite(const json::Value& proof, std::string_view path) {
  VCNODE_TRY(const auto type, string_member(proof, path, "type"));
  if (type != eddsa_jcs_2022::kProofType)
    return fail(codes::PROOF_TYPE_UNSUPPORTED, path, " is of type \"", excerpt(type), "\", only ",
                eddsa_jcs_2022::kProofType, " is checked");
  VCNODE_TRY(const auto suite, string_member(proof, path, "cryptosuite"));
  if (suite != eddsa_jcs_2022::kName)
    return fail(codes::PROOF_CRYPTOSUITE_UNSUPPORTED, path, " uses the cryptosuite \"", excerpt(suite),
                "\", only ", eddsa_jcs_2022::kName, " is checked");
  return {};
}

bool same_value(const json::Value& a, const json::Value& b) {
  if (a.is_string() && b.is_string()) return a.string() == b.string();
  return a.kind() == b.kind() && jcs::canonicalize(a) == jcs::canonicalize(b);
}

// §3.3.2: the document's @context starts with the one in the proof.
bool context_is_prefix(const json::Value* signed_context, const json::Value* context) {
  if (signed_context == nullptr) return true;
  if (context == nullptr) return false;
  const auto expected = signed_context->one_or_many();
  const auto actual = context->one_or_many();
  return expected.size() <= actual.size() &&
         std::equal(expected.begin(), expected.end(), actual.begin(), same_value);
}

// What a resolver answers when it looked and the method is no good. All other answers (another DID method, a
// history this node does not hold) mean that the proof could not be checked.
bool is_verdict_on_method(Code code) {
  static constexpr std::array<Code, 5> kVerdicts = {codes::DID_INVALID, codes::DID_KEY_LENGTH,
                                                    codes::DID_KEY_TYPE_UNSUPPORTED, codes::KEY_INVALID,
                                                    codes::VERIFICATION_METHOD_UNKNOWN};
  return std::find(kVerdicts.begin(), kVerdicts.end(), code) != kVerdicts.end();
}

struct Task {
  const json::Value& document;
  const json::Value& proof;
  std::string path;
  const std::vector<const json::Value*>& previous;
  std::string_view expected_purpose;
  const Resolver& resolver;
};

// Errors: could not check.
Result<Checked> check_proof(const Task& task) {
  VCNODE_CHECK(check_suite(task.proof, task.path));
  VCNODE_TRY(const auto method, method_member(task.proof, task.path));
  VCNODE_TRY(const auto purpose, string_member(task.proof, task.path, "proofPurpose"));
  VCNODE_TRY(const auto created, time_member(task.proof, task.path, "created"));
  VCNODE_TRY(const auto expires, time_member(task.proof, task.path, "expires"));
  VCNODE_TRY(const auto signature, signature_member(task.proof, task.path));
  if (purpose != task.expected_purpose)
    return Checked(fail(codes::PROOF_PURPOSE, task.path, "/proofPurpose is \"", excerpt(purpose),
                        "\", not \"", task.expected_purpose, "\"")
                       .error);
  if (!context_is_prefix(task.proof.find("@context"), task.document.find("@context")))
    return Checked(fail(codes::PROOF_CONTEXT, task.path,
                        "/@context: the document's @context does not start with the @context that was signed")
                       .error);
  auto resolved = task.resolver.resolve_method(method, created);
  if (!resolved && is_verdict_on_method(resolved.error().code)) return Checked(resolved.error());
  if (!resolved) return resolved.failure();
  const auto input = eddsa_jcs_2022::signing_input(task.document, task.proof, task.previous);
  if (!ed25519_verify(resolved->key, input.bytes(), signature))
    return Checked(fail(codes::PROOF_SIGNATURE, task.path,
                        "/proofValue does not match the document and the key of ", excerpt(method.text()))
                       .error);
  return Checked(VerifiedProof{*std::move(resolved), method.text(), created, expires});
}

Result<std::span<const json::Value>> proofs_of(const json::Value& document) {
  const json::Value* member = document.find("proof");
  if (member == nullptr || (member->is_array() && member->elements().empty()))
    return fail(codes::PROOF_MISSING, "the document has no proof");
  const auto proofs = member->one_or_many();
  if (proofs.size() > kProofsMax)
    return fail(codes::PROOF_TOO_MANY, "the document has ", proofs.size(), " proofs, the limit is ",
                kProofsMax);
  for (std::size_t i = 0; i < proofs.size(); ++i) {
    if (!proofs[i].is_object())
      return fail(codes::PROOF_MALFORMED, proof_path(*member, i), " is of JSON type ",
                  json::kind_name(proofs[i].kind()), ", it must be an object");
    const json::Value* id = proofs[i].find("id");
    if (id != nullptr && !id->is_string()) return malformed(proof_path(*member, i), "id", "a string");
  }
  return proofs;
}

ProofOutcome failed(Error error) {
  return ProofOutcome{.verified = false, .failure = std::move(error), .proofs = {}};
}

}  // namespace

Result<ProofOutcome> verify_proofs(const json::Value& document, std::string_view expected_purpose,
                                   const Resolver& resolver) {
  VCNODE_TRY(const auto proofs, proofs_of(document));
  const json::Value& member = *document.find("proof");
  const auto chain = ProofChain::of(member);
  if (!chain) return failed(chain.error());
  ProofOutcome outcome;
  std::optional<Error> not_checked;  // reported only if no other proof is bad: bad wins over unknown
  for (std::size_t i = 0; i < proofs.size(); ++i) {
    auto checked = check_proof(
        {document, proofs[i], proof_path(member, i), chain->previous(i), expected_purpose, resolver});
    if (!checked) {
      if (!not_checked) not_checked = checked.error();
    } else if (auto* bad = std::get_if<Error>(&*checked)) {
      return failed(std::move(*bad));
    } else {
      outcome.proofs.push_back(std::get<VerifiedProof>(*std::move(checked)));
    }
  }
  if (not_checked) return Failure{*std::move(not_checked)};
  outcome.verified = true;
  return outcome;
}

namespace {

nlohmann::json proof_list(const nlohmann::json& document) {
  const auto member = document.find("proof");
  if (member == document.end()) return nlohmann::json::array();
  return member->is_array() ? *member : nlohmann::json::array({*member});
}

nlohmann::json proof_configuration(const nlohmann::json& document, const ProofOptions& options) {
  nlohmann::json proof = {{"type", eddsa_jcs_2022::kProofType},
                          {"cryptosuite", eddsa_jcs_2022::kName},
                          {"created", options.created.to_string()},
                          {"verificationMethod", options.verification_method},
                          {"proofPurpose", options.proof_purpose}};
  if (document.contains("@context")) proof["@context"] = document["@context"];
  if (options.id) proof["id"] = *options.id;
  if (options.challenge) proof["challenge"] = *options.challenge;
  if (options.domain) proof["domain"] = *options.domain;
  if (options.previous_proofs.size() == 1) proof["previousProof"] = options.previous_proofs.front();
  if (options.previous_proofs.size() > 1) proof["previousProof"] = options.previous_proofs;
  return proof;
}

bool has_id(const nlohmann::json& proof, const std::string& id) {
  const auto member = proof.find("id");
  return member != proof.end() && *member == id;
}

Result<nlohmann::json> matching_proofs(const nlohmann::json& proofs, const std::vector<std::string>& ids) {
  auto matching = nlohmann::json::array();
  for (const auto& id : ids) {
    const auto found =
        std::find_if(proofs.begin(), proofs.end(), [&](const auto& proof) { return has_id(proof, id); });
    if (found == proofs.end())
      return fail(codes::PROOF_PREVIOUS_UNKNOWN, "the document has no proof with the id \"", excerpt(id),
                  "\" that previousProof names");
    if (std::find(matching.begin(), matching.end(), *found) != matching.end())
      return fail(codes::PROOF_PREVIOUS_DUPLICATE, "previousProof names \"", excerpt(id), "\" twice");
    matching.push_back(*found);
  }
  return matching;
}

}  // namespace

Result<nlohmann::json> add_proof(const nlohmann::json& document, const ProofOptions& options,
                                 Signer& signer) {
  if (!document.is_object())
    return fail(codes::JSON_WRONG_TYPE, "the document to sign is of JSON type ", document.type_name(),
                ", it must be an object");
  auto proofs = proof_list(document);
  if (proofs.size() >= kProofsMax)
    return fail(codes::PROOF_TOO_MANY, "the document has ", proofs.size(), " proofs already, the limit is ",
                kProofsMax);
  if (options.id &&
      std::any_of(proofs.begin(), proofs.end(), [&](const auto& p) { return has_id(p, *options.id); }))
    return fail(codes::PROOF_PREVIOUS_DUPLICATE, "the document has a proof with the id \"",
                excerpt(*options.id), "\" already");
  VCNODE_TRY(const auto previous, matching_proofs(proofs, options.previous_proofs));
  auto proof = proof_configuration(document, options);
  VCNODE_TRY(const auto input, eddsa_jcs_2022::signing_input(document, proof, previous));
  VCNODE_TRY(const auto signature, signer.sign(input.bytes()));
  proof["proofValue"] = multibase_encode(Multibase::base58btc, signature.view());

  auto secured = document;
  if (proofs.empty()) {
    secured["proof"] = std::move(proof);
  } else {
    proofs.push_back(std::move(proof));
    secured["proof"] = std::move(proofs);
  }
  return secured;
}

}  // namespace vcnode::credential
