#include "crypto/base/result.h"

vcnode::Result<int> count();
int total() {
#ifdef OFFENDING
  return count();
#endif
  return count().value();
}
