#include "protocol/statement/reader.h"

#include <algorithm>

#include "crypto/base/limits.h"
#include "protocol/did/did.h"
#include "protocol/statement/statement.h"

namespace vcnode::statement {
namespace {

// RFC 1035 §2.3.4.
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

bool is_small_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_small_or_digit(c) || c == '-'; });
}

// Control characters, those of U+0080 to U+009F too, the separators of lines and paragraphs, and what turns
// the direction of writing (U+2028 to U+202E, U+2066 to U+2069): a name must not show as another one.
// REQUIRES: UTF-8.
bool holds_controls(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (byte(i) < 0x20 || byte(i) == 0x7f || (byte(i) == 0xc2 && byte(i + 1) < 0xa0)) return true;
    if (byte(i) != 0xe2) continue;
    if (byte(i + 1) == 0x80 && byte(i + 2) >= 0xa8 && byte(i + 2) <= 0xae) return true;
    if (byte(i + 1) == 0x81 && byte(i + 2) >= 0xa6 && byte(i + 2) <= 0xa9) return true;
  }
  return false;
}

std::size_t bytes_max_of(const Members::Form& form) noexcept {
  return form.bytes_max == 0 ? limits::kUrlBytesMax : form.bytes_max;
}

bool fits(const json::Value& value, const Members::Form& form) {
  return is_line(value, bytes_max_of(form)) && (form.check == nullptr || form.check(value.string()));
}

std::string words_of(const Members::Form& form) {
  if (form.check != nullptr) return std::string(form.words);
  return concat(form.words, " of 1 to ", bytes_max_of(form), " bytes without control characters");
}

}  // namespace

std::string shown(const json::Value* value) {
  if (value == nullptr) return "missing";
  if (value->is_string()) return concat("\"", excerpt(value->string()), "\"");
  if (value->kind() == json::Kind::integer) return concat(value->integer());
  return concat("of JSON type ", json::kind_name(value->kind()));
}

bool is_line(const json::Value& value, std::size_t bytes_max) {
  if (!value.is_string()) return false;
  const auto text = value.string();
  return !text.empty() && text.size() <= bytes_max && !holds_controls(text);
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kTokenBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_small_or_digit(c) || c == '-'; });
}

bool is_iri(std::string_view text) {
  return is_url(text);
}

bool is_body_did(std::string_view text) {
  const auto did = Did::parse(text);
  if (!did) return false;
  const auto method = did->method();
  return (method == "webvh" || method == "key" || method == "web") && !lookup_name_of(text).empty();
}

