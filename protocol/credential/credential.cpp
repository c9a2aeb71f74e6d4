#include "protocol/credential/credential.h"

#include <algorithm>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/context.h"

namespace vcnode::credential {
namespace {

constexpr std::string_view kCredentialType = "VerifiableCredential";

// A value for a message: strings are shown, other kinds named.
std::string shown(const json::Value* value) {
  if (value == nullptr) return "missing";
  if (value->is_string()) return concat("\"", excerpt(value->string()), "\"");
  return concat("of JSON type ", json::kind_name(value->kind()));
}

// Which part of the credential is looked at: nothing for itself, "/evidence" for a lone value, "/evidence/1"
// for an element of an array. Text is made for messages only.
struct Where {
  std::string_view member = {};
  std::optional<std::size_t> index = {};

  [[nodiscard]] static Where of(std::string_view member, const json::Value& value, std::size_t index) {
    return {member, value.is_array() ? std::optional(index) : std::nullopt};
  }
  [[nodiscard]] std::string text() const {
    if (member.empty()) return {};
    return index ? concat("/", member, "/", *index) : concat("/", member);
  }
};

bool is_url_string(const json::Value& value) {
  return value.is_string() && is_url(value.string());
}

Result<void> check_type_value(const json::Value* type, const Where& where, Code code) {
  const auto bad = [](const json::Value& element) {
    return !element.is_string() || element.string().empty();
  };
  if (type != nullptr) {
    const auto types = type->one_or_many();
    if (!types.empty() && std::none_of(types.begin(), types.end(), bad)) return {};
  }
  return fail(code, where.text(), "/type is ", shown(type),
              ", it must be a non-empty string or an array of such strings");
}

Result<void> check_root_type(const json::Value& root) {
  const json::Value* type = root.find("type");
  VCNODE_CHECK(check_type_value(type, {}, codes::CREDENTIAL_TYPE));
  const auto types = type->one_or_many();
  if (std::none_of(types.begin(), types.end(), [](const auto& t) { return t.string() == kCredentialType; }))
    return fail(codes::CREDENTIAL_TYPE, "/type does not hold \"", kCredentialType, "\"");
  return check_types_are_mapped(*root.find("@context"), *type);
}

// A member that must be a URL wherever it appears.
Result<void> check_optional_url(const json::Value& object, std::string_view member, const Where& where,
                                Code code) {
  const json::Value* value = object.find(member);
  if (value == nullptr || is_url_string(*value)) return {};
  return fail(code, where.text(), "/", member, " is ", shown(value), ", it must be a URL of at most ",
              limits::kUrlBytesMax, " bytes");
}

Result<std::string_view> issuer_id_of(const json::Value& root) {
  const json::Value* issuer = root.find("issuer");
  const bool in_object = issuer != nullptr && issuer->is_object();
  const json::Value* id = in_object ? issuer->find("id") : issuer;
  if (id != nullptr && is_url_string(*id)) return id->string();
  return fail(codes::CREDENTIAL_ISSUER, in_object ? "/issuer/id" : "/issuer", " is ", shown(id),
              ", it must be a URL of at most ", limits::kUrlBytesMax, " bytes");
}

Result<void> check_subjects(const json::Value& root) {
  const json::Value* subjects = root.find("credentialSubject");
  if (subjects == nullptr || subjects->one_or_many().empty())
    return fail(codes::CREDENTIAL_SUBJECT, "/credentialSubject is ",
                subjects == nullptr ? "missing" : "an empty array",
                ", a credential is about at least one subject");
  for (std::size_t i = 0; i < subjects->one_or_many().size(); ++i) {
    const auto& subject = subjects->one_or_many()[i];
    const auto where = Where::of("credentialSubject", *subjects, i);
    if (!subject.is_object())
      return fail(codes::CREDENTIAL_SUBJECT, where.text(), " is ", shown(&subject), ", it must be an object");
    if (subject.members().empty())
      return fail(codes::CREDENTIAL_SUBJECT, where.text(),
                  " is an empty object, it must make at least one claim");
    VCNODE_CHECK(check_optional_url(subject, "id", where, codes::CREDENTIAL_SUBJECT));
  }
  return {};
}

Result<std::optional<Timestamp>> date_of(const json::Value& root, std::string_view member) {
  const json::Value* value = root.find(member);
  if (value == nullptr) return std::optional<Timestamp>{};
  if (value->is_string()) {
    if (const auto time = Timestamp::parse(value->string())) return std::optional<Timestamp>(*time);
  }
  return fail(codes::CREDENTIAL_DATES, "/", member, " is ", shown(value),
              ", it must be an RFC 3339 date-time with a time zone, such as 2026-11-22T13:50:00Z");
}

// The objects of a member that extends the data model (§4.6 "type"): each has a type, and an id that is a
// URL.
struct TypedMember {
  std::string_view name;
  Code code;
  bool id_required = false;
};

constexpr TypedMember kStatusMember{"credentialStatus", codes::CREDENTIAL_STATUS};
constexpr TypedMember kTypedMembers[] = {
    {"credentialSchema", codes::CREDENTIAL_MEMBER, true},
    {"evidence", codes::CREDENTIAL_MEMBER},
    {"termsOfUse", codes::CREDENTIAL_MEMBER},
    {"refreshService", codes::CREDENTIAL_MEMBER},
};

Result<void> check_typed_member(const json::Value& root, const TypedMember& rule) {
  const json::Value* value = root.find(rule.name);
  if (value == nullptr) return {};
  for (std::size_t i = 0; i < value->one_or_many().size(); ++i) {
    const auto& element = value->one_or_many()[i];
    const auto where = Where::of(rule.name, *value, i);
    if (!element.is_object())
      return fail(rule.code, where.text(), " is ", shown(&element), ", it must be an object");
    VCNODE_CHECK(check_type_value(element.find("type"), where, rule.code));
    VCNODE_CHECK(check_optional_url(element, "id", where, rule.code));
    if (rule.id_required && element.find("id") == nullptr)
      return fail(rule.code, where.text(), "/id is missing, it must be a URL");
  }
  return {};
}

Result<void> check_related_resources(const json::Value& root) {
  const json::Value* value = root.find("relatedResource");
  if (value == nullptr) return {};
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < value->one_or_many().size(); ++i) {
    const auto& resource = value->one_or_many()[i];
    const auto where = Where::of("relatedResource", *value, i);
    if (!resource.is_object())
      return fail(codes::CREDENTIAL_MEMBER, where.text(), " is ", shown(&resource), ", it must be an object");
    VCNODE_CHECK(check_optional_url(resource, "id", where, codes::CREDENTIAL_MEMBER));
    const auto id = resource.find_string("id");
    if (!id) return fail(codes::CREDENTIAL_MEMBER, where.text(), "/id is missing, it must be a URL");
    if (!ids.insert(*id).second)
      return fail(codes::CREDENTIAL_MEMBER, where.text(), "/id is \"", excerpt(*id),
                  "\", which an earlier element has too");
    if (!resource.find_string("digestSRI") && !resource.find_string("digestMultibase"))
      return fail(codes::CREDENTIAL_MEMBER, where.text(),
                  " has no digest: digestSRI or digestMultibase must be a string");
  }
  return {};
}

// A string or { "@value", "@language"?, "@direction"? } (§11.1).
bool is_language_value(const json::Value& value) {
  if (value.is_string()) return true;
  if (!value.is_object() || !value.find_string("@value")) return false;
  return std::all_of(value.members().begin(), value.members().end(), [](const auto& member) {
    if (member.name == "@value") return true;
    if (!member.value.is_string()) return false;
    if (member.name == "@direction") return member.value.string() == "ltr" || member.value.string() == "rtl";
    return member.name == "@language";
  });
}

Result<void> check_language(const json::Value& object, std::string_view path) {
  for (const std::string_view member : {"name", "description"}) {
    const json::Value* value = object.find(member);
    if (value == nullptr) continue;
    const auto elements = value->one_or_many();
    if (elements.empty() || !std::all_of(elements.begin(), elements.end(), is_language_value))
      return fail(
          codes::CREDENTIAL_LANGUAGE, path, "/", member, " is ", shown(value),
          ", it must be a string, or objects of @value with at most @language and @direction (ltr or rtl)");
  }
  return {};
}

Result<void> check_proof_shape(const json::Value& root) {
  const json::Value* proof = root.find("proof");
  if (proof == nullptr) return {};
  if (proof->one_or_many().empty()) return fail(codes::CREDENTIAL_PROOF, "/proof is an empty array");
  for (std::size_t i = 0; i < proof->one_or_many().size(); ++i) {
    const auto& element = proof->one_or_many()[i];
    const auto where = Where::of("proof", *proof, i);
    if (!element.is_object())
      return fail(codes::CREDENTIAL_PROOF, where.text(), " is ", shown(&element), ", it must be an object");
    VCNODE_CHECK(check_type_value(element.find("type"), where, codes::CREDENTIAL_PROOF));
  }
  return {};
}

// What to call a status element that has several types: the standard's own name if it is among them.
std::string_view status_type_of(const json::Value& element) {
  const auto types = element.find("type")->one_or_many();
  const auto standard = std::find_if(types.begin(), types.end(),
                                     [](const auto& t) { return t.string() == "BitstringStatusListEntry"; });
  return (standard == types.end() ? types.front() : *standard).string();
}

}  // namespace

