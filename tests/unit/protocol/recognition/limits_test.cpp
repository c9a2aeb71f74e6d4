// Scopes against facts, and the levels that signed tables give.
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

using recognition::Recognition;
using statement::Scope;

Scope only_countries(statement::Names names) {
  Scope scope;
  scope.countries = std::move(names);
  return scope;
}

TEST_CASE("each component limits, and a fact that is not there is unknown") {
  facts::Facts facts = micro_credential();
  CHECK_ANSWER(within(only_countries({"EE", "LV"})), recognised, RECOGNISED);
  CHECK_ANSWER(within(only_countries({"FI"})), not_established, SCOPE_COUNTRY);
  facts.countries = {"EE", "FR"};  // one of two lies outside
  CHECK_ANSWER(within(only_countries({"EE"}), facts), not_established, SCOPE_COUNTRY);
  facts.countries.clear();
  CHECK_ANSWER(within(only_countries({"EE"}), facts), cannot_tell, FACT_MISSING);

  Scope scope;
  scope.eqf = {5, 7};
  CHECK_ANSWER(within(scope), recognised, RECOGNISED);
  scope.eqf = {7, 8};
  CHECK_ANSWER(within(scope), not_established, SCOPE_EQF);

  scope = {};
  scope.isced = {"06", "0714"};
  CHECK_ANSWER(within(scope), recognised, RECOGNISED);
  scope.isced = {"0713"};
  CHECK_ANSWER(within(scope), not_established, SCOPE_ISCED);
  facts = micro_credential();
  facts.isced = {"07"};  // wider than the limit
  CHECK_ANSWER(within(scope, facts), cannot_tell, FACT_MISSING);

  scope = {};
  scope.types = {"Degree"};
  CHECK_ANSWER(within(scope), not_established, SCOPE_TYPE);
  facts.types = {"Degree", "MicroCredential"};  // both are claimed
  CHECK_ANSWER(within(scope, facts), not_established, SCOPE_TYPE);
  facts.types = {"Degree"};
  CHECK_ANSWER(within(scope, facts), recognised, RECOGNISED);

  scope = {};
  scope.settings = {"non-formal"};
  CHECK_ANSWER(within(scope), not_established, SCOPE_SETTING);
  facts.setting.reset();
  CHECK_ANSWER(within(scope, facts), cannot_tell, FACT_MISSING);

  scope = {};
  scope.max_ects = 5.5;
  CHECK_ANSWER(within(scope), not_established, SCOPE_ECTS);
  facts.ects.reset();  // hours are no credits
  CHECK_ANSWER(within(scope, facts), cannot_tell, FACT_MISSING);
}

TEST_CASE("a scope only narrows on its way: who was handed less cannot hand on more") {
  RecognitionWorld world;
  world.delegate("ee", "qa", only_countries({"EE"}));
  world.accredit("qa", "uni", only_countries({"EE", "FI"}));
  facts::Facts finnish = micro_credential();
  finnish.countries = {"FI"};
  CHECK_ANSWER(judged(world, anchored("ee")), recognised, RECOGNISED);
  CHECK_ANSWER(judged(world, anchored("ee"), {.facts = finnish}), not_established, SCOPE_COUNTRY);
  auto narrow = anchored("ee");
  narrow.anchors.front().scope = only_countries({"FI"});
  CHECK_ANSWER(judged(world, narrow), not_established, SCOPE_COUNTRY);
}

// What lv's centre says of the Irish levels.
StatementPtr refer(RecognitionWorld& world, std::string_view who, std::string level, int eqf,
                   Timestamp from) {
  statement::Referencing table;
  table.framework = "IE";
  table.version = "2020";
  table.levels.push_back(
      {concat("http://data.europa.eu/snb/qdr/c_", level), std::move(level), statement::Interval{eqf, eqf}});
  return world.say(who, "urn:framework:IE", std::move(table), {from, std::nullopt});
}

facts::Facts irish(std::optional<int> eqf) {
  facts::Facts facts = micro_credential();
  facts.eqf = eqf;
  facts.countries = {"IE"};
  facts.nqf.push_back({"IE", "http://data.europa.eu/snb/qdr/c_8", "8", "IE"});
  return facts;
}

Scope level_six() {
  Scope scope;
  scope.eqf = {6, 6};
  return scope;
}

TEST_CASE("a national level is translated by whose tables the policy believes") {
  RecognitionWorld world;
  world.accredit("qa", "uni", level_six());
  refer(world, "centre", "8", 6, year(2015));
  CHECK_ANSWER(judged(world, anchored("qa"), {.facts = irish(std::nullopt)}), cannot_tell,
               LEVEL_TABLE_UNKNOWN);
  auto policy = anchored("qa");
  policy.referencing_from = {Did::parse(body_did("centre")).value()};
  const auto answer = judged(world, policy, {.facts = irish(std::nullopt)});
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.evidence.size() == 2);
  refer(world, "centre", "8", 7, year(2024));  // re-referenced before the award
  CHECK_ANSWER(judged(world, policy, {.facts = irish(std::nullopt)}), not_established, SCOPE_EQF);
  world.body("centre").contradicted = true;
  CHECK_ANSWER(judged(world, policy, {.facts = irish(std::nullopt)}), cannot_tell, LEVEL_TABLE_UNKNOWN);
}

TEST_CASE("a stated level that the tables contradict is recognised in part") {
  RecognitionWorld world;
  world.accredit("qa", "uni", level_six());
  refer(world, "centre", "8", 5, year(2015));
  auto policy = anchored("qa");
  policy.referencing_from = {Did::parse(body_did("centre")).value()};
  CHECK_ANSWER(judged(world, policy, {.facts = irish(6)}), partly_recognised, LEVEL_MISMATCH);
  facts::Facts unknown = irish(6);
  unknown.nqf.front() = {"XX", "", "9", "XX"};
  CHECK_ANSWER(judged(world, policy, {.facts = unknown}), recognised, LEVEL_TABLE_UNKNOWN);
}

