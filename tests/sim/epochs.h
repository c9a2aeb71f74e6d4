// EpochRun: issuers with histories, whose keys change, whose epochs end, and whose feed keys are stolen.
//
// A network of its own (GossipNet) around the same engines. Issuers revoke, change their assertion keys and
// open epochs, with the old feed key's leave and without. Thieves sign another log with a feed key and show
// it to some; the issuer then opens a new epoch. Peers start again, from old disks too, lose links and come
// late.
#pragma once

#include <cstdint>

#include "tests/sim/cluster.h"

namespace vcnode::sim {

[[nodiscard]] Outcome run_epochs(const Scenario& scenario, std::uint64_t seed, bool trace);

}  // namespace vcnode::sim
