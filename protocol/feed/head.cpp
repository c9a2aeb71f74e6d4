#include "protocol/feed/head.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"

namespace vcnode::feed {
namespace {

// 9999-12-31T23:59:59Z, the last second RFC 3339 can write; sums with it cannot overflow.
constexpr std::int64_t kHeadTimeMax = 253'402'300'799;

NoteKey signature_key(const Origin& origin, const Ed25519PublicKey& key) {
  return {origin.text(), NoteKeyType::ed25519, key};
}
NoteKey cosignature_key(const Origin& origin, const Ed25519PublicKey& key) {
  return {origin.text(), NoteKeyType::cosignature_v1, key};
}

Result<const NoteSignature*> only_line(const Note& note, const NoteKey& key, std::string_view kind) {
  const NoteSignature* found = nullptr;
  const std::uint32_t id = key.id();
  for (const NoteSignature& line : note.signatures) {
    if (line.key_id != id || line.name != key.name) continue;
    if (found)
      return fail(codes::HEAD_INVALID, "the head of \"", key.name, "\" has more than one ", kind,
                  " by the feed key");
    found = &line;
  }
  if (!found)
    return fail(codes::HEAD_INVALID, "the head of \"", key.name, "\" has no ", kind, " by the feed key");
  return found;
}

Result<void> check_time(Timestamp time) {
  if (time.seconds() >= 0 && time.seconds() <= kHeadTimeMax) return {};
  return fail(codes::HEAD_INVALID, "the head's time ", time.seconds(), " is not between 0 and ",
              kHeadTimeMax);
}

bool is_reassertion(Timestamp time, const OriginHash& origin) {
  const std::int64_t rest = time.seconds() % kReassertPeriodSeconds;
  return (rest + kReassertPeriodSeconds) % kReassertPeriodSeconds == reassert_offset(origin);
}

}  // namespace

Result<Head> verify_head(std::string_view note_text, const Origin& origin, const Ed25519PublicKey& feed_key) {
  VCNODE_TRY(const auto note, Note::parse(note_text));
  VCNODE_TRY(const auto checkpoint, Checkpoint::parse(note.text));
  if (checkpoint.origin != origin.text())
    return fail(codes::HEAD_INVALID, "the head is of \"", excerpt(checkpoint.origin), "\", not of \"",
                origin.text(), "\"");
  const NoteKey signing = signature_key(origin, feed_key);
  const NoteKey cosigning = cosignature_key(origin, feed_key);
  VCNODE_TRY(const NoteSignature* signature, only_line(note, signing, "signature"));
  VCNODE_TRY(const NoteSignature* cosignature, only_line(note, cosigning, "cosignature"));
  if (const auto verified = verify_signature(note, signing); !verified)
    return fail(codes::HEAD_INVALID, verified.error().message);
  const auto cosigned = verify_cosignature(note, cosigning);
  if (!cosigned) return fail(codes::HEAD_INVALID, cosigned.error().message);
  VCNODE_CHECK(check_time(cosigned->time));
  return Head{checkpoint.tree, cosigned->time,
              concat(note.text, "\n", signature->line(), cosignature->line())};
}

Result<Head> sign_head(const Origin& origin, const merkle::TreeHead& tree, Timestamp time, Signer& feed_key) {
  VCNODE_CHECK(check_time(time));
  const std::string text = Checkpoint{origin.text(), tree}.text();
  VCNODE_TRY(const auto signature,
             signature_line(text, signature_key(origin, feed_key.public_key()), feed_key));
  VCNODE_TRY(const auto cosignature,
             cosignature_line(text, cosignature_key(origin, feed_key.public_key()), time, feed_key));
  return Head{tree, time, concat(text, "\n", signature, cosignature)};
}

std::int64_t reassert_offset(const OriginHash& origin) noexcept {
  std::uint64_t first = 0;
  for (const std::uint8_t byte : origin.view().first(8)) first = first << 8 | byte;
  return static_cast<std::int64_t>(first % static_cast<std::uint64_t>(kReassertPeriodSeconds));
}

bool time_supersedes(Timestamp candidate, Timestamp held, const OriginHash& origin) noexcept {
  const bool candidate_reasserts = is_reassertion(candidate, origin);
  if (candidate_reasserts != is_reassertion(held, origin)) return candidate_reasserts;
  return candidate_reasserts ? candidate > held : candidate < held;
}

}  // namespace vcnode::feed
