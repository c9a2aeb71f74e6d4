// What arrives at a verifier and is not a good credential: every case has a class and a code of its own, and
// the sentence names the thing and the limit.
#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/codes.h"
#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"
#include "tests/unit/protocol/verify/one_feed.h"

namespace vcnode::verify {
namespace {

using namespace world;

std::string good() {
  return sign(one_issuer(), badge(one_issuer()));
}

std::string replaced(std::string text, std::string_view part, std::string_view by) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

nlohmann::json with_proof(std::string_view member, const nlohmann::json& value) {
  auto document = nlohmann::json::parse(good());
  document["proof"][member] = value;
  return document;
}

TEST_CASE("what the strict reader or the data model refuses is malformed, and nobody's word") {
  struct Case {
    std::string text;
    Code code;
    std::string_view names;
  };
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  const Case cases[] = {
      {"", codes::JSON_SYNTAX, "ends too early, after 0 bytes"},
      {"{", codes::JSON_SYNTAX, "byte"},
      {"\xef\xbb\xbf" + good(), codes::JSON_BOM, "byte order mark"},
      {good() + '\0', codes::JSON_NUL, "NUL"},
      {replaced(good(), "Maria", "Mar\xff\xff"), codes::JSON_UTF8, "UTF-8"},
      {replaced(good(), "Maria", "Mar\\ud800"), codes::JSON_UTF8, "surrogate"},
      {replaced(good(), "\"name\":\"Maria Example\"", "\"name\":\"Maria Example\",\"name\":\"Other\""),
       codes::JSON_DUPLICATE_MEMBER, "name"},
      {replaced(good(), "\"Maria Example\"", deep), codes::JSON_TOO_DEEP, "64"},
      {replaced(good(), "\"Maria Example\"", "9007199254740992"), codes::JSON_NUMBER_RANGE,
       "9007199254740991"},
      {good() + std::string(limits::kCredentialBytesMax, ' '), codes::CREDENTIAL_TOO_LARGE, "262144"},
      {"[]", codes::JSON_WRONG_TYPE, "object"},
      {replaced(good(), "\"type\":[\"VerifiableCredential\",", "\"type\":["), codes::CREDENTIAL_TYPE,
       "VerifiableCredential"},
      {replaced(good(), "\"validFrom\":\"2026-11-01T09:00:00Z\"", "\"validFrom\":\"2026-11-01T09:00:00\""),
       codes::CREDENTIAL_DATES, "2026-11-01T09:00:00"},
      {replaced(good(), one_issuer().did().text(), "not a url"), codes::CREDENTIAL_ISSUER, "not a url"},
      {replaced(good(), "\"credentialSubject\":{", "\"other\":{"), codes::CREDENTIAL_SUBJECT,
       "credentialSubject"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.code.slug());
    const Verdict verdict = verdict_on(one.text);
    CHECK_DECIDED(verdict, Outcome::not_valid, Class::malformed, one.code);
    CHECK_STEP(verdict, CheckName::format, CheckResult::fail, one.code);
    CHECK_DETAIL(verdict, CheckName::format, one.names);
    CHECK(verdict.authentic == Tristate::unknown);
    CHECK(verdict.checks.size() == 1);
  }
}

TEST_CASE("other credential formats are unsupported, never malformed and never altered") {
  const std::string token = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJkaWQ6ZXhhbXBsZToxIn0.c2lnbmF0dXJl";
  const std::string v1 =
      R"({"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],)"
      R"("issuer":"did:example:1","issuanceDate":"2020-01-01T00:00:00Z","credentialSubject":{"id":"did:example:2"}})";
  const std::string enveloped =
      R"({"@context":"https://www.w3.org/ns/credentials/v2",)"
      R"("id":"data:application/vc+jwt,eyJ","type":"EnvelopedVerifiableCredential"})";
  const std::pair<std::string, std::string_view> cases[] = {
      {token, "a JWT"},
      {token + "\n", "a JWT"},
      {token + "~WyJzYWx0Il0~", "an SD-JWT"},
      {'"' + token + '"', "a JWT"},
      {R"({"payload":"eyJ","signatures":[]})", "JAdES"},
      {R"({"payload":"eyJ","protected":"eyJ","signature":"AA"})", "JAdES"},
      {enveloped, "enveloped"},
      {v1, "data model 1.1"},
  };
  for (const auto& [text, names] : cases) {
    const auto& shown = text;  // clang 14 captures no structured binding
    CAPTURE(shown);
    const Verdict verdict = verdict_on(text);
    CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::unsupported, codes::FORMAT_UNSUPPORTED);
    CHECK_STEP(verdict, CheckName::format, CheckResult::unknown, codes::FORMAT_UNSUPPORTED);
    CHECK_DETAIL(verdict, CheckName::format, names);
    CHECK(verdict.authentic == Tristate::unknown);
  }
}

TEST_CASE("a credential without any proof is malformed and authentic to nobody") {
  const Verdict verdict = verdict_on(badge(one_issuer()).dump());
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::malformed, codes::PROOF_MISSING);
  CHECK_STEP(verdict, CheckName::proof, CheckResult::fail, codes::PROOF_MISSING);
  CHECK(verdict.authentic == Tristate::no);
}

