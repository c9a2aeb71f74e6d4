// Reason codes of vcnode::protocol/witness. See crypto/base/code.h.
#pragma once

#include "protocol/feed/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "protocol/witness/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
