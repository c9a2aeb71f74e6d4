// Which chains there are: grammar, depth, agreements, winners, junk.
#include <map>
#include <nlohmann/json.hpp>

#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using recognition::Outcome;
using statement::Kind;

// lv recognises ee, ee delegates to qa, qa accredits uni.
RecognitionWorld cross_border() {
  RecognitionWorld world;
  world.recognise("lv", "ee", "level-automatic");
  world.delegate("ee", "qa");
  world.accredit("qa", "uni");
  return world;
}

std::vector<Kind> kinds(const recognition::Recognition& answer) {
  std::vector<Kind> out;
  for (const recognition::Link& link : answer.chain) out.push_back(link.kind);
  return out;
}

TEST_CASE("a chain over a border is found, with its effect and its links") {
  const auto answer = judged(cross_border(), anchored("lv"));
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.effect == "level-automatic");
  CHECK(kinds(answer) == std::vector{Kind::recognition, Kind::delegation, Kind::accreditation});
  CHECK(answer.chain[1].from == body_did("ee"));
  CHECK(answer.chain[1].to == body_did("qa"));
  CHECK(answer.evidence.size() == 3);
  CHECK(answer.ages.size() == 3);
  const auto json = to_json(answer);
  CHECK(json["outcome"] == "recognised");
  CHECK(json["effect"] == "level-automatic");
  CHECK(json["chain"].size() == 3);
  CHECK(json["chain"][0]["kind"] == "Recognition");
  CHECK(json["chain"][0]["statement"].get<std::string>().starts_with("sha256:"));
}

TEST_CASE("a policy without anchors asks nothing") {
  const auto answer = judged(cross_border(), recognition::Policy{});
  CHECK_ANSWER(answer, not_asked, RECOGNITION_NOT_ASKED);
  CHECK(to_json(answer)["outcome"] == "not-asked");
  CHECK(to_json(answer)["effect"].is_null());
}

TEST_CASE("the anchor itself and whom it delegated to count without any recognition") {
  const auto answer = judged(cross_border(), anchored("ee"));
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.effect == recognition::kDirectEffect);
  CHECK_ANSWER(judged(cross_border(), anchored("qa")), recognised, RECOGNISED);
}

TEST_CASE("whom nobody spoke about is unknown; whom only strangers spoke about has no chain") {
  RecognitionWorld world = cross_border();
  CHECK_ANSWER(judged(world, anchored("lv"), {.issuer = "nobody"}), not_established, ISSUER_UNKNOWN);
  world.accredit("stranger", "mill");
  world.body("mill");
  CHECK_ANSWER(judged(world, anchored("lv"), {.issuer = "mill"}), not_established, NO_CHAIN);
}

TEST_CASE("whoever accredits itself is not accredited, whatever it is delegated") {
  RecognitionWorld world = cross_border();
  world.accredit("mill", "mill");
  const auto answer = judged(world, anchored("lv"), {.issuer = "mill"});
  CHECK_ANSWER(answer, not_established, SELF_ACCREDITATION);
  CHECK_NOTED(answer, NO_CHAIN);
  world.accredit("qa", "qa");
  CHECK_ANSWER(judged(world, anchored("lv"), {.issuer = "qa"}), not_established, SELF_ACCREDITATION);
}

TEST_CASE("cycles add nothing and end") {
  RecognitionWorld world;
  world.recognise("a", "b", "presumption", {}, true);
  world.recognise("b", "a", "presumption", {}, true);
  world.delegate("b", "c", {}, 8);
  world.delegate("c", "b", {}, 8);
  world.delegate("c", "c", {}, 8);
  CHECK_ANSWER(judged(world, anchored("a", 3, 4)), not_established, ISSUER_UNKNOWN);
  world.accredit("c", "uni");
  const auto answer = judged(world, anchored("a", 3, 4));
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.chain.size() == 3);
  RecognitionWorld apart;  // a cycle that no anchor leads to
  apart.delegate("x", "y");
  apart.delegate("y", "x");
  apart.accredit("y", "uni");
  apart.body("uni");
  CHECK_ANSWER(judged(apart, anchored("a")), cannot_tell, AUTHORITY_NOT_HELD);
  apart.body("a");
  CHECK_ANSWER(judged(apart, anchored("a")), not_established, NO_CHAIN);
}

