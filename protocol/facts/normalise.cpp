#include "protocol/facts/normalise.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "crypto/base/encoding.h"
#include "protocol/facts/vocabulary.h"

namespace vcnode::facts {
namespace {

constexpr std::string_view kEuHosts[] = {"data.europa.eu/", "publications.europa.eu/"};
constexpr std::string_view kCountryBases[] = {"http://publications.europa.eu/resource/authority/country/",
                                              "http://publications.europa.eu/resource/authority/atu/"};
constexpr std::string_view kEqfBase = "http://data.europa.eu/snb/eqf/";
constexpr std::string_view kIscedBase = "http://data.europa.eu/snb/isced-f/";
constexpr std::string_view kEctsConcept = "http://data.europa.eu/snb/education-credit/6fcec5c5af";
constexpr std::string_view kFormalConcept = "http://data.europa.eu/snb/learning-setting/6fd4685715";
constexpr std::string_view kNonFormalConcept = "http://data.europa.eu/snb/learning-setting/e207a81fc7";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

// Letters in lower case and digits; what separates them is a matter of taste.
std::string squeezed(std::string_view text) {
  std::string out = lower(text);
  std::erase_if(out, [](char c) { return !is_digit(c) && !is_letter(c); });
  return out;
}

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

void drop_prefix(std::string_view& text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
}

std::optional<std::string> text_of(std::optional<std::string_view> found) {
  if (!found) return std::nullopt;
  return std::string(*found);
}

// One "12.5X" of a duration.
struct Part {
  double amount;
  char unit;
};
std::optional<Part> take_part(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), [](char c) { return is_digit(c) || c == '.'; });
  const auto size = static_cast<std::size_t>(end - rest.begin());
  if (size == rest.size()) return std::nullopt;
  const auto amount = amount_of(rest.substr(0, size));
  if (!amount) return std::nullopt;
  const Part part{*amount, rest[size]};
  rest.remove_prefix(size + 1);
  return part;
}

// Takes parts with units out of `order`, in that order; false if something else stands there.
template <class Take>
bool take_parts(std::string_view text, std::string_view order, Take&& take) {
  while (!text.empty()) {
    const auto part = take_part(text);
    if (!part) return false;
    const auto at = order.find(part->unit);
    if (at == std::string_view::npos) return false;
    order.remove_prefix(at + 1);
    take(*part);
  }
  return true;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_iri(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || !is_letter(text.front()))
    return false;
  const auto in_scheme = [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), in_scheme) &&
         text.find_first_of(" \t\r\n\"<>") == std::string_view::npos;
}

std::string canonical_iri(std::string_view iri) {
  iri = trimmed(iri);
  const auto rest = after(iri, "https://");
  const bool european = rest && std::any_of(std::begin(kEuHosts), std::end(kEuHosts),
                                            [&](std::string_view host) { return rest->starts_with(host); });
  return european ? concat("http://", *rest) : std::string(iri);
}

std::optional<std::string> country_of(std::string_view text) {
  const std::string iri = canonical_iri(text);
  for (const std::string_view base : kCountryBases)
    if (const auto code = after(iri, base))
      return text_of(country_of_code(upper(code->substr(0, code->find('_')))));
  if (const auto found = country_of_code(upper(iri))) return text_of(found);
  return text_of(country_of_name(lower(iri)));
}

std::optional<int> eqf_of(std::string_view text) {
  const std::string iri = canonical_iri(text);
  const auto below = after(iri, kEqfBase);
  const std::string words = below ? std::string(*below) : squeezed(iri);
  std::string_view digit = words;
  if (!below) {
    drop_prefix(digit, "europeanqualificationsframework");
    drop_prefix(digit, "eqf");
    drop_prefix(digit, "level");
  }
  if (digit.size() != 1 || digit[0] < '1' || digit[0] > '8') return std::nullopt;
  return digit[0] - '0';
}

