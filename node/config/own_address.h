// Whether two addresses are one, and whether one is this node's own. Threading: pure functions.
#pragma once

#include "node/config/config.h"
#include "node/config/urls.h"

namespace vcnode::node {

// A host's case tells nothing apart.
[[nodiscard]] bool is_same_address(const ServiceUrl& a, const ServiceUrl& b);
// Whether a link to `url` would end at this very node: at its listen address, or below its public URL.
[[nodiscard]] bool is_own_address(const Config& config, const ServiceUrl& url);

}  // namespace vcnode::node
