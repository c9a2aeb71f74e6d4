// What a policy asks for besides a chain: elements, endorsements, and who awarded it.
#include "protocol/facts/codes.h"
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
  CHECK_ANSWER(judged(world, policy), partly_recognised, ENDORSEMENTS_TOO_FEW);
  const auto second = world.say("union", "uni", statement::Endorsement{});
  const auto answer = judged(world, policy);
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.evidence.size() == 3);
  world.body("union").missing = 1;
  CHECK_ANSWER(judged(world, policy), partly_recognised, ENDORSEMENTS_TOO_FEW);
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

TEST_CASE("endorsements never make authority") {
  auto policy = anchored("metal");
  policy.endorsements_at_least = 1;
  policy.endorsements_from = bodies({"metal"});
  RecognitionWorld world;
  world.say("metal", "uni", statement::Endorsement{});
  world.body("uni");
  CHECK_ANSWER(judged(world, policy), not_established, NO_CHAIN);
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

TEST_CASE("an awarding body whose id means nothing outside is the facts' report's business") {
  CHECK_ANSWER(judged(accredited(), anchored("qa"), {.facts = awarded_by("urn:epass:org:1")}), recognised,
               RECOGNISED);
}

}  // namespace
}  // namespace vcnode::test
