// Issuer: a did:key issuer of the simulated network, hosted by the node of the same number.
#pragma once

#include <cstddef>
#include <string>

#include "tests/support/net_issuer.h"

namespace vcnode::sim {

using test::named_key;

struct Issuer : test::NetIssuer {
  explicit Issuer(std::size_t issuer_number);
  // Of the pair of lists with this number, from 1.
  [[nodiscard]] std::string list_uri(std::size_t pair, status::Purpose purpose) const;

  std::size_t number;
  bool forks = false;  // an adversary holds its key and tells two histories; no node hosts it
  // Nobody but its host admits it of its own accord.
  bool sponsored = false;
  bool sponsorship_made = false;  // somebody may have heard of one
  bool sponsorship_acknowledged = false;
};

}  // namespace vcnode::sim
