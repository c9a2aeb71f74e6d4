// Verification methods of a DID document (Controlled Identifiers 1.0 §2.2): which key one holds, and what it
// says about the key. The one reader for every DID method that has documents.
//
// Read are Multikey and Ed25519VerificationKey2020 (publicKeyMultibase), JsonWebKey and JsonWebKey2020
// (publicKeyJwk) and Ed25519VerificationKey2018 (publicKeyBase58), each with that member and no other key. A
// method of another type or form is VERIFICATION_METHOD_UNREAD: others may read it, so nothing is known of
// what it signs. Threading: pure functions.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"

namespace vcnode::verification_method {

// The Ed25519 key that signatures under this method are checked with.
// Errors: VERIFICATION_METHOD_UNREAD (not checked); DID_KEY_TYPE_UNSUPPORTED (a key that makes no Ed25519
// signatures), DID_KEY_LENGTH, KEY_INVALID (malformed, private, small order), VERIFICATION_METHOD_UNKNOWN (a
// JWK for encryption).
[[nodiscard]] Result<Ed25519PublicKey> key_of(const json::Value& method);

// A time that the method states, `expires` or `revoked`; what is no time is the beginning of all.
[[nodiscard]] std::optional<Timestamp> time_in(const json::Value& method, std::string_view name);

// Whether this is an object that holds a key, in whatever form.
[[nodiscard]] bool holds_key(const json::Value& value);

// The multikey of the Ed25519 key that stands in `method`, whatever its type; of a publicKeyMultibase the
// text as it is. For finding keys that are used twice.
[[nodiscard]] std::optional<std::string> multikey_in(const json::Value& method);

// One key in every form in which a method can hold it. For what must not be overlooked: unlike key_of it asks
// for no type, and a method that nobody should sign with counts as well.
class KeyForms {
 public:
  explicit KeyForms(const Ed25519PublicKey& key);
  [[nodiscard]] bool stand_in(const json::Value& method) const;

 private:
  std::string base58_;
  std::string base64url_;
  std::array<std::string, 3> multibase_;  // z, u, f
};

// The earliest `revoked` that any method of the document states, under any name and relationship, for this
// key; or, of a method whose key stands there in no form that is known, for a name that `is_name` says the
// key had.
using IsName = std::function<bool(std::string_view id)>;
[[nodiscard]] std::optional<Timestamp> revoked_in(const json::Value& document, const KeyForms& key,
                                                  const IsName& is_name);

}  // namespace vcnode::verification_method
