// What each kind says: members of credentialSubject to values. Internal; see statement.h. Errors:
// STATEMENT_MALFORMED.
#pragma once

#include "protocol/statement/reader.h"
#include "protocol/statement/statement.h"

namespace vcnode::statement {

[[nodiscard]] Result<Says> read_says(Kind kind, const Members& subject);
[[nodiscard]] Result<StackRule> read_stack_rule(const Members& subject);
[[nodiscard]] Result<Referencing> read_referencing(const Members& subject);

// `id` of the subject, in the form that the kind asks for.
[[nodiscard]] Result<std::string> read_subject_id(Kind kind, const Members& subject);

}  // namespace vcnode::statement
