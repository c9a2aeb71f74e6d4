// Reason codes of vcnode::protocol/statement. See crypto/base/code.h.
#pragma once

#include "crypto/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "protocol/statement/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
