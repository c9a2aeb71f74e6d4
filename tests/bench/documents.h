// The credentials that benchmarks verify: the project's own samples, completed and signed as `vcnode issue`
// does.
#pragma once

#include <string>

#include "tests/unit/protocol/verify/world.h"

namespace vcnode::bench {

// Open Badges 3.0 with the mandatory EU standard elements and two status entries: about 3.4 KB.
[[nodiscard]] std::string signed_micro_credential(const verify::world::Issuer& issuer);
// A small badge without a status list: about 1.3 KB.
[[nodiscard]] std::string signed_badge(const verify::world::Issuer& issuer);

}  // namespace vcnode::bench
