#include "protocol/feed/note.h"

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/codes.h"
#include "protocol/feed/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using feed::Checkpoint;
using feed::Note;
using feed::NoteKey;
using feed::NoteKeyType;

namespace {

const std::string kText = "example.com/log\n3\nfr6SnxeIVkCLsM7oEw+jIKADphHdGIJuDSs41uvNJ2A=\n";
const std::string kDash = "\xE2\x80\x94 ";
const std::string kLine = kDash + "w.example AAAAAGE=\n";

struct NamedSigner {
  explicit NamedSigner(std::uint8_t seed, std::string key_name = "w.example")
      : signer(Ed25519KeyPair::from_seed(Bytes(32, seed)).value()), name(std::move(key_name)) {}
  [[nodiscard]] NoteKey key(NoteKeyType type) const { return {name, type, signer.public_key()}; }
  [[nodiscard]] std::string signature(const std::string& text = kText) {
    return feed::signature_line(text, key(NoteKeyType::ed25519), signer).value();
  }
  [[nodiscard]] std::string cosignature(std::int64_t time, const std::string& text = kText) {
    return feed::cosignature_line(text, key(NoteKeyType::cosignature_v1), Timestamp(time), signer).value();
  }
  KeyPairSigner signer;
  std::string name;
};

Note note_with(const std::string& lines) {
  return Note::parse(kText + "\n" + lines).value();
}

void malformed(const std::string& note, std::string_view why) {
  CAPTURE(note);
  CHECK_CODE_NAMES(Note::parse(note), codes::NOTE_MALFORMED, why);
}

}  // namespace

TEST_CASE("a note splits at its last empty line") {
  const auto note = Note::parse("one\n\ntwo\n\n" + kLine);
  REQUIRE_OK(note);
  CHECK(note->text == "one\n\ntwo\n");
  REQUIRE(note->signatures.size() == 1);
  CHECK(note->signatures[0].name == "w.example");
  CHECK(note->signatures[0].key_id == 0);
  CHECK(as_text(note->signatures[0].signature) == "a");
  CHECK(note->signatures[0].line() == kLine);
}

TEST_CASE("malformed notes are refused with the reason") {
  malformed("", "empty line");
  malformed("text\n" + kLine, "empty line");
  malformed("text\n\n", "signature lines");
  malformed("text\n\n" + kLine.substr(0, kLine.size() - 1), "signature lines");
  malformed("te\xFFxt\n\n" + kLine, "UTF-8");
  malformed("te\txt\n\n" + kLine, "control character");
  malformed(std::string("te\0xt\n\n", 7) + kLine, "control character");
  malformed("text\r\n\n" + kLine, "control character");
  malformed("text\n\n- w.example AAAAAGE=\n", "signature line");
  malformed("text\n\n" + kDash + "w.example\n", "signature line");
  malformed("text\n\n" + kDash + " AAAAAGE=\n", "signature line");
  malformed("text\n\n" + kDash + "w+x AAAAAGE=\n", "signature line");
  malformed("text\n\n" + kDash + "w\xC2\xA0x AAAAAGE=\n", "signature line");
  malformed("text\n\n" + kDash + "w\xE3\x80\x80x AAAAAGE=\n", "signature line");
  malformed("text\n\n" + kDash + "w.example AAAAAGE= \n", "signature line");
  malformed("text\n\n" + kDash + "w.example AAAAAGE\n", "signature line");
  malformed("text\n\n" + kDash + "w.example AAAAAGF=\n", "signature line");
  malformed("text\n\n" + kDash + "w.example AAAAAA==\n", "signature line");  // a key id and nothing else
}

TEST_CASE("notes are bounded in bytes and in lines") {
  malformed(std::string(limits::kNoteBytesMax, 'a') + "\n\n" + kLine, "16384");
  std::string lines;
  for (std::size_t i = 0; i < feed::kNoteSignaturesMax; ++i) lines += kLine;
  REQUIRE_OK(Note::parse(kText + "\n" + lines));
  malformed(kText + "\n" + lines + kLine, "64");
}

TEST_CASE("a signature verifies over its text and no other") {
  NamedSigner signer(1);
  const NoteKey key = signer.key(NoteKeyType::ed25519);
  REQUIRE_OK(feed::verify_signature(note_with(signer.signature()), key));
  CHECK_CODE_NAMES(feed::verify_signature(note_with(signer.signature("other\n")), key), codes::NOTE_SIGNATURE,
                   "w.example");
}

TEST_CASE("every line of a known key must verify, lines of other keys do not count") {
  NamedSigner signer(1), same_name(2), same_key(1, "v.example");
  const NoteKey key = signer.key(NoteKeyType::ed25519);
  REQUIRE_OK(
      feed::verify_signature(note_with(kLine + same_name.signature("other\n") + signer.signature()), key));
  CHECK_CODE(feed::verify_signature(note_with(signer.signature() + signer.signature("other\n")), key),
             codes::NOTE_SIGNATURE);
  CHECK_CODE_NAMES(feed::verify_signature(note_with(same_name.signature()), key), codes::NOTE_UNSIGNED,
                   "w.example");
  CHECK_CODE(feed::verify_signature(note_with(same_key.signature()), key), codes::NOTE_UNSIGNED);
}

