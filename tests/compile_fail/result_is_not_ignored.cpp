#include "crypto/base/result.h"

vcnode::Result<void> act();
bool ask() {
#ifdef OFFENDING
  act();
#endif
  return act().has_value();
}
