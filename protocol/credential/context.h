// What a credential's @context says, as far as it can be known without JSON-LD processing (VCDM 2.0 §4.3,
// §4.5).
//
// Checked: order and shape; inline contexts that give a term protected by the v2 context, or by an earlier
// inline context, another meaning (JSON-LD 1.1 §4.1.11 forbids it); types that an inline context maps to
// something no IRI can be, or that nothing maps after `"@vocab": null`.
// Not checked, because it needs the remote contexts: whether every other term is mapped.
//
// Threading: pure functions.
#pragma once

#include <string_view>

#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::credential {

// Errors: CREDENTIAL_CONTEXT. `context` is the credential's @context, nullptr if absent.
[[nodiscard]] Result<void> check_context(const json::Value* context);

// REQUIRES: check_context(&context) holds; `types` is a string or an array of strings. Errors:
// CREDENTIAL_TYPE.
[[nodiscard]] Result<void> check_types_are_mapped(const json::Value& context, const json::Value& types);

// True if the v2 context defines `term` at its top level, where every definition is protected.
[[nodiscard]] bool is_v2_term(std::string_view term) noexcept;

}  // namespace vcnode::credential