TEST_CASE("the verifier's depth limits a chain") {
  RecognitionWorld world = cross_border();
  CHECK_ANSWER(judged(world, anchored("lv", 0)), not_established, DEPTH_LIMIT);
  CHECK_ANSWER(judged(world, anchored("lv", 1, 0)), not_established, DEPTH_LIMIT);
}

TEST_CASE("a delegation limits how far it is handed on") {
  RecognitionWorld world;
  world.delegate("ee", "a", {}, 0);
  world.delegate("a", "b", {}, 8);
  world.accredit("b", "uni");
  CHECK_ANSWER(judged(world, anchored("ee")), not_established, DEPTH_LIMIT);
  world.delegate("ee", "a", {}, 1);
  CHECK_ANSWER(judged(world, anchored("ee")), recognised, RECOGNISED);
}

TEST_CASE("a bomb of delegations is cut by depth, not by patience") {
  RecognitionWorld world;
  for (int i = 0; i < 2000; ++i) world.delegate(concat("d", i), concat("d", i + 1), {}, 8);
  world.accredit("d2000", "uni");
  const auto answer = judged(world, anchored("d0", 3, 4));
  CHECK(answer.outcome == Outcome::not_established);
  CHECK_ANSWER(judged(world, anchored("d1997", 3, 4)), recognised, RECOGNISED);
}

TEST_CASE("a second recognition must say that it may be passed on") {
  RecognitionWorld world;
  world.recognise("lv", "ee");
  world.recognise("ee", "fi", "level-automatic");
  world.accredit("fi", "uni");
  CHECK_ANSWER(judged(world, anchored("lv", 1)), not_established, DEPTH_LIMIT);
  CHECK_ANSWER(judged(world, anchored("lv", 2)), not_established, NO_TRANSITIVE_RECOGNITION);
  world.recognise("ee", "fi", "level-automatic", {}, true);
  const auto answer = judged(world, anchored("lv", 2));
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.effect == "presumption");  // the weaker of the two
}

TEST_CASE("nobody recognises behind a delegation") {
  RecognitionWorld world;
  world.delegate("ee", "qa", {}, 2);
  world.recognise("qa", "fi", "level-automatic", {}, true);
  world.accredit("fi", "uni");
  world.body("uni");
  CHECK_ANSWER(judged(world, anchored("ee", 3)), not_established, NO_CHAIN);
}

TEST_CASE("an agreement needs both sides, unless the policy takes one") {
  RecognitionWorld world;
  world.say("lv", "ee", agreed("baltic"));
  world.accredit("ee", "uni");
  CHECK_ANSWER(judged(world, anchored("lv")), not_established, ONE_SIDED_AGREEMENT);
  auto lenient = anchored("lv");
  lenient.one_sided_agreements = true;
  CHECK_ANSWER(judged(world, lenient), recognised, RECOGNISED);
  const auto other = world.say("ee", "lv", agreed("another treaty"));
  CHECK_ANSWER(judged(world, anchored("lv")), not_established, ONE_SIDED_AGREEMENT);
  const auto back = world.say("ee", "lv", agreed("baltic"));
  CHECK_ANSWER(judged(world, anchored("lv")), recognised, RECOGNISED);
  world.withdraw(back, statement::Ending::ends, year(2024));
  CHECK_ANSWER(judged(world, anchored("lv")), not_established, ONE_SIDED_AGREEMENT);
}

TEST_CASE("the other side of an agreement that is not held makes the answer unknown") {
  RecognitionWorld world;
  world.say("lv", "ee", agreed("baltic"));
  world.accredit("ee", "uni");
  world.say("ee", "lv", agreed("baltic"));
  world.body("ee").newer_known = true;
  CHECK_ANSWER(judged(world, anchored("lv")), cannot_tell, NEWER_HEAD_UNAVAILABLE);
  CHECK_NOTED(judged(world, anchored("lv")), ONE_SIDED_AGREEMENT);
}

TEST_CASE("the winner has the best effect, then is the shortest, then has the smallest digests") {
  RecognitionWorld world;
  world.recognise("lv", "ee", "employer-accepted");
  world.accredit("ee", "uni");
  CHECK(judged(world, anchored("lv")).effect == "employer-accepted");
  world.recognise("lv", "fi", "level-automatic");
  world.delegate("fi", "fiqa");
  world.accredit("fiqa", "uni");
  auto answer = judged(world, anchored("lv"));
  CHECK(answer.effect == "level-automatic");
  CHECK(answer.chain.size() == 3);
  world.accredit("fi", "uni");
  answer = judged(world, anchored("lv"));
  CHECK(answer.chain.size() == 2);
  const auto first = answer.chain.back().statement;
  const auto twin = world.accredit("fi", "uni");
  CHECK(judged(world, anchored("lv")).chain.back().statement == std::min(first, twin->digest));
}

