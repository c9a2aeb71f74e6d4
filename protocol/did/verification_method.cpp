#include "protocol/did/verification_method.h"

#include <algorithm>
#include <array>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/ed25519.h"
#include "crypto/multikey.h"
#include "protocol/did/codes.h"
#include "protocol/did/jwk.h"

namespace vcnode::verification_method {
namespace {

constexpr std::string_view kMultibase = "publicKeyMultibase";
constexpr std::string_view kJwk = "publicKeyJwk";
constexpr std::string_view kBase58 = "publicKeyBase58";

struct Form {
  std::string_view type;
  std::string_view member;
};
constexpr std::array kForms = {Form{"Multikey", kMultibase}, Form{"Ed25519VerificationKey2020", kMultibase},
                               Form{"JsonWebKey", kJwk}, Form{"JsonWebKey2020", kJwk},
                               Form{"Ed25519VerificationKey2018", kBase58}};
// What stands beside the form's own member in methods of these and of other types.
constexpr std::array<std::string_view, 8> kKeyMembers = {
    kMultibase,           kJwk, kBase58, "publicKeyHex", "publicKeyPem", "publicKeyBase64", "publicKeyGpg",
    "blockchainAccountId"};

Result<Ed25519PublicKey> multibase_key(std::string_view text) {
  auto key = multikey_decode(text);
  if (!key && key.error().code == codes::KEY_TYPE_UNSUPPORTED)
    return fail(codes::DID_KEY_TYPE_UNSUPPORTED, key.error().message);
  return key;
}

Result<Ed25519PublicKey> jwk_key(const json::Value& jwk) {
  VCNODE_TRY(const auto key, did_jwk::ed25519_of_jwk(jwk));
  if (jwk.find_string("use") == "enc")
    return fail(codes::VERIFICATION_METHOD_UNKNOWN,
                "the JWK of the verification method is for encryption, so it signs nothing");
  return key;
}

Result<Ed25519PublicKey> base58_key(std::string_view text) {
  const auto bytes = base58btc_decode(text, Ed25519PublicKey::kSize);
  if (!bytes)
    return fail(codes::KEY_INVALID, "the public key \"", excerpt(text),
                "\" is malformed: ", bytes.error().message);
  return ed25519_check_public_key(*bytes);
}

std::optional<Ed25519PublicKey> raw_key(const Result<Bytes>& bytes) {
  return bytes ? Ed25519PublicKey::from(*bytes) : std::nullopt;
}

// Of a publicKeyJwk, whatever else the JWK says.
std::optional<std::string_view> jwk_x(const json::Value& method) {
  const json::Value* jwk = method.find(kJwk);
  return jwk == nullptr ? std::nullopt : jwk->find_string("x");
}

}  // namespace

Result<Ed25519PublicKey> key_of(const json::Value& method) {
  const auto type = method.find_string("type").value_or("");
  const auto unread = [&](std::string_view why) {
    return fail(codes::VERIFICATION_METHOD_UNREAD, "the verification method ",
                excerpt(method.find_string("id").value_or("")), " of type \"", excerpt(type), "\" ", why);
  };
  const auto form =
      std::find_if(kForms.begin(), kForms.end(), [&](const Form& one) { return one.type == type; });
  if (form == kForms.end()) return unread("is not read here");
  const json::Value* value = method.find(form->member);
  const auto keys = std::count_if(kKeyMembers.begin(), kKeyMembers.end(),
                                  [&](std::string_view name) { return method.find(name) != nullptr; });
  if (value == nullptr || keys != 1)
    return unread(concat("is read with a ", form->member, " and no other key only"));
  if (form->member == kJwk) return jwk_key(*value);
  if (!value->is_string())
    return fail(codes::KEY_INVALID, "\"", form->member, "\" of a verification method is not a string");
  return form->member == kMultibase ? multibase_key(value->string()) : base58_key(value->string());
}

std::optional<Timestamp> time_in(const json::Value& method, std::string_view name) {
  const json::Value* value = method.find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return Timestamp();
  return Timestamp::parse(value->string()).value_or(Timestamp());
}

bool holds_key(const json::Value& value) {
  return value.is_object() && std::any_of(kKeyMembers.begin(), kKeyMembers.end(),
                                          [&](std::string_view name) { return value.find(name) != nullptr; });
}

std::optional<std::string> multikey_in(const json::Value& method) {
  if (const auto text = method.find_string(kMultibase)) return std::string(*text);
  std::optional<Ed25519PublicKey> key;
  if (const auto x = jwk_x(method)) key = raw_key(base64url_decode(*x, Ed25519PublicKey::kSize));
  if (const auto text = method.find_string(kBase58); text && !key)
    key = raw_key(base58btc_decode(*text, Ed25519PublicKey::kSize));
  return key ? std::optional(multikey_encode(*key)) : std::nullopt;
}

KeyForms::KeyForms(const Ed25519PublicKey& key)
    : base58_(base58btc_encode(key.view())), base64url_(base64url_encode(key.view())) {
  multibase_[0] = multikey_encode(key);
  const auto decoded = multibase_decode(multibase_[0], 2 + Ed25519PublicKey::kSize);
  VCNODE_ASSERT(decoded.has_value());
  multibase_[1] = concat("u", base64url_encode(decoded->bytes));
  multibase_[2] = concat("f", hex_encode(decoded->bytes));
}

bool KeyForms::stand_in(const json::Value& method) const {
  const auto multibase = method.find_string(kMultibase);
  return (multibase && std::find(multibase_.begin(), multibase_.end(), *multibase) != multibase_.end()) ||
         method.find_string(kBase58) == base58_ || jwk_x(method) == base64url_;
}

std::optional<Timestamp> revoked_in(const json::Value& document, const KeyForms& key, const IsName& is_name) {
  std::optional<Timestamp> earliest;
  for (const json::Member& member : document.members()) {
    for (const json::Value& method : member.value.one_or_many()) {
      const auto stated = time_in(method, "revoked");
      if (!stated || (earliest && *earliest <= *stated)) continue;
      const auto id = method.find_string("id");
      if (key.stand_in(method) || (id && !multikey_in(method) && is_name(*id))) earliest = stated;
    }
  }
  return earliest;
}

}  // namespace vcnode::verification_method