TEST_CASE("a proof that lacks what it needs is malformed") {
  const std::pair<std::string_view, nlohmann::json> changes[] = {
      {"proofValue", "z1"},          {"proofValue", 7},
      {"created", "yesterday"},      {"verificationMethod", "did:"},
      {"verificationMethod", false}, {"proofPurpose", nullptr}};
  for (const auto& [member, value] : changes) {
    const auto& shown = member;  // clang 14 captures no structured binding
    CAPTURE(shown);
    const Verdict verdict = verdict_on(with_proof(member, value).dump());
    CHECK_DECIDED(verdict, Outcome::not_valid, Class::malformed, codes::PROOF_MALFORMED);
    CHECK_DETAIL(verdict, CheckName::proof, member);
  }
}

TEST_CASE("proofs of other kinds cannot be checked: cannot-tell, unsupported") {
  const std::pair<nlohmann::json, Code> cases[] = {
      {with_proof("type", "Ed25519Signature2020"), codes::PROOF_TYPE_UNSUPPORTED},
      {with_proof("cryptosuite", "bbs-2023"), codes::PROOF_CRYPTOSUITE_UNSUPPORTED},
      {with_proof("verificationMethod", "did:web:university.example#key-1"), codes::DID_METHOD_UNSUPPORTED}};
  for (const auto& [document, code] : cases) {
    const std::string_view shown = code.slug();  // clang 14 captures no structured binding
    CAPTURE(shown);
    const Verdict verdict = verdict_on(document.dump());
    CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::unsupported, code);
    CHECK_STEP(verdict, CheckName::proof, CheckResult::unknown, code);
    CHECK(verdict.authentic == Tristate::unknown);
    CHECK(verdict.checks.size() == 2);
  }
}

TEST_CASE("more proofs than the limit are refused before any is checked") {
  auto document = nlohmann::json::parse(good());
  document["proof"] = nlohmann::json::array_t(credential::kProofsMax + 1, document["proof"]);
  const Verdict verdict = verdict_on(document.dump());
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::malformed, codes::PROOF_TOO_MANY);
  CHECK_DETAIL(verdict, CheckName::proof, "16");
}

TEST_CASE("keys that are not the issuer's, or nobody's, are an issuer-key failure") {
  Bytes zeros(34);  // y = 0 is a point of order 4
  zeros[0] = 0xed;
  zeros[1] = 0x01;
  Bytes short_key(zeros.begin(), zeros.end() - 1);
  const auto method_of = [](std::string_view key) { return concat("did:key:", key, "#", key); };
  struct Case {
    std::string method;
    Code code;
    std::string_view names;
  };
  const Case cases[] = {
      {one_issuer().did().text() + "#z6MkOther", codes::VERIFICATION_METHOD_UNKNOWN,
       "names no verification method of its DID"},
      {method_of(multibase_encode(Multibase::base58btc, zeros)), codes::KEY_INVALID, "small order"},
      {method_of(multibase_encode(Multibase::base58btc, short_key)), codes::DID_KEY_LENGTH,
       "holds 31 key bytes, an Ed25519 key has 32"},
      {method_of("zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"), codes::DID_KEY_TYPE_UNSUPPORTED,
       "multicodec 8024, only ed25519-pub"}};  // P-256
  for (const auto& [method, code, names] : cases) {
    const auto& shown = method;  // clang 14 captures no structured binding
    CAPTURE(shown);
    const Verdict verdict = verdict_on(with_proof("verificationMethod", method).dump());
    CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, code);
    CHECK_DETAIL(verdict, verdict.checks.back().check, names);
    CHECK(verdict.authentic == Tristate::no);
  }
}

TEST_CASE("another signer's method on the issuer's signature is a signature that does not match") {
  const Issuer other(2);
  const Verdict verdict = verdict_on(with_proof("verificationMethod", other.method()).dump());
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::altered, codes::PROOF_SIGNATURE);
}

TEST_CASE("a signature made for another purpose does not issue anything") {
  auto options = one_issuer().proof_options();
  options.proof_purpose = "authentication";
  const Verdict verdict = verdict_on(sign(one_issuer(), badge(one_issuer()), options));
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::PROOF_PURPOSE);
  CHECK_DETAIL(verdict, CheckName::proof, "authentication");
}

TEST_CASE("a chain that lost an earlier proof was altered") {
  auto first = one_issuer().proof_options();
  first.id = "urn:proof:first";
  auto second = one_issuer().proof_options();
  second.previous_proofs = {"urn:proof:first"};
  auto document = credential::add_proof(badge(one_issuer()), first, one_issuer().signer()).value();
  document = credential::add_proof(document, second, one_issuer().signer()).value();
  CHECK(verdict_on(document.dump()).outcome == Outcome::valid);
  document["proof"].erase(0);
  CHECK_DECIDED(verdict_on(document.dump()), Outcome::not_valid, Class::altered,
                codes::PROOF_PREVIOUS_UNKNOWN);
}

TEST_CASE("a context that is not the signed one was altered") {
  const Verdict verdict = verdict_on(replaced(good(), "context-3.0.3.json", "context-3.0.2.json"));
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::altered, codes::PROOF_CONTEXT);
}

}  // namespace
}  // namespace vcnode::verify
