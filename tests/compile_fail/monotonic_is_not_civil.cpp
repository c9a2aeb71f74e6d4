#include "crypto/base/time.h"

bool later(vcnode::Timestamp civil, vcnode::MonotonicTime monotonic) {
#ifdef OFFENDING
  if (civil < monotonic) return false;
#endif
  return civil.seconds() < monotonic.milliseconds();
}
