#include "protocol/credential/proof_chain.h"

#include <algorithm>

#include "protocol/credential/codes.h"
#include "protocol/credential/data_integrity.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/credential/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

Json proof(const Json& id, const Json& previous) {
  Json out = Json::object();
  if (!id.is_null()) out["id"] = id;
  if (!previous.is_null()) out["previousProof"] = previous;
  return out;
}

Result<void> chain_of(const Json& proofs) {
  const auto document = test::parsed(proofs);
  VCNODE_CHECK(credential::ProofChain::of(document.root()));
  return {};
}

Json sign(const Json& document, test::Party& party, std::optional<std::string> id,
          std::vector<std::string> previous = {}) {
  auto options = party.proof_options();
  options.id = std::move(id);
  options.previous_proofs = std::move(previous);
  return credential::add_proof(document, options, party.signer()).value();
}

bool verified(const Json& document) {
  const auto parsed = test::parsed(document);
  return credential::verify_proofs(parsed.root(), "assertionMethod", DidKeyResolver()).value().verified;
}

}  // namespace

TEST_CASE("a chain lists the earlier proofs in the order in which previousProof names them") {
  const auto document = test::parsed({proof("a", nullptr), proof(nullptr, {"c", "a"}), proof("c", "a")});
  const auto chain = credential::ProofChain::of(document.root());
  REQUIRE_OK(chain);
  CHECK(chain->previous(0).empty());
  REQUIRE(chain->previous(1).size() == 2);
  CHECK(chain->previous(1)[0] == &document.root().elements()[2]);
  CHECK(chain->previous(1)[1] == &document.root().elements()[0]);
  CHECK(chain->previous(2).size() == 1);
}

TEST_CASE("a lone proof is a chain of one") {
  CHECK(chain_of(proof("a", nullptr)).has_value());
}

TEST_CASE("previousProof must name proofs that are there") {
  CHECK_CODE_NAMES(chain_of({proof("a", nullptr), proof(nullptr, "b")}), codes::PROOF_PREVIOUS_UNKNOWN,
                   "\"b\"");
  CHECK_CODE_NAMES(chain_of({proof("a", nullptr), proof(nullptr, {"a", "b"})}), codes::PROOF_PREVIOUS_UNKNOWN,
                   "/proof/1");
  CHECK_CODE_NAMES(chain_of(proof(nullptr, "b")), codes::PROOF_PREVIOUS_UNKNOWN, "/proof/previousProof");
}

TEST_CASE("previousProof is a string or an array of strings") {
  for (const Json& value : {Json(456321), Json::object(), Json(true), Json::array(), Json{"a", 1}}) {
    CAPTURE(value.dump());
    CHECK_CODE_NAMES(chain_of({proof("a", nullptr), proof(nullptr, value)}), codes::PROOF_PREVIOUS_NOT_STRING,
                     "/proof/1/previousProof");
  }
  const auto null_value = test::parsed({proof("a", nullptr), {{"previousProof", nullptr}}});
  CHECK_CODE(credential::ProofChain::of(null_value.root()), codes::PROOF_PREVIOUS_NOT_STRING);
}

TEST_CASE("an id stands for one proof, and a proof is named once") {
  CHECK_CODE_NAMES(chain_of({proof("a", nullptr), proof("b", nullptr), proof("a", nullptr)}),
                   codes::PROOF_PREVIOUS_DUPLICATE, "/proof/0 and /proof/2");
  CHECK_CODE_NAMES(chain_of({proof("a", nullptr), proof(nullptr, {"a", "a"})}),
                   codes::PROOF_PREVIOUS_DUPLICATE, "twice");
}

TEST_CASE("no proof comes before itself") {
  CHECK_CODE_NAMES(chain_of(proof("a", "a")), codes::PROOF_PREVIOUS_CYCLE, "/proof");
  CHECK_CODE(chain_of({proof("a", "b"), proof("b", "a")}), codes::PROOF_PREVIOUS_CYCLE);
  CHECK_CODE_NAMES(chain_of({proof("x", nullptr), proof("a", "c"), proof("b", "a"), proof("c", {"x", "b"})}),
                   codes::PROOF_PREVIOUS_CYCLE, "/proof/1");
}

TEST_CASE("the longest chain the limit allows is followed to its end") {
  Json proofs = Json::array();
  for (std::size_t i = 0; i < credential::kProofsMax; ++i)
    proofs.insert(proofs.begin(), proof(concat(i), i == 0 ? Json() : Json(concat(i - 1))));
  CHECK(chain_of(proofs).has_value());
}

TEST_CASE("what add_proof chains, verify_proofs accepts") {
  test::Party school(1);
  test::Party board(2);
  test::Party ministry(3);
  auto document = sign(test::minimal_credential(school.did().text()), school, "urn:a:school");
  document = sign(document, board, "urn:a:board", {"urn:a:school"});
  CHECK(document["proof"][1]["previousProof"] == "urn:a:school");
  document = sign(document, ministry, std::nullopt, {"urn:a:board", "urn:a:school"});
  CHECK(document["proof"][2]["previousProof"] == Json{"urn:a:board", "urn:a:school"});
  CHECK(verified(document));

  auto reordered = document;
  std::reverse(reordered["proof"].begin(), reordered["proof"].end());
  CHECK(verified(reordered));  // the order in the document says nothing; previousProof does
  auto renamed = document;
  renamed["proof"][2]["previousProof"] = Json{"urn:a:school", "urn:a:board"};
  CHECK_FALSE(verified(renamed));
}

TEST_CASE("a later proof of a chain fails when an earlier one is replaced by another good one") {
  test::Party school(1);
  test::Party board(2);
  const auto plain = test::minimal_credential(school.did().text());
  auto document = sign(sign(plain, school, "urn:a:school"), board, std::nullopt, {"urn:a:school"});
  auto other = school.proof_options();
  other.id = "urn:a:school";
  other.created = Timestamp(1'790'000'001);
  document["proof"][0] = credential::add_proof(plain, other, school.signer()).value()["proof"];
  CHECK_FALSE(verified(document));
}

TEST_CASE("add_proof refuses what no verifier would accept") {
  test::Party school(1);
  const auto document = sign(test::minimal_credential(school.did().text()), school, "urn:a:school");
  auto options = school.proof_options();
  options.previous_proofs = {"urn:a:board"};
  CHECK_CODE_NAMES(credential::add_proof(document, options, school.signer()), codes::PROOF_PREVIOUS_UNKNOWN,
                   "urn:a:board");
  options.previous_proofs = {"urn:a:school", "urn:a:school"};
  CHECK_CODE_NAMES(credential::add_proof(document, options, school.signer()), codes::PROOF_PREVIOUS_DUPLICATE,
                   "urn:a:school");
  options.previous_proofs = {};
  options.id = "urn:a:school";
  CHECK_CODE(credential::add_proof(document, options, school.signer()), codes::PROOF_PREVIOUS_DUPLICATE);
}
