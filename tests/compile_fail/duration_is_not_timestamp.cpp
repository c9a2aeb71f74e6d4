#include "crypto/base/time.h"

vcnode::Timestamp after(vcnode::Timestamp start) {
#ifdef OFFENDING
  start = 60;
#endif
  return start.plus_seconds(60);
}
