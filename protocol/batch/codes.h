// Reason codes of vcnode::protocol/batch. See crypto/base/code.h.
#pragma once

#include "protocol/witness/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "protocol/batch/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
