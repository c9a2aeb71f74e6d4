#include "protocol/did/web.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/ed25519.h"
#include "crypto/multikey.h"
#include "protocol/did/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/did/samples.h"

using namespace vcnode;
using did_web::DidWeb;
using test::sample_key;
using test::with;
using Json = nlohmann::json;

namespace {

const Did kDid = Did::parse("did:web:uni.example").value();
const std::string kMethod = "did:web:uni.example#key-1";

Json multikey_method() {
  return {{"id", kMethod},
          {"type", "Multikey"},
          {"controller", kDid.text()},
          {"publicKeyMultibase", multikey_encode(sample_key())}};
}

Json jwk_method() {
  return {
      {"id", kMethod},
      {"type", "JsonWebKey2020"},
      {"controller", kDid.text()},
      {"publicKeyJwk", {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url_encode(sample_key().view())}}}};
}

Json document_with(const Json& method) {
  return {{"@context", {"https://www.w3.org/ns/did/v1"}},
          {"id", kDid.text()},
          {"verificationMethod", Json::array({method})},
          {"assertionMethod", Json::array({kMethod})}};
}

Result<Ed25519PublicKey> key_in(const Json& document, const std::string& method = kMethod) {
  VCNODE_TRY(const auto read, did_web::Document::read(document.dump(), kDid));
  VCNODE_TRY(const auto found, read.assertion_key(DidUrl::parse(method).value()));
  return found.key;
}

Json without(Json object, const char* member) {
  object.erase(member);
  return object;
}

}  // namespace

TEST_CASE("a did:web says where its document is, as the examples of its specification do") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"},
      {"did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"},
      {"did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"},
      {"did:web:example.com%3a3000", "https://example.com:3000/.well-known/did.json"},
      {"did:web:Example.COM:User", "https://example.com/User/did.json"},
      {"did:web:uni.example:a%20b:%C3%A9:x.y", "https://uni.example/a%20b/%C3%A9/x.y/did.json"},
      {"did:web:uni.example:50%25", "https://uni.example/50%25/did.json"},
      {"did:web:uni.example:a%3Fb%23c", "https://uni.example/a%3Fb%23c/did.json"},
  };
  for (const auto& row : rows) {
    const auto did = DidWeb::parse(row.first);
    REQUIRE_OK(did);
    CHECK(did->did().text() == row.first);
    CHECK(did_web::https_url(*did) == row.second);
  }
}

TEST_CASE("hosts that are addresses or of this machine are refused") {
  for (const char* host :
       {"127.0.0.1", "0x7f000001", "2130706433", "127.1", "localhost", "a.localhost", "intranet",
        "uni.example.", "169.254.169.254%3A80", "uni.example%2Fa", "uni%2Eexample", "user%40uni.example",
        "%5B%3A%3A1%5D", "uni.example%253A80", "xn--99999999.example"})
    CHECK_CODE(DidWeb::parse(concat("did:web:", host)), codes::DID_HOST);
}

TEST_CASE("ports and paths that could lead elsewhere are refused") {
  for (const char* port : {"", "0", "080", "65536", "-1", "1x", "99999999999999999999"})
    CHECK_CODE_NAMES(DidWeb::parse(concat("did:web:uni.example%3A", port)), codes::DID_INVALID, "port");
  CHECK_CODE_NAMES(DidWeb::parse("did:web:uni.example::a"), codes::DID_INVALID, "empty");
  for (const char* segment :
       {".", "..", "%2e%2e", "%2E", "a%2Fb", "a%5Cb", "%00", "%0A", "%20a", "a%20", "%FF", "%7f"})
    CHECK_CODE_NAMES(DidWeb::parse(concat("did:web:uni.example:", segment, ":b")), codes::DID_INVALID,
                     "segment");
  CHECK_CODE(DidWeb::parse("did:web:uni.example:a%2"), codes::DID_INVALID);
  CHECK_CODE(DidWeb::parse("did:web:uni.example:"), codes::DID_INVALID);
  CHECK_CODE(DidWeb::parse("did:web:uni.example/path"), codes::DID_INVALID);
  CHECK_CODE_NAMES(DidWeb::parse("did:webvh:uni.example"), codes::DID_METHOD_UNSUPPORTED, "not a did:web");
}

TEST_CASE("a document is strict JSON and the DID's own") {
  const Json good = document_with(multikey_method());
  const auto read = did_web::Document::read(good.dump(), kDid);
  REQUIRE_OK(read);
  CHECK(json::to_nlohmann(read->root()) == good);
  CHECK_CODE_NAMES(did_web::Document::read(with(good, "id", "did:web:uni.example:other").dump(), kDid),
                   codes::DID_DOCUMENT_MISMATCH, "did:web:uni.example:other");
  CHECK_CODE(did_web::Document::read(with(good, "id", "did:web:UNI.example").dump(), kDid),
             codes::DID_DOCUMENT_MISMATCH);
  CHECK_CODE(did_web::Document::read(without(good, "id").dump(), kDid), codes::DID_DOCUMENT_INVALID);
  CHECK_CODE(did_web::Document::read(with(good, "id", 7).dump(), kDid), codes::DID_DOCUMENT_INVALID);
  CHECK_CODE(did_web::Document::read("[]", kDid), codes::DID_DOCUMENT_INVALID);
  CHECK_CODE(did_web::Document::read("<html>", kDid), codes::JSON_SYNTAX);
  CHECK_CODE(did_web::Document::read(R"({"id":"did:web:a.example","id":"did:web:uni.example"})", kDid),
             codes::JSON_DUPLICATE_MEMBER);
  CHECK_CODE(did_web::Document::read(std::string(did_web::kDocumentBytesMax + 1, ' '), kDid),
             codes::JSON_TOO_LARGE);
}

