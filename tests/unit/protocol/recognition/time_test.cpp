// When a link has to be in force, and what a claimed time of issue is worth.
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using recognition::IssueTime;
using statement::Ending;

const IssueTime kClaimed{kAwarded, std::nullopt};
const IssueTime kProven{kAwarded, kAwarded.plus_seconds(3600)};

recognition::Recognition domestic(const RecognitionWorld& world, IssueTime when, Timestamp at = kJudgedAt) {
  facts::Facts facts = micro_credential();
  facts.awarded = issue_moment(when);
  return judged(world, anchored("qa"), {.facts = facts, .when = when, .at = at});
}

TEST_CASE("an accreditation is judged at the time of issue") {
  RecognitionWorld world;
  world.accredit("qa", "uni", {}, {year(2024), year(2026)});
  CHECK_ANSWER(domestic(world, {year(2023), std::nullopt}), not_established, NOT_IN_FORCE);
  CHECK_ANSWER(domestic(world, {year(2026), std::nullopt}), not_established, NOT_IN_FORCE);
  CHECK_ANSWER(domestic(world, kProven), recognised, RECOGNISED);
}

TEST_CASE("a link that merely expired takes a claimed time, with a warning") {
  RecognitionWorld world;
  world.accredit("qa", "uni", {}, {year(2024), year(2026)});
  CHECK_ANSWER(domestic(world, kClaimed), recognised, ISSUE_TIME_CLAIMED);
  CHECK_ANSWER(domestic(world, kClaimed, kAwarded), recognised, RECOGNISED);  // asked before it expired
  auto strict = anchored("qa");
  strict.issue_time_proven = true;
  CHECK_ANSWER(judged(world, strict, {.when = kClaimed}), cannot_tell, ISSUE_TIME_UNPROVEN);
  CHECK_ANSWER(judged(world, strict, {.when = kProven}), recognised, RECOGNISED);
}

TEST_CASE("a link that was withdrawn needs a proven time, or who lost it would back-date") {
  RecognitionWorld world;
  const auto one = world.accredit("qa", "uni");
  world.withdraw(one, Ending::ends, year(2026));
  CHECK_ANSWER(domestic(world, kClaimed), cannot_tell, ISSUE_TIME_UNPROVEN);
  CHECK_ANSWER(domestic(world, kProven), recognised, RECOGNISED);
  CHECK_ANSWER(domestic(world, {kAwarded, year(2026).plus_seconds(1)}), cannot_tell, ISSUE_TIME_UNPROVEN);
  CHECK_ANSWER(domestic(world, {year(2026), std::nullopt}), not_established, WITHDRAWN_BEFORE_ISSUE);
  CHECK_ANSWER(domestic(world, kClaimed, kAwarded), recognised, RECOGNISED);  // it existed when asked about
}

TEST_CASE("a claim later than the proof is not believed") {
  RecognitionWorld world;
  world.accredit("qa", "uni", {}, {year(2024), std::nullopt});
  CHECK_ANSWER(domestic(world, {year(2025), year(2023)}), not_established, NOT_IN_FORCE);
}

TEST_CASE("without any time of issue a limit in time is unknown") {
  RecognitionWorld world;
  world.accredit("qa", "uni");
  CHECK_ANSWER(domestic(world, {}), cannot_tell, FACT_MISSING);
}

TEST_CASE("a suspension is a hole, and lifting it ends the hole") {
  RecognitionWorld world;
  const auto one = world.accredit("qa", "uni");
  const auto suspension = world.withdraw(one, Ending::suspends, year(2023));
  world.withdraw(suspension, Ending::ends, year(2024));
  CHECK_ANSWER(domestic(world, {year(2022), year(2022)}), recognised, RECOGNISED);
  CHECK_ANSWER(domestic(world, {year(2022), std::nullopt}), cannot_tell, ISSUE_TIME_UNPROVEN);
  CHECK_ANSWER(domestic(world, {year(2023), year(2023)}), not_established, WITHDRAWN_BEFORE_ISSUE);
  CHECK_ANSWER(domestic(world, kClaimed), recognised, RECOGNISED);
}

TEST_CASE("what was declared void never was, whatever is proven") {
  RecognitionWorld world;
  const auto one = world.accredit("qa", "uni");
  const auto end = world.withdraw(one, Ending::voids, year(2026));
  CHECK_ANSWER(domestic(world, kProven), not_established, VOIDED);
  world.withdraw(end, Ending::ends, year(2026));
  CHECK_ANSWER(domestic(world, kProven), not_established, VOIDED);
  world.withdraw(end, Ending::voids, year(2026));
  CHECK_ANSWER(domestic(world, kProven), recognised, RECOGNISED);
}

TEST_CASE("only the issuer of a statement withdraws it") {
  RecognitionWorld world;
  const auto one = world.accredit("qa", "uni");
  statement::Withdrawal foreign;
  foreign.digest = one->digest;
  foreign.effect = Ending::voids;
  foreign.effective_from = year(2021);
  world.say("uni", one->id, foreign);
  CHECK_ANSWER(domestic(world, kClaimed), recognised, RECOGNISED);
}

TEST_CASE("a delegation is judged at the time of issue too") {
  RecognitionWorld world;
  const auto handed = world.delegate("ee", "qa");
  world.accredit("qa", "uni");
  world.withdraw(handed, Ending::ends, year(2026));
  const auto ee = anchored("ee");
  CHECK_ANSWER(judged(world, ee, {.when = kClaimed}), cannot_tell, ISSUE_TIME_UNPROVEN);
  CHECK_ANSWER(judged(world, ee, {.when = kProven}), recognised, RECOGNISED);
  world.withdraw(handed, Ending::voids, year(2026));
  CHECK_ANSWER(judged(world, ee, {.when = kProven}), not_established, VOIDED);
}

