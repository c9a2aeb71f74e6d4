// Unsigned statements: what an issuer will say, checked by the rules that its readers apply.
//
// Errors: STATEMENT_MALFORMED, CREDENTIAL_*, JSON_*. Threading: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "protocol/statement/statement.h"

namespace vcnode::statement {

struct DraftOptions {
  std::string id;  // urn:uuid: or https:
  std::string issuer;
  Timestamp from;
  std::optional<Timestamp> until = std::nullopt;
};

// `subject`: the members of credentialSubject. The result waits for credential::add_proof.
[[nodiscard]] Result<nlohmann::json> draft(Kind kind, const nlohmann::json& subject,
                                           const DraftOptions& options);

// Members of credentialSubject of a Withdrawal of `statement`.
[[nodiscard]] nlohmann::json withdrawal_of(const Statement& statement, Ending effect,
                                           Timestamp effective_from);

}  // namespace vcnode::statement
