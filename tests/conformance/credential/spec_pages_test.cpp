// The worked examples of protocol/spec/credential.md and data-integrity.md are true.

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/did/key.h"
#include "tests/support/doctest.h"
#include "tests/support/spec_page.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

std::string example(std::string_view name) {
  return test::spec_example("data-integrity.md", name);
}

}  // namespace

TEST_CASE("the credential of credential.md parses") {
  const auto parsed = credential::Credential::parse(test::spec_example("credential.md", "credential"));
  REQUIRE_OK(parsed);
  CHECK(parsed->has_type("OpenBadgeCredential"));
  CHECK(parsed->status().size() == 1);
}

TEST_CASE("the bytes of data-integrity.md are what add_proof signs") {
  const auto key = Ed25519KeyPair::from_seed(hex_decode(example("seed"), 32).value()).value();
  const auto unsecured = Json::parse(example("document"));
  KeyPairSigner signer(Ed25519KeyPair::from_seed(hex_decode(example("seed"), 32).value()).value());
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(key.public_key());
  options.created = Timestamp::parse("2026-02-26T22:06:38Z").value();
  const auto secured = credential::add_proof(unsecured, options, signer);
  REQUIRE_OK(secured);
  const auto input = credential::eddsa_jcs_2022::signing_input(*secured, (*secured)["proof"], Json::array());
  REQUIRE_OK(input);
  CHECK(input->proof_configuration == example("proof-configuration"));
  CHECK(input->document == example("canonical-document"));
  CHECK(hex_encode(input->proof_hash.view()) == example("proof-hash"));
  CHECK(hex_encode(input->document_hash.view()) == example("document-hash"));
  CHECK((*secured)["proof"]["proofValue"] == example("proof-value"));
}
