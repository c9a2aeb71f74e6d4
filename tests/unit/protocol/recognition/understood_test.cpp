// What judging makes of a credential of which not all was understood.
#include "protocol/facts/codes.h"
#include "protocol/facts/normalise.h"
#include "protocol/statement/scope.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

// A scope with one limit.
template <class Part, class Value>
statement::Scope limited(Part statement::Scope::*part, Value value) {
  statement::Scope scope;
  scope.*part = std::move(value);
  return scope;
}

using statement::Interval;
using statement::Names;
using statement::Scope;

TEST_CASE("a credential for several things is not judged as one for the first of them") {
  facts::Facts facts = micro_credential();
  facts.several = true;
  CHECK_ANSWER(within({}, facts), cannot_tell, SEVERAL_ACHIEVEMENTS);
  CHECK_ANSWER(within(limited(&Scope::eqf, Interval{7, 8}), facts), not_established, SCOPE_EQF);
}

TEST_CASE("what could not be read lies inside no limit, and outside none") {
  facts::Facts facts = micro_credential();
  facts.unread = {true, true, true, true};
  CHECK_ANSWER(within({}, facts), recognised, RECOGNISED);
  CHECK_ANSWER(within(limited(&Scope::countries, Names{"EE"}), facts), cannot_tell, FACT_MISSING);
  CHECK_ANSWER(within(limited(&Scope::countries, Names{"FI"}), facts), not_established, SCOPE_COUNTRY);
  CHECK_ANSWER(within(limited(&Scope::isced, Names{"07"}), facts), cannot_tell, FACT_MISSING);
  CHECK_ANSWER(within(limited(&Scope::isced, Names{"09"}), facts), not_established, SCOPE_ISCED);
  CHECK_ANSWER(within(limited(&Scope::types, Names{"MicroCredential"}), facts), cannot_tell, FACT_MISSING);
  CHECK_ANSWER(within(limited(&Scope::types, Names{"Degree"}), facts), not_established, SCOPE_TYPE);
  CHECK_ANSWER(within(limited(&Scope::settings, Names{"formal"}), facts), cannot_tell, FACT_MISSING);
  CHECK_ANSWER(within(limited(&Scope::settings, Names{"informal"}), facts), not_established, SCOPE_SETTING);
}

TEST_CASE("every type must lie inside, but for names of a format") {
  const Scope scope = limited(&Scope::types, Names{"MicroCredential"});
  facts::Facts facts = micro_credential();
  facts.types = {"Degree", "MicroCredential"};
  CHECK_ANSWER(within(scope, facts), not_established, SCOPE_TYPE);
  facts.types = {"MicroCredential", "OpenBadgeCredential"};
  CHECK_ANSWER(within(scope, facts), recognised, RECOGNISED);
  facts.types = {"EuropeanDigitalCredential"};
  CHECK_ANSWER(within(scope, facts), cannot_tell, FACT_MISSING);
  CHECK_ANSWER(within(limited(&Scope::types, Names{"EuropeanDigitalCredential"}), facts), recognised,
               RECOGNISED);
}

TEST_CASE("the countries that a scope may name are those that facts are read with") {
  for (char first = 'A'; first <= 'Z'; ++first) {
    for (char second = 'A'; second <= 'Z'; ++second) {
      const std::string code = {first, second};
      const auto document = json::Document::parse(concat("\"", code, "\""));
      REQUIRE_OK(document);
      CHECK_MESSAGE(statement::parse_country(document->root(), "/country").has_value() ==
                        (facts::country_of(code) == code),
                    code);
    }
  }
  CHECK_CODE_NAMES(recognition::Policy::parse(R"({"verifierCountry": "EU"})"), codes::POLICY_MALFORMED,
                   "ISO 3166-1");
  CHECK_CODE_NAMES(
      recognition::Policy::parse(R"({"anchors": [{"id": "did:web:a.example", "for": {"country": ["XX"]}}]})"),
      codes::POLICY_MALFORMED, "ISO 3166-1");
}

TEST_CASE("a cycle that is at another level leaves open which of the two it is") {
  facts::Facts facts = micro_credential();
  facts.cycle = "third";
  CHECK_ANSWER(within({}, facts), partly_recognised, CYCLE_EQF_MISMATCH);
  CHECK_ANSWER(within(limited(&Scope::eqf, Interval{5, 8}), facts), partly_recognised, CYCLE_EQF_MISMATCH);
  CHECK_ANSWER(within(limited(&Scope::eqf, Interval{4, 6}), facts), cannot_tell, CYCLE_EQF_MISMATCH);
  CHECK_ANSWER(within(limited(&Scope::eqf, Interval{1, 5}), facts), not_established, SCOPE_EQF);
  facts.cycle = "first";
  CHECK_ANSWER(within(limited(&Scope::eqf, Interval{4, 6}), facts), recognised, RECOGNISED);
}

TEST_CASE("a refusal is not escaped by saying more") {
  const auto refused = [](statement::Scope scope, const facts::Facts& facts) {
    RecognitionWorld world;
    world.accredit("qa", "uni");
    world.say("qa", "uni",
              statement::Accreditation{std::move(scope), statement::Decision::negative,
                                       statement::Standing::obligatory});
    return judged(world, anchored("qa"), {.facts = facts});
  };
  facts::Facts facts = micro_credential();
  facts.types = {"Degree", "MicroCredential"};
  facts.countries = {"EE", "US"};
  facts.isced = {"0714", "0912"};
  for (const Scope& scope : {limited(&Scope::types, Names{"MicroCredential"}),
                             limited(&Scope::countries, Names{"EE"}), limited(&Scope::isced, Names{"07"})})
    CHECK_ANSWER(refused(scope, facts), not_established, DECISION_NOT_POSITIVE);
  CHECK_ANSWER(refused(limited(&Scope::isced, Names{"01"}), facts), recognised, RECOGNISED);
  facts.unread.fields = true;
  CHECK_ANSWER(refused(limited(&Scope::isced, Names{"01"}), facts), cannot_tell, DECISION_NOT_POSITIVE);
  CHECK_ANSWER(refused(limited(&Scope::settings, Names{"informal"}), facts), recognised, RECOGNISED);
  facts.unread.settings = true;
  CHECK_ANSWER(refused(limited(&Scope::settings, Names{"informal"}), facts), cannot_tell,
               DECISION_NOT_POSITIVE);
}

TEST_CASE("a level of another country's framework is a warning") {
  facts::Facts facts = micro_credential();
  facts.nqf = {{"GB-ENG", "http://data.europa.eu/snb/qdr/x", "6", "GB"}};
  CHECK_ANSWER(within({}, facts), recognised, NQF_OF_ANOTHER_COUNTRY);
}

TEST_CASE("a recognition that was withdrawn says so, and from when, whenever the credential was issued") {
  RecognitionWorld world;
  const auto recognition = world.recognise("lv", "ee");
  world.accredit("ee", "uni");
  world.withdraw(recognition, statement::Ending::ends, year(2026));
  const auto answer = judged(world, anchored("lv"));
  CHECK_ANSWER(answer, not_established, RECOGNITION_WITHDRAWN);
  CHECK(answer.notes.front().sentence.find(concat("withdrawn or suspended from ", year(2026).to_string())) !=
        std::string::npos);
}

}  // namespace
}  // namespace vcnode::test
