// Witness proofs and did-witness.json ("DID Witnesses").
//
// A proof is a Data Integrity proof over {"versionId": …} by a did:key. It binds nothing but the versionId,
// which is safe only because the hash in it chains to the SCID: proofs that name no version of the log at
// hand are ignored. A proof on a version approves all earlier ones too. What is malformed, forged, twice
// there or by nobody the log names is discarded, never fatal, so that a stranger's rubbish cannot make a log
// invalid.
//
// Errors: WEBVH_WITNESS_FILE, WEBVH_WITNESS_PROOF, WEBVH_WITNESS_THRESHOLD. Threading: values and pure
// functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/webvh/state.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::webvh {

// As large as the log it belongs to may be.
inline constexpr std::size_t kWitnessFileBytesMax = kLogBytesMax;

struct WitnessProof {
  VersionId version_id;
  std::string witness;  // the did:key that the proof says made it
  std::string proof;    // canonical JSON of the proof
  friend bool operator==(const WitnessProof&, const WitnessProof&) = default;
};

// Well-formed proofs in file order; their signatures are not checked yet.
struct WitnessFile {
  std::vector<WitnessProof> proofs;
  std::size_t discarded = 0;  // records and proofs that cannot be anything
};

[[nodiscard]] Result<WitnessFile> read_witness_file(std::string_view text);
// did-witness.json, by rising version number.
[[nodiscard]] std::string write_witness_file(std::span<const WitnessProof> proofs);

// Whether the proof's signature is the witness's, over this version.
[[nodiscard]] Result<void> check_witness_proof(const WitnessProof& proof);

// Where something stops being valid: the index of the first bad entry, and why.
struct Fault {
  std::size_t index = 0;
  Error error;
};

// "Verifying Witness Proofs During Resolution": the first entry of `chain` (a valid log from its first entry)
// that too few of its governing witnesses approve, on it or on a later entry of the chain.
[[nodiscard]] std::optional<Fault> first_unwitnessed(std::span<const State> chain,
                                                     std::span<const WitnessProof> proofs);

// What a controller keeps: of each witness the newest good proof on a version of the chain, and proofs on
// versions still to come.
[[nodiscard]] std::vector<WitnessProof> pruned(std::span<const State> chain,
                                               std::span<const WitnessProof> proofs);

}  // namespace vcnode::webvh