TEST_CASE("recognition of who somebody is, is not recognition of what it teaches") {
  RecognitionWorld world;
  world.recognise("lv", "ee", std::string(recognition::kIdentityOnly));
  world.accredit("ee", "uni");
  CHECK_ANSWER(judged(world, anchored("lv")), partly_recognised, IDENTITY_ONLY);
}

TEST_CASE("an effect that is not known is no recognition, whatever it means") {
  for (const char* effect : {"rejected", "none", "no-recognition"}) {
    RecognitionWorld world;
    world.recognise("lv", "ee", effect);
    world.accredit("ee", "uni");
    const auto answer = judged(world, anchored("lv"));
    CHECK_ANSWER(answer, cannot_tell, EFFECT_UNKNOWN);
    CHECK(answer.notes.front().sentence.find(effect) != std::string::npos);
    CHECK(answer.effect.empty());
    world.recognise("lv", "ee", std::string(recognition::kIdentityOnly));
    CHECK_ANSWER(judged(world, anchored("lv")), partly_recognised, IDENTITY_ONLY);
    world.recognise("lv", "ee", "presumption");
    CHECK_ANSWER(judged(world, anchored("lv")), recognised, RECOGNISED);
  }
  RecognitionWorld two;
  two.recognise("lv", "ee", "rejected");
  two.recognise("ee", "fi", std::string(recognition::kIdentityOnly), {}, true);
  two.accredit("fi", "uni");
  CHECK_ANSWER(judged(two, anchored("lv", 2)), cannot_tell, EFFECT_UNKNOWN);
}

TEST_CASE("decisions and standing are read") {
  RecognitionWorld world;
  world.say("qa", "uni",
            statement::Accreditation{
                {}, statement::Decision::positive_with_conditions, statement::Standing::voluntary});
  const auto lenient = judged(world, anchored("qa"));
  CHECK_ANSWER(lenient, recognised, RECOGNISED);
  CHECK(lenient.notes.front().sentence.ends_with(
      "The decision of the accreditation is positive-with-conditions, its standing is voluntary"));
  auto strict = anchored("qa");
  strict.decisions = {statement::Decision::positive};
  CHECK_ANSWER(judged(world, strict), not_established, DECISION_NOT_POSITIVE);
  strict = anchored("qa");
  strict.standing = {statement::Standing::obligatory};
  CHECK_ANSWER(judged(world, strict), not_established, STANDING_NOT_ACCEPTED);
}

TEST_CASE("a newer refusal by the same body takes an accreditation back; one by another does not") {
  const statement::Accreditation refusal{{}, statement::Decision::negative, statement::Standing::obligatory};
  RecognitionWorld world;
  world.accredit("qa", "uni", {}, {year(2020), std::nullopt});
  world.say("elsewhere", "uni", refusal, {year(2023), std::nullopt});
  CHECK_ANSWER(judged(world, anchored("qa")), recognised, RECOGNISED);
  const auto no = world.say("qa", "uni", refusal, {year(2023), std::nullopt});
  CHECK_ANSWER(judged(world, anchored("qa")), not_established, DECISION_NOT_POSITIVE);
  world.withdraw(no, statement::Ending::voids, year(2024));
  CHECK_ANSWER(judged(world, anchored("qa")), recognised, RECOGNISED);
  world.say("qa", "uni", refusal, {year(2026), std::nullopt});  // after the claimed time of issue
  CHECK_ANSWER(judged(world, anchored("qa")), cannot_tell, ISSUE_TIME_UNPROVEN);
  CHECK_ANSWER(judged(world, anchored("qa"), {.when = {kAwarded, kAwarded}}), recognised, RECOGNISED);
  RecognitionWorld refused;
  refused.say("qa", "uni", refusal);
  CHECK_ANSWER(judged(refused, anchored("qa")), not_established, DECISION_NOT_POSITIVE);
}

