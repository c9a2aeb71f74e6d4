#include "crypto/base/encoding.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "crypto/base/codes.h"

namespace vcnode {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64urlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t kNoDigit = 0xff;
using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable digit_table(std::string_view digits) {
  DigitTable table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < digits.size(); ++i)
    table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  return table;
}
constexpr DigitTable kHexTable = [] {
  DigitTable table = digit_table(kHexDigits);
  for (unsigned char c = 'A'; c <= 'F'; ++c) table[c] = static_cast<std::uint8_t>(c - 'A' + 10);
  return table;
}();
constexpr DigitTable kBase58Table = digit_table(kBase58Digits);
constexpr DigitTable kBase64Table = digit_table(kBase64Digits);
constexpr DigitTable kBase64urlTable = digit_table(kBase64urlDigits);

std::uint8_t digit_of(const DigitTable& table, char c) {
  return table[static_cast<unsigned char>(c)];
}

Failure too_long(std::string_view encoding, std::size_t bytes_max) {
  return fail(codes::ENCODING_INVALID, "the ", encoding, " text stands for more than ", bytes_max,
              " bytes, the limit here");
}

Failure bad_character(std::string_view encoding, std::string_view text, const DigitTable& table) {
  const auto at =
      std::find_if(text.begin(), text.end(), [&](char c) { return digit_of(table, c) == kNoDigit; });
  const auto position = static_cast<std::size_t>(at - text.begin());
  return fail(codes::ENCODING_INVALID, "the ", encoding, " text has the character \"",
              excerpt(text.substr(position, 1)), "\" at position ", position,
              ", which is not in its alphabet");
}

// Base 58 in steps of five digits: 58^5 still fits 32 bits, so 32-bit limbs take one 64-bit operation each.
constexpr std::size_t kBase58Step = 5;
constexpr std::uint32_t kBase58StepValue = 58u * 58u * 58u * 58u * 58u;

std::string base64_text(BytesView bytes, std::string_view digits, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        (std::uint32_t{bytes[i]} << 16) | (std::uint32_t{bytes[i + 1]} << 8) | bytes[i + 2];
    for (const unsigned shift : {18u, 12u, 6u, 0u}) out.push_back(digits[(group >> shift) & 63u]);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return out;
  std::uint32_t group = std::uint32_t{bytes[i]} << 16;
  if (rest == 2) group |= std::uint32_t{bytes[i + 1]} << 8;
  out.push_back(digits[group >> 18]);
  out.push_back(digits[(group >> 12) & 63u]);
  if (rest == 2) out.push_back(digits[(group >> 6) & 63u]);
  if (padded) out.append(3 - rest, '=');
  return out;
}

// `text` without padding.
Result<Bytes> base64_bytes(std::string_view text, const DigitTable& table, std::string_view name,
                           std::size_t bytes_max) {
  const std::size_t tail = text.size() % 4;
  const std::size_t size = text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1);
  if (size > bytes_max) return too_long(name, bytes_max);
  Bytes out;
  out.reserve(size);
  std::uint32_t group = 0;
  std::uint8_t wrong = 0;
  std::size_t count = 0;
  for (const char c : text) {
    const std::uint8_t digit = digit_of(table, c);
    wrong |= digit;  // only kNoDigit has the top bit
    group = (group << 6) | (digit & 63u);
    if (++count % 4 != 0) continue;
    out.push_back(static_cast<std::uint8_t>(group >> 16));
    out.push_back(static_cast<std::uint8_t>(group >> 8));
    out.push_back(static_cast<std::uint8_t>(group));
    group = 0;
  }
  if ((wrong & 0x80u) != 0) return bad_character(name, text, table);
  if (tail == 1)
    return fail(codes::ENCODING_INVALID, "the ", name, " text has ", text.size(),
                " characters, which no number of bytes gives");
  const std::uint32_t unused = tail == 2 ? group & 0x0fu : tail == 3 ? group & 0x03u : 0;
  if (unused != 0)
    return fail(codes::ENCODING_INVALID, "the ", name,
                " text ends in bits that are not zero, so it is not canonical");
  if (tail == 2) out.push_back(static_cast<std::uint8_t>(group >> 4));
  if (tail == 3) {
    out.push_back(static_cast<std::uint8_t>(group >> 10));
    out.push_back(static_cast<std::uint8_t>(group >> 2));
  }
  return out;
}

}  // namespace

std::string hex_encode(BytesView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15u]);
  }
  return out;
}