TEST_CASE("a signature of the wrong length does not verify") {
  NamedSigner signer(1);
  const NoteKey plain = signer.key(NoteKeyType::ed25519), timed = signer.key(NoteKeyType::cosignature_v1);
  CHECK_CODE(
      feed::verify_signature(note_with(feed::NoteSignature{plain.name, plain.id(), Bytes(63)}.line()), plain),
      codes::NOTE_SIGNATURE);
  CHECK_CODE(feed::verify_cosignature(
                 note_with(feed::NoteSignature{timed.name, timed.id(), Bytes(64)}.line()), timed),
             codes::NOTE_SIGNATURE);
}

TEST_CASE("a cosignature carries its time, and signs it") {
  NamedSigner signer(3);
  const NoteKey key = signer.key(NoteKeyType::cosignature_v1);
  const auto found = feed::verify_cosignature(note_with(signer.cosignature(1'700'000'000)), key);
  REQUIRE_OK(found);
  CHECK(found->name == "w.example");
  CHECK(found->time == Timestamp(1'700'000'000));
  auto altered = note_with(signer.cosignature(1'700'000'000));
  altered.signatures[0].signature[7] ^= 1;
  CHECK_CODE(feed::verify_cosignature(altered, key), codes::NOTE_SIGNATURE);
  CHECK_CODE(feed::verify_cosignature(note_with(signer.signature()), key), codes::NOTE_UNSIGNED);
}

TEST_CASE("of several cosignatures by one key the newest counts") {
  NamedSigner signer(3);
  const auto found = feed::verify_cosignature(
      note_with(signer.cosignature(5) + signer.cosignature(9) + signer.cosignature(7)),
      signer.key(NoteKeyType::cosignature_v1));
  REQUIRE_OK(found);
  CHECK(found->time == Timestamp(9));
}

TEST_CASE("a cosignature time beyond 2^63-1 is refused with the limit") {
  NamedSigner signer(3);
  auto note = note_with(signer.cosignature(1));
  note.signatures[0].signature[0] = 0x80;
  CHECK_CODE_NAMES(feed::verify_cosignature(note, signer.key(NoteKeyType::cosignature_v1)),
                   codes::NOTE_MALFORMED, "9223372036854775807");
}

TEST_CASE("a note key is read back from its text") {
  for (const auto type : {NoteKeyType::ed25519, NoteKeyType::cosignature_v1}) {
    const NoteKey key = NamedSigner(4).key(type);
    const auto again = NoteKey::parse(key.vkey());
    REQUIRE_OK(again);
    CHECK(again->name == key.name);
    CHECK(again->type == type);
    CHECK(again->key == key.key);
  }
}

TEST_CASE("malformed note keys are refused") {
  const std::string good = NamedSigner(4).key(NoteKeyType::ed25519).vkey();
  const auto refused = [](const std::string& vkey, std::string_view why) {
    CAPTURE(vkey);
    CHECK_CODE_NAMES(NoteKey::parse(vkey), codes::NOTE_MALFORMED, why);
  };
  refused("", "<name>");
  refused("w.example+00000000", "<name>");
  refused("w example" + good.substr(9), "<name>");
  refused(good + "A", "32 key bytes");
  refused("v" + good.substr(1), "hash");
  refused("w.example+00000000" + good.substr(18), "hash");
  Bytes typed(33, 6);
  refused("w.example+00000000+" + base64_encode(typed), "type 6");
  Bytes small_order(33, 0);
  small_order[0] = 1;
  CHECK_CODE(NoteKey::parse("w.example+00000000+" + base64_encode(small_order)), codes::KEY_INVALID);
}

TEST_CASE("a checkpoint is three lines") {
  const auto checkpoint = Checkpoint::parse(kText);
  REQUIRE_OK(checkpoint);
  CHECK(checkpoint->origin == "example.com/log");
  CHECK(checkpoint->tree.size == 3);
  CHECK(checkpoint->text() == kText);
}

TEST_CASE("malformed checkpoints are refused with the reason") {
  const std::string root = "fr6SnxeIVkCLsM7oEw+jIKADphHdGIJuDSs41uvNJ2A=\n";
  const auto refused = [](const std::string& text, std::string_view why) {
    CAPTURE(text);
    CHECK_CODE_NAMES(Checkpoint::parse(text), codes::NOTE_MALFORMED, why);
  };
  refused("", "three lines");
  refused("\n3\n" + root, "three lines");
  refused("log\n3\n", "three lines");
  refused(("log\n3\n" + root).substr(0, 50), "three lines");
  refused("log\n3\n" + root + "extension\n", "more than three");
  refused("log\n\n" + root, "three lines");
  refused("log\n03\n" + root, "size");
  refused("log\n-3\n" + root, "size");
  refused("log\n9007199254740992\n" + root, "size");
  refused("log\n3\nAAAA\n", "root");
  refused("log\n3\n" + root.substr(0, 43) + "\n", "root");
  refused("log\n3\nA" + root, "root");
}
