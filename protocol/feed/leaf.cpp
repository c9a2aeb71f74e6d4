#include "protocol/feed/leaf.h"

#include <algorithm>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "protocol/did/did.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/decimal.h"

namespace vcnode::feed {
namespace {

constexpr std::size_t kTypeBytesMax = 32;  // a word, not a text: it is repeated in every leaf

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_type(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  return !text.empty() && text.size() <= kTypeBytesMax && std::all_of(text.begin(), text.end(), allowed);
}

bool is_sha256_hex(std::string_view text) {
  const auto lower_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  return text.size() == 2 * Sha256Digest::kSize && std::all_of(text.begin(), text.end(), lower_hex);
}

Failure refuse(std::string_view why) {
  return fail(codes::LEAF_MALFORMED, "a feed leaf ", why);
}

// Takes `prefix` and then everything up to the next quote; false unless that is a string without escapes.
bool take_plain(std::string_view& rest, std::string_view prefix, std::string& out) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  const auto special = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  const auto end = std::find_if(rest.begin(), rest.end(), special);
  if (end == rest.end() || *end != '"') return false;
  const auto length = static_cast<std::size_t>(end - rest.begin());
  out.assign(rest.substr(0, length));
  rest.remove_prefix(length);
  return true;
}

// Leaves without escapes, which nearly all are, in one pass: replaying a feed of a million leaves must not
// take a JSON tree for each. Whatever this does not take goes to the strict reader, which says what is wrong.
bool parse_plain(std::string_view text, Leaf& leaf) {
  return take_plain(text, R"({"d":")", leaf.digest) && take_plain(text, R"(","k":")", leaf.key) &&
         take_plain(text, R"(","t":")", leaf.type) && text == R"("})" && is_utf8(leaf.digest) &&
         is_utf8(leaf.key);
}

Result<Leaf> parse_json(std::string_view text) {
  const auto document = json::Document::parse(text, {.size_max = limits::kLeafBytesMax, .depth_max = 1});
  if (!document) return refuse(concat("is not strict JSON: ", document.error().message));
  const json::Value& root = document->root();
  const auto digest = root.find_string("d");
  const auto key = root.find_string("k");
  const auto type = root.find_string("t");
  if (!digest || !key || !type)
    return refuse("is not an object with the string members \"d\", \"k\" and \"t\"");
  Leaf leaf{std::string(*type), std::string(*key), std::string(*digest)};
  if (as_text(leaf.encode()) != text)
    return refuse("is not the canonical JSON of exactly \"d\", \"k\" and \"t\"");
  return leaf;
}

Result<void> check_members(const Leaf& leaf) {
  if (!is_type(leaf.type))
    return refuse(concat("has the type \"", excerpt(leaf.type), "\", not 1 to 32 of a-z, 0-9 and '-'"));
  if (leaf.key.empty()) return refuse("has an empty key");
  if (leaf.type != kStatusLeaf && leaf.type != kStatementLeaf) return {};
  if (!is_sha256_hex(leaf.digest))
    return refuse(concat("of type ", leaf.type, " has the digest \"", excerpt(leaf.digest),
                         "\", not 64 lower-case hex digits"));
  if (leaf.type == kStatusLeaf) VCNODE_CHECK(StatusLeafKey::parse(leaf.key));
  return {};
}

}  // namespace

Result<Leaf> Leaf::parse(BytesView data) {
  if (data.size() > limits::kLeafBytesMax)
    return refuse(concat("has ", data.size(), " bytes, over the limit of ", limits::kLeafBytesMax));
  Leaf leaf;
  if (!parse_plain(as_text(data), leaf)) {
    VCNODE_TRY(leaf, parse_json(as_text(data)));
  }
  VCNODE_CHECK(check_members(leaf));
  return leaf;
}

Sha256Digest Leaf::body_digest() const {
  const auto bytes = hex_decode(digest, Sha256Digest::kSize);
  VCNODE_ASSERT(bytes.has_value());  // parse() accepts nothing else for a leaf with a body
  return *Sha256Digest::from(*bytes);
}

Bytes Leaf::encode() const {
  std::string out = R"({"d":)";
  jcs::append_string(out, digest);
  out += R"(,"k":)";
  jcs::append_string(out, key);
  out += R"(,"t":)";
  jcs::append_string(out, type);
  out += '}';
  return to_bytes(out);
}

Result<StatusLeafKey> StatusLeafKey::parse(std::string_view key) {
  const auto hash = key.rfind('#');
  if (hash == std::string_view::npos)
    return refuse(concat("has the status key \"", excerpt(key), "\" without '#' and sequence"));
  const auto uri = key.substr(0, hash);
  const auto sequence = parse_decimal(key.substr(hash + 1));
  if (!sequence || *sequence == 0)
    return refuse(concat("has the status key \"", excerpt(key),
                         "\", whose sequence is not a plain number of at least 1"));
  if (!is_url(uri) || uri.find('#') != std::string_view::npos)
    return refuse(concat("has the status key \"", excerpt(key),
                         "\", which does not start with a URL without fragment"));
  return StatusLeafKey{std::string(uri), *sequence};
}

std::string StatusLeafKey::text() const {
  return concat(uri, "#", sequence);
}

}  // namespace vcnode::feed
