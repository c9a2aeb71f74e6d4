#include "protocol/did/did.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "crypto/base/ascii.h"
#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/did/codes.h"

namespace vcnode {
namespace {

constexpr std::string_view kDidPrefix = "did:";

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_alpha(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

// A set of characters, by value.
using CharSet = std::array<bool, 256>;
template <class Predicate>
constexpr CharSet set_of(Predicate holds) {
  CharSet set{};
  for (std::size_t c = 0; c < set.size(); ++c) set[c] = holds(static_cast<char>(c));
  return set;
}
constexpr bool in(const CharSet& set, char c) {
  return set[static_cast<unsigned char>(c)];
}

constexpr CharSet kIdChars =
    set_of([](char c) { return is_alpha(c) || is_digit(c) || is_one_of(c, ".-_:"); });
// RFC 3986 pchar and the '/' and '?' that path, query and fragment may hold; '%' is checked apart.
constexpr CharSet kUrlChars =
    set_of([](char c) { return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=:@/?"); });

// All characters are `allowed` or belong to a %XX triple.
bool all_chars(std::string_view text, const CharSet& allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in(allowed, text[i])) continue;
    const bool triple =
        text[i] == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2]);
    if (!triple) return false;
    i += 2;
  }
  return true;
}

// What is wrong with `text` as a DID (DID Core §3.1); empty if nothing is.
std::string_view did_fault(std::string_view text) {
  if (!text.starts_with(kDidPrefix)) return "does not start with \"did:\"";
  const std::string_view rest = text.substr(kDidPrefix.size());
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos) return "has no method-specific identifier";
  const std::string_view method = rest.substr(0, colon);
  if (method.empty()) return "has an empty method name";
  if (!std::all_of(method.begin(), method.end(), [](char c) { return is_lower(c) || is_digit(c); }))
    return "has a method name with other characters than a-z and 0-9";
  const std::string_view id = rest.substr(colon + 1);
  if (id.empty() || id.back() == ':') return "has an empty method-specific identifier";
  if (!all_chars(id, kIdChars)) return "has a character that no method-specific identifier may hold";
  return {};
}

// Eight characters at a time: a credential holds a dozen URLs, and nearly all are good.
bool has_space_or_control(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x8080808080808080;
  // Not zero if a byte of `word` is below `limit` (at most 128).
  const auto has_below = [](std::uint64_t word, std::uint64_t limit) {
    return (word - kOnes * limit) & ~word & kTops;
  };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((has_below(word, ' ' + 1) | has_below(word ^ kOnes * 0x7f, 1)) != 0) return true;
  }
  return std::any_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

// What is wrong with `text` as an absolute URL; empty if nothing is.
std::string_view url_fault(std::string_view text) noexcept {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return "has no scheme";
  const std::string_view scheme = text.substr(0, colon);
  if (!is_alpha(scheme.front()) || !std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || is_one_of(c, "+-.");
      }))
    return "has a malformed scheme";
  if (colon + 1 == text.size()) return "has nothing after its scheme";
  if (has_space_or_control(text)) return "holds white space or a control character";
  return {};
}

}  // namespace

Result<Did> Did::parse(std::string_view text) {
  if (text.size() > limits::kUrlBytesMax)
    return fail(codes::DID_INVALID, "the DID \"", excerpt(text), "\" is ", text.size(),
                " bytes long, the limit is ", limits::kUrlBytesMax);
  if (const auto fault = did_fault(text); !fault.empty())
    return fail(codes::DID_INVALID, "the DID \"", excerpt(text), "\" ", fault);
  return Did(std::string(text));
}

std::string_view Did::method() const noexcept {
  const std::string_view rest = std::string_view(text_).substr(kDidPrefix.size());
  return rest.substr(0, rest.find(':'));
}

std::string_view Did::method_specific_id() const noexcept {
  return std::string_view(text_).substr(kDidPrefix.size() + method().size() + 1);
}

Result<DidUrl> DidUrl::parse(std::string_view text) {
  if (text.size() > limits::kUrlBytesMax)
    return fail(codes::URL_INVALID, "the DID URL \"", excerpt(text), "\" is ", text.size(),
                " bytes long, the limit is ", limits::kUrlBytesMax);
  const auto did_end =
      std::find_if(text.begin(), text.end(), [](char c) { return c == '/' || c == '?' || c == '#'; });
  const auto did_size = static_cast<std::size_t>(did_end - text.begin());
  VCNODE_TRY(Did did, Did::parse(text.substr(0, did_size)));
  const std::string_view rest = text.substr(did_size);
  const auto hash = std::min(rest.find('#'), rest.size());
  const std::string_view fragment = rest.substr(std::min(hash + 1, rest.size()));
  if (!all_chars(rest.substr(0, hash), kUrlChars) || !all_chars(fragment, kUrlChars))
    return fail(codes::URL_INVALID, "the DID URL \"", excerpt(text),
                "\" has a character that no path, query or fragment may hold");
  return DidUrl(std::string(text), std::move(did));
}

std::string_view DidUrl::path() const noexcept {
  const std::string_view rest = std::string_view(text_).substr(did_.text().size());
  return rest.substr(0, rest.find_first_of("?#"));
}

std::string_view DidUrl::query() const noexcept {
  const std::string_view rest = std::string_view(text_).substr(did_.text().size() + path().size());
  return rest.starts_with('?') ? rest.substr(1, rest.find('#') - 1) : std::string_view{};
}

std::string_view DidUrl::fragment() const noexcept {
  const auto hash = text_.find('#');
  return hash == std::string::npos ? std::string_view{} : std::string_view(text_).substr(hash + 1);
}

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > limits::kUrlBytesMax)
    return fail(codes::URL_INVALID, "the URL \"", excerpt(text), "\" is ", text.size(),
                " bytes long, the limit is ", limits::kUrlBytesMax);
  if (const auto fault = url_fault(text); !fault.empty())
    return fail(codes::URL_INVALID, "the URL \"", excerpt(text), "\" ", fault);
  return Url(std::string(text));
}

std::string_view Url::scheme() const noexcept {
  return std::string_view(text_).substr(0, text_.find(':'));
}

bool is_url(std::string_view text) noexcept {
  return text.size() <= limits::kUrlBytesMax && url_fault(text).empty();
}

}  // namespace vcnode
