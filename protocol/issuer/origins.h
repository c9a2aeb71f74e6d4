// How peers name a did:webvh issuer and the feeds of its epochs: by its SCID, wherever the DID has moved.
//
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/base/result.h"
#include "protocol/feed/origin.h"

namespace vcnode::issuer {

// Errors: ORIGIN_INVALID.
[[nodiscard]] Result<feed::Origin> origin_of(std::string_view network, std::string_view scid,
                                             std::uint64_t epoch);
// The issuer's log in hellos, records and requests: SHA-256 of network "/" scid.
[[nodiscard]] feed::OriginHash topic_of(std::string_view network, std::string_view scid);

}  // namespace vcnode::issuer
