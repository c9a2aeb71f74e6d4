// Whether one status list of a URI may follow another (protocol/spec/feed.md, rule 8).
// Errors: STATUS_LIST_NOT_RISING, STATUS_LIST_CLEARED_REVOCATION. Threading: pure functions.
#pragma once

#include <optional>

#include "crypto/base/result.h"
#include "protocol/status/status_list.h"

namespace vcnode::feed {

// In a feed each list begins later than the one before.
[[nodiscard]] std::optional<Error> fault_against(const status::StatusList& list,
                                                 const status::StatusList& predecessor);

// Lists on the web may keep their validFrom when they are signed anew; what may not be is an older one.
[[nodiscard]] std::optional<Error> fall_back_fault(const status::StatusList& list,
                                                   const status::StatusList& predecessor);

}  // namespace vcnode::feed
