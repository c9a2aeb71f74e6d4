#include "node/app/accept.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "crypto/base/ascii.h"

namespace vcnode::node {

namespace {

constexpr int kQualityMax = 1'000;

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

// Cuts off and returns what stands before the first `separator` outside quotes.
std::string_view next_part(std::string_view& rest, char separator) {
  bool quoted = false;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (quoted && rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      quoted = !quoted;
    } else if (rest[at] == separator && !quoted) {
      const std::string_view part = rest.substr(0, at);
      rest.remove_prefix(at + 1);
      return trimmed(part);
    }
  }
  const std::string_view part = rest;
  rest = {};
  return trimmed(part);
}

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int thousandths = (text[0] - '0') * kQualityMax;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    thousandths += (digit - '0') * unit;
    unit /= 10;
  }
  if (thousandths > kQualityMax) return std::nullopt;
  return thousandths;
}

int closeness_of(std::string_view range, std::string_view media_type) {
  if (equal_ignoring_case(range, media_type)) return 3;
  if (range == "*/*") return 1;
  const bool whole_type = range.ends_with("/*") && range.size() > 2;
  if (!whole_type) return 0;
  range.remove_suffix(1);
  return equal_ignoring_case(range, media_type.substr(0, range.size())) ? 2 : 0;
}

std::optional<int> quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = next_part(parameters, ';');
    if (parameter.size() >= 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=')
      return parse_quality(parameter.substr(2));
  }
  return kQualityMax;
}

}  // namespace

Preference preference_of(std::string_view accept, std::string_view media_type) {
  Preference out;
  while (!accept.empty()) {
    std::string_view element = next_part(accept, ',');
    const std::string_view range = next_part(element, ';');
    const int closeness = closeness_of(range, media_type);
    const auto quality = quality_of(element);
    if (!quality || closeness == 0 || closeness < out.closeness) continue;
    const int best = closeness == out.closeness ? std::max(*quality, out.quality) : *quality;
    out = {best, closeness};
  }
  return out;
}

}  // namespace vcnode::node
