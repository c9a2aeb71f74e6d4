#include "node/net/url.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/did/codes.h"

namespace vcnode::node {
namespace {

namespace urls = boost::urls;

Failure invalid(std::string_view url, std::string_view why) {
  return fail(codes::URL_INVALID, "the URL \"", excerpt(url), "\" ", why);
}

// RFC 3986 lets names hold almost anything; DNS and TLS do not.
bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), is_host_character);
}

}  // namespace

bool is_host_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

Result<ServerUrl> parse_server_url(std::string_view url, std::string_view scheme) {
  if (url.size() > limits::kUrlBytesMax) {
    return fail(codes::URL_INVALID, "a URL of ", url.size(), " bytes is longer than the limit of ",
                limits::kUrlBytesMax);
  }
  const auto parsed = urls::parse_uri(urls::string_view(url.data(), url.size()));
  if (!parsed)
    return invalid(url, concat("is not an absolute URL; ", scheme, "://host[:port]/… is expected"));
  const urls::url_view& view = *parsed;
  const std::string found_scheme(view.scheme());
  if (!std::equal(found_scheme.begin(), found_scheme.end(), scheme.begin(), scheme.end(),
                  [](char a, char b) { return (a | 0x20) == b; })) {
    return invalid(url, concat("has the scheme ", found_scheme, "; only ", scheme, " is spoken here"));
  }
  if (view.has_userinfo()) return invalid(url, "holds user information, which is never sent");

  ServerUrl out;
  out.host = std::string(view.host_address());
  const auto type = view.host_type();
  if (type == urls::host_type::ipvfuture) return invalid(url, "has an address of an unknown kind as host");
  const bool is_ipv6 = type == urls::host_type::ipv6;
  if (!is_ipv6 && !is_host_name(out.host)) return invalid(url, "has no valid host name");
  if (view.has_port() && !view.port().empty()) {
    out.port = view.port_number();
    if (out.port == 0) return invalid(url, "has a port outside 1 to 65535");
  }
  out.authority = is_ipv6 ? concat("[", out.host, "]") : out.host;
  if (out.port != 443) out.authority += concat(":", out.port);
  out.target = std::string(view.encoded_path());
  // Boost.URL 1.81 takes "//host:8x/" for port 8 and the path "x/".
  if (!out.target.empty() && out.target.front() != '/') return invalid(url, "has no valid port");
  if (out.target.empty()) out.target = "/";
  if (view.has_query()) out.target += concat("?", std::string(view.encoded_query()));
  return out;
}

}  // namespace vcnode::node
