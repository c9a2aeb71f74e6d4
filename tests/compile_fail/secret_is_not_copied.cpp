#include "crypto/secret.h"

vcnode::SecretBytes take(vcnode::SecretBytes secret) {
#ifdef OFFENDING
  const vcnode::SecretBytes copy = secret;
#endif
  return secret;
}