TEST_CASE("a body that moved from domain to domain is the same body") {
  RecognitionWorld world;
  world.recognise("did:webvh:QmCentre:new.example", "did:webvh:QmEe:ee.example");
  world.delegate("did:webvh:QmEe:moved.example", "did:webvh:QmQa:qa.example");
  world.accredit("did:webvh:QmQa:qa.example:later", "did:webvh:QmUni:uni.example");
  const auto policy = anchored("did:webvh:QmCentre:old.example");
  const auto answer = judged(world, policy, {.issuer = "did:webvh:QmUni:uni2.example"});
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.chain.front().from == "did:webvh:QmCentre:new.example");
  CHECK(answer.chain.back().to == "did:webvh:QmUni:uni.example");
}

TEST_CASE("junk of strangers changes neither the answer nor what it costs") {
  RecognitionWorld world = cross_border();
  const auto before = judged(world, anchored("lv"));
  for (int i = 0; i < 400; ++i) {
    const std::string stranger = concat("s", i);
    world.accredit(stranger, "uni");
    world.delegate(stranger, "qa", {}, 8);
    world.recognise(stranger, "lv", "level-automatic", {}, true);
    world.withdraw(world.accredit(stranger, "mill"), statement::Ending::voids, year(2021));
  }
  const auto after = judged(world, anchored("lv"));
  CHECK(to_json(after) == to_json(before));
  CHECK(after.steps == before.steps);
  CHECK(after.authorities_read == before.authorities_read);
}

TEST_CASE("a body that floods is cut off, and then no is not said") {
  RecognitionWorld world;
  world.body("ee");
  for (std::size_t i = 0; i <= recognition::kEdgesPerBodyMax; ++i) world.delegate("ee", concat("d", i));
  CHECK_ANSWER(judged(world, anchored("ee")), cannot_tell, AUTHORITY_NOT_HELD);
  for (std::size_t i = 0; i <= recognition::kEdgesPerBodyMax; ++i) world.body(concat("d", i));
  CHECK_ANSWER(judged(world, anchored("ee")), cannot_tell, SEARCH_LIMIT);
  world.accredit("d7", "uni");
  CHECK_ANSWER(judged(world, anchored("ee")), recognised, RECOGNISED);
}

TEST_CASE("who delegates in a hundred pieces keeps some of them, and does not crowd out others") {
  RecognitionWorld world;
  std::vector<std::string> fields;
  for (int i = 0; i < 40; ++i) fields.push_back(concat("07", i < 10 ? "0" : "", i));
  for (const std::string& field : fields) {
    statement::Scope piece;
    piece.isced = {field};
    world.delegate("bad", "qa", piece);
  }
  world.delegate("ee", "bad", {}, 1);
  world.accredit("qa", "uni");
  std::map<Outcome, std::size_t> outcomes;
  const auto ask = [&] {
    outcomes.clear();
    for (const std::string& field : fields) {
      facts::Facts facts = micro_credential();
      facts.isced = {field};
      const auto answer = judged(world, anchored("ee"), {.facts = facts});
      if (++outcomes[answer.outcome]; answer.outcome == Outcome::cannot_tell)
        CHECK_ANSWER(answer, cannot_tell, SEARCH_LIMIT);
    }
  };
  ask();
  CHECK(outcomes[Outcome::recognised] == recognition::kWaysPerPairMax);
  CHECK(outcomes[Outcome::cannot_tell] == fields.size() - recognition::kWaysPerPairMax);
  world.delegate("ee", "other", {}, 1);
  world.delegate("other", "qa");
  ask();
  CHECK(outcomes[Outcome::recognised] == fields.size());
}

TEST_CASE("one closure serves many queries, for as long as no recognition begins or ends") {
  RecognitionWorld world;
  world.recognise("lv", "ee", "presumption", {}, false, {year(2022), year(2030)});
  world.accredit("ee", "uni");
  const auto map = world.world();
  const auto policy = std::make_shared<const recognition::Policy>(anchored("lv"));
  const auto closure = recognition::Closure::of(policy, map, kJudgedAt);
  CHECK(closure->holds_at(year(2022)));
  CHECK_FALSE(closure->holds_at(year(2022).plus_seconds(-1)));
  CHECK_FALSE(closure->holds_at(year(2030)));
  const facts::Facts facts = micro_credential();
  const std::string uni = body_did("uni");
  for (const Timestamp at : {year(2025), kJudgedAt, year(2029)}) {
    const recognition::Query query{facts, uni, {kAwarded, std::nullopt}, at};
    CHECK(judge(*closure, recognition::Levels(), query, map).outcome == Outcome::recognised);
  }
}

}  // namespace
}  // namespace vcnode::test
