// Making log entries: create, update, relocate, deactivate, and a witness's approval.
//
// Each function takes the state to build on and gives the next line of did.jsonl, signed through the Signer
// port and checked by apply() before it is returned: what these functions make is valid. They know nothing of
// disks: whoever calls them stores a line durably before it is published, and collects witness proofs before
// that.
//
// With pre-rotation the signer holds a key that the parent committed to, and `Changes` must reveal it
// (update_keys) and commit again (next_key_hashes; empty switches pre-rotation off).
//
// Errors: those of apply(), of the signer, JSON_* for a document that cannot be signed. Threading: pure but
// for the signer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/signer.h"
#include "protocol/webvh/state.h"
#include "protocol/webvh/witness.h"

namespace vcnode::webvh {

// Parameters that an entry sets; what is absent stays as it is.
struct Changes {
  std::optional<std::vector<std::string>> update_keys;
  std::optional<std::vector<std::string>> next_key_hashes;
  std::optional<WitnessRule> witness;
  std::optional<std::vector<std::string>> watchers;
  std::optional<bool> portable;
  std::optional<bool> deactivated;
  std::optional<std::uint32_t> ttl_seconds;
};

struct Pen {
  Signer& signer;
  Timestamp time;  // versionTime and the proof's `created`; now, by the caller's clock
  DidOptions did;
};

struct Authored {
  std::string line;
  State state;
};

// Entry 1. `document` is the DID document with {SCID} wherever the SCID will stand: its id is
// "did:webvh:{SCID}:<host>…".
[[nodiscard]] Result<Authored> create(const nlohmann::json& document, const Changes& changes, const Pen& pen);
// The next entry. `document`: nullptr leaves it as it is.
[[nodiscard]] Result<Authored> update(const State& parent, const nlohmann::json* document,
                                      const Changes& changes, const Pen& pen);
// The next entry, under the same SCID at another place: `location` is what follows the SCID
// ("new.example:path"). Every mention of the old DID in the document, the parent's or a newer one, becomes
// the new one, and alsoKnownAs names the old one.
[[nodiscard]] Result<Authored> relocate(const State& parent, std::string_view location,
                                        const Changes& changes, const Pen& pen);
[[nodiscard]] Result<Authored> relocate(const State& parent, nlohmann::json document,
                                        std::string_view location, const Changes& changes, const Pen& pen);
// The last entry, with no update key left. Under pre-rotation that takes two: the first reveals `revealed`,
// to which the parent committed, and switches pre-rotation off; the second deactivates.
[[nodiscard]] Result<std::vector<Authored>> deactivate(const State& parent, std::vector<std::string> revealed,
                                                       const Pen& pen);

// A witness's proof on a version. The witness must hold the log, have validated the version, and never
// approve two versions on one parent; that memory is the caller's.
[[nodiscard]] Result<WitnessProof> approve(const VersionId& version_id, Signer& signer, Timestamp created);

}  // namespace vcnode::webvh
