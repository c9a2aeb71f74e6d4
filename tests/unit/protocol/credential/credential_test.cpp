#include "protocol/credential/credential.h"

#include "crypto/base/codes.h"
#include "crypto/base/limits.h"
#include "protocol/credential/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/credential/samples.h"

using namespace vcnode;
using credential::Credential;
using Json = nlohmann::json;

namespace {

// The minimal credential with one member replaced.
Result<Credential> with(const char* member, const Json& value) {
  auto document = test::minimal_credential("did:example:issuer");
  document[member] = value;
  return Credential::parse(document.dump());
}

Result<Credential> without(const char* member) {
  auto document = test::minimal_credential("did:example:issuer");
  document.erase(member);
  return Credential::parse(document.dump());
}

}  // namespace

TEST_CASE("a credential tells what later checks need") {
  auto document = test::minimal_credential("did:example:issuer");
  document["id"] = "urn:uuid:1";
  document["validUntil"] = "2027-01-01T00:00:00+01:00";
  document["type"].push_back("https://example.org/#Course");
  document["credentialStatus"] = {{{"type", {"Other", "BitstringStatusListEntry"}}, {"statusListIndex", "7"}},
                                  {{"type", "Second"}}};
  const auto parsed = Credential::parse(document.dump());
  REQUIRE_OK(parsed);
  const auto credential = *parsed;  // a copy shares the document
  CHECK(credential.issuer_id() == "did:example:issuer");
  CHECK(credential.id() == "urn:uuid:1");
  CHECK(credential.valid_from()->to_string() == "2026-01-01T00:00:00Z");
  CHECK(credential.valid_until()->to_string() == "2026-12-31T23:00:00Z");
  CHECK(credential.has_type("https://example.org/#Course"));
  CHECK_FALSE(credential.has_type("Course"));
  REQUIRE(credential.status().size() == 2);
  CHECK(credential.status()[0].type == "BitstringStatusListEntry");
  CHECK(credential.status()[0].value.find_string("statusListIndex") == "7");
  CHECK(credential.status()[1].type == "Second");
  CHECK(credential.proof() == nullptr);
}

TEST_CASE("what is optional may be absent") {
  const auto credential = without("validFrom");
  REQUIRE_OK(credential);
  CHECK_FALSE(credential->valid_from().has_value());
  CHECK_FALSE(credential->valid_until().has_value());
  CHECK_FALSE(credential->id().has_value());
  CHECK(credential->status().empty());
}

TEST_CASE("text beyond the size limit is refused before it is read") {
  const std::string text(limits::kCredentialBytesMax + 1, '{');
  CHECK_CODE_NAMES(Credential::parse(text), codes::CREDENTIAL_TOO_LARGE, "262144");
}

TEST_CASE("what is not strict JSON or not an object is refused") {
  CHECK_CODE(Credential::parse("{"), codes::JSON_SYNTAX);
  CHECK_CODE(Credential::parse(R"({"type":1,"type":2})"), codes::JSON_DUPLICATE_MEMBER);
  CHECK_CODE_NAMES(Credential::parse("[]"), codes::JSON_WRONG_TYPE, "array");
}

TEST_CASE("type holds VerifiableCredential and only strings") {
  CHECK(with("type", "VerifiableCredential").has_value());
  CHECK_CODE_NAMES(without("type"), codes::CREDENTIAL_TYPE, "/type is missing");
  CHECK_CODE_NAMES(with("type", {"Other"}), codes::CREDENTIAL_TYPE, "VerifiableCredential");
  CHECK_CODE(with("type", {"VerifiableCredential", 1}), codes::CREDENTIAL_TYPE);
  CHECK_CODE(with("type", {"VerifiableCredential", ""}), codes::CREDENTIAL_TYPE);
  CHECK_CODE(with("type", Json::array()), codes::CREDENTIAL_TYPE);
  CHECK_CODE_NAMES(with("type", nullptr), codes::CREDENTIAL_TYPE, "null");
}

TEST_CASE("id is one URL") {
  CHECK_CODE_NAMES(with("id", "https ://a"), codes::CREDENTIAL_ID, "/id is \"https ://a\"");
  CHECK_CODE_NAMES(with("id", nullptr), codes::CREDENTIAL_ID, "null");
  CHECK_CODE(with("id", {"urn:a:b", "urn:a:c"}), codes::CREDENTIAL_ID);
  CHECK_CODE_NAMES(with("id", "urn:" + std::string(limits::kUrlBytesMax, 'a')), codes::CREDENTIAL_ID, "1024");
}

