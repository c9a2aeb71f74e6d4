// AddressGroup: the network an address belongs to, so that one network cannot use up what is there for all.
//
// IPv4 by /24, IPv6 by /48: what one party commonly has. Whoever has one address of such a network usually
// has all of them, so counting single addresses would limit nobody.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace vcnode::node {

struct AddressGroup {
  std::string name;          // "192.0.2.0/24", "2001:db8:1::/48"
  bool is_loopback = false;  // this machine: the operator's own programs, or a reverse proxy before the node
};
// REQUIRES: an IPv4 or IPv6 address as the system writes it, without port.
[[nodiscard]] AddressGroup address_group(const std::string& address);

// How many of something each group has.
class GroupCounts {
 public:
  void add(const AddressGroup& group) { ++counts_[group.name]; }
  void remove(const AddressGroup& group);
  [[nodiscard]] std::size_t of(const AddressGroup& group) const;
  [[nodiscard]] std::pair<std::string, std::size_t> largest() const;  // {"", 0} when there is nothing

 private:
  std::map<std::string, std::size_t> counts_;
};

}  // namespace vcnode::node
