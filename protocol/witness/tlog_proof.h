// TlogProof: one file that shows, without a network, that an entry stands in a log and who witnessed it
// (C2SP tlog-proof): the entry's index, its inclusion proof, and the checkpoint with its cosignatures.
//
// Errors: TLOG_PROOF_MALFORMED for the form. Threading: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/witness/policy.h"

namespace vcnode::witness {

// Opaque data beside a proof, a few witness lines, 63 hashes: nothing honest is larger.
inline constexpr std::size_t kTlogProofBytesMax = 64 * 1024;

struct TlogProof {
  std::optional<Bytes> extra;  // nobody signed it
  std::uint64_t index = 0;
  std::vector<Sha256Digest> path;  // from the entry's sibling up
  std::string checkpoint;          // the signed note, as it was published

  [[nodiscard]] static Result<TlogProof> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

struct ProvenEntry {
  feed::Checkpoint checkpoint;
  Witnessed witnessed;
};

// Whether the log of the policy that `proof` names holds `entry` (its bytes), with the policy's quorum.
// Errors: LOG_NOT_IN_POLICY and WITNESS_QUORUM_MISSED (could not be shown under this policy), NOTE_*,
// MERKLE_PROOF_INVALID.
[[nodiscard]] Result<ProvenEntry> verify_tlog_proof(const TlogProof& proof, BytesView entry,
                                                    const WitnessPolicy& policy);

}  // namespace vcnode::witness
