// Signer: a port to whatever holds a private key (a key file now; a PKCS#11 token or a service later).
//
// Contract: sign() returns a signature that verifies under public_key() for exactly these bytes, or an error
// and no signature. It may block for as long as the device needs. Implementations are thread-safe.
#pragma once

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/ed25519.h"

namespace vcnode {

class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const Ed25519PublicKey& public_key() const noexcept = 0;
  [[nodiscard]] virtual Result<Ed25519Signature> sign(BytesView message) = 0;
};

class KeyPairSigner final : public Signer {
 public:
  explicit KeyPairSigner(Ed25519KeyPair key) : key_(std::move(key)) {}
  [[nodiscard]] const Ed25519PublicKey& public_key() const noexcept override { return key_.public_key(); }
  [[nodiscard]] Result<Ed25519Signature> sign(BytesView message) override { return key_.sign(message); }

 private:
  Ed25519KeyPair key_;
};

}  // namespace vcnode
