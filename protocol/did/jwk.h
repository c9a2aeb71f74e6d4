// did:jwk (quartzjer/did-jwk, "did:jwk Method Specification"): the identifier is a JSON Web Key (RFC 7517) in
// base64url.
//
// The JWK is read strictly: I-JSON, no second member of one name, lengths exact, and no private member
// whatever its value. Read are OKP keys on Ed25519 and X25519 (RFC 8037), EC keys on P-256 and P-384, and RSA
// keys of 2,048 to 4,096 bits (RFC 7518); only Ed25519 keys verify anything here. As with did:key there is no
// history, so verdicts show such an issuer as "low" assurance. One key has many did:jwk, one for each way to
// write its JWK: the DID is compared, never the key.
//
// Errors:
//   DID_INVALID                   not base64url of a JSON object
//   DID_METHOD_UNSUPPORTED        another DID method
//   DID_KEY_TYPE_UNSUPPORTED      another key type or curve; for key_of anything but Ed25519
//   DID_KEY_LENGTH                wrong number of key bytes
//   KEY_INVALID                   malformed or private JWK, small order
//   VERIFICATION_METHOD_UNKNOWN   a fragment other than #0; a key that is for encryption only
// Threading: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "crypto/base/bytes.h"
#include "crypto/base/json.h"
#include "protocol/did/did.h"

namespace vcnode::did_jwk {

inline constexpr std::string_view kMethod = "jwk";

[[nodiscard]] Result<Ed25519PublicKey> key_of(const Did& did);
// The key a verification method URL names: the fragment is always "0".
[[nodiscard]] Result<Ed25519PublicKey> key_of_method(const DidUrl& method);
// DID document with one JsonWebKey2020, in the relationships that the JWK's "use" leaves it.
[[nodiscard]] Result<nlohmann::json> document_of(const Did& did);

// The Ed25519 key of a JWK that stands elsewhere (publicKeyJwk of a DID document). Errors: KEY_INVALID,
// DID_KEY_TYPE_UNSUPPORTED, DID_KEY_LENGTH.
[[nodiscard]] Result<Ed25519PublicKey> ed25519_of_jwk(const json::Value& jwk);

}  // namespace vcnode::did_jwk
