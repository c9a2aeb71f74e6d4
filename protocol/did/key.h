// did:key for Ed25519 (did:key specification, W3C CCG): the identifier is the key.
//
// Only `did:key:z6Mk…` (multicodec ed25519-pub). One key serves every verification relationship, has no
// history and cannot be declared compromised, so verdicts show such an issuer as "low" assurance.
// Errors, which are also the resolution errors of the did:key test suite:
//   DID_INVALID                       not a did:key, wrong version, no 'z', bad base58
//   DID_METHOD_UNSUPPORTED            another DID method
//   DID_KEY_TYPE_UNSUPPORTED          another multicodec
//   DID_KEY_LENGTH                    right multicodec, wrong number of key bytes
//   KEY_INVALID                       small order
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "crypto/base/bytes.h"
#include "protocol/did/did.h"

namespace vcnode::did_key {

inline constexpr std::string_view kMethod = "key";

[[nodiscard]] Did did_of(const Ed25519PublicKey& key);
[[nodiscard]] std::string verification_method_of(const Ed25519PublicKey& key);  // did:key:z6Mk…#z6Mk…
[[nodiscard]] Result<Ed25519PublicKey> key_of(const Did& did);
// The key a verification method URL names: its DID's key, and the fragment must be that key's multibase.
// Errors also: VERIFICATION_METHOD_UNKNOWN.
[[nodiscard]] Result<Ed25519PublicKey> key_of_method(const DidUrl& method);
// The same without the check of its order, which costs as much as a signature. REQUIRES: the key is given to
// ed25519_verify, which refuses small order by itself, and is kept nowhere.
[[nodiscard]] Result<Ed25519PublicKey> unchecked_key_of_method(const DidUrl& method);

// DID document (Multikey form, one verification method in all relationships but keyAgreement).
[[nodiscard]] Result<nlohmann::json> document_of(const Did& did);

}  // namespace vcnode::did_key
