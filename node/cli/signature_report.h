// What is said of the signature that stands beside a verdict: for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/evidence/verdict_signature.h"

namespace vcnode::cli {

// Of the answer in `text`; nullopt if no signature stands in it.
[[nodiscard]] std::optional<Result<evidence::VerdictSignature>> signature_in(std::string_view text,
                                                                             Timestamp now);
// {"signer","node","network","created"}
[[nodiscard]] nlohmann::json signature_json(const evidence::VerdictSignature& signature);
// The same, or {"error"}; null for none.
[[nodiscard]] nlohmann::json signature_json(
    const std::optional<Result<evidence::VerdictSignature>>& signature);
[[nodiscard]] std::string signature_line(const evidence::VerdictSignature& signature);

}  // namespace vcnode::cli
