// Whose feeds a peer holds, by its operator's word: the sponsor roots. Whom they sponsor in turn is found in
// their feeds.
#pragma once

#include <string>

#include "protocol/did/did.h"
#include "protocol/feed/origin.h"

namespace vcnode::gossip {

// A did:key issuer: one feed, one key, for ever.
struct AdmittedIssuer {
  Did did;
  feed::Origin origin;
  Ed25519PublicKey feed_key;
  std::uint64_t quota = 0;  // how many its Sponsorships may admit
};

// A did:webvh issuer: any DID of the SCID is the same issuer.
struct AdmittedHistory {
  std::string scid;
  Did did;                  // as configured, or as a sponsor writes it
  std::uint64_t quota = 0;  // as above
  friend bool operator==(const AdmittedHistory&, const AdmittedHistory&) = default;
};

}  // namespace vcnode::gossip
