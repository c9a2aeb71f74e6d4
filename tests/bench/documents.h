// The credentials that benchmarks verify: the project's own samples as `vcnode issue` makes them of the same
// files, down to the canonical text, with id, issuer, two status entries and proof.
#pragma once

#include <string>

#include "tests/unit/protocol/verify/world.h"

namespace vcnode::bench {

// Open Badges 3.0 with all sixteen EU standard elements: the whole sample.
[[nodiscard]] std::string signed_micro_credential(const verify::world::Issuer& issuer);
// The same with the eleven mandatory elements only.
[[nodiscard]] std::string signed_mandatory_elements(const verify::world::Issuer& issuer);
// A small badge.
[[nodiscard]] std::string signed_badge(const verify::world::Issuer& issuer);

}  // namespace vcnode::bench
