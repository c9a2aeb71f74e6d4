// From flags and tables to what a statement says.
#include "node/cli/statement_words.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "node/cli/level_table.h"
#include "node/codes/cli_codes.h"
#include "protocol/statement/create.h"
#include "protocol/statement/statement.h"
#include "tests/support/check.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

namespace {

using Json = nlohmann::json;
using statement::Kind;

const std::string kSomeBody = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG";
const std::string kSomeDigest(64, 'a');

Json words_said(Kind kind, const cli::GivenWords& given, Json subject = Json::object()) {
  const auto said = cli::say_words(kind, given, subject);
  REQUIRE_OK(said);
  return subject;
}

Result<Json> rows_read(const Json& rows, const std::string& framework = "") {
  const auto document = vcnode::json::Document::parse(rows.dump());
  REQUIRE_OK(document);
  return cli::levels_of_rows(document->root(), framework);
}

}  // namespace

TEST_CASE("the flags of every kind make a statement that its readers accept") {
  const std::map<Kind, cli::GivenWords> all = {
      {Kind::identity,
       {{"--subject", {kSomeBody}},
        {"--legal-name", {"Näidisülikool"}},
        {"--country", {"EE"}},
        {"--domain", {"uni.example", "www.uni.example"}},
        {"--identifier", {"deqar=DEQARINST0000"}},
        {"--alias", {"did:web:uni.example"}},
        {"--seal-certificate", {kSomeDigest}}}},
      {Kind::sponsorship, {{"--subject", {kSomeBody}}, {"--quota", {"5"}}}},
      {Kind::trust_list, {{"--purpose", {"study"}}, {"--country", {"LV"}}, {"--anchor", {kSomeBody}}}},
      {Kind::accreditation,
       {{"--subject", {kSomeBody}},
        {"--decision", {"positive"}},
        {"--standing", {"obligatory"}},
        {"--country", {"EE,LV", "LT"}},
        {"--eqf", {"5-8"}},
        {"--isced", {"06"}},
        {"--type", {"MicroCredential"}},
        {"--setting", {"formal"}},
        {"--max-ects", {"7.5"}},
        {"--issued-from", {"2024-01-01T00:00:00Z"}},
        {"--issued-until", {"2031-01-01T00:00:00Z"}}}},
      {Kind::delegation, {{"--subject", {kSomeBody}}, {"--max-path-length", {"1"}}, {"--unlimited", {""}}}},
      {Kind::recognition,
       {{"--subject", {kSomeBody}},
        {"--effect", {"level-automatic"}},
        {"--transitive", {""}},
        {"--agreement", {"urn:uuid:6f3e2b1c-0000-4000-8000-00000000a9ee"}},
        {"--agreement-digest", {kSomeDigest}},
        {"--eqf", {"6"}}}},
      {Kind::endorsement,
       {{"--subject", {"https://uni.example/mc/1"}},
        {"--provider", {kSomeBody}},
        {"--role", {"workers-organisation"}},
        {"--claim", {"labour-market-relevant"}},
        {"--sector", {"urn:nace:C25"}}}},
      {Kind::stack_rule,
       {{"--subject", {"https://uni.example/rules/1"}},
        {"--target", {"https://uni.example/mc/9"}},
        {"--of", {"https://uni.example/mc/1", "https://uni.example/mc/2"}},
        {"--at-least", {"2"}},
        {"--min-ects", {"12"}},
        {"--allowed-issuer", {kSomeBody}},
        {"--max-age-months", {"60"}},
        {"--outcome-overlap", {"forbid"}}}},
      {Kind::closed,
       {{"--subject", {kSomeBody}},
        {"--successor", {kSomeBody}},
        {"--archive", {"https://archive.example/"}}}},
  };
  for (const auto& [kind, given] : all) {
    const Kind which = kind;
    CAPTURE(statement::name_of(which));
    CHECK(given.size() + 9 >= cli::words_of(kind).size());  // all but limits of the scope
    REQUIRE_OK(statement::draft(
        kind, words_said(kind, given),
        {"urn:uuid:6f3e2b1c-0000-4000-8000-000000000001", kSomeBody, Timestamp(1'770'000'000)}));
  }
  const Json scope = words_said(Kind::accreditation, all.at(Kind::accreditation)).at("scope");
  CHECK(scope.at("country") == Json{"EE", "LV", "LT"});
  CHECK(scope.at("eqf") == Json{{"min", 5}, {"max", 8}});
}

TEST_CASE("the flags of a withdrawal go over what was looked up") {
  const Json subject =
      words_said(Kind::withdrawal,
                 {{"--effect", {"voids"}}, {"--reason", {"A forgery."}}, {"--sponsorships-until", {"2:17"}}},
                 {{"id", "urn:uuid:1"}});
  CHECK(subject == Json{{"id", "urn:uuid:1"},
                        {"effect", "voids"},
                        {"reason", "A forgery."},
                        {"sponsorshipsUntil", {{"epoch", 2}, {"size", 17}}}});
}

TEST_CASE("flags that cannot be what they are for are refused by name") {
  const auto refused = [](Kind kind, const char* option, const char* value) {
    Json subject = Json::object();
    return cli::say_words(kind, {{option, {value}}}, subject);
  };
  CHECK_CODE(refused(Kind::accreditation, "--eqf", "five"), codes::USAGE);
  CHECK_CODE(refused(Kind::accreditation, "--eqf", "5-"), codes::USAGE);
  CHECK_CODE(refused(Kind::accreditation, "--max-ects", "much"), codes::USAGE);
  CHECK_CODE(refused(Kind::sponsorship, "--quota", "-1"), codes::USAGE);
  CHECK_CODE(refused(Kind::recognition, "--agreement-digest", "abc"), codes::USAGE);
  CHECK_CODE(refused(Kind::identity, "--identifier", "deqar"), codes::USAGE);
  CHECK_CODE(refused(Kind::identity, "--seal-certificate", "abc"), codes::USAGE);
  CHECK_CODE(refused(Kind::withdrawal, "--sponsorships-until", "2"), codes::USAGE);
  Json both = Json::object();
  CHECK_CODE(cli::say_words(Kind::delegation, {{"--unlimited", {""}}, {"--country", {"EE"}}}, both),
             codes::USAGE);
  Json neither = Json::object();
  REQUIRE_OK(cli::say_words(Kind::delegation, {{"--unlimited", {}}, {"--country", {"EE"}}}, neither));
  CHECK(neither == Json{{"scope", {{"country", Json::array({"EE"})}}}});
  Json other{{"scope", "none"}};
  CHECK_CODE(cli::say_words(Kind::delegation, {{"--country", {"EE"}}}, other), codes::USAGE);
}

TEST_CASE("a table of levels is read from CSV as registers write it") {
  const auto table = cli::levels_of_csv(
      "\xEF\xBB\xBFLevel;IRI;EQF;Note\r\n6;http://data.europa.eu/snb/qdr/c_1;6;\"a; "
      "\"\"b\"\"\"\r\n7-8;;7-8;\r\n0;;;\r\n",
      "EE");
  REQUIRE_OK(table);
  CHECK(*table ==
        Json::parse(R"([{"level":"6","nqf":"http://data.europa.eu/snb/qdr/c_1","eqf":{"min":6,"max":6}},
                                  {"level":"7-8","eqf":{"min":7,"max":8}},{"level":"0"}])"));
  CHECK_CODE(cli::levels_of_csv("", ""), codes::TABLE_MALFORMED);
  CHECK_CODE(cli::levels_of_csv("name,eqf\n6,6\n", ""), codes::TABLE_MALFORMED);
  CHECK_CODE(cli::levels_of_csv("level,eqf\n6\n", ""), codes::TABLE_MALFORMED);
  CHECK_CODE(cli::levels_of_csv("level,eqf\n\"6,6\n", ""), codes::TABLE_MALFORMED);
  CHECK_CODE(cli::levels_of_csv("level,eqf\n\"6\"x,6\n", ""), codes::TABLE_MALFORMED);
  CHECK_CODE(cli::levels_of_csv("level,eqf\n6,high\n", ""), codes::TABLE_MALFORMED);
  CHECK_CODE(cli::levels_of_csv("level,nqf,eqf\n,,6\n", ""), codes::TABLE_MALFORMED);
}

TEST_CASE("a table of levels is read from rows of JSON, those of one framework") {
  const Json rows = Json::parse(
      R"([{"framework":"EE","level":"6","iri":"urn:ee:6","eqf":[6]},{"framework":"LV","level":"6","eqf":[6]},
          {"framework":"EE","level":5,"eqf":[4,5]},{"framework":"EE","level":"0","eqf":[]},
          {"framework":"EE","level":"8","eqf":{"min":8,"max":8}}])");
  const auto table = rows_read({{"rows", rows}}, "EE");
  REQUIRE_OK(table);
  CHECK(*table == Json::parse(R"([{"level":"6","nqf":"urn:ee:6","eqf":{"min":6,"max":6}},
                                  {"level":"5","eqf":{"min":4,"max":5}},{"level":"0"},
                                  {"level":"8","eqf":{"min":8,"max":8}}])"));
  CHECK(rows_read(rows)->size() == 5);
  CHECK_CODE(rows_read("text"), codes::TABLE_MALFORMED);
  CHECK_CODE(rows_read(Json::array({1})), codes::TABLE_MALFORMED);
  CHECK_CODE(rows_read(Json::array({{{"level", "6"}, {"eqf", true}}})), codes::TABLE_MALFORMED);
  CHECK_CODE(rows_read(Json::array({{{"eqf", 6}}})), codes::TABLE_MALFORMED);
}

}  // namespace vcnode::test
