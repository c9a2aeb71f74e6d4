#include "protocol/statement/scope.h"

#include "tests/unit/protocol/statement/fixtures.h"

using namespace vcnode;
using namespace vcnode::statement;
using statement::test::Json;
using statement::test::scope_from;

namespace {

Result<Scope> read_scope_text(std::string_view text) {
  const auto document = json::Document::parse(text);
  REQUIRE_OK(document);
  return parse_scope(document->root(), "/scope");
}

const Json kWhole = Json::parse(R"({"country":["EE","LV"],"eqf":{"min":5,"max":7},"isced":["06","0713"],
  "credentialType":["Degree","MicroCredential"],"setting":["formal"],"maxEcts":7.5,
  "issuedFrom":"2024-01-01T00:00:00Z","issuedUntil":"2031-01-01T00:00:00Z"})");

}  // namespace

TEST_CASE("a scope is read and written as the same JSON") {
  CHECK(to_json(scope_from(kWhole)) == kWhole);
  CHECK(to_json(scope_from(Json::object())) == Json::object());
}

TEST_CASE("an absent component, and every country, is no limit") {
  CHECK(scope_from(Json::object()) == Scope());
  CHECK(scope_from({{"country", Json::array({"*"})}}) == Scope());
  CHECK(covers(Scope(), scope_from(kWhole)));
  CHECK_FALSE(covers(scope_from(kWhole), Scope()));
}

TEST_CASE("fields nest by prefix, and a scope keeps only the outer ones") {
  CHECK(scope_from({{"isced", {"0613", "06", "07", "071"}}}).isced == Names{"06", "07"});
  const auto wide = scope_from({{"isced", {"06", "0713"}}});
  const auto narrow = scope_from({{"isced", {"0613", "0714", "071"}}});
  CHECK(meet(wide, narrow).isced == Names{"0613", "0713"});
  CHECK(covers(wide, scope_from({{"isced", Json::array({"0613"})}})));
  CHECK_FALSE(covers(wide, narrow));
  CHECK(has_field({"06", "0713"}, "0713"));
  CHECK_FALSE(has_field({"06", "0713"}, "071"));
}

TEST_CASE("a meet is what both allow, component by component") {
  const auto other = scope_from({{"country", {"FI", "LV"}},
                                 {"eqf", {{"min", 6}, {"max", 8}}},
                                 {"setting", {"formal", "informal"}},
                                 {"maxEcts", 60},
                                 {"issuedFrom", "2025-01-01T00:00:00Z"}});
  const Scope both = meet(scope_from(kWhole), other);
  CHECK(both.countries == Names{"LV"});
  CHECK(both.eqf == Interval{6, 7});
  CHECK(both.types == Names{"Degree", "MicroCredential"});
  CHECK(both.settings == Names{"formal"});
  CHECK(both.max_ects == 7.5);
  CHECK(both.from->to_string() == "2025-01-01T00:00:00Z");
  CHECK(both.until->to_string() == "2031-01-01T00:00:00Z");
  CHECK_FALSE(is_empty(both));
}

TEST_CASE("a meet that leaves nothing in one component says so and keeps the others") {
  const auto nowhere = meet(scope_from({{"country", Json::array({"EE"})}, {"maxEcts", 5}}),
                            scope_from({{"country", Json::array({"LV"})}}));
  CHECK(is_empty(nowhere));
  CHECK(nowhere.countries == Names());
  CHECK(nowhere.max_ects == 5);
  CHECK(is_empty(meet(scope_from({{"eqf", {{"min", 1}, {"max", 4}}}}),
                      scope_from({{"eqf", {{"min", 5}, {"max", 8}}}}))));
  CHECK(is_empty(meet(scope_from({{"issuedUntil", "2024-01-01T00:00:00Z"}}),
                      scope_from({{"issuedFrom", "2024-01-01T00:00:00Z"}}))));
  CHECK(covers(scope_from({{"country", Json::array({"DE"})}}), nowhere));
}

TEST_CASE("a scope that says what no rule explains is refused, naming member, value and limit") {
  const auto refused = [](std::string_view text, std::string_view part) {
    CAPTURE(text);
    CHECK_CODE_NAMES(read_scope_text(text), codes::STATEMENT_MALFORMED, part);
  };
  refused(R"({"region":["EE"]})", "\"region\"");
  refused(R"([])", "/scope is of JSON type array");
  refused(R"({"country":[]})", "/scope/country has 0 values, it must have 1 to 256");
  refused(R"({"country":["EE","*"]})", "/scope/country is \"*\"");
  refused(R"({"country":["EL"]})", "ISO 3166-1 writes GR");
  refused(R"({"country":["UK"]})", "ISO 3166-1 writes GB");
  refused(R"({"country":["ee"]})", "two capital letters");
  refused(R"({"country":["EE","EE"]})", "\"EE\" twice");
  refused(R"({"eqf":[5,8]})", "/scope/eqf is of JSON type array");
  refused(R"({"eqf":{"min":6,"max":5}})", "min 6 above max 5");
  refused(R"({"eqf":{"min":0,"max":5}})", "/scope/eqf/min is 0, it must be a whole number from 1 to 8");
  refused(R"({"eqf":{"min":1,"max":5,"step":1}})", "\"step\"");
  refused(R"({"isced":["6"]})", "ISCED-F code of 2 to 4 digits");
  refused(R"({"setting":["formel"]})", "formal, non-formal or informal");
  refused(R"({"maxEcts":0})", "/scope/maxEcts is 0");
  refused(R"({"maxEcts":"60"})", "above 0 and at most 10000");
  refused(R"({"issuedFrom":"2024-01-01"})", "RFC 3339");
  refused(R"({"issuedFrom":"2024-01-01T00:00:00Z","issuedUntil":"2024-01-01T00:00:00Z"})", "allows nothing");
  std::string types = "\"T0\"";
  for (std::size_t i = 1; i <= kTypesMax; ++i) types += concat(",\"T", i, "\"");
  refused(concat(R"({"credentialType":[)", types, "]}"), "has 65 values, it must have 1 to 64");
}
