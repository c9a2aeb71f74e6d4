#include "node/app/issuance.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/base/uuid.h"
#include "crypto/jcs.h"
#include "node/app/codes.h"
#include "protocol/batch/codes.h"
#include "protocol/batch/entry.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/statement/statement.h"

namespace vcnode::node {

namespace {

// What signing adds: two status entries of two URLs each, and the proof. What is issued must be readable.
constexpr std::size_t kSealBytesMax = 4 * limits::kUrlBytesMax + 4 * 1024;
constexpr std::size_t kDraftBytesMax = limits::kCredentialBytesMax - kSealBytesMax;
// What a time batch adds: a note, sixteen hashes up to the batch's root, 63 in the proof of its leaf.
constexpr std::size_t kEntryBytesMax = limits::kNoteBytesMax + 8 * 1024;

}  // namespace

Result<void> set_issuer(nlohmann::json& document, const Did& issuer) {
  nlohmann::json& member = document["issuer"];
  if (member.is_null()) {
    member = issuer.text();
    return {};
  }
  nlohmann::json* id = member.is_object() ? &member["id"] : &member;
  if (id->is_null()) *id = issuer.text();
  if (!id->is_string() || id->get_ref<const std::string&>() == issuer.text()) return {};
  return fail(codes::ISSUER_MISMATCH, "the document names the issuer ",
              excerpt(id->get_ref<const std::string&>()), ", this is ", issuer.text());
}

Result<Draft> draft_credential(const json::Value& credential, const Did& issuer, Timestamp now, Rng& rng) {
  if (!credential.is_object()) {
    return fail(codes::REQUEST_MALFORMED, "the member \"credential\" must be an object, not ",
                json::kind_name(credential.kind()));
  }
  if (credential.find("proof") != nullptr) {
    return fail(codes::PROOF_ALREADY_PRESENT,
                "the credential to be issued has a member \"proof\"; send it without");
  }
  if (credential.find("credentialStatus") != nullptr) {
    return fail(codes::STATUS_ALREADY_PRESENT,
                "the credential to be issued has a member \"credentialStatus\"; the issuer adds its own");
  }
  if (batch::has_entry(credential))
    return fail(codes::BATCH_DOCUMENT,
                "the credential to be issued has a time-batch entry in its "
                "\"evidence\"; the issuer adds its own");
  nlohmann::json document = json::to_nlohmann(credential);
  if (credential.find("issuer") == nullptr || !credential.find("issuer")->is_null()) {
    VCNODE_CHECK(set_issuer(document, issuer));
  }
  if (!document.contains("id")) document["id"] = random_uuid_urn(rng);
  if (!document.contains("validFrom")) document["validFrom"] = now.to_string();
  VCNODE_TRY(auto text, jcs::canonicalize(document));
  if (text.size() > kDraftBytesMax) {
    return fail(codes::CREDENTIAL_TOO_LARGE, "the credential to be issued has ", text.size(),
                " bytes, the limit is ", kDraftBytesMax, ": status and proof are added");
  }
  VCNODE_TRY(const auto parsed, credential::Credential::parse(text));
  return Draft{std::string(*parsed.id()), std::move(text)};
}

Result<nlohmann::json> with_status(const Draft& draft, const Allotted& allotted) {
  VCNODE_TRY(auto document, json::read(draft.unsigned_jcs));
  nlohmann::json entries = nlohmann::json::array();
  for (const auto purpose : {status::Purpose::revocation, status::Purpose::suspension}) {
    entries.push_back(status::status_entry_json({purpose, allotted.pair.uri(purpose), allotted.index}));
  }
  document["credentialStatus"] = std::move(entries);
  return document;
}

Result<nlohmann::json> with_status_for_batch(const Draft& draft, const Allotted& allotted) {
  if (draft.unsigned_jcs.size() + kEntryBytesMax > kDraftBytesMax)
    return fail(codes::CREDENTIAL_TOO_LARGE, "the credential to be issued has ", draft.unsigned_jcs.size(),
                " bytes, the limit is ", kDraftBytesMax - kEntryBytesMax,
                " where status, time-batch entry and proof are added");
  return with_status(draft, allotted);
}

Result<std::string> sign_document(const nlohmann::json& document, const std::string& verification_method,
                                  Timestamp now, Signer& signer) {
  credential::ProofOptions options;
  options.verification_method = verification_method;
  options.created = now;
  VCNODE_TRY(const auto finished, credential::add_proof(document, options, signer));
  return jcs::canonicalize(finished);
}

Result<std::string> sign_draft(const Draft& draft, const Allotted& allotted,
                               const std::string& verification_method, Timestamp now, Signer& signer) {
  VCNODE_TRY(const auto document, with_status(draft, allotted));
  return sign_document(document, verification_method, now, signer);
}

Result<std::string> closed_statement(const Did& issuer, Timestamp date,
                                     const std::string& verification_method, Timestamp now, Signer& signer) {
  const nlohmann::json document{
      {"@context", nlohmann::json::array({credential::kContextV2, statement::kRecognitionContext})},
      {"type", {"VerifiableCredential", "Closed"}},
      {"issuer", issuer.text()},
      {"validFrom", date.to_string()},
      {"credentialSubject", {{"id", issuer.text()}}}};
  credential::ProofOptions options;
  options.verification_method = verification_method;
  options.created = now;
  VCNODE_TRY(const auto finished, credential::add_proof(document, options, signer));
  return jcs::canonicalize(finished);
}

}  // namespace vcnode::node
