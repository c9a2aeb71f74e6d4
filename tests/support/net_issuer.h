// NetIssuer: a did:key issuer whose key comes from a name, and the statements it makes. For everything that
// runs several engines in one process: GossipNet and the simulator.
#pragma once

#include <string>
#include <string_view>

#include "crypto/signer.h"
#include "protocol/feed/publisher.h"
#include "protocol/gossip/engine.h"
#include "protocol/statement/kind.h"

namespace vcnode::test {

// Keys of tests: 32 bytes of SHA-256 of the name.
[[nodiscard]] KeyPairSigner named_key(std::string_view name);

struct NetIssuer {
  NetIssuer(std::string_view name, std::string_view network);  // the key is that of "issuer NAME"
  [[nodiscard]] gossip::AdmittedIssuer admitted() const { return {did, origin, signer.public_key()}; }
  [[nodiscard]] const feed::OriginHash& hash() const { return origin.hash(); }
  [[nodiscard]] feed::NewStatement statement(const std::string& id, Timestamp at);  // signed
  // Signed. `subject`: a DID.
  [[nodiscard]] feed::NewStatement sponsorship(const std::string& id, std::string_view subject,
                                               std::uint64_t quota, Timestamp at);
  // Of a statement of this issuer; ends it at `at`.
  [[nodiscard]] feed::NewStatement withdrawal(const std::string& id, const feed::NewStatement& ended,
                                              Timestamp at);
  [[nodiscard]] feed::Head head(const std::vector<Bytes>& leaves, Timestamp at);

  KeyPairSigner signer;
  Did did;
  std::string method;
  feed::Origin origin;

 private:
  [[nodiscard]] feed::NewStatement say(statement::Kind kind, const std::string& id,
                                       const std::string& subject_json, Timestamp at);
};
// The leaf that announces it.
[[nodiscard]] Bytes statement_leaf(const feed::NewStatement& statement);

}  // namespace vcnode::test
