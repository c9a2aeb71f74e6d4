// Addresses as operators write them: `host:port` and service URLs.
//
// Errors: CONFIG_VALUE with a sentence about the address alone; the caller adds key and place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::node {

struct Endpoint {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};

[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);  // 127.0.0.1:8443, [::1]:8443, name:0

// Where a node listens: a numeric IPv4 or IPv6 address, for a name may have several, or none when it is
// needed.
[[nodiscard]] Result<Endpoint> parse_listen(std::string_view text);

struct ServiceUrl {
  Endpoint endpoint;  // port 443 if absent
  std::string path;   // "/" if absent
};
// scheme://host[:port][/path]; no user, query or fragment.
[[nodiscard]] Result<ServiceUrl> parse_service_url(std::string_view text, std::string_view scheme);

// [a-z0-9-]{1,32}: an issuer's name is part of paths.
[[nodiscard]] Result<void> check_issuer_name(std::string_view name, std::string_view place);

// [a-z0-9.-]{1,64}: nodes of other networks are refused, and it is part of every feed's origin.
[[nodiscard]] Result<void> check_network_name(std::string_view name);
// A key name of C2SP signed-note. Errors: CONFIG_VALUE, to follow the setting's name.
[[nodiscard]] Result<void> check_witness_name(std::string_view name);

}  // namespace vcnode::node
