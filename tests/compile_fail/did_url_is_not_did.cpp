#include "protocol/did/did.h"

bool same(const vcnode::Did& did, const vcnode::DidUrl& url) {
#ifdef OFFENDING
  if (did == url) return true;
#endif
  return did == url.did();
}
