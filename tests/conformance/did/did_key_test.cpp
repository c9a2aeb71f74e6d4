// W3C did:key test vectors: vectors/did-key (README there: compare key bytes, not documents of older forms).

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/ed25519.h"
#include "protocol/did/codes.h"
#include "protocol/did/key.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"
#include "tests/support/spec_page.h"

using namespace vcnode;

namespace {

nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(test::read_file(path));
}

// The key of a vector's verificationKeyPair, which has it in base58 or as a JWK.
Bytes key_bytes(const nlohmann::json& pair) {
  if (pair.contains("publicKeyBase58"))
    return base58btc_decode(pair["publicKeyBase58"].get<std::string>(), 64).value();
  return base64url_decode(pair["publicKeyJwk"]["x"].get<std::string>(), 64).value();
}

}  // namespace

TEST_CASE("Ed25519 did:keys of the vectors hold the keys the vectors say") {
  const auto path = test::shared_path("did-key/test-vectors/ed25519-x25519.json");
  if (!path) return;
  int executed = 0;
  const auto vectors = read_json(*path);
  for (const auto& [identifier, vector] : vectors.items()) {
    const std::string& text = identifier;
    CAPTURE(text);
    const auto key = did_key::key_of(Did::parse(text).value());
    REQUIRE_OK(key);
    CHECK(to_text(key->view()) == to_text(key_bytes(vector["verificationKeyPair"])));
    const auto seed = hex_decode(vector["seed"].get<std::string>(), 32).value();
    const auto pair = Ed25519KeyPair::from_seed(seed).value();
    CHECK(pair.public_key() == *key);
    CHECK(did_key::did_of(pair.public_key()).text() == text);
    ++executed;
  }
  CHECK(executed == 5);
}

TEST_CASE("did:keys of other key types are refused as unsupported") {
  const auto folder = test::shared_path("did-key/test-vectors");
  if (!folder) return;
  int executed = 0;
  const auto refuse_all = [&](const nlohmann::json& vectors) {
    for (const auto& item : vectors.items()) {
      const std::string& text = item.key();
      CAPTURE(text);
      CHECK_CODE(did_key::key_of(Did::parse(text).value()), codes::DID_KEY_TYPE_UNSUPPORTED);
      ++executed;
    }
  };
  for (const auto* name : {"bls12381.json", "nist-curves.json", "rsa.json", "secp256k1.json"})
    refuse_all(read_json(*folder / name));
  refuse_all(read_json(*folder / "x25519.json")["didDocument"]);
  CHECK(executed == 6 + 7 + 2 + 6 + 4);
}

TEST_CASE("identifiers of the specification's own test vectors section") {
  const auto path = test::shared_path("did-key/spec-dids.json");
  if (!path) return;
  int ed25519 = 0;
  int others = 0;
  const auto dids = read_json(*path)["dids"];
  for (const auto& text : dids) {
    const auto key = did_key::key_of(Did::parse(text.get<std::string>()).value());
    if (key) {
      ++ed25519;
      CHECK(did_key::did_of(*key).text() == text);
    } else {
      ++others;
      CHECK_CODE(key, codes::DID_KEY_TYPE_UNSUPPORTED);
    }
  }
  CHECK(ed25519 == 2);
  CHECK(others == 6);
}

TEST_CASE("the worked example of did-key.md is true") {
  const auto seed = hex_decode(test::spec_example("did-key.md", "seed"), 32).value();
  const auto key = Ed25519KeyPair::from_seed(seed).value().public_key();
  CHECK(hex_encode(key.view()) == test::spec_example("did-key.md", "key"));
  CHECK(did_key::did_of(key).text() == test::spec_example("did-key.md", "did"));
  CHECK(did_key::verification_method_of(key) == test::spec_example("did-key.md", "method"));
  const auto document = did_key::document_of(did_key::did_of(key));
  REQUIRE_OK(document);
  CHECK(*document == nlohmann::json::parse(test::spec_example("did-key.md", "document")));
}
