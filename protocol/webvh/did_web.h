// The parallel did:web document ("Publishing a Parallel did:web DID"): what readers that know only did:web
// get. It has no history and no protection but TLS. Threading: pure function.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "crypto/base/result.h"
#include "protocol/webvh/state.h"

namespace vcnode::webvh {

// did.json for this version. Errors: JSON_DUPLICATE_MEMBER if two names of the document become one.
[[nodiscard]] Result<nlohmann::json> did_web_document(const State& version);

}  // namespace vcnode::webvh