TEST_CASE("issuer is a URL or an object with one") {
  CHECK(with("issuer", {{"id", "https://example.org"}, {"name", "Example"}})->issuer_id() ==
        "https://example.org");
  CHECK_CODE_NAMES(without("issuer"), codes::CREDENTIAL_ISSUER, "/issuer is missing");
  CHECK_CODE(with("issuer", nullptr), codes::CREDENTIAL_ISSUER);
  CHECK_CODE_NAMES(with("issuer", "fake"), codes::CREDENTIAL_ISSUER, "\"fake\"");
  CHECK_CODE_NAMES(with("issuer", Json::object()), codes::CREDENTIAL_ISSUER, "/issuer/id is missing");
  CHECK_CODE(with("issuer", {{"id", 1}}), codes::CREDENTIAL_ISSUER);
  CHECK_CODE(with("issuer", Json::array({"did:example:a"})), codes::CREDENTIAL_ISSUER);
}

TEST_CASE("every subject is an object that claims something") {
  CHECK(with("credentialSubject", {{{"id", "did:example:a"}}, {{"name", "b"}}}).has_value());
  CHECK_CODE_NAMES(without("credentialSubject"), codes::CREDENTIAL_SUBJECT, "missing");
  CHECK_CODE_NAMES(with("credentialSubject", Json::array()), codes::CREDENTIAL_SUBJECT, "empty array");
  CHECK_CODE_NAMES(with("credentialSubject", Json::object()), codes::CREDENTIAL_SUBJECT,
                   "/credentialSubject is");
  CHECK_CODE_NAMES(with("credentialSubject", {{{"id", "did:example:a"}}, Json::object()}),
                   codes::CREDENTIAL_SUBJECT, "/credentialSubject/1");
  CHECK_CODE(with("credentialSubject", "did:example:a"), codes::CREDENTIAL_SUBJECT);
  CHECK_CODE(with("credentialSubject", {{"id", {"did:example:a", "did:example:b"}}}),
             codes::CREDENTIAL_SUBJECT);
  CHECK_CODE_NAMES(with("credentialSubject", {{"id", "not a url"}}), codes::CREDENTIAL_SUBJECT,
                   "/credentialSubject/id");
}

TEST_CASE("validity dates are RFC 3339 with a zone, in order") {
  CHECK_CODE_NAMES(with("validFrom", "2026-01-01"), codes::CREDENTIAL_DATES, "/validFrom is \"2026-01-01\"");
  CHECK_CODE(with("validFrom", "2026-01-01T00:00:00"), codes::CREDENTIAL_DATES);
  CHECK_CODE_NAMES(with("validUntil", 17), codes::CREDENTIAL_DATES, "/validUntil");
  CHECK_CODE(with("validUntil", nullptr), codes::CREDENTIAL_DATES);
  CHECK_CODE_NAMES(with("validUntil", "2025-12-31T23:59:59Z"), codes::CREDENTIAL_DATES, "before");
  CHECK(with("validUntil", "2026-01-01T00:00:00Z").has_value());
}

TEST_CASE("credentialStatus has a type, and an id that is a URL if any") {
  CHECK_CODE_NAMES(with("credentialStatus", {{"id", "urn:a:b"}}), codes::CREDENTIAL_STATUS,
                   "/credentialStatus/type");
  CHECK_CODE_NAMES(with("credentialStatus", {{{"type", "A"}}, {{"type", 2}}}), codes::CREDENTIAL_STATUS,
                   "/credentialStatus/1/type");
  CHECK_CODE(with("credentialStatus", {{"type", "A"}, {"id", {"urn:a:b", "urn:a:c"}}}),
             codes::CREDENTIAL_STATUS);
  CHECK_CODE(with("credentialStatus", {{"type", "A"}, {"id", "https ://a"}}), codes::CREDENTIAL_STATUS);
  CHECK_CODE(with("credentialStatus", "urn:a:b"), codes::CREDENTIAL_STATUS);
}

