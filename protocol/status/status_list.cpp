#include "protocol/status/status_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/status/codes.h"

namespace vcnode::status {
namespace {

using credential::Credential;

constexpr std::string_view kListCredentialType = "BitstringStatusListCredential";
constexpr std::string_view kListType = "BitstringStatusList";
constexpr std::string_view kEntryType = "BitstringStatusListEntry";
constexpr std::string_view kAssertion = "assertionMethod";

bool holds(const json::Value* value, std::string_view text) {
  if (value == nullptr) return false;
  const auto elements = value->one_or_many();
  return std::any_of(elements.begin(), elements.end(),
                     [&](const auto& e) { return e.is_string() && e.string() == text; });
}

template <class... Parts>
Failure malformed(std::string_view uri, const Parts&... parts) {
  return fail(codes::STATUS_LIST_MALFORMED, "the status list ", excerpt(uri), " ", parts...);
}

// The list's one subject, of the right type.
Result<json::Value> subject_of(const Credential& list, std::string_view uri, const Did& issuer) {
  if (!list.has_type(kListCredentialType)) return malformed(uri, "is not of type ", kListCredentialType);
  if (list.id() != uri) return malformed(uri, "has the id \"", excerpt(list.id().value_or("")), "\"");
  if (list.issuer_id() != issuer.text())
    return malformed(uri, "has the issuer \"", excerpt(list.issuer_id()), "\", not ", excerpt(issuer.text()));
  const auto subjects = list.root().find("credentialSubject")->one_or_many();
  if (subjects.size() != 1) return malformed(uri, "has ", subjects.size(), " subjects, it must have 1");
  if (!holds(subjects.front().find("type"), kListType))
    return malformed(uri, "has a subject that is not of type ", kListType);
  return subjects.front();
}

Result<Purpose> purpose_of(const json::Value& subject, std::string_view uri) {
  const json::Value* value = subject.find("statusPurpose");
  if (value == nullptr) return malformed(uri, "has no statusPurpose");
  const auto purposes = value->one_or_many();
  if (purposes.size() != 1)
    return fail(codes::STATUS_PURPOSE_UNSUPPORTED, "the status list ", excerpt(uri), " has ", purposes.size(),
                " purposes, only lists of 1 are read");
  if (!purposes.front().is_string()) return malformed(uri, "has a statusPurpose that is not a string");
  return parse_purpose(purposes.front().string());
}

// The one proof, good and by the issuer.
Result<credential::VerifiedProof> proof_of(const Credential& list, std::string_view uri, const Did& issuer,
                                           const Resolver& resolver) {
  VCNODE_TRY(auto outcome, credential::verify_proofs(list.root(), kAssertion, resolver));
  if (!outcome.verified)
    return fail(codes::STATUS_LIST_PROOF, "the status list ", excerpt(uri),
                " is not good: ", outcome.failure->message);
  if (outcome.proofs.size() != 1)
    return fail(codes::STATUS_LIST_PROOF, "the status list ", excerpt(uri), " has ", outcome.proofs.size(),
                " proofs, it must have 1");
  if (outcome.proofs.front().method.controller != issuer)
    return fail(codes::STATUS_LIST_PROOF, "the status list ", excerpt(uri), " is signed by ",
                excerpt(outcome.proofs.front().verification_method), ", a key that is not of ",
                excerpt(issuer.text()));
  return std::move(outcome.proofs.front());
}

std::optional<Timestamp> earlier_of(std::optional<Timestamp> a, std::optional<Timestamp> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

Result<std::string_view> entry_string(const json::Value& entry, std::string_view member) {
  if (const auto value = entry.find_string(member)) return *value;
  return fail(codes::STATUS_ENTRY_MALFORMED, "the credentialStatus entry's ", member,
              " is missing or not a string");
}

std::string fragment_url(std::string_view uri, std::string_view fragment) {
  return concat(uri, "#", fragment);
}

}  // namespace

std::string_view purpose_name(Purpose purpose) noexcept {
  return purpose == Purpose::revocation ? "revocation" : "suspension";
}

Result<Purpose> parse_purpose(std::string_view text) {
  for (const auto purpose : {Purpose::revocation, Purpose::suspension})
    if (text == purpose_name(purpose)) return purpose;
  return fail(codes::STATUS_PURPOSE_UNSUPPORTED, "the status purpose \"", excerpt(text),
              "\" is not read, only revocation and suspension are");
}

Result<StatusList> verify_status_list(std::string_view text, std::string_view uri, const Did& issuer,
                                      const Resolver& resolver, std::uint64_t entries_min) {
  VCNODE_TRY(auto document, json::Document::parse(text, {.size_max = limits::kBodyBytesMax}));
  VCNODE_TRY(const auto list, Credential::from(std::move(document)));
  VCNODE_TRY(const auto subject, subject_of(list, uri, issuer));
  VCNODE_TRY(const auto proof, proof_of(list, uri, issuer, resolver));
  VCNODE_TRY(const auto purpose, purpose_of(subject, uri));
  const auto valid_from = list.valid_from() ? list.valid_from() : proof.created;
  if (!valid_from)
    return malformed(uri, "has neither validFrom nor a proof with created, so it cannot be ordered");
  const auto encoded = subject.find_string("encodedList");
  if (!encoded) return malformed(uri, "has no encodedList, or one that is not a string");
  VCNODE_TRY(auto bitmap, Bitmap::decode(*encoded, entries_min));
  return StatusList{.uri = std::string(uri),
                    .purpose = purpose,
                    .valid_from = *valid_from,
                    .not_before = std::max(*valid_from, proof.created.value_or(*valid_from)),
                    .valid_until = earlier_of(list.valid_until(), proof.expires),
                    .bitmap = std::move(bitmap)};
}

Result<std::string> sign_status_list(const Bitmap& bitmap, const SignedListOptions& options, Signer& signer) {
  const nlohmann::json unsigned_list = {{"@context", nlohmann::json::array({credential::kContextV2})},
                                        {"id", options.uri},
                                        {"type", {"VerifiableCredential", kListCredentialType}},
                                        {"issuer", options.issuer.text()},
                                        {"validFrom", options.valid_from.to_string()},
                                        {"credentialSubject",
                                         {{"id", fragment_url(options.uri, "list")},
                                          {"type", kListType},
                                          {"statusPurpose", purpose_name(options.purpose)},
                                          {"encodedList", bitmap.encode()}}}};
  credential::ProofOptions proof;
  proof.verification_method = options.verification_method;
  proof.created = options.valid_from;
  VCNODE_TRY(const auto signed_list, credential::add_proof(unsigned_list, proof, signer));
  return jcs::canonicalize(signed_list);
}

Result<StatusEntry> parse_status_entry(const json::Value& entry) {
  if (!holds(entry.find("type"), kEntryType))
    return fail(codes::STATUS_TYPE_UNSUPPORTED, "the credentialStatus entry is not of type ", kEntryType,
                ", the only one that is read");
  if (const json::Value* size = entry.find("statusSize");
      size != nullptr && !(size->kind() == json::Kind::integer && size->integer() == 1))
    return fail(codes::STATUS_TYPE_UNSUPPORTED,
                "the credentialStatus entry has a statusSize other than 1 bit");
  VCNODE_TRY(const auto purpose_text, entry_string(entry, "statusPurpose"));
  VCNODE_TRY(const auto purpose, parse_purpose(purpose_text));
  VCNODE_TRY(const auto uri, entry_string(entry, "statusListCredential"));
  if (!is_url(uri))
    return fail(codes::STATUS_ENTRY_MALFORMED, "the credentialStatus entry's statusListCredential \"",
                excerpt(uri), "\" is not a URL of at most ", limits::kUrlBytesMax, " bytes");
  if (entry.find_string("id") == uri)
    return fail(codes::STATUS_ENTRY_MALFORMED, "the credentialStatus entry's id is the URL of its list, ",
                excerpt(uri));
  const json::Value* index_value = entry.find("statusListIndex");
  if (index_value == nullptr || !index_value->is_string())
    return fail(codes::STATUS_INDEX_INVALID,
                "the credentialStatus entry's statusListIndex is missing or not a string");
  VCNODE_TRY(const auto index, parse_status_index(index_value->string()));
  return StatusEntry{purpose, std::string(uri), index};
}

nlohmann::json status_entry_json(const StatusEntry& entry) {
  const std::string index = concat(entry.index.value());
  return {{"id", fragment_url(entry.list_uri, index)},
          {"type", kEntryType},
          {"statusPurpose", purpose_name(entry.purpose)},
          {"statusListIndex", index},
          {"statusListCredential", entry.list_uri}};
}

Result<void> check_fill(std::uint64_t entries, std::uint64_t taken) {
  const std::uint64_t usable = entries / 100 * kFillMaxPercent + entries % 100 * kFillMaxPercent / 100;
  if (taken < usable) return {};
  return fail(codes::STATUS_LIST_FULL, "the status list has ", taken, " of its ", entries,
              " indexes taken, the limit is ", kFillMaxPercent, " % (", usable, ")");
}

}  // namespace vcnode::status
