// W3C vc-di-eddsa test vectors of eddsa-jcs-2022: every intermediate value, byte for byte.

#include "protocol/credential/eddsa_jcs_2022.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

// Reads the published values and counts those that a test looked at.
class Vectors {
 public:
  explicit Vectors(std::filesystem::path root) : root_(std::move(root)) {}
  [[nodiscard]] Json json(const char* name) const { return Json::parse(test::read_file(root_ / name)); }
  [[nodiscard]] std::string text(const char* name) {
    ++compared_;
    auto text = test::read_file(root_ / "eddsa-jcs-2022" / name);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  [[nodiscard]] int compared() const { return compared_; }

 private:
  std::filesystem::path root_;
  int compared_ = 0;
};

Ed25519KeyPair key_of(const Vectors& vectors) {
  const auto secret = vectors.json("keyPair.json")["privateKeyMultibase"].get<std::string>();
  const auto bytes = multibase_decode(secret, 64).value().bytes;
  REQUIRE(hex_encode(BytesView(bytes).first(2)) == "8026");  // multicodec ed25519-priv
  return Ed25519KeyPair::from_seed(BytesView(bytes).subspan(2)).value();
}

void check_input(const credential::eddsa_jcs_2022::SigningInput& input, Vectors& vectors) {
  CHECK(input.document == vectors.text("canonDocJCS.txt"));
  CHECK(input.proof_configuration == vectors.text("proofCanonJCS.txt"));
  CHECK(hex_encode(input.document_hash.view()) == vectors.text("docHashJCS.txt"));
  CHECK(hex_encode(input.proof_hash.view()) == vectors.text("proofHashJCS.txt"));
  CHECK(hex_encode(input.bytes()) == vectors.text("combinedHashJCS.txt"));
}

}  // namespace

TEST_CASE("every intermediate value of the published eddsa-jcs-2022 vector, on both paths") {
  const auto root = test::shared_path("vc-di-eddsa");
  if (!root) return;
  Vectors vectors(*root);
  const Json secured = vectors.json("eddsa-jcs-2022/signedJCS.json");
  const auto document = json::Document::parse(secured.dump()).value();
  check_input(credential::eddsa_jcs_2022::signing_input(document.root(), *document.root().find("proof"), {}),
              vectors);
  const auto created = credential::eddsa_jcs_2022::signing_input(
      vectors.json("unsigned.json"), vectors.json("eddsa-jcs-2022/proofConfigJCS.json"), Json::array());
  REQUIRE_OK(created);
  check_input(*created, vectors);
  const auto key = key_of(vectors);
  const auto signature = key.sign(created->bytes());
  CHECK(hex_encode(signature.view()) == vectors.text("sigHexJCS.txt"));
  CHECK(multibase_encode(Multibase::base58btc, signature.view()) == vectors.text("sigBTC58JCS.txt"));
  CHECK(vectors.compared() == 2 * 5 + 2);
}

TEST_CASE("add_proof makes the published signed document") {
  const auto root = test::shared_path("vc-di-eddsa");
  if (!root) return;
  const Vectors vectors(*root);
  KeyPairSigner signer(key_of(vectors));
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(signer.public_key());
  options.created = Timestamp::parse("2023-02-24T23:36:38Z").value();
  const auto secured = credential::add_proof(vectors.json("unsigned.json"), options, signer);
  REQUIRE_OK(secured);
  CHECK(*secured == vectors.json("eddsa-jcs-2022/signedJCS.json"));
}

TEST_CASE("the published signed document verifies, and not with a character of proofValue changed") {
  const auto root = test::shared_path("vc-di-eddsa");
  if (!root) return;
  Json secured = Vectors(*root).json("eddsa-jcs-2022/signedJCS.json");
  const auto good = credential::Credential::parse(secured.dump());
  REQUIRE_OK(good);
  CHECK(credential::verify_proofs(good->root(), "assertionMethod", DidKeyResolver())->verified);
  auto value = secured["proof"]["proofValue"].get<std::string>();
  value.back() = value.back() == '2' ? '3' : '2';
  secured["proof"]["proofValue"] = value;
  const auto bad = credential::Credential::parse(secured.dump());
  REQUIRE_OK(bad);
  const auto outcome = credential::verify_proofs(bad->root(), "assertionMethod", DidKeyResolver());
  REQUIRE_OK(outcome);
  REQUIRE(outcome->failure.has_value());
  CHECK(test::same_code(outcome->failure->code, codes::PROOF_SIGNATURE));
}

TEST_CASE("proofs of the folder's other suites are unsupported, never bad") {
  const auto root = test::shared_path("vc-di-eddsa");
  if (!root) return;
  const Vectors vectors(*root);
  int executed = 0;
  for (const auto* name :
       {"eddsa-rdfc-2022/signedDataInt.json", "eddsa-rdfc-2022/employ/signedDataInt.json",
        "proof-set-chain/signedProofSet1.json", "proof-set-chain/signedProofSet2.json",
        "proof-set-chain/signedProofChain1.json", "proof-set-chain/signedProofChain2.json"}) {
    CAPTURE(name);
    const auto document = json::Document::parse(vectors.json(name).dump()).value();
    CHECK_CODE(credential::verify_proofs(document.root(), "assertionMethod", DidKeyResolver()),
               codes::PROOF_CRYPTOSUITE_UNSUPPORTED);
    ++executed;
  }
  const auto old =
      json::Document::parse(vectors.json("Ed25519Signature2020/signedEdSig.json").dump()).value();
  CHECK_CODE(credential::verify_proofs(old.root(), "assertionMethod", DidKeyResolver()),
             codes::PROOF_TYPE_UNSUPPORTED);
  CHECK(executed == 6);
}
