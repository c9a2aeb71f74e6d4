#include "crypto/ed25519.h"

bool check(const vcnode::Ed25519PublicKey& key, const vcnode::Sha256Digest& digest,
           const vcnode::Ed25519Signature& signature) {
#ifdef OFFENDING
  (void)vcnode::ed25519_verify(digest, digest.view(), signature);
#endif
  return vcnode::ed25519_verify(key, digest.view(), signature);
}
