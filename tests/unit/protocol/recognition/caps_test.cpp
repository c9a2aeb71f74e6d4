// Limits of what is read: what cannot matter does not count towards them, and one that is reached never
// decides.
#include <nlohmann/json.hpp>

#include "protocol/recognition/endorsements.h"
#include "protocol/recognition/trqp.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using recognition::kAccreditationsPerPairMax;
using recognition::kAccreditationsReadMax;
using recognition::kWithdrawalsMax;
using statement::Ending;
using statement::Scope;

constexpr std::size_t kOverWithdrawals = kWithdrawalsMax + 1;

Scope up_to(std::size_t ects) {
  Scope scope;
  scope.max_ects = 10.0 + static_cast<double>(ects);
  return scope;
}

Scope in_field(std::string code) {
  Scope scope;
  scope.isced = statement::Names{std::move(code)};
  return scope;
}

void refuse(RecognitionWorld& world, std::string_view who, Timestamp from) {
  world.say(who, "uni", statement::Accreditation{{}, statement::Decision::negative, {}},
            {from, std::nullopt});
}

// Lifts what it suspends again and again; at the end it stands.
void lift_often(RecognitionWorld& world, const StatementPtr& one) {
  for (std::size_t i = 0; i < kOverWithdrawals; ++i) world.withdraw(one, Ending::suspends, year(2030));
}

recognition::TrqpAnswer authority_says(const RecognitionWorld& world) {
  const nlohmann::json question = {{"entity_id", body_did("uni")},
                                   {"authority_id", body_did("qa")},
                                   {"action", "issue"},
                                   {"resource", "MicroCredential"}};
  const auto query =
      recognition::read_trqp_query(recognition::TrqpEndpoint::authorization, question.dump()).value();
  return answer_trqp(query, world.world(), kJudgedAt).value();
}

TEST_CASE(
    "a refusal behind many accreditations is read, and so is an accreditation behind many that do not fit") {
  RecognitionWorld world;
  for (std::size_t i = 0; i < 600; ++i) world.accredit("qa", "uni", up_to(i));
  CHECK_ANSWER(judged(world, anchored("qa")), recognised, RECOGNISED);
  refuse(world, "qa", year(2025));
  CHECK_ANSWER(judged(world, anchored("qa")), not_established, DECISION_NOT_POSITIVE);
  CHECK(authority_says(world).grade == recognition::Grade::no);

  RecognitionWorld programmes;
  for (std::size_t i = 0; i < 3 * kAccreditationsPerPairMax; ++i)
    programmes.accredit("qa", "uni", in_field(concat(1000 + i % 600)));
  CHECK_ANSWER(judged(programmes, anchored("qa")), not_established, SCOPE_ISCED);
  programmes.accredit("qa", "uni", in_field("0714"));
  CHECK_ANSWER(judged(programmes, anchored("qa")), recognised, RECOGNISED);
}

TEST_CASE("more accreditations than are read are unknown, whatever those that are read say") {
  RecognitionWorld fitting;
  for (std::size_t i = 0; i <= kAccreditationsPerPairMax; ++i) fitting.accredit("qa", "uni", up_to(i));
  CHECK_ANSWER(judged(fitting, anchored("qa")), cannot_tell, SEARCH_LIMIT);
  const auto answer = authority_says(fitting);
  CHECK(answer.grade == recognition::Grade::unknown);
  CHECK(answer.reason.code == Code(codes::SEARCH_LIMIT));
  fitting.accredit("other", "uni");  // who said little can still be heard
  auto two = anchored("qa");
  two.anchors.push_back(anchored("other").anchors.front());
  two.sort_anchors();
  CHECK_ANSWER(judged(fitting, two), recognised, RECOGNISED);

  RecognitionWorld others;
  for (std::size_t i = 0; i <= kAccreditationsReadMax; ++i) others.accredit("qa", "uni", in_field("09"));
  CHECK_ANSWER(judged(others, anchored("qa")), cannot_tell, SEARCH_LIMIT);
}

