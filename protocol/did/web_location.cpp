#include "protocol/did/web_location.h"

#include <algorithm>
#include <charconv>

#include "crypto/base/ascii.h"
#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"

namespace vcnode {
namespace {

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

std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool good = !digits.empty() && digits.front() != '0' && error == std::errc{} &&
                    end == digits.data() + digits.size() && port <= kPortMax;
  return good ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

// Position of the encoded colon before the port.
std::size_t find_port(std::string_view authority) {
  const auto at = authority.find('%');
  const std::string_view triple = authority.substr(std::min(at, authority.size()), 3);
  return triple == "%3A" || triple == "%3a" ? at : std::string_view::npos;
}

}  // namespace

Result<WebLocation> WebLocation::parse(std::string_view text, HostOptions options) {
  const std::string_view authority = text.substr(0, text.find(':'));
  const auto port_at = find_port(authority);
  const std::string_view host = authority.substr(0, port_at);
  if (const auto fault = host_fault(host, options); !fault.empty())
    return fail(codes::DID_HOST, "the host \"", excerpt(host), "\" ", fault);
  WebLocation out;
  out.host = lower_case(host);
  if (port_at != std::string_view::npos) {
    const std::string_view digits = authority.substr(port_at + 3);
    out.port = port_of(digits);
    if (!out.port)
      return fail(codes::DID_INVALID, "the DID has the port \"", excerpt(digits),
                  "\", it must be a number from 1 to ", kPortMax, " without leading zeros");
  }
  std::string_view rest = text.substr(authority.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view encoded = rest.substr(0, rest.find(':'));
    auto segment = percent_decoded(encoded);
    const std::string_view fault = segment ? segment_fault(*segment) : "has a malformed percent-encoding";
    if (!fault.empty())
      return fail(codes::DID_INVALID, "the path segment \"", excerpt(encoded), "\" of the DID ", fault);
    out.path.push_back(*std::move(segment));
    rest.remove_prefix(encoded.size());
  }
  return out;
}

std::string WebLocation::folder_url() const {
  std::string url = concat("https://", host);
  if (port) url += concat(":", *port);
  for (const std::string& segment : path) {
    url.push_back('/');
    append_percent_encoded(url, segment);
  }
  return url;
}

Result<std::string> WebLocation::url_below(std::string_view below) const {
  const auto refused = [below](std::string_view rule) {
    return fail(codes::DID_INVALID, "the path \"", excerpt(below), "\" ", rule);
  };
  if (!below.starts_with('/')) return refused("does not start with '/'");
  std::string url = folder_url();
  std::string_view rest = below;
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

}  // namespace vcnode
