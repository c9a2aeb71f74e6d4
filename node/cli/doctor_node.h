// What `vcnode doctor` makes of the running node's own account of itself.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "crypto/base/time.h"
#include "node/cli/examination.h"
#include "node/config/config.h"

namespace vcnode::cli {

// A hosted issuer signs its head again before it is 24 hours old; beyond this it did not.
inline constexpr std::int64_t kOwnHeadAgeSecondsMax = 26 * 3600;

// `status` as in GET /status: ready, reasons, issuers, feeds. Never throws, whatever is in it: what is
// missing or of another form is a finding.
void examine_status(Examination& seen, const node::Config& config, const nlohmann::json& status,
                    Timestamp now);

}  // namespace vcnode::cli
