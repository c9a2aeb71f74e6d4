#include "protocol/did/verification_method.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/multikey.h"
#include "protocol/did/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/did/samples.h"

using namespace vcnode;
using test::sample_key;
using test::with;
using Json = nlohmann::json;

namespace {

Json method_of_type(const char* type, const char* member, const Json& key) {
  return {{"id", "#key-1"}, {"type", type}, {member, key}};
}

Json sample_jwk() {
  return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url_encode(sample_key().view())}};
}

Json multikey_json() {
  return method_of_type("Multikey", "publicKeyMultibase", multikey_encode(sample_key()));
}

Json jwk_json(const Json& jwk = sample_jwk()) {
  return method_of_type("JsonWebKey2020", "publicKeyJwk", jwk);
}

json::Document parsed(const Json& value) {
  return json::Document::parse(value.dump()).value();
}

Result<Ed25519PublicKey> key_read(const Json& method) {
  return verification_method::key_of(parsed(method).root());
}

}  // namespace

TEST_CASE("an Ed25519 key is read in every form that the standards have for it") {
  const std::string multikey = multikey_encode(sample_key());
  for (const Json& method :
       {multikey_json(), method_of_type("Ed25519VerificationKey2020", "publicKeyMultibase", multikey),
        jwk_json(), method_of_type("JsonWebKey", "publicKeyJwk", sample_jwk()),
        jwk_json(with(sample_jwk(), "use", "sig")),
        method_of_type("Ed25519VerificationKey2018", "publicKeyBase58",
                       base58btc_encode(sample_key().view()))}) {
    CAPTURE(method.dump());
    const auto key = key_read(method);
    REQUIRE_OK(key);
    CHECK(*key == sample_key());
    CHECK(verification_method::multikey_in(parsed(method).root()) == multikey);
    CHECK(verification_method::holds_key(parsed(method).root()));
  }
}

TEST_CASE("a method of another type or form is not read, which says nothing about it") {
  Json untyped = multikey_json();
  untyped.erase("type");
  const std::string base58 = base58btc_encode(sample_key().view());
  for (const Json& method :
       {with(multikey_json(), "type", "Foo"),
        with(multikey_json(), "type", "EcdsaSecp256k1VerificationKey2019"),
        with(multikey_json(), "type", Json::array({"Multikey"})), untyped,
        with(multikey_json(), "type", "JsonWebKey"), with(jwk_json(), "type", "Multikey"),
        with(multikey_json(), "publicKeyJwk", sample_jwk()), with(jwk_json(), "publicKeyMultibase", "z6Mk"),
        with(multikey_json(), "publicKeyPem", "-----"),
        method_of_type("Ed25519VerificationKey2018", "publicKeyMultibase", multikey_encode(sample_key())),
        method_of_type("Ed25519VerificationKey2020", "publicKeyBase58", base58)})
    CHECK_CODE_NAMES(key_read(method), codes::VERIFICATION_METHOD_UNREAD, "#key-1");
  CHECK_CODE(key_read("#key-1"), codes::VERIFICATION_METHOD_UNREAD);
}

TEST_CASE("a key that cannot have signed is named") {
  CHECK_CODE(key_read(with(multikey_json(), "publicKeyMultibase", "m6Mk")), codes::KEY_INVALID);
  CHECK_CODE(key_read(with(multikey_json(), "publicKeyMultibase", 7)), codes::KEY_INVALID);
  CHECK_CODE(key_read(with(multikey_json(), "publicKeyMultibase",
                           "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169")),
             codes::DID_KEY_TYPE_UNSUPPORTED);
  CHECK_CODE_NAMES(key_read(jwk_json(with(sample_jwk(), "d", "AA"))), codes::KEY_INVALID, "private");
  CHECK_CODE(key_read(jwk_json("z6Mk")), codes::KEY_INVALID);
  CHECK_CODE(key_read(jwk_json(with(sample_jwk(), "x", "AAAA"))), codes::DID_KEY_LENGTH);
  CHECK_CODE_NAMES(key_read(jwk_json(with(sample_jwk(), "use", "enc"))), codes::VERIFICATION_METHOD_UNKNOWN,
                   "encryption");
  for (const char* text : {"", "l", "0"})
    CHECK_CODE(key_read(method_of_type("Ed25519VerificationKey2018", "publicKeyBase58", text)),
               codes::KEY_INVALID);
}

TEST_CASE("a key is found again in whatever form and type it stands") {
  const verification_method::KeyForms key(sample_key());
  Bytes prefixed = {0xed, 0x01};
  for (const std::uint8_t byte : to_bytes(as_text(sample_key().view()))) prefixed.push_back(byte);
  for (const Json& method :
       {multikey_json(), jwk_json(), with(multikey_json(), "type", "Foo"),
        jwk_json(with(with(sample_jwk(), "use", "enc"), "d", "AA")),
        with(multikey_json(), "publicKeyMultibase", concat("f", hex_encode(prefixed))),
        with(multikey_json(), "publicKeyMultibase", concat("u", base64url_encode(prefixed))),
        method_of_type("Foo", "publicKeyBase58", base58btc_encode(sample_key().view()))})
    CHECK(key.stand_in(parsed(method).root()));
  CHECK_FALSE(key.stand_in(parsed(with(multikey_json(), "publicKeyMultibase", "z6Mk")).root()));
  CHECK_FALSE(key.stand_in(parsed(Json("#key-1")).root()));
  CHECK_FALSE(verification_method::multikey_in(parsed(jwk_json(with(sample_jwk(), "x", "AAAA"))).root()));
  CHECK_FALSE(verification_method::holds_key(parsed(Json{{"id", "#key-1"}}).root()));
}

TEST_CASE("a time that is none is the beginning of all") {
  const auto time_of = [](const Json& value) {
    return verification_method::time_in(parsed(with(multikey_json(), "revoked", value)).root(), "revoked");
  };
  CHECK(time_of("2026-01-01T00:00:00Z") == Timestamp::parse("2026-01-01T00:00:00Z").value());
  CHECK(time_of("soon") == Timestamp());
  CHECK(time_of(true) == Timestamp());
  CHECK_FALSE(verification_method::time_in(parsed(multikey_json()).root(), "revoked"));
}
