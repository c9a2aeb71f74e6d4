// What a policy that is well-formed asks for and can never get, or says and means nothing by: for whoever
// wrote it, before somebody is judged by it (`vcnode policy check`).
//
// Only what follows from the policy itself; what is held of the bodies it names is for others to look at.
// Threading: pure functions.
#pragma once

#include <vector>

#include "protocol/recognition/fit.h"
#include "protocol/recognition/policy.h"

namespace vcnode::recognition {

// Codes: POLICY_NEVER_MET, POLICY_LEVELS_UNTRANSLATED, POLICY_QUORUM_SPLITS, POLICY_NO_EFFECT. In the order
// of the members in protocol/spec/policy.md; empty if there is nothing to say.
[[nodiscard]] std::vector<Note> examine(const Policy& policy);

}  // namespace vcnode::recognition
