// Which addresses are public: the answer to server-side request forgery. Whoever publishes a DID chooses the
// name that we look up, and so the address that we would connect to; only addresses that anybody on the
// Internet could connect to are.
//
// The tables are the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, as of 2026), with
// multicast and what is reserved. Two exceptions to their letter, both on the safe side: the protocol
// assignments 192.0.0.0/24 and 2001::/23 are refused whole, with the few anycast addresses inside them (among
// others Teredo, 2001::/32), and of IPv6 only 2000::/3 is public, because nothing else is handed out. An
// address that carries an IPv4 address (NAT64 64:ff9b::/96, 6to4) is as public as that one; NAT64 prefixes
// that a network chose for itself cannot be told from other addresses. Threading: pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vcnode::node {

using Ipv4Bytes = std::array<std::uint8_t, 4>;
using Ipv6Bytes = std::array<std::uint8_t, 16>;

// What a block that holds the address is for ("private use"); empty for a public address.
[[nodiscard]] std::string_view refused_block_of(const Ipv4Bytes& address) noexcept;
[[nodiscard]] std::string_view refused_block_of(const Ipv6Bytes& address) noexcept;

}  // namespace vcnode::node
