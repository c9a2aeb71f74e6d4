#include "node/config/urls.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "node/config/codes.h"
#include "node/net/url.h"
#include "protocol/did/did.h"
#include "protocol/feed/origin.h"

namespace vcnode::node {
namespace {

constexpr std::size_t kIssuerNameBytesMax = 32;  // part of list URIs that live in every credential

constexpr std::size_t kWitnessNameBytesMax = 256;  // a line of every checkpoint that it cosigns

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(codes::CONFIG_VALUE, "the port '", excerpt(text), "' must be a number from 0 to 65535");
  }
  return port;
}

// Splits "host", "host:port" or "[v6]:port"; an absent port is `fallback`.
Result<Endpoint> split_authority(std::string_view text, const std::uint16_t* fallback) {
  Endpoint endpoint;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos)
      return fail(codes::CONFIG_VALUE, "'", excerpt(text), "' lacks the closing ']'");
    endpoint.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    const bool v6 = !endpoint.host.empty() && std::ranges::all_of(endpoint.host, [](char c) {
      return c == ':' || c == '.' || std::isxdigit(static_cast<unsigned char>(c)) != 0;
    });
    if (!v6) return fail(codes::CONFIG_VALUE, "'", excerpt(endpoint.host), "' is not an IPv6 address");
  } else {
    const auto colon = text.find(':');
    endpoint.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (endpoint.host.empty() || !std::ranges::all_of(endpoint.host, is_host_character)) {
      return fail(codes::CONFIG_VALUE, "'", excerpt(endpoint.host), "' is not a host name or address");
    }
  }
  if (rest.empty() && fallback != nullptr) {
    endpoint.port = *fallback;
    return endpoint;
  }
  if (!rest.starts_with(':')) return fail(codes::CONFIG_VALUE, "'", excerpt(text), "' must be HOST:PORT");
  VCNODE_TRY(endpoint.port, parse_port(rest.substr(1)));
  return endpoint;
}

}  // namespace

Result<void> check_witness_name(std::string_view name) {
  const bool allowed = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != '+'; });
  if (!name.empty() && name.size() <= kWitnessNameBytesMax && allowed) return {};
  return fail(codes::CONFIG_VALUE, "is '", excerpt(name), "', it must be 1 to ", kWitnessNameBytesMax,
              " printable ASCII characters without space and '+'");
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  return split_authority(text, nullptr);
}

Result<Endpoint> parse_listen(std::string_view text) {
  VCNODE_TRY(auto endpoint, parse_endpoint(text));
  std::array<std::uint8_t, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET, endpoint.host.c_str(), address.data()) != 1 &&
      ::inet_pton(AF_INET6, endpoint.host.c_str(), address.data()) != 1) {
    return fail(codes::CONFIG_VALUE, "'", excerpt(endpoint.host),
                "' is not a numeric IPv4 or IPv6 address such as 127.0.0.1 or [::1]");
  }
  return endpoint;
}

Result<ServiceUrl> parse_service_url(std::string_view text, std::string_view scheme) {
  if (text.size() > limits::kUrlBytesMax) {
    return fail(codes::CONFIG_VALUE, "the URL is ", text.size(), " bytes, the limit is ",
                limits::kUrlBytesMax);
  }
  const std::string prefix = concat(scheme, "://");
  if (!text.starts_with(prefix)) return fail(codes::CONFIG_VALUE, "it must start with ", prefix);
  const std::string_view rest = text.substr(prefix.size());
  if (rest.find_first_of("?#@") != std::string_view::npos) {
    return fail(codes::CONFIG_VALUE, "a user name, query or fragment is not allowed");
  }
  const auto slash = rest.find('/');
  static constexpr std::uint16_t kHttpsPort = 443;
  ServiceUrl url;
  VCNODE_TRY(url.endpoint, split_authority(rest.substr(0, slash), &kHttpsPort));
  url.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  // What is accepted here becomes part of credentials, where it must be a URL.
  if (auto held = Url::parse(text); !held) return fail(codes::CONFIG_VALUE, held.error().message);
  // What is accepted here is dialed later: the reader that does so must take it too.
  if (auto dialed = parse_server_url(text, scheme); !dialed)
    return fail(codes::CONFIG_VALUE, dialed.error().message);
  return url;
}

Result<void> check_issuer_name(std::string_view name, std::string_view place) {
  const bool allowed = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (name.empty() || name.size() > kIssuerNameBytesMax || !allowed) {
    return fail(codes::CONFIG_VALUE, place, ": issuer.name is '", excerpt(name), "', it must be 1 to ",
                kIssuerNameBytesMax, " characters of a-z 0-9 -");
  }
  return {};
}

Result<void> check_network_name(std::string_view name) {
  const bool allowed = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
  if (name.empty() || name.size() > feed::kNetworkNameBytesMax || !allowed) {
    return fail(codes::CONFIG_VALUE, "is '", excerpt(name), "', it must be 1 to ", feed::kNetworkNameBytesMax,
                " characters of a-z 0-9 - .");
  }
  return {};
}

}  // namespace vcnode::node
