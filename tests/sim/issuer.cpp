#include "tests/sim/issuer.h"

#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "tests/sim/world.h"

namespace vcnode::sim {

KeyPairSigner named_key(std::string_view name) {
  return KeyPairSigner(*Ed25519KeyPair::from_seed(sha256(as_bytes(name)).view()));
}

Issuer::Issuer(std::size_t issuer_number)
    : number(issuer_number),
      signer(named_key(concat("issuer ", issuer_number))),
      did(did_key::did_of(signer.public_key())),
      method(did_key::verification_method_of(signer.public_key())),
      origin(*feed::Origin::of(kNetworkName, did)) {}

feed::NewStatement Issuer::statement(const std::string& id, Timestamp at) {
  const nlohmann::json document = {{"@context", nlohmann::json::array({credential::kContextV2})},
                                   {"id", id},
                                   {"type", {"VerifiableCredential"}},
                                   {"issuer", did.text()},
                                   {"validFrom", at.to_string()},
                                   {"credentialSubject", {{"id", "did:example:subject"}}}};
  credential::ProofOptions options;
  options.verification_method = method;
  options.created = at;
  return {id, to_bytes(credential::add_proof(document, options, signer)->dump())};
}

std::string Issuer::list_uri(status::Purpose purpose) const {
  return concat("https://issuer-", number, ".example/status-lists/1-", status::purpose_name(purpose));
}

}  // namespace vcnode::sim
