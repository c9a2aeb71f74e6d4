// Where on the web the files of hosted did:webvh issuers are: did.jsonl, did-witness.json, and did.json of
// the parallel did:web. One address has one log, so no two issuers of a node share one.
//
// Errors: ISSUER_PLACE_TAKEN, naming both. Threading: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "node/config/config.h"

namespace vcnode::node {

[[nodiscard]] Result<void> check_places(const std::vector<IssuerConfig>& issuers);

// Whether the issuer of this name may be at `location` (issuer::location_of) beside the others. REQUIRES:
// `location` is a good one.
[[nodiscard]] Result<void> check_place_free(const std::vector<IssuerConfig>& issuers, std::string_view name,
                                            std::string_view location);

}  // namespace vcnode::node
