// A statement body before its proofs are looked at: a VCDM 2.0 credential whose id is the leaf's key and
// whose issuer is the feed's. Errors: STATEMENT_INVALID.
#pragma once

#include <string_view>

#include "crypto/base/result.h"
#include "protocol/credential/credential.h"
#include "protocol/did/did.h"

namespace vcnode::feed {

[[nodiscard]] Result<credential::Credential> parse_statement(std::string_view id, std::string_view text,
                                                             const Did& issuer);
[[nodiscard]] Failure bad_statement(std::string_view id, std::string_view why);

}  // namespace vcnode::feed
