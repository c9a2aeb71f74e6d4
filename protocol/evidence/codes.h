// Reason codes of vcnode::protocol/evidence. See crypto/base/code.h.
#pragma once

#include "protocol/gossip/codes.h"
#include "protocol/verify/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "protocol/evidence/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
