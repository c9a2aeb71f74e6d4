// Small credentials and keys for tests of the credential, status and later modules. Deterministic.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "crypto/ed25519.h"
#include "crypto/signer.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"

namespace vcnode::test {

// A did:key party whose seed is 32 times `seed_byte`.
class Party {
 public:
  explicit Party(std::uint8_t seed_byte) : signer_(Ed25519KeyPair::from_seed(Bytes(32, seed_byte)).value()) {}
  [[nodiscard]] Signer& signer() { return signer_; }
  [[nodiscard]] Did did() const { return did_key::did_of(signer_.public_key()); }
  [[nodiscard]] std::string method() const { return did_key::verification_method_of(signer_.public_key()); }
  [[nodiscard]] credential::ProofOptions proof_options() const {
    credential::ProofOptions options;
    options.verification_method = method();
    options.created = Timestamp(1'790'000'000);
    return options;
  }

 private:
  KeyPairSigner signer_;
};

// The least that VCDM 2.0 asks for, with one number, one nested array and text beyond ASCII.
inline nlohmann::json minimal_credential(std::string_view issuer) {
  return {{"@context", nlohmann::json::array({"https://www.w3.org/ns/credentials/v2"})},
          {"type", nlohmann::json::array({"VerifiableCredential"})},
          {"issuer", issuer},
          {"validFrom", "2026-01-01T00:00:00Z"},
          {"credentialSubject",
           {{"id", "did:example:learner"},
            {"achievement", {{"name", "Málaga, řízení"}, {"credits", 2.5}, {"levels", {6, 7}}}}}}};
}

inline json::Document parsed(const nlohmann::json& value) {
  return json::Document::parse(value.dump()).value();
}

}  // namespace vcnode::test
