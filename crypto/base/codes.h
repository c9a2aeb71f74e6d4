// Reason codes of vcnode::base. See crypto/base/code.h.
#pragma once

#include "crypto/base/code.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "crypto/base/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
