// `verify` of a presentation, and what a verifier types of the person who presents a credential.
#pragma once

#include <optional>
#include <string>

#include "node/cli/verify_question.h"
#include "protocol/verify/presentation.h"

namespace vcnode::cli {

// None if nothing was typed. Errors: SUBJECT_STATED_MALFORMED.
[[nodiscard]] Result<std::optional<verify::StatedPerson>> read_stated(const VerifyOptions& options);

// Answers like verify(), for a text that is a presentation.
int judge_presentation(const Global& global, const VerifyOptions& options, const VerifyQuestion& question,
                       const std::string& text, const std::optional<verify::StatedPerson>& stated);

}  // namespace vcnode::cli
