// What `vcnode doctor` makes of the running node's peers: one finding each, and a remedy that fits the
// reason.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "node/cli/examination.h"

namespace vcnode::cli {

// `rows` as in GET /peers: address, state, lastError ("CODE: sentence"), clockDifferenceSeconds.
void examine_peers(Examination& seen, const nlohmann::json& rows);

}  // namespace vcnode::cli
