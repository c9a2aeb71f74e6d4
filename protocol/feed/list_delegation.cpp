#include "protocol/feed/list_delegation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/issuer_name.h"

namespace vcnode::feed {
namespace {

constexpr std::string_view kType = "ListKeyDelegation";
constexpr std::string_view kAssertion = "assertionMethod";
constexpr std::array<std::string_view, 8> kMembers = {"type",   "id",        "issuer",   "delegate",
                                                      "prefix", "notBefore", "notAfter", "proof"};

Failure refuse(std::string_view id, std::string_view why) {
  return fail(codes::LIST_KEY_INVALID, "the delegation \"", excerpt(id), "\" ", why);
}

Result<json::Document> parse_document(std::string_view text, std::string_view id) {
  auto document = json::Document::parse(text, {.size_max = limits::kBodyBytesMax});
  if (!document) return refuse(id, concat("is not strict JSON: ", document.error().message));
  if (!document->root().is_object()) return refuse(id, "is not an object");
  for (const json::Member& member : document->root().members())
    if (std::find(kMembers.begin(), kMembers.end(), member.name) == kMembers.end())
      return refuse(id, concat("has the member \"", excerpt(member.name), "\", which no rule explains"));
  return document;
}

Result<std::string_view> text_of(const json::Value& root, std::string_view member, std::string_view id) {
  if (const auto text = root.find_string(member)) return *text;
  return refuse(id, concat("has no \"", member, "\", or one that is not a string"));
}

Result<Timestamp> time_of(const json::Value& root, std::string_view member, std::string_view id) {
  VCNODE_TRY(const auto text, text_of(root, member, id));
  const auto time = Timestamp::parse(text);
  if (!time) return refuse(id, concat("has a \"", member, "\" that is no time: ", time.error().message));
  return *time;
}

Result<Ed25519PublicKey> delegate_of(const json::Value& root, std::string_view id) {
  VCNODE_TRY(const auto text, text_of(root, "delegate", id));
  const auto did = Did::parse(text);
  const auto key = did ? did_key::key_of(*did) : Result<Ed25519PublicKey>(did.failure());
  if (!key) return refuse(id, concat("has a delegate that is no Ed25519 did:key: ", key.error().message));
  return *key;
}

Result<ListDelegation> read(const json::Value& root, std::string_view id, const Did& issuer) {
  VCNODE_TRY(const auto type, text_of(root, "type", id));
  if (type != kType) return refuse(id, concat("has the type \"", excerpt(type), "\", not ", kType));
  VCNODE_TRY(const auto own_id, text_of(root, "id", id));
  if (own_id != id) return refuse(id, concat("has the id \"", excerpt(own_id), "\""));
  VCNODE_TRY(const auto named, text_of(root, "issuer", id));
  if (!same_issuer(named, issuer))
    return refuse(id, concat("names the issuer \"", excerpt(named), "\", not the feed's ", issuer.text()));
  VCNODE_TRY(const auto delegate, delegate_of(root, id));
  VCNODE_TRY(const auto prefix, text_of(root, "prefix", id));
  if (!is_url(prefix) || prefix.find('#') != std::string_view::npos)
    return refuse(id, concat("has the prefix \"", excerpt(prefix), "\", not a URL without fragment"));
  VCNODE_TRY(const auto not_before, time_of(root, "notBefore", id));
  VCNODE_TRY(const auto not_after, time_of(root, "notAfter", id));
  if (not_after <= not_before) return refuse(id, "ends before it begins");
  VCNODE_TRY(auto issuer_did, Did::parse(named));
  return ListDelegation{std::string(id), std::move(issuer_did), delegate, std::string(prefix), not_before,
                        not_after};
}

}  // namespace

bool ListDelegation::covers(std::string_view list_uri, Timestamp valid_from) const {
  if (valid_from < not_before || valid_from >= not_after) return false;
  return list_uri == prefix || (prefix.ends_with('/') && list_uri.starts_with(prefix));
}

Result<ListDelegation> parse_list_delegation(std::string_view text, std::string_view id, const Did& issuer) {
  VCNODE_TRY(const auto document, parse_document(text, id));
  return read(document.root(), id, issuer);
}

Result<ListDelegation> verify_list_delegation(std::string_view text, std::string_view id, const Did& issuer,
                                              const Resolver& resolver) {
  VCNODE_TRY(const auto document, parse_document(text, id));
  VCNODE_TRY(auto delegation, read(document.root(), id, issuer));
  const auto outcome = credential::verify_proofs(document.root(), kAssertion, resolver);
  if (!outcome) return refuse(id, concat("has a proof that cannot be checked: ", outcome.error().message));
  if (!outcome->verified) return refuse(id, concat("has a proof that fails: ", outcome->failure->message));
  if (outcome->proofs.size() != 1)
    return refuse(id, concat("has ", outcome->proofs.size(), " proofs, it must have 1"));
  if (!same_issuer(outcome->proofs.front().method.controller, issuer))
    return refuse(id, concat("is signed by ", excerpt(outcome->proofs.front().verification_method),
                             ", a key that is not of ", issuer.text()));
  return delegation;
}

Result<std::string> sign_list_delegation(const ListDelegation& delegation,
                                         std::string_view verification_method, Timestamp created,
                                         Signer& signer) {
  const nlohmann::json document = {{"type", kType},
                                   {"id", delegation.id},
                                   {"issuer", delegation.issuer.text()},
                                   {"delegate", did_key::did_of(delegation.delegate).text()},
                                   {"prefix", delegation.prefix},
                                   {"notBefore", delegation.not_before.to_string()},
                                   {"notAfter", delegation.not_after.to_string()}};
  credential::ProofOptions options;
  options.verification_method = verification_method;
  options.created = created;
  VCNODE_TRY(const auto signed_document, credential::add_proof(document, options, signer));
  VCNODE_TRY(auto text, jcs::canonicalize(signed_document));
  VCNODE_CHECK(parse_list_delegation(text, delegation.id, delegation.issuer));
  return text;
}

}  // namespace vcnode::feed