Result<Credential> Credential::parse(std::string_view text) {
  if (text.size() > limits::kCredentialBytesMax)
    return fail(codes::CREDENTIAL_TOO_LARGE, "the credential has ", text.size(), " bytes, the limit is ",
                limits::kCredentialBytesMax);
  VCNODE_TRY(auto document, json::Document::parse(text, {.size_max = limits::kCredentialBytesMax}));
  return from(std::move(document));
}

Result<Credential> Credential::from(json::Document document) {
  const json::Value& root = document.root();
  if (!root.is_object())
    return fail(codes::JSON_WRONG_TYPE, "the credential is ", shown(&root), ", it must be an object");
  VCNODE_CHECK(check_context(root.find("@context")));
  VCNODE_CHECK(check_root_type(root));
  VCNODE_CHECK(check_optional_url(root, "id", {}, codes::CREDENTIAL_ID));
  VCNODE_TRY(const auto issuer_id, issuer_id_of(root));
  VCNODE_CHECK(check_subjects(root));
  VCNODE_TRY(const auto valid_from, date_of(root, "validFrom"));
  VCNODE_TRY(const auto valid_until, date_of(root, "validUntil"));
  if (valid_from && valid_until && *valid_until < *valid_from)
    return fail(codes::CREDENTIAL_DATES, "/validUntil ", valid_until->to_string(), " is before /validFrom ",
                valid_from->to_string());
  VCNODE_CHECK(check_typed_member(root, kStatusMember));
  for (const auto& rule : kTypedMembers) VCNODE_CHECK(check_typed_member(root, rule));
  VCNODE_CHECK(check_related_resources(root));
  VCNODE_CHECK(check_language(root, ""));
  VCNODE_CHECK(check_language(*root.find("issuer"), "/issuer"));
  VCNODE_CHECK(check_proof_shape(root));

  Credential credential(std::move(document));
  credential.issuer_id_ = issuer_id;
  credential.id_ = credential.root().find_string("id");
  credential.valid_from_ = valid_from;
  credential.valid_until_ = valid_until;
  if (const json::Value* status = credential.root().find("credentialStatus")) {
    credential.status_.reserve(status->one_or_many().size());
    for (const auto& element : status->one_or_many())
      credential.status_.push_back({std::string(status_type_of(element)), element});
  }
  return credential;
}

bool Credential::has_type(std::string_view type) const noexcept {
  const auto types = root().find("type")->one_or_many();
  return std::any_of(types.begin(), types.end(), [&](const auto& t) { return t.string() == type; });
}

}  // namespace vcnode::credential
