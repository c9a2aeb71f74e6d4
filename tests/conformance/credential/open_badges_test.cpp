// Sample credentials of the official Open Badges validator: vectors/openbadges3.
//
// Their proofs are of suites that need RDF canonicalisation and are unsupported here, never "bad". The
// simple-err-* files other than simple-err-issuer carry errors of the Open Badges schema (wrong element
// types) or of such proofs; the data model finds nothing wrong with them.

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"
#include "tests/unit/protocol/credential/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

const std::map<std::string, Code> kRefused = {
    {"openbadges3/credential-status-revoked.json", codes::CREDENTIAL_CONTEXT},  // data model 1.1, these four
    {"openbadges3/endorsement-err-schema-status-refresh.json", codes::CREDENTIAL_CONTEXT},
    {"openbadges3/simple-eddsa-2022.json", codes::CREDENTIAL_CONTEXT},
    {"openbadges3/simple_v1.json", codes::CREDENTIAL_CONTEXT},
    {"openbadges3/simple-err-issuer.json", codes::CREDENTIAL_ISSUER},
};

void check_accepted(const std::string& text) {
  const auto parsed = credential::Credential::parse(text);
  REQUIRE_OK(parsed);
  CHECK_CODE(credential::verify_proofs(parsed->root(), "assertionMethod", DidKeyResolver()),
             codes::PROOF_CRYPTOSUITE_UNSUPPORTED);
  // The same content under our suite: signed, it verifies.
  test::Party issuer(1);
  auto document = Json::parse(text);
  document.erase("proof");
  const auto secured = credential::add_proof(document, issuer.proof_options(), issuer.signer());
  REQUIRE_OK(secured);
  const auto again = credential::Credential::parse(secured->dump());
  REQUIRE_OK(again);
  CHECK(credential::verify_proofs(again->root(), "assertionMethod", DidKeyResolver())->verified);
}

}  // namespace

TEST_CASE("Open Badges samples: read, refused by data model, and signed anew") {
  const auto root = test::shared_path("openbadges3");
  if (!root) return;
  int accepted = 0;
  int refused = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root)) {
    if (entry.path().extension() != ".json") continue;
    const auto name = std::filesystem::relative(entry.path(), root->parent_path()).string();
    CAPTURE(name);
    const auto expected = kRefused.find(name);
    if (expected == kRefused.end()) {
      check_accepted(test::read_file(entry.path()));
      ++accepted;
    } else {
      CHECK_CODE(credential::Credential::parse(test::read_file(entry.path())), expected->second);
      ++refused;
    }
  }
  CHECK(accepted == 17);
  CHECK(refused == 5);
}
