// Reason codes of node/app. See crypto/base/code.h.
#pragma once

#include "crypto/codes.h"
#include "node/net/codes.h"
#include "protocol/recognition/codes.h"

namespace vcnode::codes {
#define VCNODE_CODE(name, sentence) VCNODE_DEFINE_CODE(name, sentence)
#include "node/app/codes.def"
#undef VCNODE_CODE
}  // namespace vcnode::codes
