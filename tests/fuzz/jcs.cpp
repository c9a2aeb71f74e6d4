// RFC 8785 numbers, strings and member order, each against a second way to compute it.
#include "crypto/jcs.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "crypto/base/encoding.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

struct Decimal {  // the value is digits.front().rest times 10^exponent
  std::string digits;
  int exponent = 0;
};

// The fewest digits that read back as the number. Below a power of two doubles lie closer together than above
// it, so the decimal nearest to one may fail where the next one up reads back.
Decimal shortest_decimal(double number) {
  for (int precision = 0;; ++precision) {
    char scientific[40];
    std::snprintf(scientific, sizeof scientific, "%.*e", precision, number);
    const std::string_view text = scientific;
    const auto split = text.find('e');
    std::string digits(text.substr(0, split));
    std::erase(digits, '.');
    const int exponent = std::atoi(scientific + split + 1);
    for (const std::string& candidate : {digits, std::to_string(std::stoull(digits) + 1)}) {
      if (candidate.size() != digits.size()) continue;
      const std::string written = candidate + "e" + std::to_string(exponent - precision);
      if (std::strtod(written.c_str(), nullptr) == number) return {candidate, exponent};
    }
    VCNODE_ASSERT(precision < 17);
  }
}

// ECMAScript Number::toString, laid out by the cases of the standard.
std::string number_text(double number) {
  if (number == 0) return "0";
  if (number < 0) return "-" + number_text(-number);
  auto [digits, exponent] = shortest_decimal(number);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  const int n = exponent + 1;  // the value is 0.digits times 10^n
  const int k = static_cast<int>(digits.size());
  if (k <= n && n <= 21) return digits + std::string(static_cast<std::size_t>(n - k), '0');
  if (0 < n && n <= 21) return digits.insert(static_cast<std::size_t>(n), ".");
  if (-6 < n && n <= 0) return "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  const std::string power = (n > 0 ? "e+" : "e-") + std::to_string(std::abs(n - 1));
  return (k == 1 ? digits : digits.insert(1, ".")) + power;
}

void check_number(double number) {
  if (!std::isfinite(number)) return;
  std::string text;
  jcs::append_number(text, number);
  VCNODE_ASSERT(std::strtod(text.c_str(), nullptr) == number);
  VCNODE_ASSERT(text == number_text(number));
  VCNODE_ASSERT(jcs::canonicalize(nlohmann::json(number)).has_value() != json::is_unsafe_integer(number));
}

std::vector<std::uint16_t> utf16_of(std::string_view text) {
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    std::uint32_t point = more == 0 ? lead : lead & (0x3fu >> more);
    for (int k = 0; k < more; ++k) point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3fu);
    if (point >= 0x10000) {
      out.push_back(static_cast<std::uint16_t>(0xd800 + ((point - 0x10000) >> 10)));
      point = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
    out.push_back(static_cast<std::uint16_t>(point));
  }
  return out;
}

void check_strings(std::string_view a, std::string_view b) {
  if (!is_utf8(a) || !is_utf8(b)) {
    const auto refused = jcs::canonicalize(nlohmann::json::array({std::string(a), std::string(b)}));
    VCNODE_ASSERT(!refused);
    return fuzz::check(refused);
  }
  std::string written;
  jcs::append_string(written, a);
  VCNODE_ASSERT(written == nlohmann::json(std::string(a)).dump());
  VCNODE_ASSERT(jcs::utf16_less(a, b) == (utf16_of(a) < utf16_of(b)));
  VCNODE_ASSERT(!(jcs::utf16_less(a, b) && jcs::utf16_less(b, a)));
  if (a.find('\0') != std::string_view::npos || b.find('\0') != std::string_view::npos) return;
  const auto object = jcs::canonicalize(nlohmann::json{{std::string(a), 1}, {std::string(b), 2}});
  VCNODE_ASSERT(object.has_value());
  const auto read = json::Document::parse(*object);
  VCNODE_ASSERT(read.has_value() && jcs::canonicalize(read->root()) == *object);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  check_number(std::bit_cast<double>(recipe.number()));
  check_number(static_cast<double>(recipe.number(4)) * std::pow(10.0, static_cast<int>(recipe.byte()) - 128));
  const std::string_view a = recipe.counted_text();
  check_strings(a, recipe.rest());
  return 0;
}
