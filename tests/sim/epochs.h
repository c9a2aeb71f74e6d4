// EpochRun: issuers with histories, whose keys change, whose epochs end, and whose feed keys are stolen.
//
// A network of its own (GossipNet) around the same engines. Issuers sign credentials, in time batches and
// not, revoke, change their assertion keys, declare some stolen and open epochs, with the old feed key's
// leave and without. Thieves sign another log with a feed key and show it to some; the issuer then opens a
// new epoch. Observers look at the documents of issuers without a node until their servers are switched off.
// Peers start again, from old disks too, lose links and frames and come late.
//
// In the end one issuer closes, all are gone for good with their nodes, five years pass, and newcomers learn
// from the others. Whenever it is quiet each node is asked for its verdict on every credential.
#pragma once

#include <cstdint>

#include "tests/sim/cluster.h"

namespace vcnode::sim {

[[nodiscard]] Outcome run_epochs(const Scenario& scenario, std::uint64_t seed, bool trace);

}  // namespace vcnode::sim
