// What a policy asks for besides a chain: elements, endorsements, and who awarded it.
#include "protocol/facts/codes.h"
#include "protocol/facts/normalise.h"
#include "protocol/recognition/endorsements.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

RecognitionWorld accredited() {
  RecognitionWorld world;
  world.accredit("qa", "uni");
  return world;
}

std::set<Did> bodies(std::initializer_list<std::string_view> words) {
  std::set<Did> out;
  for (const std::string_view word : words) out.insert(Did::parse(body_did(word)).value());
  return out;
}

TEST_CASE("an element that the policy asks for and the credential lacks makes recognition partial") {
  auto policy = anchored("qa");
  policy.elements = {10, 11};
  CHECK_ANSWER(judged(accredited(), policy), recognised, RECOGNISED);
  facts::Facts facts = micro_credential();
  facts.elements[10].state = facts::ElementState::absent;
  const auto answer = judged(accredited(), policy, {.facts = facts});
  CHECK_ANSWER(answer, partly_recognised, ELEMENT_MISSING);
  CHECK(answer.chain.size() == 1);
  CHECK(missing_elements(policy, facts) == std::vector{11});
  facts.elements[10].state = facts::ElementState::not_applicable;
  CHECK_ANSWER(judged(accredited(), policy, {.facts = facts}), recognised, RECOGNISED);
}

TEST_CASE("endorsements are counted by body, from the set that the policy names") {
  auto policy = anchored("qa");
  policy.endorsements_at_least = 2;
  policy.endorsements_from = bodies({"metal", "union", "uni"});
  RecognitionWorld world = accredited();
  const std::string achievement = micro_credential().achievement;
  world.say("metal", achievement, statement::Endorsement{});
  world.say("metal", "uni", statement::Endorsement{});
  world.say("uni", achievement, statement::Endorsement{});       // vouches for itself
  world.say("stranger", achievement, statement::Endorsement{});  // not of the set
  world.body("union");
  CHECK_ANSWER(judged(world, policy), partly_recognised, ENDORSEMENTS_TOO_FEW);
  const auto second = world.say("union", "uni", statement::Endorsement{});
  const auto answer = judged(world, policy);
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.evidence.size() == 3);
  world.body("union").missing = 1;
  CHECK_ANSWER(judged(world, policy), cannot_tell, STATEMENTS_MISSING);
  world.body("union").missing = 0;
  world.withdraw(second, statement::Ending::ends, year(2026));
  CHECK_ANSWER(judged(world, policy), partly_recognised, ENDORSEMENTS_TOO_FEW);
}

TEST_CASE("an endorsement counts for what it is about") {
  auto policy = anchored("qa");
  policy.endorsements_at_least = 1;
  policy.endorsements_from = bodies({"metal"});
  RecognitionWorld world = accredited();
  statement::Endorsement finnish;
  finnish.scope.countries = {"FI"};
  world.say("metal", "uni", finnish);
  statement::Endorsement later;
  later.scope.from = year(2026);
  world.say("metal", "uni", later);
  CHECK_ANSWER(judged(world, policy), partly_recognised, ENDORSEMENTS_TOO_FEW);
  world.say("metal", "uni", statement::Endorsement{});
  CHECK_ANSWER(judged(world, policy), recognised, RECOGNISED);
}

