#include "protocol/status/bitstring.h"

vcnode::status::StatusIndex index() {
#ifdef OFFENDING
  return 7;
#endif
  return vcnode::status::StatusIndex(7);
}
