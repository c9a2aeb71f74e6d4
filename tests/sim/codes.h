// The one reason code of the simulator's own input; not part of the node's table.
#pragma once

#include "crypto/base/code.h"

namespace vcnode::sim {
inline constexpr CodeInfo SCENARIO_INVALID{"SCENARIO_INVALID", "A scenario file is not one."};
}  // namespace vcnode::sim