TEST_CASE("an endorsement of an achievement counts only for whose achievement it is") {
  auto policy = anchored("qa");
  policy.endorsements_at_least = 1;
  policy.endorsements_from = bodies({"metal"});
  RecognitionWorld world = accredited();
  const std::string scid = "did:webvh:QmZ43waq3uJrkdYU3ZuHyG19QgHeuZYGWx5U7c88c2KiUq";
  const std::string mill =
      concat(scid, ":famous.example");  // what a DID says about its domain proves nothing
  world.accredit("qa", mill);
  facts::Facts facts = micro_credential();
  facts.achievement = "https://famous.example/mc/1";
  const auto judged_of = [&](std::string_view issuer) {
    return judged(world, policy, {.facts = facts, .issuer = std::string(issuer)});
  };
  world.say("metal", facts.achievement, statement::Endorsement{});
  const auto borrowed = judged_of(mill);
  CHECK_ANSWER(borrowed, partly_recognised, ENDORSEMENT_UNTIED);
  CHECK_NOTED(borrowed, ENDORSEMENTS_TOO_FEW);
  CHECK(borrowed.endorsed_by.empty());
  statement::Identity identity;
  identity.legal_name = "Mill";
  identity.country = "EE";
  identity.domains = statement::Names{"famous.example"};
  world.say(mill, mill, identity);        // its own word
  world.say("stranger", mill, identity);  // not of the chain
  CHECK_ANSWER(judged_of(mill), partly_recognised, ENDORSEMENT_UNTIED);
  const auto confirmed = world.say("qa", mill, identity);
  CHECK_ANSWER(judged_of(mill), recognised, RECOGNISED);
  world.withdraw(confirmed, statement::Ending::ends, year(2026));
  statement::Endorsement named;
  named.provider = body_did("uni");
  world.say("metal", facts.achievement, named);
  CHECK_ANSWER(judged_of(mill), partly_recognised, ENDORSEMENT_UNTIED);
  CHECK_ANSWER(judged_of("uni"), recognised, RECOGNISED);
  facts.achievement = concat(scid, ":moved.example/mc/1");
  world.say("metal", facts.achievement, statement::Endorsement{});
  CHECK_ANSWER(judged_of(mill), recognised, RECOGNISED);
  CHECK_ANSWER(judged_of("uni"), partly_recognised, ENDORSEMENT_UNTIED);
}

TEST_CASE("whose achievement it is, by its id") {
  const recognition::Provider provider{
      {"did:web:uni.example", "did:web:host.example:~uni", "did:web:p.example%3A8443"}, {"uni.ee"}};
  for (const char* id : {"https://uni.example/mc/1", "https://host.example/~uni/1", "did:web:uni.example#1",
                         "https://uni.ee/1", "https://mc.uni.ee?1", "https://uni.ee"})
    CHECK_MESSAGE(is_of(id, provider), id);
  for (const char* id :
       {"https://uni.example.org/1", "http://uni.example/1", "https://host.example/~unicorn/1",
        "https://myuni.ee/1", "https://uni.ee@evil.example/1", "https://uni.ee:444/1", "urn:uni",
        "https://p.example/1", "https://p.example%3A8443/1", "did:web:uni.example2#1", "ee", ""})
    CHECK_MESSAGE(!is_of(id, provider), id);
}

TEST_CASE("endorsements never make authority") {
  auto policy = anchored("metal");
  policy.endorsements_at_least = 1;
  policy.endorsements_from = bodies({"metal"});
  RecognitionWorld world;
  world.say("metal", "uni", statement::Endorsement{});
  world.body("uni");
  CHECK_ANSWER(judged(world, policy), not_established, NO_CHAIN);
}

TEST_CASE(
    "a body that could vouch and cannot be looked at is unknown; one that could not make up the number is "
    "not") {
  auto policy = anchored("qa");
  policy.endorsements_at_least = 1;
  policy.endorsements_from = bodies({"metal", "union"});
  RecognitionWorld world = accredited();
  world.body("union");
  const auto answer = judged(world, policy);
  CHECK_ANSWER(answer, cannot_tell, AUTHORITY_NOT_HELD);
  CHECK(answer.notes.front().sentence.find(body_did("metal")) != std::string::npos);
  CHECK(answer.notes.front().sentence.starts_with("0 of the 1 asked for are seen to vouch"));
  CHECK(answer.effect.empty());
  CHECK(answer.chain.size() == 1);
  policy.unknown_is_no = true;
  CHECK_ANSWER(judged(world, policy), not_established, AUTHORITY_NOT_HELD);
  policy.unknown_is_no = false;
  world.body("metal").newer_known = true;  // what it published since may vouch
  CHECK_ANSWER(judged(world, policy), cannot_tell, NEWER_HEAD_UNAVAILABLE);
  world.say("union", "uni", statement::Endorsement{});
  CHECK_ANSWER(judged(world, policy), recognised, RECOGNISED);
  policy.endorsements_at_least = 2;
  policy.endorsements_from = bodies({"metal", "union", "uni"});
  world.forget("metal");
  CHECK_ANSWER(judged(world, policy), cannot_tell, AUTHORITY_NOT_HELD);
  world.body("metal");
  CHECK_ANSWER(judged(world, policy), partly_recognised, ENDORSEMENTS_TOO_FEW);
}