std::optional<std::string> isced_of(std::string_view text) {
  const std::string iri = canonical_iri(text);
  const auto below = after(iri, kIscedBase);
  const std::string words = below ? std::string(*below) : squeezed(iri);
  std::string_view digits = words;
  if (!below) {
    drop_prefix(digits, "iscedf");
    if (digits.size() > 4) drop_prefix(digits, "2013");
  }
  if (digits.size() < 2 || digits.size() > 4 || !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  const std::string_view broad = digits.substr(0, 2);
  if (broad > "10" && broad != "99") return std::nullopt;
  return std::string(digits);
}

bool is_isced(std::string_view iri) {
  return canonical_iri(iri).starts_with(kIscedBase);
}

std::optional<std::string> setting_of(std::string_view text) {
  const std::string iri = canonical_iri(text);
  if (iri == kFormalConcept) return "formal";
  if (iri == kNonFormalConcept) return "non-formal";
  std::string words = squeezed(iri);
  if (words.ends_with("learning")) words.resize(words.size() - std::string_view("learning").size());
  if (words == "formal" || words == "informal") return words;
  if (words == "nonformal") return "non-formal";
  return std::nullopt;
}

std::optional<std::string> cycle_of(std::string_view text) {
  std::string words = squeezed(text);
  if (words.ends_with("cycle")) words.resize(words.size() - std::string_view("cycle").size());
  for (const std::string_view cycle : {"short", "first", "second", "third"})
    if (words == cycle) return words;
  return std::nullopt;
}

bool is_ects(std::string_view framework) {
  const std::string iri = canonical_iri(framework);
  if (iri == kEctsConcept) return true;
  const std::string words = squeezed(iri);
  return words == "ects" || words == "europeancredittransfersystem" ||
         words == "europeancredittransferandaccumulationsystem";
}

std::optional<double> amount_of(std::string_view text) {
  text = trimmed(text);
  double amount = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, amount, std::chars_format::fixed);
  if (text.empty() || error != std::errc() || stop != end || !(amount >= 0 && amount <= kAmountMax))
    return std::nullopt;
  return amount + 0.0;  // -0 is 0
}

std::optional<Span> span_of(std::string_view text) {
  text = trimmed(text);
  const auto rest = after(text, "P");
  if (!rest || rest->empty() || rest->ends_with('T')) return std::nullopt;
  const auto split = rest->find('T');
  Span span;
  bool in_days = false;
  double hours = 0;
  const bool dates = take_parts(rest->substr(0, split), "YMWD", [&](const Part& part) {
    (part.unit == 'Y' || part.unit == 'M' ? span.in_months : in_days) = true;
  });
  const bool times =
      split == std::string_view::npos || take_parts(rest->substr(split + 1), "HMS", [&](const Part& part) {
        hours += part.amount / (part.unit == 'H' ? 1.0 : part.unit == 'M' ? 60.0 : 3600.0);
      });
  if (!dates || !times) return std::nullopt;
  if (!span.in_months && !in_days) span.hours = hours;
  return span;
}

std::optional<Moment> moment_of(std::string_view text) {
  text = trimmed(text);
  if (const auto time = Timestamp::parse(text)) return Moment{*time, false};
  constexpr std::size_t kDateBytes = 10;
  const std::string completed = text.size() == kDateBytes ? concat(text, "T00:00:00Z") : concat(text, "Z");
  if (const auto time = Timestamp::parse(completed)) return Moment{*time, true};
  return std::nullopt;
}

std::optional<Sha256Digest> digest_of(std::string_view multibase) {
  constexpr std::array<std::uint8_t, 2> kSha256Prefix = {0x12, 0x20};
  constexpr std::size_t kBytes = kSha256Prefix.size() + Sha256Digest::kSize;
  const auto decoded = multibase_decode(multibase, kBytes);
  if (!decoded || decoded->bytes.size() != kBytes ||
      !std::equal(kSha256Prefix.begin(), kSha256Prefix.end(), decoded->bytes.begin()))
    return std::nullopt;
  return Sha256Digest::from(BytesView(decoded->bytes).subspan(kSha256Prefix.size())).value();
}

}  // namespace vcnode::facts
