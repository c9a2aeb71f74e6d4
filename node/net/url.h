// Addresses of servers: https:// and wss:// URLs taken apart (RFC 3986 by Boost.URL).
//
// Errors: URL_INVALID, naming the URL and what is wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::node {

struct ServerUrl {
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = 443;
  std::string authority;  // for the Host header: brackets and a port other than 443 included
  std::string target;     // path and query, at least "/"
};

// `scheme` is the only one accepted: "https" or "wss". No user information; a fragment is never sent.
[[nodiscard]] Result<ServerUrl> parse_server_url(std::string_view url, std::string_view scheme);

// Of DNS names, which hold less than RFC 3986 lets hosts be.
[[nodiscard]] bool is_host_character(char c) noexcept;

}  // namespace vcnode::node
