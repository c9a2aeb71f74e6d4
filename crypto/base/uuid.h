// Names that nobody else gives: random UUIDs (RFC 9562, version 4). Threading: as its Rng.
#pragma once

#include <string>

#include "crypto/base/rng.h"

namespace vcnode {

// "urn:uuid:…"
[[nodiscard]] std::string random_uuid_urn(Rng& rng);

}  // namespace vcnode
