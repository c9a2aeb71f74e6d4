#include "protocol/did/jwk.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/ed25519.h"
#include "protocol/did/codes.h"
#include "protocol/did/key.h"
#include "protocol/did/resolver.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/did/samples.h"

using namespace vcnode;
using test::with;
using Json = nlohmann::json;

namespace {

Did did_of_text(std::string_view jwk) {
  return Did::parse("did:jwk:" + base64url_encode(as_bytes(jwk))).value();
}
Did did_of(const Json& jwk) {
  return did_of_text(jwk.dump());
}

Json ed25519_jwk() {
  const auto key = Ed25519KeyPair::from_seed(Bytes(32, 7)).value().public_key();
  return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url_encode(key.view())}};
}

std::string zeros(std::size_t bytes) {
  return base64url_encode(Bytes(bytes, 1));
}

DidUrl method_of(const Did& did, const char* suffix = "#0") {
  return DidUrl::parse(did.text() + suffix).value();
}

}  // namespace

TEST_CASE("an Ed25519 did:jwk holds its key, under #0 only") {
  const Did did = did_of(ed25519_jwk());
  const auto expected = Ed25519KeyPair::from_seed(Bytes(32, 7)).value().public_key();
  CHECK(did_jwk::key_of(did).value() == expected);
  CHECK(did_jwk::key_of_method(method_of(did)).value() == expected);
  for (const char* suffix : {"", "#", "#1", "#00", "/path#0", "?a=b#0", "#0?"})
    CHECK_CODE(did_jwk::key_of_method(method_of(did, suffix)), codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK(did_jwk::key_of(did_of(with(ed25519_jwk(), "kid", "key-1"))).value() == expected);
  CHECK_CODE(did_jwk::key_of_method(method_of(did_of(with(ed25519_jwk(), "kid", "key-1")), "#key-1")),
             codes::VERIFICATION_METHOD_UNKNOWN);
}

TEST_CASE("the use of a key decides where the document lists it") {
  const auto relations = [](const Json& jwk) {
    const Did did = did_of(jwk);
    const Json document = did_jwk::document_of(did).value();
    CHECK(document.at("id") == did.text());
    CHECK(document.at("verificationMethod").at(0).at("publicKeyJwk") == jwk);
    std::vector<bool> out;
    for (const char* name : {"assertionMethod", "authentication", "capabilityInvocation",
                             "capabilityDelegation", "keyAgreement"}) {
      out.push_back(document.contains(name));
      if (document.contains(name)) CHECK(document.at(name) == Json::array({did.text() + "#0"}));
    }
    return out;
  };
  CHECK(relations(ed25519_jwk()) == std::vector<bool>{true, true, true, true, true});
  CHECK(relations(with(ed25519_jwk(), "use", "sig")) == std::vector<bool>{true, true, true, true, false});
  CHECK(relations(with(ed25519_jwk(), "use", "enc")) == std::vector<bool>{false, false, false, false, true});
  CHECK_CODE_NAMES(did_jwk::key_of_method(method_of(did_of(with(ed25519_jwk(), "use", "enc")))),
                   codes::VERIFICATION_METHOD_UNKNOWN, "encryption");
  CHECK(did_jwk::key_of_method(method_of(did_of(with(ed25519_jwk(), "use", "sig")))).has_value());
  CHECK_CODE(did_jwk::document_of(did_of(with(ed25519_jwk(), "use", 1))), codes::KEY_INVALID);
}

TEST_CASE("keys of other types have a document and verify nothing") {
  const std::vector<Json> jwks = {
      {{"kty", "OKP"}, {"crv", "X25519"}, {"x", zeros(32)}},
      {{"kty", "EC"}, {"crv", "P-256"}, {"x", zeros(32)}, {"y", zeros(32)}},
      {{"kty", "EC"}, {"crv", "P-384"}, {"x", zeros(48)}, {"y", zeros(48)}},
      {{"kty", "RSA"}, {"n", zeros(256)}, {"e", "AQAB"}},
      {{"kty", "RSA"}, {"n", zeros(512)}, {"e", "AQAB"}},
  };
  for (const Json& jwk : jwks) {
    const Did did = did_of(jwk);
    CHECK_MESSAGE(did_jwk::document_of(did).has_value(), jwk.dump());
    CHECK_CODE(did_jwk::key_of(did), codes::DID_KEY_TYPE_UNSUPPORTED);
    CHECK_CODE(SelfResolver().resolve_method(method_of(did), std::nullopt), codes::DID_KEY_TYPE_UNSUPPORTED);
  }
  for (const Json& jwk :
       std::vector<Json>{{{"kty", "EC"}, {"crv", "secp256k1"}, {"x", zeros(32)}, {"y", zeros(32)}},
                         {{"kty", "OKP"}, {"crv", "Ed448"}, {"x", zeros(57)}},
                         {{"kty", "oct"}},
                         {{"kty", "AKP"}, {"alg", "ML-DSA-44"}}})
    CHECK_CODE(did_jwk::document_of(did_of(jwk)), codes::DID_KEY_TYPE_UNSUPPORTED);
}

TEST_CASE("private keys are refused whatever their value") {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}) {
    CHECK_CODE_NAMES(did_jwk::document_of(did_of(with(ed25519_jwk(), member, "AA"))), codes::KEY_INVALID,
                     "private");
    CHECK_CODE(did_jwk::key_of(did_of(with(ed25519_jwk(), member, nullptr))), codes::KEY_INVALID);
  }
}

