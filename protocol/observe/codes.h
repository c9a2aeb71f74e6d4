// Reason codes of vcnode::protocol/observe. See crypto/base/code.h.
#pragma once

#include "protocol/feed/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "protocol/observe/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
