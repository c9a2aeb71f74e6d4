#include "protocol/feed/leaf.h"

#include <algorithm>

#include "crypto/base/ascii.h"
#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/base/time.h"
#include "crypto/jcs.h"
#include "protocol/did/did.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/decimal.h"
#include "protocol/feed/multihash.h"
#include "protocol/feed/observations.h"
#include "protocol/feed/origin.h"

namespace vcnode::feed {
namespace {

constexpr std::size_t kTypeBytesMax = 32;                 // a word, not a text: it is repeated in every leaf
constexpr std::uint64_t kVersionNumberMax = 999'999'999;  // as webvh::VersionId has it

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

Failure refuse_key(const Leaf& leaf, std::string_view rule) {
  return refuse(concat("has the ", leaf.type, " key \"", excerpt(leaf.key), "\", not ", rule));
}

bool is_number(std::string_view text, std::uint64_t value_max = kCountMax) {
  const auto value = parse_decimal(text, value_max);
  return value && *value > 0;
}

// The one form that we write, so that one second has one key.
bool is_date(std::string_view text) {
  const auto time = Timestamp::parse(text);
  return time && time->to_string() == text;
}

Result<void> check_webvh(const Leaf& leaf) {
  if (!is_number(leaf.key, kVersionNumberMax))
    return refuse_key(leaf, concat("a plain number from 1 to ", kVersionNumberMax));
  const std::string_view version = leaf.digest;
  if (version.starts_with(leaf.key) && version.substr(leaf.key.size()).starts_with('-') &&
      is_sha256_multihash(version.substr(leaf.key.size() + 1)))
    return {};
  return refuse(concat("of version ", leaf.key, " has the versionId \"", excerpt(leaf.digest),
                       "\", not that number, '-' and a SHA-256 multihash"));
}

Result<void> check_key(const Leaf& leaf) {
  if (leaf.type == kStatusLeaf) {
    VCNODE_CHECK(StatusLeafKey::parse(leaf.key));
  } else if (leaf.type == kSealLeaf) {
    if (!Origin::parse(leaf.key)) return refuse_key(leaf, "the origin of a feed");
  } else if (leaf.type == kCloseLeaf) {
    if (!is_date(leaf.key)) return refuse_key(leaf, "a date YYYY-MM-DDTHH:MM:SSZ");
  } else if (leaf.type == kStateLeaf || leaf.type == kTimeBatchLeaf) {
    if (!is_number(leaf.key)) return refuse_key(leaf, "a plain number of at least 1");
  } else if (leaf.type == kObservationLeaf) {
    VCNODE_CHECK(ObservationLeafKey::parse(leaf.key));
  }
  return {};
}

bool has_rules(std::string_view type) {
  static constexpr std::string_view kTypes[] = {kStatusLeaf,    kStatementLeaf,  kSealLeaf,
                                                kCloseLeaf,     kListKeyLeaf,    kStateLeaf,
                                                kTimeBatchLeaf, kObservationLeaf};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

Result<void> check_members(const Leaf& leaf) {
  if (!is_type(leaf.type))
    return refuse(concat("has the type \"", excerpt(leaf.type), "\", not 1 to 32 of a-z, 0-9 and '-'"));
  if (leaf.key.empty()) return refuse("has an empty key");
  if (leaf.type == kWebvhLeaf) return check_webvh(leaf);
  if (!has_rules(leaf.type)) return {};
  const bool ends = leaf.type == kListKeyLeaf && leaf.digest.empty();
  if (!ends && !is_sha256_hex(leaf.digest))
    return refuse(concat("of type ", leaf.type, " has the digest \"", excerpt(leaf.digest),
                         "\", not 64 lower-case hex digits"));
  return check_key(leaf);
}

}  // namespace

Result<void> Leaf::parse_into(Leaf& leaf, BytesView data) {
  if (data.size() > limits::kLeafBytesMax)
    return refuse(concat("has ", data.size(), " bytes, over the limit of ", limits::kLeafBytesMax));
  if (!parse_plain(as_text(data), leaf)) {
    VCNODE_TRY(leaf, parse_json(as_text(data)));
  }
  return check_members(leaf);
}

Result<Leaf> Leaf::parse(BytesView data) {
  Leaf leaf;
  VCNODE_CHECK(parse_into(leaf, data));
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

StatusKeyParts split_status_key(std::string_view key) {
  const auto hash = key.rfind('#');
  const auto sequence = parse_decimal(key.substr(hash + 1));
  VCNODE_ASSERT(hash != std::string_view::npos && sequence.has_value());
  return {key.substr(0, hash), *sequence};
}

std::string StatusLeafKey::text() const {
  return concat(uri, "#", sequence);
}

}  // namespace vcnode::feed