bool is_host(std::string_view text) {
  if (text.size() > kHostBytesMax || text.find('.') == std::string_view::npos) return false;
  while (!text.empty()) {
    const auto end = std::min(text.find('.'), text.size());
    if (!is_label(text.substr(0, end))) return false;
    if (end + 1 == text.size()) return false;  // a dot at the end
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

Result<Members> Members::of(const json::Value& value, std::string path) {
  if (!value.is_object()) return malformed(path, " is ", shown(&value), ", it must be an object");
  return Members(value, std::move(path));
}

Result<void> Members::only(std::span<const std::string_view> names) const {
  for (const json::Member& member : object_->members())
    if (std::find(names.begin(), names.end(), member.name) == names.end())
      return malformed(path_, " has the member \"", excerpt(member.name),
                       "\", which no rule explains: it could be a limit");
  return {};
}

Result<std::string> Members::text(std::string_view name, const Form& form) const {
  const json::Value* value = find(name);
  if (value != nullptr && fits(*value, form)) return std::string(value->string());
  return malformed(path_of(name), " is ", shown(value), ", it must be ", words_of(form));
}

Result<std::string> Members::text_or_none(std::string_view name, const Form& form) const {
  if (find(name) == nullptr) return std::string();
  return text(name, form);
}

Result<std::span<const json::Value>> Members::list(std::string_view name, std::size_t count_max) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::span<const json::Value>();
  if (!value->is_array())
    return malformed(path_of(name), " is ", shown(value), ", it must be an array of 1 to ", count_max,
                     " values");
  const auto elements = value->elements();
  if (elements.empty() || elements.size() > count_max)
    return malformed(path_of(name), " has ", elements.size(), " values, it must have 1 to ", count_max);
  return elements;
}

Result<std::optional<Names>> Members::names(std::string_view name, std::size_t count_max,
                                            const Form& form) const {
  VCNODE_TRY(const auto elements, list(name, count_max));
  if (elements.empty()) return std::optional<Names>();
  Names out;
  out.reserve(elements.size());
  for (const json::Value& element : elements) {
    if (!fits(element, form))
      return malformed(path_of(name), " holds ", shown(&element), ", each value must be ", words_of(form));
    out.emplace_back(element.string());
  }
  std::sort(out.begin(), out.end());
  const auto twice = std::adjacent_find(out.begin(), out.end());
  if (twice != out.end()) return malformed(path_of(name), " holds \"", excerpt(*twice), "\" twice");
  return std::optional(std::move(out));
}

Result<std::int64_t> Members::integer(std::string_view name, Range range) const {
  const json::Value* value = find(name);
  if (value != nullptr && value->kind() == json::Kind::integer && value->integer() >= range.low &&
      value->integer() <= range.high)
    return value->integer();
  return malformed(path_of(name), " is ", shown(value), ", it must be a whole number from ", range.low,
                   " to ", range.high);
}

Result<std::optional<std::int64_t>> Members::integer_or_none(std::string_view name, Range range) const {
  if (find(name) == nullptr) return std::optional<std::int64_t>();
  VCNODE_TRY(const auto value, integer(name, range));
  return std::optional(value);
}

Result<double> Members::ects(std::string_view name) const {
  const json::Value* value = find(name);
  const bool is_number =
      value != nullptr && (value->kind() == json::Kind::integer || value->kind() == json::Kind::number);
  if (is_number && value->number() > 0 && value->number() <= kEctsMax) return value->number();
  return malformed(path_of(name), " is ", shown(value), ", it must be a number above 0 and at most ",
                   static_cast<std::int64_t>(kEctsMax));
}

Result<std::optional<double>> Members::ects_or_none(std::string_view name) const {
  if (find(name) == nullptr) return std::optional<double>();
  VCNODE_TRY(const auto value, ects(name));
  return std::optional(value);
}

Result<bool> Members::flag(std::string_view name, bool absent) const {
  const json::Value* value = find(name);
  if (value == nullptr) return absent;
  if (value->kind() == json::Kind::boolean) return value->boolean();
  return malformed(path_of(name), " is ", shown(value), ", it must be true or false");
}

Result<std::optional<Timestamp>> Members::time_or_none(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::optional<Timestamp>();
  if (value->is_string()) {
    if (const auto time = Timestamp::parse(value->string())) return std::optional(*time);
  }
  return malformed(path_of(name), " is ", shown(value),
                   ", it must be an RFC 3339 date-time with a time zone, such as 2026-11-22T13:50:00Z");
}

Result<std::optional<std::string>> Members::country_or_none(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::optional<std::string>();
  VCNODE_TRY(auto country, parse_country(*value, path_of(name)));
  return std::optional(std::move(country));
}

Result<Sha256Digest> Members::digest(std::string_view name) const {
  const json::Value* value = find(name);
  const auto digest =
      value != nullptr && value->is_string() ? read_digest_multibase(value->string()) : std::nullopt;
  if (digest) return *digest;
  return malformed(path_of(name), " is ", shown(value),
                   ", it must be a SHA-256 multihash in multibase (base64url or base58btc)");
}

Result<Interval> Members::eqf(std::string_view name) const {
  static constexpr std::string_view kEnds[] = {"min", "max"};
  const json::Value* value = find(name);
  if (value == nullptr) return malformed(path_of(name), " is missing");
  VCNODE_TRY(const auto ends, of(*value, path_of(name)));
  VCNODE_CHECK(ends.only(kEnds));
  VCNODE_TRY(const auto low, ends.integer("min", {kEqfLow, kEqfHigh}));
  VCNODE_TRY(const auto high, ends.integer("max", {kEqfLow, kEqfHigh}));
  if (low > high) return malformed(ends.path(), " has min ", low, " above max ", high);
  return Interval{static_cast<int>(low), static_cast<int>(high)};
}

}  // namespace vcnode::statement
