// What a policy means, in plain sentences: whom it believes, for what, how far, and what it asks for besides.
// Threading: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "protocol/recognition/policy.h"

namespace vcnode::cli {

// "credentials of EE and LV, EQF 5 to 8", or "everything".
[[nodiscard]] std::string scope_in_words(const statement::Scope& scope);
// In the order of the members in protocol/spec/policy.md. What strangers wrote stands in it as it is.
[[nodiscard]] std::vector<std::string> meaning_of(const recognition::Policy& policy);
// {"witnesses", "absentMax", "liarsForTwoBranches"}: of how many witnesses the quorum is, how many of them
// may be away, and how many have to lie before two histories that contradict each other both reach it. null
// if the policy names no witnesses that are asked for.
[[nodiscard]] nlohmann::json quorum_json(const recognition::Policy& policy);

}  // namespace vcnode::cli