TEST_CASE("schema, evidence, terms and refresh service have a type; a schema has an id too") {
  for (const auto* member : {"credentialSchema", "evidence", "termsOfUse", "refreshService"}) {
    CAPTURE(member);
    CHECK(with(member, {{"type", "A"}, {"id", "urn:a:b"}}).has_value());
    CHECK(with(member, {{{"type", "A"}, {"id", "urn:a:b"}}, {{"type", {"B", "C"}}, {"id", "urn:a:c"}}})
              .has_value());
    CHECK_CODE_NAMES(with(member, {{"id", "urn:a:b"}}), codes::CREDENTIAL_MEMBER,
                     concat("/", member, "/type"));
    CHECK_CODE_NAMES(with(member, {{"type", "A"}, {"id", "https ://a"}}), codes::CREDENTIAL_MEMBER,
                     "https ://a");
    CHECK_CODE(with(member, nullptr), codes::CREDENTIAL_MEMBER);
  }
  CHECK(with("evidence", {{"type", "A"}}).has_value());
  CHECK_CODE_NAMES(with("credentialSchema", {{"type", "A"}}), codes::CREDENTIAL_MEMBER,
                   "/credentialSchema/id");
}

TEST_CASE("related resources have an id of their own and a digest") {
  const Json good = {{"id", "https://example.org/a"}, {"digestSRI", "sha256-x"}};
  const Json other = {{"id", "https://example.org/b"}, {"digestMultibase", "u"}, {"mediaType", "text/plain"}};
  CHECK(with("relatedResource", {good, other}).has_value());
  CHECK(with("relatedResource", good).has_value());
  CHECK_CODE_NAMES(with("relatedResource", {good, good}), codes::CREDENTIAL_MEMBER, "/relatedResource/1/id");
  CHECK_CODE(with("relatedResource", {"https://example.org/a"}), codes::CREDENTIAL_MEMBER);
  CHECK_CODE(with("relatedResource", {{"digestSRI", "sha256-x"}}), codes::CREDENTIAL_MEMBER);
  CHECK_CODE(with("relatedResource", {{"id", "a b"}, {"digestSRI", "sha256-x"}}), codes::CREDENTIAL_MEMBER);
  CHECK_CODE_NAMES(with("relatedResource", {{"id", "https://example.org/a"}}), codes::CREDENTIAL_MEMBER,
                   "digest");
}

TEST_CASE("names and descriptions are strings or language value objects") {
  const Json english = {{"@value", "Course"}, {"@language", "en"}};
  for (const auto* member : {"name", "description"}) {
    CAPTURE(member);
    CHECK(with(member, "Course").has_value());
    CHECK(with(member, {english, {{"@value", "دورة"}, {"@language", "ar"}, {"@direction", "rtl"}}})
              .has_value());
    CHECK_CODE_NAMES(with(member, {{"@value", "Course"}, {"url", "urn:a:b"}}), codes::CREDENTIAL_LANGUAGE,
                     member);
    CHECK_CODE(with(member, {{"@language", "en"}}), codes::CREDENTIAL_LANGUAGE);
    CHECK_CODE(with(member, {{"@value", "Course"}, {"@language", 1}}), codes::CREDENTIAL_LANGUAGE);
    CHECK_CODE(with(member, {{"@value", "Course"}, {"@direction", "up"}}), codes::CREDENTIAL_LANGUAGE);
    CHECK_CODE(with(member, Json::array()), codes::CREDENTIAL_LANGUAGE);
    CHECK_CODE(with(member, 17), codes::CREDENTIAL_LANGUAGE);
    CHECK_CODE_NAMES(with("issuer", {{"id", "did:example:issuer"}, {member, 17}}), codes::CREDENTIAL_LANGUAGE,
                     concat("/issuer/", member));
  }
}

TEST_CASE("a proof is an object with a type, or several") {
  CHECK(with("proof", {{"type", "Ed25519Signature2020"}}).has_value());
  CHECK(with("proof", {{{"type", "A"}}, {{"type", "B"}}})->proof()->is_array());
  CHECK_CODE_NAMES(with("proof", {{"created", "x"}}), codes::CREDENTIAL_PROOF, "/proof/type");
  CHECK_CODE_NAMES(with("proof", {{{"type", "A"}}, "B"}), codes::CREDENTIAL_PROOF, "/proof/1");
  CHECK_CODE(with("proof", nullptr), codes::CREDENTIAL_PROOF);
  CHECK_CODE_NAMES(with("proof", Json::array()), codes::CREDENTIAL_PROOF, "empty");
}
