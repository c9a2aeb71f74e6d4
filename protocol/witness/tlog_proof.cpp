#include "protocol/witness/tlog_proof.h"

#include "crypto/merkle.h"
#include "protocol/feed/decimal.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/hash_lines.h"

namespace vcnode::witness {
namespace {

constexpr std::string_view kMagic = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Failure malformed_proof(std::string_view why) {
  return fail(codes::TLOG_PROOF_MALFORMED, "the proof ", why);
}

}  // namespace

Result<TlogProof> TlogProof::parse(std::string_view text) {
  if (text.size() > kTlogProofBytesMax)
    return malformed_proof(concat("has ", text.size(), " bytes, over the limit of ", kTlogProofBytesMax));
  if (take_line(text) != kMagic)
    return malformed_proof(concat("does not begin with the line \"", kMagic, "\""));
  TlogProof out;
  auto line = take_line(text);
  if (line && line->starts_with(kExtra)) {
    auto extra = base64_decode(line->substr(kExtra.size()), kTlogProofBytesMax);
    if (!extra) return malformed_proof(concat("has extra data that is not base64: ", extra.error().message));
    out.extra = *std::move(extra);
    line = take_line(text);
  }
  if (!line || !line->starts_with(kIndex))
    return malformed_proof("has no line \"index <number>\" in its place");
  const auto index = feed::parse_decimal(line->substr(kIndex.size()));
  if (!index)
    return malformed_proof(concat("has the index \"", excerpt(line->substr(kIndex.size())),
                                  "\", which is not a plain number up to ", feed::kCountMax));
  out.index = *index;
  VCNODE_TRY(out.path, take_hash_lines(text, codes::TLOG_PROOF_MALFORMED));
  out.checkpoint = std::string(text);
  if (auto note = feed::Note::parse(out.checkpoint); !note)
    return malformed_proof(concat("ends with a checkpoint that is none: ", note.error().message));
  return out;
}

std::string TlogProof::text() const {
  return concat(kMagic, "\n", extra ? concat(kExtra, base64_encode(*extra), "\n") : std::string(), kIndex,
                index, "\n", hash_lines(path), "\n", checkpoint);
}

Result<ProvenEntry> verify_tlog_proof(const TlogProof& proof, BytesView entry, const WitnessPolicy& policy) {
  VCNODE_TRY(const auto note, feed::Note::parse(proof.checkpoint));
  VCNODE_TRY(auto checkpoint, policy.verify_log(note));
  VCNODE_CHECK(merkle::verify_inclusion(merkle::leaf_hash(entry), proof.index, checkpoint.tree, proof.path));
  Witnessed witnessed = policy.judge(note);
  if (!witnessed.quorum)
    return fail(codes::WITNESS_QUORUM_MISSED, witnessed.cosignatures.size(), " of the ",
                policy.witnesses().size(), " witnesses of the policy cosigned the checkpoint of \"",
                excerpt(checkpoint.origin), "\" at size ", checkpoint.tree.size, ", which is not its quorum");
  return ProvenEntry{std::move(checkpoint), std::move(witnessed)};
}

}  // namespace vcnode::witness
