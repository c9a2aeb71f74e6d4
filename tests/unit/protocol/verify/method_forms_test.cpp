// The verdict on keys that the issuer's DID document holds in other forms than Multikey.
#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/organisation.h"

namespace vcnode::verify {
namespace {

using namespace world;

// The newest version has key 101 as #sig1 in this form; it came a day after the first.
Organisation restated(const std::function<void(Json& document, Json method)>& state) {
  Organisation issuer;
  return issuer.add([&](Json& document) {
    const std::string did = document["id"];
    auto& methods = document["verificationMethod"];
    for (auto at = methods.begin(); at != methods.end();)
      at = at->at("id").get<std::string>().ends_with("#sig1") ? methods.erase(at) : at + 1;
    Json method = method_of(did, "#sig1", 101);
    method.erase("publicKeyMultibase");
    method["type"] = "JsonWebKey";
    method["publicKeyJwk"] = {{"kty", "OKP"},
                              {"crv", "Ed25519"},
                              {"x", base64url_encode(made::key(101).signer.public_key().view())}};
    document["assertionMethod"] = Json::array();
    state(document, std::move(method));
  });
}

// On a badge that #sig1 signed then.
Verdict verdict_at(const Organisation& issuer, Timestamp created) {
  return verify_credential(issuer.badge_signed("#sig1", 101, created), issuer.view(), issuer.trusting(), kNow)
      .value();
}

TEST_CASE("a key in another form is the key, good and stolen") {
  const auto listed = [](const std::function<void(Json&)>& change) {
    const Organisation issuer = restated([&](Json& document, Json method) {
      change(method);
      document["assertionMethod"] = Json::array({std::move(method)});
    });
    return verdict_at(issuer, day(1));
  };
  CHECK(listed([](Json&) {}).outcome == Outcome::valid);
  CHECK(listed([](Json& method) { method["type"] = "JsonWebKey2020"; }).outcome == Outcome::valid);
  const Verdict unread = listed([](Json& method) { method["type"] = "Foo"; });
  CHECK_DECIDED(unread, Outcome::cannot_tell, Class::unsupported, codes::VERIFICATION_METHOD_UNREAD);
  CHECK_STEP(unread, CheckName::proof, CheckResult::unknown, codes::VERIFICATION_METHOD_UNREAD);
  CHECK_DECIDED(listed([](Json& method) { method["publicKeyJwk"]["use"] = "enc"; }), Outcome::not_valid,
                Class::issuer_key, codes::VERIFICATION_METHOD_UNKNOWN);

  for (const char* member :
       {"verificationMethod", "authentication", "keyAgreement", "capabilityDelegation"}) {
    CAPTURE(member);
    const Organisation issuer = restated([&](Json& document, Json method) {
      method["revoked"] = day(0, 3600).to_string();
      document[member].push_back(std::move(method));
    });
    CHECK_DECIDED(verdict_at(issuer, day(0, 60)), Outcome::not_valid, Class::issuer_key,
                  codes::KEY_COMPROMISED);
  }
}

}  // namespace
}  // namespace vcnode::verify
