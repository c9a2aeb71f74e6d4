// One [[observe]] table: `did` (a did:web), `status_url` (a list of https URLs), at least one of them.
#pragma once

#include <vector>

#include "crypto/base/result.h"
#include "node/config/toml_values.h"
#include "protocol/observe/target.h"

namespace vcnode::node {

// Adds what the table names to `targets`. Errors: CONFIG_UNKNOWN_KEY, CONFIG_VALUE, CONFIG_MISSING_KEY.
[[nodiscard]] Result<void> apply_observe_table(std::vector<observe::Target>& targets, const TomlTable& table);

}  // namespace vcnode::node
