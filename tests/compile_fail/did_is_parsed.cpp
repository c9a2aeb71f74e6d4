#include "protocol/did/did.h"

vcnode::Result<vcnode::Did> read(std::string_view text) {
#ifdef OFFENDING
  return vcnode::Did(std::string(text));
#endif
  return vcnode::Did::parse(text);
}
