// Judgement: from checks to the one answer. The precedence rules of protocol/spec/verdict.md live here only.
#pragma once

#include "protocol/verify/verdict.h"

namespace vcnode::verify {

// What a code means for the proof check: whether it was checked and bad (fail) or could not be checked
// (unknown). `checked`: the code came from a proof that was checked, not from one that could not be.
[[nodiscard]] CheckResult proof_result_of(Code code, bool checked) noexcept;

// The class a deciding check gives its verdict. REQUIRES: check.result is fail or unknown.
[[nodiscard]] Class class_of(const Check& check) noexcept;

// Sets outcome, reason_class, code and authentic from verdict.checks.
void decide(Verdict& verdict);

}  // namespace vcnode::verify
