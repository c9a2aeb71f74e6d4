// The worked examples of protocol/spec/did-web-and-jwk.md, which are those of the two specifications.

#include <nlohmann/json.hpp>

#include "protocol/did/codes.h"
#include "protocol/did/jwk.h"
#include "protocol/did/web.h"
#include "tests/support/doctest.h"
#include "tests/support/spec_page.h"

using namespace vcnode;

namespace {

constexpr std::string_view kPage = "did-web-and-jwk.md";

Did did_example(std::string_view name) {
  return Did::parse(test::spec_example(kPage, name)).value();
}
nlohmann::json json_example(std::string_view name) {
  return nlohmann::json::parse(test::spec_example(kPage, name));
}

}  // namespace

TEST_CASE("the P-256 example of did:jwk holds its key, in every relationship, and verifies nothing here") {
  const Did did = did_example("p-256");
  const auto document = did_jwk::document_of(did);
  REQUIRE_OK(document);
  CHECK(document->at("verificationMethod").at(0).at("publicKeyJwk") == json_example("p-256-jwk"));
  CHECK(document->at("verificationMethod").at(0).at("id") == did.text() + "#0");
  for (const char* relationship :
       {"assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation", "keyAgreement"})
    CHECK(document->at(relationship) == nlohmann::json::array({did.text() + "#0"}));
  CHECK_CODE(did_jwk::key_of(did), codes::DID_KEY_TYPE_UNSUPPORTED);
}

TEST_CASE("the X25519 example of did:jwk has the document that its specification shows") {
  const auto document = did_jwk::document_of(did_example("x25519"));
  REQUIRE_OK(document);
  CHECK(*document == json_example("x25519-document"));
}

TEST_CASE("the examples of did:web lead where its specification says") {
  int executed = 0;
  const auto urls = json_example("urls");
  for (auto at = urls.begin(); at != urls.end(); ++at) {
    const auto did = did_web::DidWeb::parse(at.key());
    REQUIRE_OK(did);
    CHECK(did_web::https_url(*did) == at.value());
    ++executed;
  }
  CHECK(executed == 3);
}
