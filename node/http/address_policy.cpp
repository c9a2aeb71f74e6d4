#include "node/http/address_policy.h"

#include <algorithm>
#include <cstddef>

namespace vcnode::node {
namespace {

template <class Address>
struct Block {
  Address first;
  unsigned bits;
  std::string_view purpose;
};

constexpr std::array<Block<Ipv4Bytes>, 16> kIpv4Blocks = {{
    {{0, 0, 0, 0}, 8, "this network"},
    {{10, 0, 0, 0}, 8, "private use"},
    {{100, 64, 0, 0}, 10, "shared by a carrier (CGNAT)"},
    {{127, 0, 0, 0}, 8, "loopback"},
    {{169, 254, 0, 0}, 16, "link-local"},
    {{172, 16, 0, 0}, 12, "private use"},
    {{192, 0, 0, 0}, 24, "protocol assignments"},
    {{192, 0, 2, 0}, 24, "documentation"},
    {{192, 88, 99, 0}, 24, "6to4 relays, withdrawn"},
    {{192, 168, 0, 0}, 16, "private use"},
    {{198, 18, 0, 0}, 15, "benchmarking"},
    {{198, 51, 100, 0}, 24, "documentation"},
    {{203, 0, 113, 0}, 24, "documentation"},
    {{224, 0, 0, 0}, 4, "multicast"},
    {{255, 255, 255, 255}, 32, "broadcast"},
    {{240, 0, 0, 0}, 4, "reserved"},
}};

constexpr Block<Ipv6Bytes> kNat64 = {{0x00, 0x64, 0xff, 0x9b}, 96, "NAT64"};
constexpr Block<Ipv6Bytes> k6to4 = {{0x20, 0x02}, 16, "6to4"};
constexpr Block<Ipv6Bytes> kGlobalUnicast = {{0x20}, 3, "global unicast"};

constexpr std::array<Block<Ipv6Bytes>, 14> kIpv6Blocks = {{
    {{}, 128, "unspecified"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    {{}, 96, "IPv4-compatible, withdrawn"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4-mapped"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "local NAT64"},
    {{0x01, 0x00}, 64, "discard"},
    {{0x20, 0x01}, 23, "protocol assignments"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    {{0x3f, 0xff}, 20, "documentation"},
    {{0x5f, 0x00}, 16, "segment routing"},
    {{0xfc}, 7, "unique local"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "site-local, withdrawn"},
    {{0xff}, 8, "multicast"},
}};

template <class Address>
constexpr bool is_in(const Address& address, const Block<Address>& block) noexcept {
  std::size_t i = 0;
  for (unsigned bits = block.bits; bits > 0; ++i) {
    const unsigned used = std::min(bits, 8U);
    const unsigned mask = 0xff00U >> used & 0xffU;
    if (((static_cast<unsigned>(address[i]) ^ block.first[i]) & mask) != 0) return false;
    bits -= used;
  }
  return true;
}

template <class Address, std::size_t Size>
std::string_view purpose_of(const Address& address, const std::array<Block<Address>, Size>& blocks) noexcept {
  const auto at =
      std::find_if(blocks.begin(), blocks.end(), [&](const auto& block) { return is_in(address, block); });
  return at == blocks.end() ? std::string_view() : at->purpose;
}

std::string_view refused_inside(const Ipv6Bytes& address, std::size_t offset) noexcept {
  Ipv4Bytes inner{};
  std::copy_n(address.begin() + static_cast<std::ptrdiff_t>(offset), inner.size(), inner.begin());
  return refused_block_of(inner);
}

}  // namespace

std::string_view refused_block_of(const Ipv4Bytes& address) noexcept {
  return purpose_of(address, kIpv4Blocks);
}

std::string_view refused_block_of(const Ipv6Bytes& address) noexcept {
  if (is_in(address, kNat64)) return refused_inside(address, 12);
  if (is_in(address, k6to4)) return refused_inside(address, 2);
  if (const auto purpose = purpose_of(address, kIpv6Blocks); !purpose.empty()) return purpose;
  return is_in(address, kGlobalUnicast) ? std::string_view() : "not handed out";
}

}  // namespace vcnode::node