TEST_CASE("a recognition is judged when it is asked about, with its own window of issue") {
  RecognitionWorld world;
  statement::Scope window;
  window.from = year(2010);
  window.until = year(2026);
  const auto treaty = world.recognise("lv", "ee", "level-automatic", window, false, {year(2025), year(2030)});
  world.accredit("ee", "uni", {}, {year(2000), std::nullopt});
  const auto lv = anchored("lv");
  facts::Facts facts = micro_credential();
  facts.awarded = year(2015);
  // A treaty of 2025 covers what was awarded in 2015; but asked about in 2020 there was no treaty.
  CHECK_ANSWER(judged(world, lv, {.facts = facts, .when = {year(2015), year(2015)}}), recognised, RECOGNISED);
  CHECK_ANSWER(judged(world, lv, {.facts = facts, .when = {year(2015), year(2015)}, .at = year(2020)}),
               not_established, NOT_IN_FORCE);
  CHECK_ANSWER(judged(world, lv, {.facts = facts, .when = {year(2009), year(2009)}}), not_established,
               NOT_IN_FORCE);
  CHECK_ANSWER(judged(world, lv, {.facts = facts, .when = {year(2015), std::nullopt}}), recognised,
               ISSUE_TIME_CLAIMED);
  world.withdraw(treaty, Ending::ends, year(2026));
  CHECK_ANSWER(judged(world, lv, {.facts = facts, .when = {year(2015), year(2015)}}), not_established,
               RECOGNITION_WITHDRAWN);
  CHECK_ANSWER(judged(world, lv, {.facts = facts, .when = {year(2015), year(2015)}, .at = year(2025)}),
               recognised, RECOGNISED);
}

TEST_CASE(
    "the date of the award lies in the mandate too, by this or an older accreditation of the same body") {
  RecognitionWorld world;
  world.accredit("qa", "uni", {}, {year(2022), year(2025)});
  facts::Facts facts = micro_credential();
  const auto at = [&](const IssueTime& when) {
    return judged(world, anchored("qa"), {.facts = facts, .when = when});
  };
  facts.awarded = year(2024);
  CHECK_ANSWER(at({year(2024), year(2024)}), recognised, RECOGNISED);
  facts.awarded = year(2026);  // its own dates contradict the time that it claims
  CHECK_ANSWER(at({year(2024), std::nullopt}), cannot_tell, AWARDED_OUTSIDE_MANDATE);
  facts.awarded = year(2020);
  CHECK_ANSWER(at({year(2024), year(2024)}), cannot_tell, AWARDED_OUTSIDE_MANDATE);
  facts.awarded.reset();
  CHECK_ANSWER(at({year(2024), year(2024)}), recognised, RECOGNISED);
  facts.awarded = year(2024);  // signed after the accreditation was renewed
  CHECK_ANSWER(at({year(2026), year(2026)}), not_established, NOT_IN_FORCE);
  const auto renewed = world.accredit("qa", "uni", {}, {year(2025), year(2030)});
  CHECK_ANSWER(at({year(2026), year(2026)}), recognised, RECOGNISED);
  facts.awarded = year(2021);
  CHECK_ANSWER(at({year(2026), year(2026)}), cannot_tell, AWARDED_OUTSIDE_MANDATE);
  statement::Scope elsewhere;
  elsewhere.countries = statement::Names{"FI"};
  world.accredit("qa", "uni", elsewhere, {year(2020), year(2022)});  // not for this
  CHECK_ANSWER(at({year(2026), year(2026)}), cannot_tell, AWARDED_OUTSIDE_MANDATE);
  world.withdraw(renewed, Ending::ends, year(2026));
  facts.awarded = year(2026);
  CHECK_ANSWER(at({kAwarded, kAwarded}), cannot_tell, AWARDED_OUTSIDE_MANDATE);
}

TEST_CASE("an award before what the accreditation rests on cannot be told") {
  RecognitionWorld world;
  world.delegate("ee", "qa", {}, 0, {year(2023), std::nullopt});
  world.accredit("qa", "uni", {}, {year(2020), std::nullopt});
  facts::Facts facts = micro_credential();
  CHECK_ANSWER(judged(world, anchored("ee"), {.facts = facts}), recognised, RECOGNISED);
  facts.awarded = year(2022);
  CHECK_ANSWER(judged(world, anchored("ee"), {.facts = facts}), cannot_tell, AWARDED_OUTSIDE_MANDATE);
}

TEST_CASE("whoever ended its work issues nothing afterwards") {
  RecognitionWorld world;
  world.accredit("qa", "uni");
  world.say("uni", "uni", statement::Closed{}, {year(2025), std::nullopt});
  CHECK_ANSWER(domestic(world, kClaimed), not_established, ISSUER_CLOSED);
  CHECK_ANSWER(domestic(world, {year(2024), year(2024)}), recognised, RECOGNISED);
  CHECK_ANSWER(domestic(world, {year(2024), std::nullopt}), recognised, ISSUE_TIME_CLAIMED);
  RecognitionWorld told;
  told.accredit("qa", "uni");
  told.say("stranger", "uni", statement::Closed{}, {year(2023), std::nullopt});
  CHECK_ANSWER(domestic(told, kClaimed), recognised, RECOGNISED);
  told.say("qa", "uni", statement::Closed{}, {year(2023), std::nullopt});
  CHECK_ANSWER(domestic(told, kClaimed), not_established, ISSUER_CLOSED);
}

}  // namespace
}  // namespace vcnode::test