TEST_CASE("tables that contradict each other translate nothing") {
  RecognitionWorld world;
  world.accredit("qa", "uni", level_six());
  refer(world, "centre", "8", 6, year(2015));
  refer(world, "other", "8", 5, year(2015));
  auto policy = anchored("qa");
  policy.referencing_from = {Did::parse(body_did("centre")).value(), Did::parse(body_did("other")).value()};
  CHECK_ANSWER(judged(world, policy, {.facts = irish(std::nullopt)}), cannot_tell, LEVEL_TABLES_CONTRADICT);
}

// Tables of "YY": names and levels, 0 for none.
StatementPtr table_of(RecognitionWorld& world, std::string_view who,
                      std::vector<std::pair<std::string, int>> rows, Timestamp from = year(2020)) {
  statement::Referencing table;
  table.framework = "YY";
  table.version = "1";
  for (auto& row : rows)
    table.levels.push_back(
        {"", std::move(row.first),
         row.second == 0 ? std::nullopt : std::optional(statement::Interval{row.second, row.second})});
  return world.say(who, "urn:framework:YY", std::move(table), {from, std::nullopt});
}

Recognition levelled(const RecognitionWorld& made, std::optional<int> eqf, std::vector<facts::Level> nqf) {
  RecognitionWorld world = made;
  world.accredit("qa", "uni", level_six());
  auto policy = anchored("qa");
  policy.referencing_from = {Did::parse(body_did("centre")).value()};
  facts::Facts facts = micro_credential();
  facts.eqf = eqf;
  facts.nqf = std::move(nqf);
  return judged(world, policy, {.facts = facts});
}

facts::Level level_of_yy(std::string level) {
  return {"YY", "", std::move(level), ""};
}

TEST_CASE("a level that by the table has no level in the EQF is not the one that is stated") {
  RecognitionWorld world;
  table_of(world, "centre", {{"6", 0}});
  const Recognition stated = levelled(world, 6, {level_of_yy("6")});
  CHECK_ANSWER(stated, partly_recognised, LEVEL_MISMATCH);
  CHECK_FALSE(says(stated, codes::LEVEL_TABLE_UNKNOWN));
  CHECK_ANSWER(levelled(world, std::nullopt, {level_of_yy("6")}), cannot_tell, LEVEL_TABLE_UNKNOWN);
}

TEST_CASE(
    "only the newest table in force of a framework counts, and a row that it lacks is not looked for "
    "elsewhere") {
  RecognitionWorld world;
  table_of(world, "centre", {{"6", 6}});
  CHECK_ANSWER(levelled(world, std::nullopt, {level_of_yy("6")}), recognised, RECOGNISED);
  const auto newest = table_of(world, "centre", {{"9", 6}}, year(2024));
  CHECK_ANSWER(levelled(world, std::nullopt, {level_of_yy("6")}), cannot_tell, LEVEL_TABLE_UNKNOWN);
  CHECK_ANSWER(levelled(world, std::nullopt, {level_of_yy("9")}), recognised, RECOGNISED);
  world.withdraw(newest, statement::Ending::ends, year(2024));
  CHECK_ANSWER(levelled(world, std::nullopt, {level_of_yy("6")}), recognised, RECOGNISED);
  statement::Referencing maltese;  // a framework of the same name
  maltese.framework = "YY";
  maltese.country = "MT";
  maltese.levels.push_back({"", "1", statement::Interval{1, 1}});
  statement::Referencing irish = maltese;
  irish.country = "IE";
  irish.levels = {{"", "6", statement::Interval{6, 6}}};
  RecognitionWorld two;
  two.say("centre", "urn:framework:YY", irish, {year(2020), std::nullopt});
  two.say("centre", "urn:framework:YY", maltese, {year(2022), std::nullopt});
  CHECK_ANSWER(levelled(two, std::nullopt, {level_of_yy("6")}), recognised, RECOGNISED);
}

TEST_CASE("two tables of one publisher and one date that differ contradict, in whatever order they came") {
  for (const int first : {6, 7}) {
    RecognitionWorld world;
    table_of(world, "centre", {{"6", first}});
    table_of(world, "centre", {{"6", 13 - first}});
    CHECK_ANSWER(levelled(world, std::nullopt, {level_of_yy("6")}), cannot_tell, LEVEL_TABLES_CONTRADICT);
    CHECK_ANSWER(levelled(world, 6, {level_of_yy("6")}), partly_recognised, LEVEL_MISMATCH);
  }
}

TEST_CASE("a second national level neither hides that no table knows it nor that the first contradicts") {
  RecognitionWorld world;
  table_of(world, "centre", {{"6", 6}, {"8", 8}});
  const facts::Level unheard{"ZZ", "", "8", ""};
  CHECK_ANSWER(levelled(world, std::nullopt, {level_of_yy("6"), unheard}), recognised, LEVEL_TABLE_UNKNOWN);
  CHECK_ANSWER(levelled(world, std::nullopt, {unheard, level_of_yy("6")}), recognised, LEVEL_TABLE_UNKNOWN);
  CHECK_ANSWER(levelled(world, 6, {level_of_yy("8")}), partly_recognised, LEVEL_MISMATCH);
  const Recognition both = levelled(world, 6, {level_of_yy("8"), level_of_yy("6")});
  CHECK_ANSWER(both, partly_recognised, LEVEL_MISMATCH);
  CHECK_NOTED(both, LEVEL_TABLES_CONTRADICT);
}

}  // namespace
}  // namespace vcnode::test
