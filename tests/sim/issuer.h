// Issuer: a did:key issuer of the simulated network, hosted by the node of the same number.
#pragma once

#include <cstddef>
#include <string>

#include "crypto/signer.h"
#include "protocol/feed/publisher.h"
#include "protocol/gossip/engine.h"

namespace vcnode::sim {

[[nodiscard]] KeyPairSigner named_key(std::string_view name);

struct Issuer {
  explicit Issuer(std::size_t issuer_number);
  [[nodiscard]] gossip::AdmittedIssuer admitted() const { return {did, origin, signer.public_key()}; }
  [[nodiscard]] const feed::OriginHash& hash() const { return origin.hash(); }
  [[nodiscard]] feed::NewStatement statement(const std::string& id, Timestamp at);
  [[nodiscard]] std::string list_uri(status::Purpose purpose) const;

  std::size_t number;
  KeyPairSigner signer;
  Did did;
  std::string method;
  feed::Origin origin;
};

}  // namespace vcnode::sim
