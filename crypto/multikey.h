// Multikey (W3C Controlled Identifiers 1.0 §2.2.2): publicKeyMultibase for Ed25519 keys.
//
// z-base58btc of 0xed 0x01 followed by the 32 key bytes ("z6Mk…"). Small-order keys are refused.
// Errors: KEY_INVALID (malformed or small order), KEY_TYPE_UNSUPPORTED (another multicodec).
#pragma once

#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode {

[[nodiscard]] std::string multikey_encode(const Ed25519PublicKey& key);
[[nodiscard]] Result<Ed25519PublicKey> multikey_decode(std::string_view text);

}  // namespace vcnode
