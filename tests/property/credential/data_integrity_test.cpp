#include "protocol/credential/data_integrity.h"

#include "crypto/jcs.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "tests/property/credential/random_json.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/credential/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

bool verifies(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document) return false;
  const auto outcome = credential::verify_proofs(document->root(), "assertionMethod", DidKeyResolver());
  return outcome.has_value() && outcome->verified;
}

// A random object, with @context as a credential has it, signed once or twice, chained or not.
Json random_secured(Rng& rng) {
  test::Party first(1);
  test::Party second(2);
  auto document = test::minimal_credential(first.did().text());
  document["credentialSubject"] = test::random_json(rng);
  document[test::random_text(rng) + "x"] = test::random_json(rng);
  if (rng.below(2) == 0) document["@context"].push_back({{"Course", test::random_text(rng)}});
  auto options = first.proof_options();
  options.id = "urn:a:first";
  auto secured = credential::add_proof(document, options, first.signer()).value();
  if (rng.below(2) == 0) return secured;
  auto later = second.proof_options();
  if (rng.below(2) == 0) later.previous_proofs = {"urn:a:first"};
  return credential::add_proof(secured, later, second.signer()).value();
}

// The one change that the standard leaves outside the signature (vc-di-eddsa §3.3.2).
bool only_appends_context(const Json& before, const Json& after) {
  auto shortened = after;
  if (!after.contains("@context") || !after["@context"].is_array()) return false;
  while (shortened["@context"].size() > before["@context"].size())
    shortened["@context"].erase(shortened["@context"].size() - 1);
  return shortened == before;
}

}  // namespace

TEST_CASE("what is signed verifies, whatever it holds and in whatever order its members stand") {
  CHECK_PROPERTY("sign, shuffle, verify", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto secured = random_secured(rng);
    RC_ASSERT(verifies(secured.dump()));
    RC_ASSERT(verifies(test::shuffled_text(secured, rng)));
  });
}

TEST_CASE("no single change to a signed document verifies") {
  CHECK_PROPERTY("sign, mutate, refuse", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto secured = random_secured(rng);
    auto changed = secured;
    test::mutate(changed, rng);
    RC_PRE(changed != secured);
    RC_PRE(!only_appends_context(secured, changed));
    // A proof that stands alone verifies without the later one of its set; nothing but the count tells.
    RC_PRE(!(secured["proof"].is_array() && changed.contains("proof") && changed["proof"].is_array() &&
             changed["proof"].size() < secured["proof"].size()));
    RC_ASSERT(!verifies(changed.dump()));
  });
}

TEST_CASE("no changed byte in the text of a signed document verifies") {
  test::Party issuer(1);
  const auto secured = credential::add_proof(test::minimal_credential(issuer.did().text()),
                                             issuer.proof_options(), issuer.signer())
                           .value();
  const auto text = jcs::canonicalize(secured).value();
  REQUIRE(verifies(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int flip : {1, 2, 4, 16}) {
      auto changed = text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      CAPTURE(changed);
      CHECK_FALSE(verifies(changed));
    }
  }
}

TEST_CASE("the streaming writer and the tree writer sign the same bytes") {
  CHECK_PROPERTY("both signing inputs agree", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto secured = random_secured(rng);
    const auto document = test::parsed(secured);
    const auto* proofs = document.root().find("proof");
    const auto& proof = proofs->one_or_many().back();
    const auto tree_proof = secured["proof"].is_array() ? secured["proof"].back() : secured["proof"];
    const bool chained = proof.find("previousProof") != nullptr;
    const std::vector<const json::Value*> previous = {&proofs->one_or_many().front()};
    const auto streamed = credential::eddsa_jcs_2022::signing_input(
        document.root(), proof, chained ? std::span(previous) : std::span<const json::Value* const>());
    const auto built = credential::eddsa_jcs_2022::signing_input(
        secured, tree_proof, chained ? Json::array({secured["proof"].front()}) : Json::array());
    RC_ASSERT(built.has_value());
    RC_ASSERT(streamed.document == built->document);
    RC_ASSERT(streamed.proof_configuration == built->proof_configuration);
  });
}