Result<Bytes> hex_decode(std::string_view text, std::size_t bytes_max) {
  if (text.size() / 2 > bytes_max) return too_long("hex", bytes_max);
  if (text.size() % 2 != 0)
    return fail(codes::ENCODING_INVALID, "the hex text has ", text.size(), " digits, an odd number");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = digit_of(kHexTable, text[i]);
    const std::uint8_t low = digit_of(kHexTable, text[i + 1]);
    if (high == kNoDigit || low == kNoDigit) return bad_character("hex", text, kHexTable);
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string base58btc_encode(BytesView bytes) {
  const auto first = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b != 0; });
  const auto zeros = static_cast<std::size_t>(first - bytes.begin());
  const BytesView number = bytes.subspan(zeros);
  std::vector<std::uint32_t> limbs((number.size() + 3) / 4);  // most significant first
  for (std::size_t i = 0; i < number.size(); ++i) {
    const std::size_t from_end = number.size() - 1 - i;
    limbs[limbs.size() - 1 - from_end / 4] |= std::uint32_t{number[i]} << (from_end % 4 * 8);
  }
  std::string reversed;
  reversed.reserve(zeros + number.size() * 138 / 100 + kBase58Step);
  for (std::size_t top = 0; top < limbs.size();) {
    std::uint64_t remainder = 0;
    for (std::size_t i = top; i < limbs.size(); ++i) {
      remainder = (remainder << 32) | limbs[i];
      limbs[i] = static_cast<std::uint32_t>(remainder / kBase58StepValue);
      remainder %= kBase58StepValue;
    }
    while (top < limbs.size() && limbs[top] == 0) ++top;
    for (std::size_t i = 0; i < kBase58Step; ++i, remainder /= 58)
      reversed.push_back(kBase58Digits[remainder % 58]);
  }
  while (!reversed.empty() && reversed.back() == kBase58Digits[0]) reversed.pop_back();
  reversed.append(zeros, kBase58Digits[0]);
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

Result<Bytes> base58btc_decode(std::string_view text, std::size_t bytes_max) {
  // 138/100 > log 256 / log 58: a longer text stands for more bytes, whatever its digits. Checked before the
  // quadratic work.
  if (text.size() > bytes_max * 138 / 100 + 1) return too_long("base58btc", bytes_max);
  const std::size_t zeros = std::min(text.find_first_not_of(kBase58Digits[0]), text.size());
  std::vector<std::uint32_t> limbs;  // least significant first
  limbs.reserve(text.size() * 733 / 4000 + 2);
  std::size_t at = zeros;
  while (at < text.size()) {
    const std::size_t count = std::min(kBase58Step, text.size() - at);
    std::uint32_t scale = 1;
    std::uint64_t carry = 0;
    for (const char c : text.substr(at, count)) {
      const std::uint8_t digit = digit_of(kBase58Table, c);
      if (digit == kNoDigit) return bad_character("base58btc", text, kBase58Table);
      carry = carry * 58 + digit;
      scale *= 58;
    }
    for (std::uint32_t& limb : limbs) {
      carry += std::uint64_t{limb} * scale;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
    at += count;
  }
  std::size_t size = limbs.size() * 4;
  while (size > 0 && (limbs[(size - 1) / 4] >> ((size - 1) % 4 * 8) & 0xffu) == 0) --size;
  if (zeros + size > bytes_max) return too_long("base58btc", bytes_max);
  Bytes out(zeros + size);
  for (std::size_t i = 0; i < size; ++i)
    out[out.size() - 1 - i] = static_cast<std::uint8_t>(limbs[i / 4] >> (i % 4 * 8));
  return out;
}

std::string base64_encode(BytesView bytes) {
  return base64_text(bytes, kBase64Digits, true);
}

Result<Bytes> base64_decode(std::string_view text, std::size_t bytes_max) {
  if (text.size() % 4 != 0)
    return fail(codes::ENCODING_INVALID, "the base64 text has ", text.size(),
                " characters with padding, which is not a multiple of 4");
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return base64_bytes(text, kBase64Table, "base64", bytes_max);
}

std::string base64url_encode(BytesView bytes) {
  return base64_text(bytes, kBase64urlDigits, false);
}

Result<Bytes> base64url_decode(std::string_view text, std::size_t bytes_max) {
  return base64_bytes(text, kBase64urlTable, "base64url", bytes_max);
}

std::string multibase_encode(Multibase base, BytesView bytes) {
  return std::string(1, static_cast<char>(base)) +
         (base == Multibase::base58btc ? base58btc_encode(bytes) : base64url_encode(bytes));
}

Result<MultibaseDecoded> multibase_decode(std::string_view text, std::size_t bytes_max) {
  if (text.empty()) return fail(codes::ENCODING_INVALID, "the multibase text is empty");
  const std::string_view digits = text.substr(1);
  switch (static_cast<Multibase>(text.front())) {
    case Multibase::base58btc: {
      VCNODE_TRY(auto bytes, base58btc_decode(digits, bytes_max));
      return MultibaseDecoded{Multibase::base58btc, std::move(bytes)};
    }
    case Multibase::base64url: {
      VCNODE_TRY(auto bytes, base64url_decode(digits, bytes_max));
      return MultibaseDecoded{Multibase::base64url, std::move(bytes)};
    }
  }
  return fail(codes::ENCODING_INVALID, "the multibase text starts with \"", excerpt(text.substr(0, 1)),
              "\", only z (base58btc) and u (base64url) are used here");
}

bool is_utf8(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; };
  std::string_view kept = text;
  if (text.size() > bytes_max) {
    std::size_t end = bytes_max;
    while (end > 0 && continues(text[end])) --end;
    kept = text.substr(0, end);
  }
  std::string out;
  out.reserve(kept.size() + 3);
  const bool valid = is_utf8(kept);
  for (const char c : kept) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte != 0x7f && (valid || byte < 0x80);
    out.push_back(plain ? c : '?');
  }
  if (kept.size() < text.size()) out.append("...");
  return out;
}

}  // namespace vcnode
