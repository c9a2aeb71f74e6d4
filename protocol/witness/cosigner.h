// The witness's side of C2SP tlog-witness, and what a log needs to ask one: `add-checkpoint`.
//
// Sans-IO and two-phase, since a witness that forgets is worse than none: `judge_add_checkpoint` checks a
// request against what is durably recorded of the log and says what to record next; only when that is durable
// may `cosign` be called. The caller lets one request of an origin at a time between its reading of the
// record and its writing.
//
// A witness keeps one record for an origin: the newest tree it cosigned and when. Its times never fall, also
// when its clock steps back.
//
// How errors map to the HTTP answers of tlog-witness: WITNESS_REQUEST_MALFORMED and NOTE_MALFORMED 400;
// NOTE_UNSIGNED and NOTE_SIGNATURE 403; an unknown origin (the caller's question) 404; WITNESS_SIZE_CONFLICT
// 409 with the recorded size as text/x.tlog.size; WITNESS_ROOT_CONFLICT 409; MERKLE_PROOF_INVALID 422.
// Threading: pure functions and plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/signer.h"
#include "protocol/feed/note.h"

namespace vcnode::witness {

// A note of the largest size and 63 hashes.
inline constexpr std::size_t kAddCheckpointBytesMax = 24 * 1024;

// The body of a request: the size the log believes to be recorded, a consistency proof from it, the
// checkpoint.
struct AddCheckpoint {
  std::uint64_t old_size = 0;
  std::vector<Sha256Digest> proof;
  std::string checkpoint;  // a signed note

  [[nodiscard]] static Result<AddCheckpoint> parse(std::string_view body);
  [[nodiscard]] std::string text() const;
};

// Whose log a request is for, before anything of it is believed. Errors: NOTE_MALFORMED.
[[nodiscard]] Result<std::string> origin_of(const AddCheckpoint& request);

struct WitnessRecord {
  merkle::TreeHead tree;
  Timestamp time;
  friend bool operator==(const WitnessRecord&, const WitnessRecord&) = default;
};

// The record that `request` leads to; to be made durable before `cosign`. `log_key`: of type ed25519, named
// as the origin. `record`: none if nothing of this origin was cosigned.
[[nodiscard]] Result<WitnessRecord> judge_add_checkpoint(const AddCheckpoint& request,
                                                         const feed::NoteKey& log_key,
                                                         const std::optional<WitnessRecord>& record,
                                                         Timestamp now);
// The line to answer with. REQUIRES: `durable` is what judge_add_checkpoint said of this request, and is
// durable. Errors: those of the signer.
[[nodiscard]] Result<std::string> cosign(const AddCheckpoint& request, const WitnessRecord& durable,
                                         const feed::NoteKey& cosigner_key, Signer& signer);

// `checkpoint` with those cosignatures of a witness's answer that verify under one of `witnesses`; lines of
// other keys are ignored. Errors: NOTE_MALFORMED; NOTE_SIGNATURE (of a known key); NOTE_UNSIGNED (no line of
// a known key).
[[nodiscard]] Result<std::string> add_cosignatures(std::string_view checkpoint, std::string_view answer,
                                                   std::span<const feed::NoteKey> witnesses);

}  // namespace vcnode::witness