TEST_CASE("the key of an assertion method is found in every form") {
  const auto key = sample_key();
  for (const char* type : {"Multikey", "Ed25519VerificationKey2020"}) {
    const auto found = key_in(document_with(with(multikey_method(), "type", type)));
    REQUIRE_OK(found);
    CHECK(*found == key);
  }
  for (const char* type : {"JsonWebKey", "JsonWebKey2020"}) {
    const auto found = key_in(document_with(with(jwk_method(), "type", type)));
    REQUIRE_OK(found);
    CHECK(*found == key);
  }
  // Relative names, and a method that stands in assertionMethod itself.
  CHECK(key_in(with(document_with(with(multikey_method(), "id", "#key-1")), "assertionMethod", {"#key-1"}))
            .value() == key);
  CHECK(key_in(without(with(document_with(multikey_method()), "assertionMethod",
                            Json::array({multikey_method()})),
                       "verificationMethod"))
            .value() == key);
}

TEST_CASE("a key that the document does not list for assertions is unknown") {
  const Json good = document_with(multikey_method());
  CHECK_CODE_NAMES(key_in(good, "did:web:uni.example#key-2"), codes::VERIFICATION_METHOD_UNKNOWN,
                   "assertionMethod");
  CHECK_CODE(key_in(good, "did:web:uni.example"), codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK_CODE(key_in(good, "did:web:uni.example?x=1#key-1"), codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK_CODE_NAMES(key_in(good, "did:web:other.example#key-1"), codes::VERIFICATION_METHOD_UNKNOWN,
                   "not a method of");
  CHECK_CODE(key_in(without(good, "assertionMethod")), codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK_CODE_NAMES(key_in(with(good, "verificationMethod", Json::array())),
                   codes::VERIFICATION_METHOD_UNKNOWN, "not in its DID document");
  CHECK_CODE_NAMES(key_in(document_with(with(multikey_method(), "controller", "did:web:other.example"))),
                   codes::VERIFICATION_METHOD_UNKNOWN, "controller");
  CHECK_CODE(key_in(document_with(without(multikey_method(), "controller"))),
             codes::VERIFICATION_METHOD_UNKNOWN);
}

TEST_CASE("a document that is ambiguous about its methods is refused, one of another type is not read") {
  const Json good = document_with(multikey_method());
  CHECK_CODE_NAMES(key_in(with(good, "verificationMethod", Json::array({multikey_method(), jwk_method()}))),
                   codes::DID_DOCUMENT_INVALID, "twice");
  CHECK_CODE(key_in(with(good, "assertionMethod", kMethod)), codes::DID_DOCUMENT_INVALID);
  CHECK_CODE(key_in(with(good, "verificationMethod", Json::object())), codes::DID_DOCUMENT_INVALID);
  CHECK_CODE_NAMES(key_in(with(good, "verificationMethod", Json(257, multikey_method()))),
                   codes::DID_DOCUMENT_INVALID, "256");
  CHECK_CODE_NAMES(key_in(document_with(with(multikey_method(), "type", "RsaVerificationKey2018"))),
                   codes::VERIFICATION_METHOD_UNREAD, "RsaVerificationKey2018");
  Json encrypting = jwk_method();
  encrypting["publicKeyJwk"]["use"] = "enc";
  CHECK_CODE_NAMES(key_in(document_with(encrypting)), codes::VERIFICATION_METHOD_UNKNOWN, "encryption");
}

TEST_CASE("a document says when a method ends, and since when its key is not good any more") {
  const auto read = [](const Json& document) {
    return did_web::Document::read(document.dump(), kDid).value();
  };
  const auto url = DidUrl::parse(kMethod).value();
  const verification_method::KeyForms key(sample_key());
  const auto plain = read(document_with(multikey_method()));
  CHECK_FALSE(plain.assertion_key(url)->expires);
  CHECK_FALSE(plain.revoked_since(url, key));
  const auto time = Timestamp::parse("2026-01-01T00:00:00Z").value();
  CHECK(
      read(document_with(with(multikey_method(), "expires", time.to_string()))).assertion_key(url)->expires ==
      time);
  CHECK(read(document_with(with(multikey_method(), "revoked", time.to_string()))).revoked_since(url, key) ==
        time);
  // The method itself, with its key in a form that nobody here knows; and another method, of which nothing is
  // known.
  const auto opaque = without(with(multikey_method(), "revoked", time.to_string()), "publicKeyMultibase");
  CHECK(read(document_with(opaque)).revoked_since(url, key) == time);
  CHECK(read(document_with(with(opaque, "id", "#key-1"))).revoked_since(url, key) == time);
  CHECK_FALSE(read(document_with(with(opaque, "id", "#key-2"))).revoked_since(url, key));
}
