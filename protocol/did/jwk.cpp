#include "protocol/did/jwk.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/codes.h"
#include "crypto/ed25519.h"
#include "protocol/did/codes.h"

namespace vcnode::did_jwk {
namespace {

// RFC 7517 §9.3 and RFC 7518 §6: members that only private and symmetric keys have.
constexpr std::array<std::string_view, 9> kPrivateMembers = {"d",  "p",   "q", "dp",  "dq",
                                                             "qi", "oth", "k", "priv"};
constexpr std::size_t kRsaBytesMin = 256, kRsaBytesMax = 512;
constexpr std::size_t kExponentBytesMax = 8;
constexpr std::size_t kJwkDepthMax = 8;  // a JWK is flat; what others put beside it has some room

struct Range {
  std::size_t min = 0;
  std::size_t max = 0;
};

Result<Bytes> number_member(const json::Value& jwk, std::string_view name, Range bytes) {
  const auto text = jwk.find_string(name);
  if (!text) return fail(codes::KEY_INVALID, "the JWK has no string \"", name, "\"");
  auto decoded = base64url_decode(*text, limits::kUrlBytesMax);
  if (!decoded)
    return fail(codes::KEY_INVALID, "\"", name, "\" of the JWK is malformed: ", decoded.error().message);
  if (decoded->size() < bytes.min || decoded->size() > bytes.max)
    return fail(codes::DID_KEY_LENGTH, "\"", name, "\" of the JWK has ", decoded->size(), " bytes, expected ",
                bytes.min, bytes.min == bytes.max ? std::string() : concat(" to ", bytes.max));
  return *std::move(decoded);
}

Result<void> check_curve_point(const json::Value& jwk, std::size_t bytes) {
  VCNODE_CHECK(number_member(jwk, "x", {bytes, bytes}));
  VCNODE_CHECK(number_member(jwk, "y", {bytes, bytes}));
  return {};
}

Result<void> check_rsa(const json::Value& jwk) {
  VCNODE_CHECK(number_member(jwk, "n", {kRsaBytesMin, kRsaBytesMax}));
  VCNODE_CHECK(number_member(jwk, "e", {1, kExponentBytesMax}));
  return {};
}

Result<Ed25519PublicKey> check_ed25519(const json::Value& jwk) {
  VCNODE_TRY(const auto bytes, number_member(jwk, "x", {Ed25519PublicKey::kSize, Ed25519PublicKey::kSize}));
  return ed25519_check_public_key(bytes);
}

// A JWK that is well-formed, and its key if that is an Ed25519 one.
Result<std::optional<Ed25519PublicKey>> check_jwk(const json::Value& jwk) {
  for (const std::string_view name : kPrivateMembers)
    if (jwk.find(name) != nullptr)
      return fail(codes::KEY_INVALID, "the JWK has the member \"", name, "\" of a private key");
  const auto type = jwk.find_string("kty");
  if (!type) return fail(codes::KEY_INVALID, "the JWK has no string \"kty\"");
  const json::Value* use = jwk.find("use");
  if (use != nullptr && !use->is_string())
    return fail(codes::KEY_INVALID, "\"use\" of the JWK is not a string");
  const auto curve = jwk.find_string("crv").value_or("");
  std::optional<Ed25519PublicKey> key;
  if (*type == "OKP" && curve == "Ed25519") {
    VCNODE_TRY(key, check_ed25519(jwk));
  } else if (*type == "OKP" && curve == "X25519") {
    VCNODE_CHECK(number_member(jwk, "x", {32, 32}));
  } else if (*type == "EC" && curve == "P-256") {
    VCNODE_CHECK(check_curve_point(jwk, 32));
  } else if (*type == "EC" && curve == "P-384") {
    VCNODE_CHECK(check_curve_point(jwk, 48));
  } else if (*type == "RSA") {
    VCNODE_CHECK(check_rsa(jwk));
  } else {
    return fail(codes::DID_KEY_TYPE_UNSUPPORTED, "a JWK of type \"", excerpt(*type), "\" and curve \"",
                excerpt(curve), "\" is not read");
  }
  return key;
}

// REQUIRES: a did:jwk.
Result<json::Document> read_jwk(const Did& did) {
  const auto malformed = [&did](std::string_view why) {
    return fail(codes::DID_INVALID, "the DID \"", excerpt(did.text()), "\" holds no JWK: ", why);
  };
  const auto text = base64url_decode(did.method_specific_id(), limits::kUrlBytesMax);
  if (!text) return malformed(text.error().message);
  auto document = json::Document::parse(as_text(*text), {limits::kUrlBytesMax, kJwkDepthMax});
  if (!document) return malformed(document.error().message);
  if (!document->root().is_object()) return malformed("it is not a JSON object");
  return document;
}

Result<void> check_method(const Did& did) {
  if (did.method() == kMethod) return {};
  return fail(codes::DID_METHOD_UNSUPPORTED, "the DID \"", excerpt(did.text()), "\" has the method \"",
              excerpt(did.method()), "\", not did:jwk");
}

bool has_use(const json::Value& jwk, std::string_view use) {
  return jwk.find_string("use") == use;
}

}  // namespace

Result<Ed25519PublicKey> ed25519_of_jwk(const json::Value& jwk) {
  if (!jwk.is_object()) return fail(codes::KEY_INVALID, "the JWK is not a JSON object");
  VCNODE_TRY(const auto key, check_jwk(jwk));
  if (key) return *key;
  return fail(codes::DID_KEY_TYPE_UNSUPPORTED, "the JWK holds a key of type ",
              excerpt(jwk.find_string("crv").value_or("RSA")), ", only Ed25519 keys verify signatures here");
}

Result<Ed25519PublicKey> key_of(const Did& did) {
  VCNODE_CHECK(check_method(did));
  VCNODE_TRY(const auto document, read_jwk(did));
  return ed25519_of_jwk(document.root());
}

Result<Ed25519PublicKey> key_of_method(const DidUrl& method) {
  VCNODE_CHECK(check_method(method.did()));
  VCNODE_TRY(const auto document, read_jwk(method.did()));
  VCNODE_TRY(const auto key, ed25519_of_jwk(document.root()));
  if (method.text().size() != method.did().text().size() + 2 || method.fragment() != "0")
    return fail(codes::VERIFICATION_METHOD_UNKNOWN, "\"", excerpt(method.text()),
                "\" names no verification method of its DID, the only one is #0");
  if (has_use(document.root(), "enc"))
    return fail(codes::VERIFICATION_METHOD_UNKNOWN, "the key of \"", excerpt(method.text()),
                "\" is for encryption, so it signs nothing");
  return key;
}

Result<nlohmann::json> document_of(const Did& did) {
  VCNODE_CHECK(check_method(did));
  VCNODE_TRY(const auto jwk, read_jwk(did));
  VCNODE_CHECK(check_jwk(jwk.root()));
  const std::string method = did.text() + "#0";
  const auto methods = nlohmann::json::array({method});
  nlohmann::json out{
      {"@context", {"https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"}},
      {"id", did.text()},
      {"verificationMethod", nlohmann::json::array({{{"id", method},
                                                     {"type", "JsonWebKey2020"},
                                                     {"controller", did.text()},
                                                     {"publicKeyJwk", json::to_nlohmann(jwk.root())}}})}};
  if (!has_use(jwk.root(), "enc"))
    for (const char* name :
         {"assertionMethod", "authentication", "capabilityDelegation", "capabilityInvocation"})
      out[name] = methods;
  if (!has_use(jwk.root(), "sig")) out["keyAgreement"] = methods;
  return out;
}

}  // namespace vcnode::did_jwk
