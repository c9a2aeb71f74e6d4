// Reason codes of vcnode::protocol/recognition. See crypto/base/code.h.
#pragma once

#include "protocol/feed/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "protocol/recognition/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
