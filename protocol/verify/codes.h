// Reason codes of vcnode::protocol/verify. See crypto/base/code.h.
#pragma once

#include "protocol/feed/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "protocol/verify/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
