// Whose feeds a peer holds.
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
};

// A did:webvh issuer: any DID of the SCID is the same issuer.
struct AdmittedHistory {
  std::string scid;
  Did did;  // as configured
  friend bool operator==(const AdmittedHistory&, const AdmittedHistory&) = default;
};

}  // namespace vcnode::gossip
