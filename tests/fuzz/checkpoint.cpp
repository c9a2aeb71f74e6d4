// Notes, checkpoints and heads. First byte 0: the rest as a note, a key and a checkpoint. Otherwise a head is
// signed here and its note edited: if it still verifies, it is the same head in the same form.
#include "protocol/feed/note.h"

#include "crypto/base/limits.h"
#include "protocol/feed/head.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;
using feed::Note;
using feed::NoteKey;

namespace {

const feed::Origin& origin() {
  static const feed::Origin made = feed::Origin::of("test", fuzz::issuer().did).value();
  return made;
}

void check_note(std::string_view text) {
  const auto note = Note::parse(text);
  fuzz::check(note);
  if (!note) return;
  VCNODE_ASSERT(note->signatures.size() <= feed::kNoteSignaturesMax && text.size() <= limits::kNoteBytesMax);
  std::string again = note->text + "\n";
  for (const feed::NoteSignature& signature : note->signatures) again += signature.line();
  VCNODE_ASSERT(again == text);
  for (const auto type : {feed::NoteKeyType::ed25519, feed::NoteKeyType::cosignature_v1}) {
    const NoteKey key{origin().text(), type, fuzz::issuer().signer.public_key()};
    if (type == feed::NoteKeyType::ed25519) {
      fuzz::check(feed::verify_signature(*note, key));
    } else {
      fuzz::check(feed::verify_cosignature(*note, key));
    }
  }
}

void check_parts(std::string_view text) {
  const auto checkpoint = feed::Checkpoint::parse(text);
  fuzz::check(checkpoint);
  if (checkpoint) VCNODE_ASSERT(checkpoint->text() == text);
  const auto key = NoteKey::parse(text);
  fuzz::check(key);
  if (key) VCNODE_ASSERT(key->vkey() == text);
  fuzz::check(feed::verify_head(text, origin(), fuzz::issuer().signer.public_key()));
}

Sha256Digest digest_of(fuzz::Recipe& recipe) {
  Sha256Digest digest;
  digest.data()[0] = recipe.byte();
  return digest;
}

void check_signed(fuzz::Recipe& recipe) {
  const fuzz::Person& person = fuzz::issuer();
  const merkle::TreeHead tree{recipe.number(2), digest_of(recipe)};
  const auto head =
      feed::sign_head(origin(), tree, Timestamp(static_cast<std::int64_t>(recipe.number(4))), person.signer);
  VCNODE_ASSERT(head.has_value());
  const auto whole = feed::verify_head(head->note, origin(), person.signer.public_key());
  VCNODE_ASSERT(whole.has_value() && whole->note == head->note && whole->time == head->time);
  VCNODE_ASSERT(whole->tree.size == tree.size && whole->tree.root == tree.root);
  VCNODE_ASSERT(!feed::verify_head(head->note, origin(), fuzz::stranger().signer.public_key()));

  const auto changed =
      feed::verify_head(fuzz::edited(recipe, head->note), origin(), person.signer.public_key());
  fuzz::check(changed);
  if (changed) VCNODE_ASSERT(changed->note == head->note && changed->time == head->time);
  const Timestamp other(static_cast<std::int64_t>(recipe.number(4)));
  const bool wins = feed::time_supersedes(other, head->time, origin().hash());
  const bool loses = feed::time_supersedes(head->time, other, origin().hash());
  VCNODE_ASSERT(other == head->time ? !wins && !loses : wins != loses);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  if (recipe.byte() != 0) {
    check_signed(recipe);
  } else {
    const std::string_view text = recipe.rest();
    check_note(text);
    check_parts(text);
  }
  return 0;
}