TEST_CASE("a statement with more withdrawals than are read is neither in force nor not") {
  RecognitionWorld world;
  lift_often(world, world.accredit("qa", "uni"));
  CHECK_ANSWER(judged(world, anchored("qa")), cannot_tell, SEARCH_LIMIT);
  RecognitionWorld delegated;
  lift_often(delegated, delegated.delegate("ee", "qa"));
  delegated.accredit("qa", "uni");
  CHECK_ANSWER(judged(delegated, anchored("ee")), cannot_tell, SEARCH_LIMIT);
  RecognitionWorld recognised;
  lift_often(recognised, recognised.recognise("lv", "ee"));
  recognised.accredit("ee", "uni");
  CHECK_ANSWER(judged(recognised, anchored("lv")), cannot_tell, SEARCH_LIMIT);
  RecognitionWorld mutual;
  mutual.say("lv", "ee", agreed("treaty"));
  lift_often(mutual, mutual.say("ee", "lv", agreed("treaty")));
  mutual.accredit("ee", "uni");
  CHECK_ANSWER(judged(mutual, anchored("lv")), cannot_tell, ONE_SIDED_AGREEMENT);
}

TEST_CASE("what is taken back too often to be read takes nothing away for sure either") {
  RecognitionWorld refused;
  refused.accredit("qa", "uni");
  const auto no = refused.say("qa", "uni", statement::Accreditation{{}, statement::Decision::negative, {}},
                              {year(2024), std::nullopt});
  lift_often(refused, no);
  CHECK_ANSWER(judged(refused, anchored("qa")), cannot_tell, SEARCH_LIMIT);
  RecognitionWorld closed;
  closed.accredit("qa", "uni");
  lift_often(closed, closed.say("uni", "uni", statement::Closed{}, {year(2023), std::nullopt}));
  CHECK_ANSWER(judged(closed, anchored("qa")), cannot_tell, SEARCH_LIMIT);
}

TEST_CASE("more tables than are read translate nothing, and more endorsements than are read are unknown") {
  RecognitionWorld world;
  world.accredit("qa", "uni");
  statement::Referencing table;
  table.framework = "IE";
  table.version = "1";
  table.levels.push_back({"", "8", statement::Interval{6, 6}});
  for (std::size_t i = 0; i <= recognition::kTablesPerPublisherMax; ++i)
    world.say("centre", "urn:framework:IE", table);
  auto policy = anchored("qa");
  policy.referencing_from = {Did::parse(body_did("centre")).value()};
  facts::Facts facts = micro_credential();
  CHECK_ANSWER(judged(world, policy, {.facts = facts}), recognised, RECOGNISED);
  facts.nqf.push_back({"IE", "", "8", ""});
  CHECK_ANSWER(judged(world, policy, {.facts = facts}), cannot_tell, SEARCH_LIMIT);

  policy.referencing_from.clear();
  policy.endorsements_at_least = 1;
  policy.endorsements_from = {Did::parse(body_did("metal")).value()};
  statement::Endorsement finnish;
  finnish.scope.countries = statement::Names{"FI"};
  for (std::size_t i = 0; i <= recognition::kEndorsementsPerPairMax; ++i) world.say("metal", "uni", finnish);
  CHECK_ANSWER(judged(world, policy), cannot_tell, SEARCH_LIMIT);
}

TEST_CASE("more mandates than are read are not none") {
  RecognitionWorld world;
  world.accredit("qa", "uni");
  world.body("platform");
  facts::Facts facts = micro_credential();
  facts.awarding_bodies.push_back({body_did("uni"), "University", "EE"});
  for (std::size_t i = 0; i <= kAccreditationsPerPairMax; ++i)
    world.delegate("uni", "platform", in_field("09"));
  CHECK_ANSWER(judged(world, anchored("qa"), {.facts = facts, .issuer = "platform"}), cannot_tell,
               SEARCH_LIMIT);
}

}  // namespace
}  // namespace vcnode::test
