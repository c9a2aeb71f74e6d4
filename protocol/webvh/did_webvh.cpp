#include "protocol/webvh/did_webvh.h"

#include <algorithm>
#include <charconv>

#include "crypto/base/encoding.h"
#include "protocol/did/host.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::webvh {
namespace {

constexpr std::string_view kPrefix = "did:webvh:";
constexpr std::string_view kLocalhost = "localhost";
constexpr std::size_t kScidBytes = 46;
constexpr std::uint32_t kPortMax = 65'535;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Once; nullopt for a '%' that two hexadecimal digits do not follow.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                            c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 0xF]});
    }
  }
}

// What is wrong with a decoded segment; empty if nothing is.
std::string_view segment_fault(std::string_view segment) {
  if (segment.empty()) return "is empty";
  if (segment == "." || segment == "..") return "leads to another folder";
  if (segment.find_first_of("/\\") != std::string_view::npos) return "holds a slash or backslash";
  if (segment.front() == ' ' || segment.back() == ' ') return "has a space at its edge";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::any_of(segment.begin(), segment.end(), is_control)) return "holds a control character";
  if (!is_utf8(segment)) return "is not UTF-8";
  return {};
}

Result<std::uint16_t> port_of(std::string_view digits, std::string_view did) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool good = !digits.empty() && digits.front() != '0' && error == std::errc{} &&
                    end == digits.data() + digits.size() && port <= kPortMax;
  if (!good)
    return fail(codes::WEBVH_DID, "the DID \"", excerpt(did), "\" has the port \"", excerpt(digits),
                "\", it must be a number from 1 to ", kPortMax, " without leading zeros");
  return static_cast<std::uint16_t>(port);
}

// Position of the encoded colon before the port.
std::size_t find_port(std::string_view authority) {
  const auto at = authority.find('%');
  const std::string_view triple = authority.substr(std::min(at, authority.size()), 3);
  return triple == "%3A" || triple == "%3a" ? at : std::string_view::npos;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// `host` in lower case.
Result<void> check_host(const std::string& host, DidOptions options) {
  const bool this_machine = host == kLocalhost || host.ends_with(concat(".", kLocalhost));
  // With a name below it, the rest of the rules can be asked.
  const std::string fault = host_fault(options.localhost && this_machine ? concat(host, ".test") : host);
  if (fault.empty()) return {};
  return fail(codes::WEBVH_HOST, "the host \"", excerpt(host), "\" ", fault);
}

std::string folder_url(const DidWebvh& did) {
  std::string url = concat("https://", did.host());
  if (did.port()) url += concat(":", *did.port());
  for (const std::string& segment : did.path()) {
    url.push_back('/');
    append_percent_encoded(url, segment);
  }
  return url;
}

}  // namespace

Result<DidWebvh> DidWebvh::parse(std::string_view text, DidOptions options) {
  VCNODE_TRY(Did did, Did::parse(text));
  const auto malformed = [text](std::string_view rule) {
    return fail(codes::WEBVH_DID, "the DID \"", excerpt(text), "\" ", rule);
  };
  if (!text.starts_with(kPrefix)) return malformed("is not a did:webvh");
  std::string_view rest = text.substr(kPrefix.size());
  const std::string_view scid = rest.substr(0, rest.find(':'));
  if (scid.size() != kScidBytes || !is_multihash(scid))
    return malformed("does not start with a SCID, the base58btc form of a SHA-256 multihash");
  rest.remove_prefix(scid.size());
  if (rest.empty()) return malformed("has no host");
  rest.remove_prefix(1);
  const std::string_view authority = rest.substr(0, rest.find(':'));
  const auto port_at = find_port(authority);
  DidWebvh out(std::move(did), lower_case(authority.substr(0, port_at)));
  VCNODE_CHECK(check_host(out.host_, options));
  if (port_at != std::string_view::npos) {
    VCNODE_TRY(out.port_, port_of(authority.substr(port_at + 3), text));
  }
  rest.remove_prefix(authority.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view encoded = rest.substr(0, rest.find(':'));
    auto segment = percent_decoded(encoded);
    if (!segment) return malformed("has a malformed percent-encoding");
    if (const auto fault = segment_fault(*segment); !fault.empty())
      return malformed(concat("has a path segment that ", fault));
    out.path_.push_back(*std::move(segment));
    rest.remove_prefix(encoded.size());
  }
  return out;
}

std::string_view DidWebvh::scid() const noexcept {
  return std::string_view(did_.text()).substr(kPrefix.size(), kScidBytes);
}

std::string https_url(const DidWebvh& did, File file) {
  return concat(folder_url(did), did.path().empty() ? "/.well-known" : "",
                file == File::log ? "/did.jsonl" : "/did-witness.json");
}

std::string files_url(const DidWebvh& did) {
  return folder_url(did) + "/";
}

std::string whois_url(const DidWebvh& did) {
  return folder_url(did) + "/whois.vp";
}

Result<std::string> resource_url(const DidWebvh& did, std::string_view path) {
  if (path == "/whois") return whois_url(did);
  const auto refused = [path](std::string_view rule) {
    return fail(codes::WEBVH_RESOURCE_PATH, "the path \"", excerpt(path), "\" ", rule);
  };
  if (!path.starts_with('/')) return refused("does not start with '/'");
  std::string url = folder_url(did);
  std::string_view rest = path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view encoded = rest.substr(0, rest.find('/'));
    const auto segment = percent_decoded(encoded);
    if (!segment) return refused("has a malformed percent-encoding");
    const bool folder = encoded.empty() && encoded.size() == rest.size();  // the '/' at the end
    if (const auto fault = segment_fault(*segment); !fault.empty() && !folder)
      return refused(concat("has a segment that ", fault));
    url.push_back('/');
    append_percent_encoded(url, *segment);
    rest.remove_prefix(encoded.size());
  }
  return url;
}

}  // namespace vcnode::webvh
