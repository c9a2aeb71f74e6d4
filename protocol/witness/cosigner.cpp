#include "protocol/witness/cosigner.h"

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/feed/decimal.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/hash_lines.h"

namespace vcnode::witness {
namespace {

constexpr std::string_view kOld = "old ";

Failure malformed_request(std::string_view why) {
  return fail(codes::WITNESS_REQUEST_MALFORMED, "the request ", why);
}

// Refuses a tree that the recorded one is not a prefix of.
Result<void> check_extends(const AddCheckpoint& request, const merkle::TreeHead& next,
                           const merkle::TreeHead& recorded) {
  if (recorded.size == next.size) {
    if (recorded.root != next.root)
      return fail(codes::WITNESS_ROOT_CONFLICT, "size ", next.size, " was cosigned with the root ",
                  base64_encode(recorded.root.view()), ", this checkpoint has ",
                  base64_encode(next.root.view()));
    if (!request.proof.empty())
      return fail(codes::MERKLE_PROOF_INVALID, "there are ", request.proof.size(),
                  " hashes of proof between two checkpoints of one size");
    return {};
  }
  if (recorded.size > 0) return merkle::verify_consistency(recorded, next, request.proof);
  if (!request.proof.empty())
    return fail(codes::MERKLE_PROOF_INVALID, "there are ", request.proof.size(),
                " hashes of proof from the empty tree, which needs none");
  return {};
}

}  // namespace

Result<AddCheckpoint> AddCheckpoint::parse(std::string_view body) {
  if (body.size() > kAddCheckpointBytesMax)
    return malformed_request(
        concat("has ", body.size(), " bytes, over the limit of ", kAddCheckpointBytesMax));
  const auto line = take_line(body);
  if (!line || !line->starts_with(kOld))
    return malformed_request("does not begin with the line \"old <size>\"");
  const auto size = feed::parse_decimal(line->substr(kOld.size()));
  if (!size)
    return malformed_request(concat("has the old size \"", excerpt(line->substr(kOld.size())),
                                    "\", which is not a plain number up to ", feed::kCountMax));
  AddCheckpoint out{*size, {}, {}};
  VCNODE_TRY(out.proof, take_hash_lines(body, codes::WITNESS_REQUEST_MALFORMED));
  out.checkpoint = std::string(body);
  return out;
}

std::string AddCheckpoint::text() const {
  return concat(kOld, old_size, "\n", hash_lines(proof), "\n", checkpoint);
}

Result<std::string> origin_of(const AddCheckpoint& request) {
  VCNODE_TRY(const auto note, feed::Note::parse(request.checkpoint));
  VCNODE_TRY(auto checkpoint, feed::Checkpoint::parse(note.text));
  return std::move(checkpoint.origin);
}

Result<WitnessRecord> judge_add_checkpoint(const AddCheckpoint& request, const feed::NoteKey& log_key,
                                           const std::optional<WitnessRecord>& record, Timestamp now) {
  VCNODE_TRY(const auto note, feed::Note::parse(request.checkpoint));
  VCNODE_TRY(const auto checkpoint, feed::Checkpoint::parse(note.text));
  VCNODE_ASSERT(checkpoint.origin == log_key.name);
  VCNODE_CHECK(feed::verify_signature(note, log_key));
  if (request.old_size > checkpoint.tree.size)
    return malformed_request(concat("names the old size ", request.old_size,
                                    ", larger than the checkpoint's ", checkpoint.tree.size));
  const merkle::TreeHead recorded = record ? record->tree : merkle::TreeHead{0, merkle::empty_root()};
  if (request.old_size != recorded.size)
    return fail(codes::WITNESS_SIZE_CONFLICT, "the request names the old size ", request.old_size,
                "; cosigned last was size ", recorded.size);
  VCNODE_CHECK(check_extends(request, checkpoint.tree, recorded));
  // A larger size at an earlier time would be evidence against this witness.
  const bool stepped_back = record && now < record->time;
  return WitnessRecord{checkpoint.tree, stepped_back ? record->time.plus_seconds(1) : now};
}

Result<std::string> cosign(const AddCheckpoint& request, const WitnessRecord& durable,
                           const feed::NoteKey& cosigner_key, Signer& signer) {
  VCNODE_TRY(const auto note, feed::Note::parse(request.checkpoint));
  VCNODE_TRY(const auto checkpoint, feed::Checkpoint::parse(note.text));
  VCNODE_ASSERT(checkpoint.tree == durable.tree);
  return feed::cosignature_line(note.text, cosigner_key, durable.time, signer);
}

Result<std::string> add_cosignatures(std::string_view checkpoint, std::string_view answer,
                                     std::span<const feed::NoteKey> witnesses) {
  VCNODE_TRY(const auto note, feed::Note::parse(checkpoint));
  VCNODE_TRY(const auto answered, feed::Note::parse(concat(note.text, "\n", answer)));
  std::string out(checkpoint);
  bool added = false;
  for (const feed::NoteKey& witness : witnesses) {
    const auto cosignature = feed::verify_cosignature(answered, witness);
    if (!cosignature) {
      if (cosignature.error().code == codes::NOTE_UNSIGNED) continue;
      return cosignature.failure();
    }
    for (const feed::NoteSignature& signature : answered.signatures) {
      if (signature.name != witness.name || signature.key_id != witness.id()) continue;
      const std::string line = signature.line();
      if (out.find(line) == std::string::npos) out += line;
    }
    added = true;
  }
  if (!added)
    return fail(codes::NOTE_UNSIGNED, "the answer has no line of the ", witnesses.size(),
                " witnesses that are known");
  VCNODE_CHECK(feed::Note::parse(out));  // not over the limits of a note
  return out;
}

}  // namespace vcnode::witness
