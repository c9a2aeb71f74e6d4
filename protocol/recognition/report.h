// The file note of a recognition officer: the seven criteria that recognition centres use, each with value,
// source, date and strength of evidence, and the issuer's standing when it awarded.
//
// Never a legal decision: it says what was signed by whom, what only the credential says, and what is not
// there. Threading: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/recognition/judge.h"

namespace vcnode::recognition {

// What the rest of the verification found.
struct Verified {
  std::string verdict;                               // "valid", "not-valid" …
  std::string code;                                  // the deciding check's, or ""
  std::string subject;                               // "key-bound", "matched", "named-only", "unknown"
  std::optional<std::string> issuer = std::nullopt;  // DID; none: it is not known to have signed
  // Names of the issuer, and the DID of who confirms each.
  std::vector<std::pair<std::string, std::optional<std::string>>> names = {};
};

// {"at", "criteria": [{"criterion", "value", "source", "date", "strength"} × 7],
//  "issuer": {"did", "names": [{"name", "confirmedBy"}], "outcome", "effect", "chain", "endorsedBy", "codes",
//  "on": when it was issued, which its standing is judged for, "proven": whether that is, "awarded": the date
//  that the credential bears of the award}, "note"}.
// strength: "proven" (checked here), "vouched" (stated by an issuer that a body of the policy's chain stands
// behind), "stated" (only the credential says so), "absent". What is not known is null.
[[nodiscard]] nlohmann::json officer_report(const Recognition& recognition, const Query& query,
                                            const Verified& verified);

}  // namespace vcnode::recognition
