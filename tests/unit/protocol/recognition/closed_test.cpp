// Bodies that ended their work: whose word counts for that, and what it ends.
#include <nlohmann/json.hpp>

#include "protocol/recognition/trqp.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

const Lasting kSince2023{year(2023), std::nullopt};

RecognitionWorld with_agency(int accredited_in) {
  RecognitionWorld world;
  world.recognise("lv", "ee", "level-automatic");
  world.delegate("ee", "qa");
  world.accredit("qa", "uni", {}, {year(accredited_in), std::nullopt});
  return world;
}

TEST_CASE("what a closed agency says as of later does not count, by whoever's word it closed") {
  for (const std::string who : {"qa", "ee"}) {
    CAPTURE(who);
    RecognitionWorld later = with_agency(2024);
    CHECK_ANSWER(judged(later, anchored("lv")), recognised, RECOGNISED);
    later.say(who, "qa", statement::Closed{}, kSince2023);
    CHECK_ANSWER(judged(later, anchored("lv")), not_established, AUTHORITY_CLOSED);
    RecognitionWorld before = with_agency(2022);
    before.say(who, "qa", statement::Closed{}, kSince2023);
    CHECK_ANSWER(judged(before, anchored("lv")), recognised, AUTHORITY_CLOSED);
    auto strict = anchored("lv");  // that it said so before, only it says
    strict.issue_time_proven = true;
    CHECK_ANSWER(judged(before, strict, {.when = {kAwarded, kAwarded}}), cannot_tell, AUTHORITY_CLOSED);
  }
}

TEST_CASE("a closed body delegates and recognises nothing any more") {
  RecognitionWorld world;
  world.delegate("ee", "qa", {}, 1);
  world.delegate("qa", "chamber", {}, 0, {year(2024), std::nullopt});
  world.accredit("chamber", "uni");
  CHECK_ANSWER(judged(world, anchored("ee")), recognised, RECOGNISED);
  const auto closed = world.say("ee", "qa", statement::Closed{}, kSince2023);
  CHECK_ANSWER(judged(world, anchored("ee")), not_established, AUTHORITY_CLOSED);
  world.withdraw(closed, statement::Ending::voids, year(2024));
  CHECK_ANSWER(judged(world, anchored("ee")), recognised, RECOGNISED);
  world.say("qa", "qa", statement::Closed{}, {year(2025), std::nullopt});
  CHECK_ANSWER(judged(world, anchored("ee")), recognised, AUTHORITY_CLOSED);  // delegated before
  RecognitionWorld anchor;
  anchor.recognise("lv", "ee", "level-automatic", {}, false, {year(2024), std::nullopt});
  anchor.accredit("ee", "uni");
  anchor.say("lv", "lv", statement::Closed{}, kSince2023);
  CHECK_ANSWER(judged(anchor, anchored("lv")), not_established, AUTHORITY_CLOSED);
}

TEST_CASE(
    "a sponsor on the chain may say that an issuer closed, and nobody else who did not grant it something") {
  RecognitionWorld world = with_agency(2020);
  world.say("stranger", "uni", statement::Sponsorship{});
  world.say("stranger", "uni", statement::Closed{}, kSince2023);
  world.say("stranger", "qa", statement::Closed{}, kSince2023);
  world.say("ee", "uni", statement::Closed{}, kSince2023);
  world.say("lv", "qa", statement::Closed{}, {year(2019), std::nullopt});
  CHECK_ANSWER(judged(world, anchored("lv")), recognised, RECOGNISED);
  world.say("ee", "uni", statement::Sponsorship{});
  CHECK_ANSWER(judged(world, anchored("lv")), not_established, ISSUER_CLOSED);
  CHECK_ANSWER(judged(with_agency(2020), anchored("lv")), recognised, RECOGNISED);
}

TEST_CASE("a trust registry says no of a body that closed") {
  RecognitionWorld world = with_agency(2020);
  const nlohmann::json question = {{"entity_id", body_did("qa")},
                                   {"authority_id", body_did("ee")},
                                   {"action", "accredit"},
                                   {"resource", "MicroCredential"}};
  const auto query =
      recognition::read_trqp_query(recognition::TrqpEndpoint::authorization, question.dump()).value();
  CHECK(answer_trqp(query, world.world(), kJudgedAt).value().grade == recognition::Grade::yes);
  world.say("ee", "qa", statement::Closed{}, kSince2023);
  const auto answer = answer_trqp(query, world.world(), kJudgedAt).value();
  CHECK(answer.grade == recognition::Grade::no);
  CHECK(answer.reason.code == Code(codes::AUTHORITY_CLOSED));
}

}  // namespace
}  // namespace vcnode::test
