#include "protocol/feed/note.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/decimal.h"

namespace vcnode::feed {
namespace {

constexpr std::string_view kLinePrefix = "\xE2\x80\x94 ";  // em dash, space
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kTimeBytes = 8;
constexpr std::uint64_t kTimeMax = std::numeric_limits<std::int64_t>::max();  // tlog-cosignature, "Format"

// Unicode White_Space in UTF-8; ASCII control characters are refused in the whole note.
constexpr std::string_view kSpaces[] = {" ",
                                        "\xC2\x85",
                                        "\xC2\xA0",
                                        "\xE1\x9A\x80",
                                        "\xE2\x80\x80",
                                        "\xE2\x80\x81",
                                        "\xE2\x80\x82",
                                        "\xE2\x80\x83",
                                        "\xE2\x80\x84",
                                        "\xE2\x80\x85",
                                        "\xE2\x80\x86",
                                        "\xE2\x80\x87",
                                        "\xE2\x80\x88",
                                        "\xE2\x80\x89",
                                        "\xE2\x80\x8A",
                                        "\xE2\x80\xA8",
                                        "\xE2\x80\xA9",
                                        "\xE2\x80\xAF",
                                        "\xE2\x81\x9F",
                                        "\xE3\x80\x80"};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

bool is_key_name(std::string_view name) {
  const auto holds = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  return !name.empty() && is_utf8(name) && !holds("+") &&
         std::none_of(name.begin(), name.end(), is_control) &&
         std::none_of(std::begin(kSpaces), std::end(kSpaces), holds);
}

Failure malformed(std::string_view why) {
  return fail(codes::NOTE_MALFORMED, why);
}

Result<void> check_characters(std::string_view note) {
  if (note.size() > limits::kNoteBytesMax)
    return malformed(
        concat("the note has ", note.size(), " bytes, over the limit of ", limits::kNoteBytesMax));
  if (!is_utf8(note)) return malformed("the note is not valid UTF-8");
  if (std::any_of(note.begin(), note.end(), [](char c) { return is_control(c) && c != '\n'; }))
    return malformed("the note holds a control character other than newline");
  return {};
}

std::uint64_t big_endian(BytesView bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

void append_big_endian(Bytes& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

Result<NoteSignature> parse_line(std::string_view line) {
  const auto refuse = [&] {
    return malformed(
        concat("the signature line \"", excerpt(line), "\" is not \"\xE2\x80\x94 <name> <base64>\""));
  };
  if (!line.starts_with(kLinePrefix)) return refuse();
  const auto rest = line.substr(kLinePrefix.size());
  const auto space = rest.find(' ');
  if (space == std::string_view::npos || !is_key_name(rest.substr(0, space))) return refuse();
  const auto bytes = base64_decode(rest.substr(space + 1), limits::kNoteBytesMax);
  if (!bytes || bytes->size() <= kKeyIdBytes) return refuse();
  const auto id = BytesView(*bytes).first(kKeyIdBytes);
  return NoteSignature{std::string(rest.substr(0, space)), static_cast<std::uint32_t>(big_endian(id)),
                       Bytes(bytes->begin() + kKeyIdBytes, bytes->end())};
}

std::string cosigned_message(std::string_view text, std::uint64_t time) {
  return concat("cosignature/v1\ntime ", time, "\n", text);
}

std::vector<const NoteSignature*> lines_of(const Note& note, const NoteKey& key) {
  std::vector<const NoteSignature*> lines;
  const std::uint32_t id = key.id();
  for (const NoteSignature& line : note.signatures)
    if (line.key_id == id && line.name == key.name) lines.push_back(&line);
  return lines;
}

Failure unsigned_by(const NoteKey& key) {
  return fail(codes::NOTE_UNSIGNED, "the note has no line of the key \"", excerpt(key.name), "\"");
}

Failure bad_signature(const NoteKey& key, std::string_view kind) {
  return fail(codes::NOTE_SIGNATURE, "the ", kind, " of \"", excerpt(key.name),
              "\" does not verify over this note's text");
}

Result<Timestamp> check_cosignature(const Note& note, const NoteKey& key, BytesView line) {
  if (line.size() != kTimeBytes + Ed25519Signature::kSize) return bad_signature(key, "cosignature");
  const std::uint64_t time = big_endian(line.first(kTimeBytes));
  if (time > kTimeMax)
    return malformed(concat("the cosignature of \"", excerpt(key.name), "\" has the time ", time,
                            ", over the limit of ", kTimeMax));
  const auto signature = Ed25519Signature::from(line.subspan(kTimeBytes));
  if (!ed25519_verify(key.key, as_bytes(cosigned_message(note.text, time)), *signature))
    return bad_signature(key, "cosignature");
  return Timestamp(static_cast<std::int64_t>(time));
}

}  // namespace

std::string NoteSignature::line() const {
  Bytes bytes;
  append_big_endian(bytes, key_id, kKeyIdBytes);
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return concat(kLinePrefix, name, " ", base64_encode(bytes), "\n");
}

Result<Note> Note::parse(std::string_view note) {
  VCNODE_CHECK(check_characters(note));
  const auto split = note.rfind("\n\n");  // the text may hold empty lines; the last one separates
  if (split == std::string_view::npos)
    return malformed("the note has no empty line between text and signatures");
  Note out{std::string(note.substr(0, split + 1)), {}};
  std::string_view lines = note.substr(split + 2);
  if (lines.empty() || lines.back() != '\n')
    return malformed("the note does not end with complete signature lines");
  while (!lines.empty()) {
    if (out.signatures.size() == kNoteSignaturesMax)
      return malformed(concat("the note has more signature lines than the limit of ", kNoteSignaturesMax));
    const auto end = lines.find('\n');
    VCNODE_TRY(auto signature, parse_line(lines.substr(0, end)));
    out.signatures.push_back(std::move(signature));
    lines.remove_prefix(end + 1);
  }
  return out;
}

std::uint32_t NoteKey::id() const {
  const std::uint8_t separator[] = {'\n', static_cast<std::uint8_t>(type)};
  const Sha256Digest digest = sha256({as_bytes(name), separator, key.view()});
  return static_cast<std::uint32_t>(big_endian(digest.view().first(kKeyIdBytes)));
}

Result<NoteKey> NoteKey::parse(std::string_view vkey) {
  const auto refuse = [&](std::string_view why) {
    return malformed(concat("the note key \"", excerpt(vkey), "\" ", why));
  };
  const auto first = vkey.find('+');
  const auto second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == std::string_view::npos || !is_key_name(vkey.substr(0, first)))
    return refuse("is not <name>+<hash>+<base64>");
  const auto bytes = base64_decode(vkey.substr(second + 1), 1 + Ed25519PublicKey::kSize);
  if (!bytes || bytes->size() != 1 + Ed25519PublicKey::kSize)
    return refuse("does not hold a type byte and 32 key bytes");
  const auto type = static_cast<NoteKeyType>(bytes->front());
  if (type != NoteKeyType::ed25519 && type != NoteKeyType::cosignature_v1)
    return refuse(
        concat("is of type ", bytes->front(), "; 1 (Ed25519) and 4 (cosignature/v1) are understood"));
  VCNODE_TRY(auto key, ed25519_check_public_key(BytesView(*bytes).subspan(1)));
  NoteKey out{std::string(vkey.substr(0, first)), type, key};
  if (out.vkey() != vkey) return refuse("has a hash that is not its key's");
  return out;
}

std::string NoteKey::vkey() const {
  Bytes hash;
  append_big_endian(hash, id(), kKeyIdBytes);
  Bytes typed{static_cast<std::uint8_t>(type)};
  typed.insert(typed.end(), key.view().begin(), key.view().end());
  return concat(name, "+", hex_encode(hash), "+", base64_encode(typed));
}

Result<void> verify_signature(const Note& note, const NoteKey& key) {
  VCNODE_ASSERT(key.type == NoteKeyType::ed25519);
  const auto lines = lines_of(note, key);
  if (lines.empty()) return unsigned_by(key);
  for (const NoteSignature* line : lines) {
    const auto signature = Ed25519Signature::from(line->signature);
    if (!signature || !ed25519_verify(key.key, as_bytes(note.text), *signature))
      return bad_signature(key, "signature");
  }
  return {};
}

Result<Cosignature> verify_cosignature(const Note& note, const NoteKey& key) {
  VCNODE_ASSERT(key.type == NoteKeyType::cosignature_v1);
  const auto lines = lines_of(note, key);
  if (lines.empty()) return unsigned_by(key);
  std::optional<Cosignature> out;
  for (const NoteSignature* line : lines) {
    VCNODE_TRY(const Timestamp time, check_cosignature(note, key, line->signature));
    if (!out) out = Cosignature{key.name, time, time};
    out->first = std::min(out->first, time);
    out->time = std::max(out->time, time);
  }
  return *std::move(out);
}

Result<std::string> signature_line(std::string_view text, const NoteKey& key, Signer& signer) {
  VCNODE_ASSERT(key.type == NoteKeyType::ed25519 && key.key == signer.public_key());
  VCNODE_TRY(const auto signature, signer.sign(as_bytes(text)));
  return NoteSignature{key.name, key.id(), Bytes(signature.view().begin(), signature.view().end())}.line();
}

Result<std::string> cosignature_line(std::string_view text, const NoteKey& key, Timestamp time,
                                     Signer& signer) {
  VCNODE_ASSERT(key.type == NoteKeyType::cosignature_v1 && key.key == signer.public_key() &&
                time.seconds() >= 0);
  const auto seconds = static_cast<std::uint64_t>(time.seconds());
  VCNODE_TRY(const auto signature, signer.sign(as_bytes(cosigned_message(text, seconds))));
  Bytes timed;
  append_big_endian(timed, seconds, kTimeBytes);
  timed.insert(timed.end(), signature.view().begin(), signature.view().end());
  return NoteSignature{key.name, key.id(), std::move(timed)}.line();
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return malformed(concat("the checkpoint \"", excerpt(text), "\" ", why));
  };
  std::string_view lines[3];
  std::string_view rest = text;
  for (std::string_view& line : lines) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos || end == 0)
      return refuse("does not have three lines that are not empty");
    line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  if (!rest.empty()) return refuse("has more than three lines");
  const auto size = parse_decimal(lines[1]);
  if (!size) return refuse("has a size that is not a plain number");
  const auto root_bytes = base64_decode(lines[2], Sha256Digest::kSize);
  const auto root = root_bytes ? Sha256Digest::from(*root_bytes) : std::nullopt;
  if (!root) return refuse("has a root that is not the base64 text of 32 bytes");
  return Checkpoint{std::string(lines[0]), {*size, *root}};
}

std::string Checkpoint::text() const {
  return concat(origin, "\n", tree.size, "\n", base64_encode(tree.root.view()), "\n");
}

}  // namespace vcnode::feed
