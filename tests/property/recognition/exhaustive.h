// The naive search that the real one is compared with: every chain the grammar allows, none left out.
#pragma once

#include "tests/property/recognition/random_world.h"

namespace vcnode::test {

// Outcome, chain and effect.
[[nodiscard]] recognition::Recognition exhaustive(const RandomWorld& random);

}  // namespace vcnode::test
