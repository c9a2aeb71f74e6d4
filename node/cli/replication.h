// What "done" alone would hide: that what changed is known to this node alone.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::cli {

// Of an answer whose member `peers` says how many connected peers replicate the issuer's feed. `what`:
// "change". NOT_REPLICATED for none.
[[nodiscard]] std::optional<Error> not_replicated(const nlohmann::json& answer, std::string_view what);

}  // namespace vcnode::cli
