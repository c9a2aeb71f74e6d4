// Statement bodies before their proofs are looked at: VCDM 2.0 credentials whose issuer is the feed's.
// Errors: STATEMENT_INVALID.
#pragma once

#include <string_view>

#include "crypto/base/result.h"
#include "protocol/credential/credential.h"
#include "protocol/did/did.h"

namespace vcnode::feed {

// Its id is the leaf's key.
[[nodiscard]] Result<credential::Credential> parse_statement(std::string_view id, std::string_view text,
                                                             const Did& issuer);
// Its type is Closed, its validFrom the leaf's key.
[[nodiscard]] Result<credential::Credential> parse_closed(std::string_view date, std::string_view text,
                                                          const Did& issuer);
[[nodiscard]] Failure bad_statement(std::string_view id, std::string_view why);

}  // namespace vcnode::feed
