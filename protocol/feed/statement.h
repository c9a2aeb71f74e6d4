// Statement bodies before their proofs are looked at: VCDM 2.0 credentials whose issuer is the feed's.
// Errors: STATEMENT_INVALID.
#pragma once

#include <memory>
#include <string_view>

#include "crypto/base/result.h"
#include "protocol/credential/credential.h"
#include "protocol/did/did.h"
#include "protocol/statement/statement.h"

namespace vcnode::feed {

// Its id is the leaf's key.
[[nodiscard]] Result<credential::Credential> parse_statement(std::string_view id, std::string_view text,
                                                             const Did& issuer);
// Its type is Closed, its validFrom the leaf's key, its one subject the issuer.
[[nodiscard]] Result<credential::Credential> parse_closed(std::string_view date, std::string_view text,
                                                          const Did& issuer);
// What it says; nullptr: nothing of a kind that is known here. Errors: STATEMENT_MALFORMED.
[[nodiscard]] Result<std::shared_ptr<const statement::Statement>> read_statement(
    const credential::Credential& credential, const Sha256Digest& digest);
// False only if a body of these bytes says nothing of ours, good or bad; cheap.
[[nodiscard]] bool may_say_something(std::string_view text);
[[nodiscard]] Failure bad_statement(std::string_view id, std::string_view why);

}  // namespace vcnode::feed
