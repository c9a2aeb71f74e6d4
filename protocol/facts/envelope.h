// The credential inside a signed envelope, for looking at it: nothing is verified.
#pragma once

#include <string_view>

#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::facts {

// `text` is a credential (JSON), or a JWS (RFC 7515: compact, or JSON, with an unencoded payload too, as
// JAdES seals European credentials) that holds one, or whose claim "vc" is one.
// Errors: JSON_*, FACTS_ENVELOPE.
[[nodiscard]] Result<json::Document> open(std::string_view text);

}  // namespace vcnode::facts
