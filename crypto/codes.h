// Reason codes of vcnode::crypto. See crypto/base/code.h.
#pragma once

#include "crypto/base/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "crypto/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
