// Where an issuer's document says that its node is reached: the serviceEndpoint of the feed's service and of
// the trust registry (protocol/spec/issuer.md, rule 22).
//
// A host that the DID has left may be anybody's tomorrow, so nothing that the issuer writes points there any
// more. Services of other kinds, and a registry elsewhere, are their owner's business and stay.
//
// Threading: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "protocol/did/web_location.h"
#include "protocol/issuer/history.h"

namespace vcnode::issuer {

// Hosts at which these versions' DIDs were, but for that of `place`, where the DID is from now on.
[[nodiscard]] std::set<std::string> left_hosts(std::span<const Version> versions, const WebLocation& place);

// The host of an https URL in lower case, without its port; empty if it is no such URL.
[[nodiscard]] std::string host_of_url(std::string_view url);

struct Whereabouts {
  std::span<const Version> versions;  // of the DID so far, not empty
  const WebLocation& place;           // where it is from the next version on
  std::string_view network;
  std::string_view public_url;  // of the node; empty: unknown
};
// The service of the network's feed gets the node's URL or, if that is at a host which the DID has left, its
// own with the new host in the old one's place. So does a service of type TRQP that stood at the same URL, or
// at such a host.
void renew_endpoints(nlohmann::json& document, const Whereabouts& whereabouts);

}  // namespace vcnode::issuer
