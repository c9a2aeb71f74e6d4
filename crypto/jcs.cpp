#include "crypto/jcs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "crypto/base/assert.h"
#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/base/utf16_order.h"

namespace vcnode::jcs {
namespace {

// 0: written as it is; 'u': \u00xx; otherwise the letter after the backslash.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\t'] = 't';
  table['\n'] = 'n';
  table['\f'] = 'f';
  table['\r'] = 'r';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

bool must_escape(char c) {
  return kEscapes[static_cast<unsigned char>(c)] != 0;
}

// Several characters looked at and copied at once; nearly no text has one that must be escaped. A vector of
// g++ and clang, which become one register and a handful of instructions.
template <std::size_t kBytes>
struct Chunk {
  typedef unsigned char Lanes __attribute__((vector_size(kBytes)));
  Lanes lanes;

  static Chunk load(const char* from) {
    Chunk chunk;
    std::memcpy(&chunk.lanes, from, kBytes);
    return chunk;
  }
  void store(char* to) const { std::memcpy(to, &lanes, kBytes); }
  [[nodiscard]] bool must_escape() const {
    const Lanes hits = static_cast<Lanes>((lanes < 0x20) | (lanes == '"') | (lanes == '\\'));
    std::array<std::uint64_t, kBytes / 8> words;
    static_assert(sizeof words == sizeof hits);
    std::memcpy(words.data(), &hits, sizeof words);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) any |= word;
    return any != 0;
  }
};

// Where the next character that must be escaped is, from `at` on.
std::size_t find_escape(std::string_view text, std::size_t at) {
  while (at < text.size() && !must_escape(text[at])) ++at;
  return at;
}

// Copies while it looks; the last chunk overlaps the one before. REQUIRES: text.size() >= kBytes.
template <std::size_t kBytes>
bool copy_chunks(char* to, std::string_view text) {
  const auto copy = [&](std::size_t at) {
    const auto chunk = Chunk<kBytes>::load(text.data() + at);
    chunk.store(to + at);
    return !chunk.must_escape();
  };
  for (std::size_t at = 0; at + kBytes < text.size(); at += kBytes)
    if (!copy(at)) return false;
  return copy(text.size() - kBytes);
}

// Copies `text` to `to`; false if it holds a character that must be escaped.
bool copy_unescaped(char* to, std::string_view text) {
  if (text.size() >= 16) return copy_chunks<16>(to, text);
  if (text.size() >= 8) return copy_chunks<8>(to, text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (must_escape(text[i])) return false;
    to[i] = text[i];
  }
  return true;
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out.push_back('"');
  std::size_t copied = 0;
  for (std::size_t at = find_escape(text, 0); at < text.size(); at = find_escape(text, copied)) {
    out.append(text.substr(copied, at - copied));
    copied = at + 1;
    const auto byte = static_cast<unsigned char>(text[at]);
    out.push_back('\\');
    out.push_back(kEscapes[byte]);
    if (kEscapes[byte] != 'u') continue;
    out.append("00");
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15u]);
  }
  out.append(text.substr(copied));
  out.push_back('"');
}

void append_integer(std::string& out, std::int64_t value) {
  detail::append_part(out, value);
}

using Tree = nlohmann::json;

Result<void> append_builder_value(std::string& out, const Tree& value);

Result<void> append_builder_string(std::string& out, const std::string& text) {
  if (!is_utf8(text)) return fail(codes::JSON_UTF8, "the string \"", excerpt(text), "\" is not valid UTF-8");
  append_string(out, text);
  return {};
}

Result<void> append_builder_object(std::string& out, const Tree& object) {
  std::vector<Tree::const_iterator> members;
  members.reserve(object.size());
  for (auto it = object.cbegin(); it != object.cend(); ++it) members.push_back(it);
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return utf16_less(a.key(), b.key()); });
  out.push_back('{');
  bool first = true;
  for (const auto& member : members) {
    if (!first) out.push_back(',');
    first = false;
    VCNODE_CHECK(append_builder_string(out, member.key()));
    out.push_back(':');
    VCNODE_CHECK(append_builder_value(out, member.value()));
  }
  out.push_back('}');
  return {};
}

Result<void> append_builder_array(std::string& out, const Tree& array) {
  out.push_back('[');
  bool first = true;
  for (const Tree& element : array) {
    if (!first) out.push_back(',');
    first = false;
    VCNODE_CHECK(append_builder_value(out, element));
  }
  out.push_back(']');
  return {};
}

Failure unsafe_integer(const Tree& value) {
  return fail(codes::JSON_NUMBER_RANGE, "the integer ", value.dump(), " is beyond the limit of ",
              json::kIntegerMax, " (2^53-1) either side of zero");
}

Result<void> append_builder_integer(std::string& out, const Tree& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > json::kIntegerMax)
    return unsafe_integer(value);
  const auto integer = value.get<std::int64_t>();
  if (integer > json::kIntegerMax || integer < -json::kIntegerMax) return unsafe_integer(value);
  append_integer(out, integer);
  return {};
}

Result<void> append_builder_number(std::string& out, const Tree& value) {
  const double number = value.get<double>();
  if (!std::isfinite(number))
    return fail(codes::JSON_NUMBER_RANGE, "a number is infinite or not a number, which JSON cannot write");
  if (json::is_unsafe_integer(number)) return unsafe_integer(value);
  append_number(out, number);
  return {};
}