TEST_CASE("a malformed JWK is refused for what is wrong with it") {
  for (const char* id : {"e30=", "e3", "@", "e30.e30", "e30:e30", "YWJj", "W10", "bnVsbA"})
    if (const auto did = Did::parse(concat("did:jwk:", id)))
      CHECK_CODE(did_jwk::key_of(*did), codes::DID_INVALID);
  const std::string x = ed25519_jwk().at("x").get<std::string>();
  for (const std::string& text :
       {concat(R"({"kty":"OKP","crv":"Ed25519","x":")", x, R"(","x":")", x, R"("})"),
        concat("\xef\xbb\xbf", ed25519_jwk().dump()), concat(ed25519_jwk().dump(), "x"),
        concat(R"({"kty":"OKP","crv":"Ed25519","x":")", x, R"(","a":[[[[[[[[[]]]]]]]]]})")})
    CHECK_CODE_NAMES(did_jwk::key_of(did_of_text(text)), codes::DID_INVALID, "no JWK");
  CHECK_CODE(did_jwk::key_of(did_of_text("{}")), codes::KEY_INVALID);
  CHECK_CODE(did_jwk::key_of(did_of({{"kty", 1}})), codes::KEY_INVALID);
  CHECK_CODE(did_jwk::key_of(did_of({{"kty", "OKP"}, {"crv", "Ed25519"}})), codes::KEY_INVALID);
  CHECK_CODE(did_jwk::key_of(did_of(with(ed25519_jwk(), "x", x + "="))), codes::KEY_INVALID);
  CHECK_CODE(did_jwk::key_of(did_of(with(ed25519_jwk(), "x", base64url_encode(Bytes(32, 0))))),
             codes::KEY_INVALID);
  CHECK_CODE_NAMES(did_jwk::key_of(did_of(with(ed25519_jwk(), "x", zeros(31)))), codes::DID_KEY_LENGTH, "31");
  CHECK_CODE(
      did_jwk::document_of(did_of({{"kty", "EC"}, {"crv", "P-256"}, {"x", zeros(32)}, {"y", zeros(33)}})),
      codes::DID_KEY_LENGTH);
  CHECK_CODE_NAMES(did_jwk::document_of(did_of({{"kty", "RSA"}, {"n", zeros(128)}, {"e", "AQAB"}})),
                   codes::DID_KEY_LENGTH, "256 to 512");
}

TEST_CASE("the resolver of self-made DIDs knows did:key and did:jwk, of low assurance, and no other") {
  const Did jwk = did_of(ed25519_jwk());
  const auto key = did_jwk::key_of(jwk).value();
  const Did did_key = did_key::did_of(key);
  const SelfResolver resolver;
  for (const auto& method : {method_of(jwk), DidUrl::parse(did_key::verification_method_of(key)).value()}) {
    const auto found = resolver.resolve_method(method, std::nullopt);
    REQUIRE_OK(found);
    CHECK(found->key == key);
    CHECK(found->controller == method.did());
    CHECK(found->low_assurance);
    CHECK(!found->version_id);
  }
  CHECK(self_document_of(jwk)->at("id") == jwk.text());
  CHECK(self_document_of(did_key)->at("id") == did_key.text());
  const auto web = DidUrl::parse("did:web:uni.example#0").value();
  CHECK_CODE_NAMES(resolver.resolve_method(web, std::nullopt), codes::DID_METHOD_UNSUPPORTED,
                   "did:web:uni.example");
  CHECK_CODE(self_document_of(web.did()), codes::DID_METHOD_UNSUPPORTED);
  CHECK_CODE(did_jwk::key_of(web.did()), codes::DID_METHOD_UNSUPPORTED);
  CHECK_CODE(did_jwk::key_of_method(web), codes::DID_METHOD_UNSUPPORTED);
  CHECK_CODE(did_jwk::document_of(web.did()), codes::DID_METHOD_UNSUPPORTED);
  CHECK_CODE(DidKeyResolver().resolve_method(method_of(jwk), std::nullopt), codes::DID_METHOD_UNSUPPORTED);
}
