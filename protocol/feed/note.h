// Signed notes, checkpoints and cosignatures: C2SP signed-note, tlog-checkpoint, tlog-cosignature (v1).
//
// A note is text ending in a newline, an empty line, then lines "— <name> <base64(key id || signature)>".
// Key id = first 4 bytes of SHA-256(name || 0x0A || type || public key); type 0x01 Ed25519, 0x04
// cosignature/v1 whose signature is timestamp (8 bytes big endian) || Ed25519 over
// "cosignature/v1\ntime <T>\n" + note text.
// Lines of unknown keys are ignored; a malformed line or a bad signature of a known key fails the note.
// Errors: NOTE_MALFORMED, NOTE_SIGNATURE, NOTE_UNSIGNED.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "crypto/merkle.h"
#include "crypto/signer.h"

namespace vcnode::feed {

// C2SP asks for at least 16; a head carries two lines, a cosigned one a few more.
inline constexpr std::size_t kNoteSignaturesMax = 64;

enum class NoteKeyType : std::uint8_t { ed25519 = 0x01, cosignature_v1 = 0x04 };

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;                         // after the key id
  [[nodiscard]] std::string line() const;  // as it stands in a note, newline included
};

struct Note {
  std::string text;  // including its final newline
  std::vector<NoteSignature> signatures;
  [[nodiscard]] static Result<Note> parse(std::string_view note);
};

struct NoteKey {
  std::string name;
  NoteKeyType type = NoteKeyType::ed25519;
  Ed25519PublicKey key;
  [[nodiscard]] std::uint32_t id() const;
  // "name+hash+base64(type||key)" (vkey). Errors also: KEY_INVALID.
  [[nodiscard]] static Result<NoteKey> parse(std::string_view vkey);
  [[nodiscard]] std::string vkey() const;
};

struct Cosignature {
  std::string name;
  Timestamp first;  // a key may make several: the oldest proves since when the text exists,
  Timestamp time;   // the newest that it was still the log's
};

// Both ask for at least one line by `key` and that every line by `key` verifies.
// REQUIRES: a key of type ed25519 for a signature, of type cosignature_v1 for a cosignature.
[[nodiscard]] Result<void> verify_signature(const Note& note, const NoteKey& key);
[[nodiscard]] Result<Cosignature> verify_cosignature(const Note& note, const NoteKey& key);

// One line, newline included. REQUIRES: `key` is of the matching type and is the signer's; time >= 0.
[[nodiscard]] Result<std::string> signature_line(std::string_view text, const NoteKey& key, Signer& signer);
[[nodiscard]] Result<std::string> cosignature_line(std::string_view text, const NoteKey& key, Timestamp time,
                                                   Signer& signer);

// tlog-checkpoint body: origin, size, root (three lines; extension lines are refused by us).
struct Checkpoint {
  std::string origin;
  merkle::TreeHead tree;
  [[nodiscard]] static Result<Checkpoint> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

}  // namespace vcnode::feed
