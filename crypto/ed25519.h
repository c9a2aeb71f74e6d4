// Ed25519 (RFC 8032) with libsodium's verdicts on every path.
//
// libsodium 1.0.18 refuses small-order public keys and R, non-canonical encodings and S >= L; other libraries
// differ on twelve published edge cases, so this is the only Ed25519 verifier in the program.
#pragma once

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "crypto/secret.h"

namespace vcnode {

[[nodiscard]] bool ed25519_verify(const Ed25519PublicKey& key, BytesView message,
                                  const Ed25519Signature& signature) noexcept;

// Refuses keys that are not a canonical encoding of a point of the prime-order group (small order included).
// Every key that enters the program as somebody's key goes through here. Errors: KEY_INVALID.
[[nodiscard]] Result<Ed25519PublicKey> ed25519_check_public_key(BytesView bytes);

class Ed25519KeyPair {
 public:
  [[nodiscard]] static Ed25519KeyPair generate(Rng& rng);
  // REQUIRES nothing; errors: KEY_INVALID unless `seed` has 32 bytes.
  [[nodiscard]] static Result<Ed25519KeyPair> from_seed(BytesView seed);
  [[nodiscard]] const Ed25519PublicKey& public_key() const noexcept { return public_key_; }
  [[nodiscard]] Ed25519Signature sign(BytesView message) const;
  [[nodiscard]] BytesView seed() const noexcept { return secret_.view().first(32); }

 private:
  Ed25519KeyPair() = default;
  SecretBytes secret_;  // libsodium layout: seed followed by public key
  Ed25519PublicKey public_key_;
};

}  // namespace vcnode
