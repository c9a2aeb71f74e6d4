// Whether a status list that was fetched may take the place of those that the observer saw before.
//
// A server, or a cache in front of it, may serve an older list again, signed as it was then; whoever read
// only the newest observation would forget the revocations since. So an observer keeps what it holds, as a
// feed does (feed/list_order.h). Only lists that verify as one issuer's, with the keys this observer saw, are
// compared, and only with lists that have begun: else whoever has the web server for an hour, or mistypes a
// year, could bar the way for every list to come.
// Threading: pure function.
#pragma once

#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/observe/answers.h"

namespace vcnode::observe {

// Errors: STATUS_LIST_NOT_RISING (older than one that is held), STATUS_LIST_CLEARED_REVOCATION.
[[nodiscard]] Result<void> check_succession(const Observer& self, const std::string& url,
                                            std::string_view body, Timestamp now);

}  // namespace vcnode::observe
