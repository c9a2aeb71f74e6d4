#include "crypto/base/bytes.h"

bool same(const vcnode::Sha256Digest& digest, const vcnode::Ed25519Signature& signature) {
#ifdef OFFENDING
  if (digest == signature) return true;
#endif
  return digest.view().size() == signature.view().size();
}
