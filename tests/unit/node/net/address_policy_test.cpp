#include "node/http/address_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/doctest.h"

using namespace vcnode;
using node::Ipv4Bytes;
using node::Ipv6Bytes;
using node::refused_block_of;

namespace {

std::string_view refusal(const std::string& text) {
  if (text.find(':') == std::string::npos) {
    Ipv4Bytes v4{};
    REQUIRE_MESSAGE(inet_pton(AF_INET, text.c_str(), v4.data()) == 1, text);
    return refused_block_of(v4);
  }
  Ipv6Bytes v6{};
  REQUIRE_MESSAGE(inet_pton(AF_INET6, text.c_str(), v6.data()) == 1, text);
  return refused_block_of(v6);
}

// Written down once more, by first and last address: nothing of the table under test is used.
struct Block {
  std::string_view purpose;
  const char* first;
  const char* last;
  const char* before;  // public, or nullptr: another block ends there
  const char* after;
};

const std::vector<Block> kIpv4 = {
    {"this network", "0.0.0.0", "0.255.255.255", nullptr, "1.0.0.0"},
    {"private use", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
    {"CGNAT", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
    {"loopback", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
    {"link-local", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
    {"private use", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
    {"protocol", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
    {"documentation", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
    {"6to4", "192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"},
    {"private use", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
    {"benchmarking", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
    {"documentation", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
    {"documentation", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
    {"multicast", "224.0.0.0", "239.255.255.255", "223.255.255.255", nullptr},
    {"reserved", "240.0.0.0", "255.255.255.254", nullptr, nullptr},
    {"broadcast", "255.255.255.255", "255.255.255.255", nullptr, nullptr}};

const std::vector<Block> kIpv6 = {
    {"unspecified", "::", "::", nullptr, nullptr},
    {"loopback", "::1", "::1", nullptr, nullptr},
    {"compatible", "::2", "::ffff:ffff", nullptr, nullptr},
    {"not handed out", "::1:0:0", "::fffe:ffff:ffff", nullptr, nullptr},
    {"mapped", "::ffff:0:0", "::ffff:ffff:ffff", nullptr, nullptr},
    {"not handed out", "::1:0:0:0", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"not handed out", "64:ff9b:0:0:0:1::", "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"local NAT64", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"discard", "100::", "100::ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"not handed out", "100:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, "2000::"},
    {"protocol", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"documentation", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db7:ffff::", "2001:db9::"},
    {"documentation", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::1", "3fff:1000::"},
    {"not handed out", "4000::", "5eff:ffff::", "3fff:ffff::", nullptr},
    {"segment routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"not handed out", "5f01::", "fbff:ffff::", nullptr, nullptr},
    {"unique local", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"not handed out", "fe00::", "fe7f:ffff::", nullptr, nullptr},
    {"link-local", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"site-local", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
    {"multicast", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr}};

void check(const Block& block) {
  for (const char* inside : {block.first, block.last}) {
    CHECK_MESSAGE(refusal(inside).find(block.purpose) != std::string_view::npos, inside, ": ",
                  refusal(inside));
  }
  for (const char* outside : {block.before, block.after}) {
    if (outside == nullptr) continue;
    CHECK_MESSAGE(refusal(outside).empty(), outside, ": ", refusal(outside));
  }
}

}  // namespace

TEST_SUITE("node/http address policy") {
  TEST_CASE("the edges of every refused block, and their public neighbours") {
    for (const Block& block : kIpv4) check(block);
    for (const Block& block : kIpv6) check(block);
  }

  TEST_CASE("every /16 of IPv4 is public or refused as the list says") {
    const auto value_of = [](const char* text) {
      in_addr address{};
      REQUIRE(inet_pton(AF_INET, text, &address) == 1);
      return ntohl(address.s_addr);
    };
    std::vector<std::pair<std::uint32_t, std::uint32_t>> listed;
    for (const Block& block : kIpv4) listed.emplace_back(value_of(block.first), value_of(block.last));
    std::size_t asked = 0;
    std::vector<std::uint32_t> wrong;
    for (std::uint32_t high = 0; high < 0x10000; ++high) {
      for (const std::uint32_t low : {0U, 0x0200U, 0x6363U, 0x6400U, 0x71ffU, 0xffffU}) {
        const std::uint32_t address = high << 16 | low;
        const bool is_listed = std::any_of(listed.begin(), listed.end(), [address](const auto& block) {
          return address >= block.first && address <= block.second;
        });
        const auto byte = [address](unsigned shift) { return static_cast<std::uint8_t>(address >> shift); };
        const Ipv4Bytes bytes = {byte(24), byte(16), byte(8), byte(0)};
        if (refused_block_of(bytes).empty() == is_listed) wrong.push_back(address);
        ++asked;
      }
    }
    CHECK(asked == 6 * 65'536);
    CHECK(wrong == std::vector<std::uint32_t>());
  }

  TEST_CASE("an address that carries an IPv4 address is as public as that") {
    for (const char* text : {"64:ff9b::8.8.8.8", "64:ff9b::11.0.0.1", "2002:808:808::1", "2002:b00:1::"})
      CHECK_MESSAGE(refusal(text).empty(), text);
    for (const char* text :
         {"64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254", "64:ff9b::192.168.1.1",
          "64:ff9b::0.0.0.0", "64:ff9b::224.0.0.1", "2002:7f00:1::1", "2002:a01:203::", "2002:a9fe:a9fe::1",
          "2002:c0a8:101::8.8.8.8", "2002:e000:1::"})
      CHECK_MESSAGE(!refusal(text).empty(), text);
    // Whatever they carry.
    for (const char* text : {"::8.8.8.8", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "2001::8.8.8.8",
                             "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b:1::8.8.8.8"})
      CHECK_MESSAGE(!refusal(text).empty(), text);
  }

  TEST_CASE("addresses of real web servers are public") {
    for (const char* text :
         {"1.1.1.1", "8.8.8.8", "93.184.216.34", "130.225.1.1", "192.31.196.1", "2606:4700:4700::1111",
          "2a00:1450:4001:81b::2004", "2620:4f:8000::1", "2400::1"})
      CHECK_MESSAGE(refusal(text).empty(), text);
  }
}
