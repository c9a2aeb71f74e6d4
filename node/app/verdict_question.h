// What askers of /verdict and /stack say of themselves in a request: whom they believe, when they judge, whom
// they have in front of them. Errors: REQUEST_*, DID_*, TIME_INVALID, POLICY_*, WITNESS_POLICY_MALFORMED,
// SUBJECT_STATED_MALFORMED. Threading: pure functions.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "crypto/base/json.h"
#include "protocol/verify/presentation.h"
#include "protocol/verify/verify.h"

namespace vcnode::node {

// `policy`, `trust`, `observers` (else these), `witnessPolicy`.
[[nodiscard]] Result<verify::Policy> read_verify_policy(const json::Value& root,
                                                        const std::set<Did>& observers);
// An RFC 3339 time in a string; nullopt if the member is absent.
[[nodiscard]] Result<std::optional<Timestamp>> read_time(const json::Value& root, std::string_view name);
// A string of at most `bytes_max`; nullopt if the member is absent.
[[nodiscard]] Result<std::optional<std::string>> read_text(const json::Value& root, std::string_view name,
                                                           std::size_t bytes_max);
// `subject`: {"name", "birthDate", "identifier"}; nullopt if it is absent.
[[nodiscard]] Result<std::optional<verify::StatedPerson>> read_stated_person(const json::Value& root);
// `challenge` and `domain`: both or neither.
[[nodiscard]] Result<verify::HolderQuestion> read_holder_question(const json::Value& root);

}  // namespace vcnode::node
