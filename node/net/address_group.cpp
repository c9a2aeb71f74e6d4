#include "node/net/address_group.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "crypto/base/assert.h"

namespace vcnode::node {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned short kGroupBitsV4 = 24;
constexpr unsigned short kGroupBitsV6 = 48;

AddressGroup group_of(const ip::address_v4& address) {
  return {ip::make_network_v4(address, kGroupBitsV4).canonical().to_string(), address.is_loopback()};
}

}  // namespace

AddressGroup address_group(const std::string& text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(text, error);
  VCNODE_ASSERT(!error);
  if (address.is_v4()) return group_of(address.to_v4());
  ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return group_of(ip::make_address_v4(ip::v4_mapped, v6));
  v6.scope_id(0);
  return {ip::make_network_v6(v6, kGroupBitsV6).canonical().to_string(), v6.is_loopback()};
}

void GroupCounts::remove(const AddressGroup& group) {
  const auto found = counts_.find(group.name);
  VCNODE_ASSERT(found != counts_.end());
  if (--found->second == 0) counts_.erase(found);
}

std::size_t GroupCounts::of(const AddressGroup& group) const {
  const auto found = counts_.find(group.name);
  return found == counts_.end() ? 0 : found->second;
}

std::pair<std::string, std::size_t> GroupCounts::largest() const {
  const auto found = std::max_element(counts_.begin(), counts_.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  if (found == counts_.end()) return {};
  return {found->first, found->second};
}

}  // namespace vcnode::node
