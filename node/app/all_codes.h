// The one table that joins all modules' reason codes: `/openapi.json`, the README and the coverage test read
// it.
#pragma once

#include <span>

#include "crypto/base/code.h"

namespace vcnode::node {
// Every code of the program, sorted by slug, each once.
[[nodiscard]] std::span<const CodeInfo* const> all_codes();
}  // namespace vcnode::node