Result<void> append_builder_value(std::string& out, const Tree& value) {
  switch (value.type()) {
    case Tree::value_t::null:
      out.append("null");
      return {};
    case Tree::value_t::boolean:
      out.append(value.get<bool>() ? "true" : "false");
      return {};
    case Tree::value_t::number_integer:
    case Tree::value_t::number_unsigned:
      return append_builder_integer(out, value);
    case Tree::value_t::number_float:
      return append_builder_number(out, value);
    case Tree::value_t::string:
      return append_builder_string(out, value.get_ref<const std::string&>());
    case Tree::value_t::array:
      return append_builder_array(out, value);
    case Tree::value_t::object:
      return append_builder_object(out, value);
    case Tree::value_t::binary:
    case Tree::value_t::discarded:
      break;
  }
  return fail(codes::JSON_WRONG_TYPE, "a value of type ", value.type_name(), " has no JSON form");
}

// Lays the shortest digits d1d2…dk × 10^(n−k) out as ECMA-262 Number::toString does.
void append_layout(std::string& out, std::string_view digits, int n) {
  const int k = static_cast<int>(digits.size());
  if (k <= n && n <= 21) {
    out.append(digits).append(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out.append(digits.substr(0, static_cast<std::size_t>(n)));
    out.push_back('.');
    out.append(digits.substr(static_cast<std::size_t>(n)));
  } else if (-6 < n && n <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-n), '0').append(digits);
  } else {
    out.push_back(digits.front());
    if (k > 1) out.append(".").append(digits.substr(1));
    out.append(n > 0 ? "e+" : "e-");
    append_integer(out, n > 0 ? n - 1 : 1 - n);
  }
}

}  // namespace

std::string canonicalize(const json::Value& value) {
  std::string out;
  append_value(out, value);
  return out;
}

Result<std::string> canonicalize(const Tree& value) {
  std::string out;
  VCNODE_CHECK(append_builder_value(out, value));
  return out;
}

void append_value(std::string& out, const json::Value& value) {
  Writer(out).value(value);
}

void Writer::grow(std::size_t bytes) {
  constexpr std::size_t kBytesTypical = 1024;
  out_.resize(std::max({used_ + bytes, out_.size() * 2, out_.capacity(), kBytesTypical}));
}

void Writer::raw(std::string_view canonical) {
  std::memcpy(room(canonical.size()), canonical.data(), canonical.size());
  used_ += canonical.size();
}

void Writer::string(std::string_view text) {
  char* to = room(text.size() + 2);
  if (!copy_unescaped(to + 1, text)) {
    std::string escaped;
    append_escaped(escaped, text);
    raw(escaped);
    return;
  }
  to[0] = '"';
  to[text.size() + 1] = '"';
  used_ += text.size() + 2;
}

void Writer::value(const json::Value& value) {
  using json::Kind;
  switch (value.kind()) {
    case Kind::null:
      raw("null");
      return;
    case Kind::boolean:
      raw(value.boolean() ? "true" : "false");
      return;
    case Kind::integer:
    case Kind::number: {
      std::string digits;
      if (value.kind() == Kind::integer) {
        append_integer(digits, value.integer());
      } else {
        append_number(digits, value.number());
      }
      raw(digits);
      return;
    }
    case Kind::string:
      string(value.string());
      return;
    case Kind::object:
      object_without(value, {});
      return;
    case Kind::array:
      break;
  }
  raw('[');
  bool first = true;
  for (const json::Value& element : value.elements()) {
    if (!first) raw(',');
    first = false;
    this->value(element);
  }
  raw(']');
}

void Writer::object_without(const json::Value& object, std::string_view omit) {
  raw('{');
  bool first = true;
  for (const json::Member& member : object.members()) {
    if (!omit.empty() && member.name == omit) continue;
    if (!first) raw(',');
    first = false;
    string(member.name);
    raw(':');
    value(member.value);
  }
  raw('}');
}

void append_string(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out.resize(start + text.size() + 2, '"');
  if (copy_unescaped(out.data() + start + 1, text)) return;
  out.resize(start);
  append_escaped(out, text);
}

void append_object_without(std::string& out, const json::Value& object, std::string_view omit) {
  Writer(out).object_without(object, omit);
}

void append_number(std::string& out, double number) {
  VCNODE_ASSERT(std::isfinite(number));
  if (number == 0) {  // -0 too
    out.push_back('0');
    return;
  }
  if (number < 0) out.push_back('-');
  // Scientific form "d.ddde±xx": the shortest digits that read back as this double, and their exponent.
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::fabs(number), std::chars_format::scientific).ptr;
  const char* const exponent = std::find(buffer, end, 'e');
  std::array<char, 20> digits{};
  const auto digits_end = std::copy_if(static_cast<const char*>(buffer), exponent, digits.begin(),
                                       [](char c) { return c != '.'; });
  int power = 0;
  const char* power_text = exponent + (exponent[1] == '+' ? 2 : 1);
  std::from_chars(power_text, end, power);
  append_layout(out, {digits.data(), static_cast<std::size_t>(digits_end - digits.begin())}, power + 1);
}

bool utf16_less(std::string_view a, std::string_view b) noexcept {
  return utf16_order_less(a, b);
}

}  // namespace vcnode::jcs