facts::Facts awarded_by(std::string id) {
  facts::Facts facts = micro_credential();
  facts.awarding_bodies.push_back({std::move(id), "University of Zed", "IE"});
  return facts;
}

TEST_CASE("who signs for another body needs its mandate") {
  RecognitionWorld world;
  world.accredit("qa", "uni");
  const facts::Facts facts = awarded_by(body_did("uni"));
  CHECK_ANSWER(judged(world, anchored("qa"), {.facts = facts}), recognised, RECOGNISED);
  const Asked by_platform{.facts = facts, .issuer = "platform"};
  world.body("platform");
  CHECK_ANSWER(judged(world, anchored("qa"), by_platform), not_established, NO_CHAIN);
  world.accredit("qa", "platform");  // accredited itself, but who awarded it is not shown
  const auto partly = judged(world, anchored("qa"), by_platform);
  CHECK_ANSWER(partly, partly_recognised, MANDATE_MISSING);
  CHECK_NOTED(partly, SIGNER_NOT_AWARDING_BODY);
  world.delegate("uni", "platform", {}, 0, {year(2024), year(2026)});
  const auto answer = judged(world, anchored("qa"), by_platform);
  CHECK_ANSWER(answer, recognised, ISSUE_TIME_CLAIMED);
  CHECK(answer.chain.size() == 2);
  CHECK(answer.chain.back().to == body_did("platform"));
}

TEST_CASE("an awarding body without a DID is compared by what the credential says of both") {
  for (const char* id :
       {"", "urn:epass:org:1", "https://zed.example", "DID:web:zed.example", "did:web:zed.example"}) {
    CAPTURE(id);
    facts::Facts facts = awarded_by(id);
    facts.issuer = {body_did("uni"), "Uni", "EE"};
    const auto answer = judged(accredited(), anchored("qa"), {.facts = facts});
    CHECK_ANSWER(answer, partly_recognised, MANDATE_MISSING);
    CHECK_NOTED(answer, SIGNER_NOT_AWARDING_BODY);
    CHECK(answer.notes[1].sentence.find("University of Zed") != std::string::npos);
    facts.issuer.legal_name.clear();  // it does not pay to say less
    CHECK_ANSWER(judged(accredited(), anchored("qa"), {.facts = facts}), partly_recognised, MANDATE_MISSING);
    const bool has_did = facts::lower(std::string_view(id).substr(0, 4)) == "did:";
    facts.issuer.legal_name = "university of zed";
    CHECK((judged(accredited(), anchored("qa"), {.facts = facts}).outcome ==
           recognition::Outcome::recognised) == !has_did);
  }
}

TEST_CASE("where no awarding body is named the issuer awards; where it cannot be read nobody knows who did") {
  facts::Facts facts = micro_credential();
  CHECK_ANSWER(judged(accredited(), anchored("qa"), {.facts = facts}), recognised, RECOGNISED);
  facts.elements[3].state = facts::ElementState::malformed;
  CHECK_ANSWER(judged(accredited(), anchored("qa"), {.facts = facts}), partly_recognised, MANDATE_MISSING);
}

}  // namespace
}  // namespace vcnode::test
