#include "protocol/did/host.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "crypto/base/ascii.h"
#include "crypto/base/result.h"

namespace vcnode {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035 §2.3.4, without the root's dot
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::string_view kLocalhost = "localhost";
constexpr std::string_view kAsciiCompatible = "xn--";

constexpr bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}
bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

// Decoder of RFC 3492 §6.2. Counts what it decodes and keeps nothing.
class Punycode {
 public:
  // True if `text`, what follows "xn--", decodes to characters of which at least one is not ASCII.
  static bool is_wanted(std::string_view text) {
    const auto last_dash = text.rfind('-');
    const std::size_t basic = last_dash == std::string_view::npos ? 0 : last_dash;
    std::string_view rest = last_dash == std::string_view::npos ? text : text.substr(last_dash + 1);
    if (rest.empty()) return false;
    Punycode decoder(static_cast<std::uint32_t>(basic));
    while (!rest.empty())
      if (!decoder.insert(rest)) return false;
    return true;
  }

 private:
  static constexpr std::uint32_t kBase = 36, kMin = 1, kMax = 26, kSkew = 38, kDamp = 700;
  static constexpr std::uint32_t kCharacterMax = 0x10FFFF;
  // A label holds at most 63 digits; whatever passes this is no character.
  static constexpr std::uint64_t kPositionMax = std::uint64_t{kCharacterMax} * 64;

  explicit Punycode(std::uint32_t basic) : count_(basic) {}

  static std::optional<std::uint32_t> digit_of(char c) {
    if (is_letter(c)) return static_cast<std::uint32_t>(to_lower(c) - 'a');
    if (is_digit(c)) return static_cast<std::uint32_t>(c - '0') + 26;
    return std::nullopt;
  }

  // One character: a number of variable length that says how far to go.
  bool insert(std::string_view& rest) {
    const std::uint64_t old = position_;
    std::uint64_t weight = 1;
    for (std::uint32_t k = kBase;; k += kBase) {
      if (rest.empty()) return false;
      const auto digit = digit_of(rest.front());
      if (!digit) return false;
      rest.remove_prefix(1);
      position_ += *digit * weight;
      if (position_ > kPositionMax) return false;
      const std::uint32_t threshold = std::clamp(k <= bias_ ? kMin : k - bias_, kMin, kMax);
      if (*digit < threshold) break;
      weight *= kBase - threshold;
      if (weight > kPositionMax) return false;
    }
    ++count_;
    adapt(position_ - old, old == 0);
    character_ += position_ / count_;
    position_ = position_ % count_ + 1;
    const bool surrogate = character_ >= 0xD800 && character_ <= 0xDFFF;
    return character_ <= kCharacterMax && !surrogate;
  }

  void adapt(std::uint64_t delta, bool first) {
    delta = first ? delta / kDamp : delta / 2;
    delta += delta / count_;
    std::uint32_t k = 0;
    for (; delta > (kBase - kMin) * kMax / 2; k += kBase) delta /= kBase - kMin;
    bias_ = k + static_cast<std::uint32_t>((kBase - kMin + 1) * delta / (delta + kSkew));
  }

  std::uint32_t count_;  // characters so far
  std::uint64_t position_ = 0;
  std::uint64_t character_ = 0x80;  // only characters beyond ASCII are ever inserted
  std::uint32_t bias_ = 72;
};

std::string_view label_fault(std::string_view label) {
  if (label.empty()) return "has an empty label";
  if (label.size() > kLabelBytesMax) return "has a label of more than 63 characters";
  if (label.front() == '-' || label.back() == '-') return "has a label with a hyphen at its edge";
  if (!std::all_of(label.begin(), label.end(),
                   [](char c) { return is_letter(c) || is_digit(c) || c == '-'; }))
    return "has a label with other characters than letters, digits and hyphens";
  if (label.size() < kAsciiCompatible.size() || label.substr(2, 2) != "--") return {};
  if (!same_name(label.substr(0, kAsciiCompatible.size()), kAsciiCompatible))
    return "has a label with hyphens in the places that are reserved for \"xn--\"";
  if (!Punycode::is_wanted(label.substr(kAsciiCompatible.size())))
    return "has an \"xn--\" label that is not the Punycode form of an internationalised name";
  return {};
}

bool is_number(std::string_view label) {
  const bool decimal = std::all_of(label.begin(), label.end(), is_digit);
  const auto is_hex = [](char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); };
  const bool hexadecimal = label.size() >= 2 && label[0] == '0' && to_lower(label[1]) == 'x' &&
                           std::all_of(label.begin() + 2, label.end(), is_hex);
  return decimal || hexadecimal;
}

}  // namespace

std::string host_fault(std::string_view host, HostOptions options) {
  if (host.size() > kHostBytesMax)
    return concat("is ", host.size(), " bytes long, the limit is ", kHostBytesMax);
  std::size_t labels = 0;
  std::string_view rest = host;
  std::string_view label;
  while (true) {
    const auto dot = rest.find('.');
    label = rest.substr(0, dot);
    if (const auto fault = label_fault(label); !fault.empty()) return std::string(fault);
    ++labels;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (is_number(label)) return "ends in a number, so it is an address";
  if (same_name(label, kLocalhost))
    return options.localhost ? "" : "is this machine, which only tests may name";
  if (labels < 2) return "is a single label, not a fully qualified domain name";
  return {};
}

}  // namespace vcnode
