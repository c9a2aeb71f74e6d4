#include "protocol/did/key.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/ed25519.h"
#include "crypto/multikey.h"
#include "protocol/did/codes.h"
#include "protocol/did/resolver.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/did/samples.h"

using namespace vcnode;
using test::sample_key;

namespace {

Did did(std::string_view text) {
  return Did::parse(text).value();
}

Did did_of_multikey(Bytes bytes) {
  return did("did:key:" + multibase_encode(Multibase::base58btc, bytes));
}

Bytes ed25519_multikey(std::size_t key_bytes, std::uint8_t fill) {
  Bytes bytes = {0xed, 0x01};
  bytes.resize(2 + key_bytes, fill);
  return bytes;
}

}  // namespace

TEST_CASE("a did:key and its key lead to each other") {
  const auto key = sample_key();
  const auto identifier = did_key::did_of(key);
  CHECK(identifier.text().starts_with("did:key:z6Mk"));
  const auto back = did_key::key_of(identifier);
  REQUIRE_OK(back);
  CHECK(*back == key);
  CHECK(*did_key::key_of(identifier) == key);  // again: the key is now among those remembered as checked
}

TEST_CASE("a verification method leads to the key its DID holds") {
  const auto key = sample_key();
  const auto method = DidUrl::parse(did_key::verification_method_of(key)).value();
  const auto found = did_key::key_of_method(method);
  REQUIRE_OK(found);
  CHECK(*found == key);
}

TEST_CASE("a did:key has one verification method and no other") {
  const auto key = sample_key();
  const auto text = did_key::did_of(key).text();
  for (const auto* suffix : {"", "#", "#key-1", "/path", "?versionId=1"}) {
    CAPTURE(suffix);
    CHECK_CODE_NAMES(did_key::key_of_method(DidUrl::parse(text + suffix).value()),
                     codes::VERIFICATION_METHOD_UNKNOWN, multikey_encode(key));
  }
  const auto with_query = text + "?a#" + multikey_encode(key);
  CHECK_CODE(did_key::key_of_method(DidUrl::parse(with_query).value()), codes::VERIFICATION_METHOD_UNKNOWN);
}

TEST_CASE("what is not a did:key of an Ed25519 key is refused by its own code") {
  const auto z6Mk = multikey_encode(sample_key());
  CHECK_CODE_NAMES(did_key::key_of(did("did:web:example.com")), codes::DID_METHOD_UNSUPPORTED,
                   "did:web:example.com");
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:-4:" + z6Mk)), codes::DID_INVALID, "version");
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:1.1:" + z6Mk)), codes::DID_INVALID, "version");
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:" + z6Mk.substr(1))), codes::DID_INVALID, "z...");
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:z0OIl")), codes::DID_INVALID, "malformed");
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:z")), codes::DID_INVALID, "holds no key");
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:z2")), codes::DID_INVALID, "too short");
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv")),
                   codes::DID_KEY_TYPE_UNSUPPORTED, "8024");
}

TEST_CASE("a did:key with the wrong number of key bytes says how many it has") {
  CHECK_CODE_NAMES(did_key::key_of(did("did:key:zTjsVPtY")), codes::DID_KEY_LENGTH, "3 key bytes");
  CHECK_CODE_NAMES(did_key::key_of(did_of_multikey(ed25519_multikey(31, 9))), codes::DID_KEY_LENGTH, "31");
  CHECK_CODE_NAMES(did_key::key_of(did_of_multikey(ed25519_multikey(33, 9))), codes::DID_KEY_LENGTH, "33");
  CHECK_CODE(did_key::key_of(did_of_multikey(ed25519_multikey(0, 0))), codes::DID_KEY_LENGTH);
}

TEST_CASE("small-order keys are refused, however often they are tried") {
  auto identity = ed25519_multikey(32, 0);
  identity[2] = 1;
  for (int attempt = 0; attempt < 2; ++attempt) {
    CHECK_CODE(did_key::key_of(did_of_multikey(ed25519_multikey(32, 0))), codes::KEY_INVALID);
    CHECK_CODE(did_key::key_of(did_of_multikey(identity)), codes::KEY_INVALID);
  }
}

TEST_CASE("more keys than the memory of checked keys holds do not stand in for each other") {
  std::vector<Ed25519PublicKey> keys;
  for (int i = 0; i < 300; ++i) {
    Bytes seed(32, 1);
    seed[0] = static_cast<std::uint8_t>(i);
    seed[1] = static_cast<std::uint8_t>(i / 256);
    keys.push_back(Ed25519KeyPair::from_seed(seed).value().public_key());
  }
  for (int round = 0; round < 2; ++round)
    for (const auto& key : keys) CHECK(*did_key::key_of(did_key::did_of(key)) == key);
}

TEST_CASE("the DID document lists the one method in every relationship but keyAgreement") {
  const auto key = sample_key();
  const auto identifier = did_key::did_of(key);
  const auto document = did_key::document_of(identifier);
  REQUIRE_OK(document);
  const auto method = did_key::verification_method_of(key);
  CHECK((*document)["@context"] ==
        nlohmann::json{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"});
  CHECK((*document)["id"] == identifier.text());
  REQUIRE((*document)["verificationMethod"].size() == 1);
  CHECK((*document)["verificationMethod"][0] == nlohmann::json{{"id", method},
                                                               {"type", "Multikey"},
                                                               {"controller", identifier.text()},
                                                               {"publicKeyMultibase", multikey_encode(key)}});
  for (const auto* relationship :
       {"authentication", "assertionMethod", "capabilityDelegation", "capabilityInvocation"}) {
    CAPTURE(relationship);
    CHECK((*document)[relationship] == nlohmann::json::array({method}));
  }
  CHECK_FALSE(document->contains("keyAgreement"));
  CHECK_CODE(did_key::document_of(did("did:web:example.com")), codes::DID_METHOD_UNSUPPORTED);
}

TEST_CASE("the did:key resolver answers with the key, its controller and low assurance") {
  const auto key = sample_key();
  const DidKeyResolver resolver;
  const auto resolved =
      resolver.resolve_method(DidUrl::parse(did_key::verification_method_of(key)).value(), Timestamp(0));
  REQUIRE_OK(resolved);
  CHECK(resolved->key == key);
  CHECK(resolved->controller == did_key::did_of(key));
  CHECK(resolved->low_assurance);
  CHECK_FALSE(resolved->version_id.has_value());
  CHECK_CODE(resolver.resolve_method(DidUrl::parse("did:web:example.com#key-1").value(), std::nullopt),
             codes::DID_METHOD_UNSUPPORTED);
}
