// What a verdict states of itself, and in which members two of them differ.
#include "protocol/evidence/stated.h"

#include "protocol/evidence/codes.h"
#include "protocol/evidence/replay.h"
#include "tests/support/check.h"
#include "tests/support/spec_page.h"

namespace vcnode::evidence {
namespace {

std::string page_verdict() {
  return test::spec_example("verdict.md", "verdict");
}

std::string page_verdict_with_rows(std::string_view rows) {
  const std::string text = page_verdict();
  const auto at = text.find("\"viewHeads\":");
  REQUIRE(at != std::string::npos);
  return concat(text.substr(0, at), "\"viewHeads\":", rows, "}");
}

constexpr std::string_view kTip = "2-QmVQah4qKqH5qSe2RxEnMcMxVDL1cvb4XwUixNngeEAg14";
constexpr std::string_view kOfScid = "QmbGByHk3idQYHk39xmYh6HZEKBcSGHEqa7Yv9u81goZ2e";
const std::string kZeros = concat("\"sha256:", std::string(64, '0'), "\"");

}  // namespace

TEST_CASE("the verdict of the page states its question and its row") {
  const auto stated = StatedVerdict::parse(page_verdict());
  REQUIRE_OK(stated);
  CHECK(stated->text == page_verdict());
  CHECK(digest_text(stated->policy) ==
        "sha256:14e8df8cb87938688ced88b47cd2586d62278dfcb7296d64b91168b493af3b1b");
  CHECK(stated->outcome == "not-valid");
  CHECK(stated->subject == "SUBJECT_NAMED_ONLY");
  CHECK_FALSE(stated->stapled);
  REQUIRE(stated->rows.size() == 1);
  const StatedRow& row = stated->rows[0];
  CHECK(row.issuer == "did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX");
  CHECK(row.tree.size == 2);
  CHECK(row.time->to_string() == "2026-11-22T13:10:00Z");
  CHECK_FALSE(row.tip);
}

TEST_CASE("every place of a row is read") {
  const auto stated = StatedVerdict::parse(page_verdict_with_rows(
      concat("[[\"demo.example/", kOfScid, "/2\",\"", kTip, "\",4,", kZeros,
             ",\"2026-11-22T13:10:00Z\",[],true,[\"18446744073709551615\",null,null],[", kZeros, "]],[\"",
             kOfScid, "\",\"", kTip, "\",0,null,null,[],null,null,[]]]")));
  REQUIRE_OK(stated);
  REQUIRE(stated->rows.size() == 2);
  const StatedRow& row = stated->rows[0];
  CHECK(row.issuer == kOfScid);
  CHECK(row.tip->text() == kTip);
  CHECK(row.contradicted);
  CHECK(row.pending->size == 18446744073709551615u);
  CHECK_FALSE(row.pending->root);
  CHECK(row.missing.size() == 1);
  CHECK(row.name() == concat("the feed demo.example/", kOfScid, "/2 at size 4"));
  CHECK_FALSE(stated->rows[1].origin);
  CHECK(stated->rows[1].issuer == kOfScid);
  CHECK(stated->rows[1].name() == concat("the history of ", kOfScid, " without a feed"));
}

TEST_CASE("rows that are none are refused") {
  const std::string head = concat(",2,", kZeros, ",\"2026-11-22T13:10:00Z\",[],null,");
  const std::string feed = "test/z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX/1";
  for (const std::string& row : {
           std::string("{}"),
           concat("[\"", feed, "\",null", head, "null]"),
           concat("[\"", feed, "\",\"", kTip, "\"", head, "null,[]]"),
           concat("[\"", feed, "\",\"x\"", head, "null,[]]"),
           concat("[\"", feed, "\",null", head, "[1],[]]"),
           concat("[\"", feed, "\",null", head, "[1,null,\"2026-11-22T13:10:00Z\"],[]]"),
           concat("[\"", feed, "\",null", head, "null,[7]]"),
           concat("[\"", feed, "\",null,-2,", kZeros, ",\"2026-11-22T13:10:00Z\",[],null,null,[]]"),
           concat("[\"test/", kOfScid, "/1\",null", head, "null,[]]"),
           concat("[\"", kOfScid, "\",null,0,null,null,[],null,null,[]]"),
           concat("[\"", kOfScid, "\",\"", kTip, "\"", head, "null,[]]"),
       }) {
    CAPTURE(row);
    CHECK_CODE(StatedVerdict::parse(page_verdict_with_rows(concat("[", row, "]"))), codes::VERDICT_MALFORMED);
  }
}

TEST_CASE("differing members are named by their place, on either side") {
  const auto found =
      differences(R"({"a":[1,{"b/c":2}],"d":3,"e":4})", R"({"a":[1,{"b/c":5},6],"e":4,"f":7})");
  REQUIRE(found.size() == 4);
  CHECK(found[0].member == "/a/1/b~1c");
  CHECK(found[0].stated == "2");
  CHECK(found[0].replayed == "5");
  CHECK(found[1].member == "/a/2");
  CHECK(found[1].stated.empty());
  CHECK(found[2].member == "/d");
  CHECK(found[2].replayed.empty());
  CHECK(found[3].member == "/f");
  std::string many = "[";
  for (int i = 0; i < 40; ++i) many += concat(i > 0 ? "," : "", i);
  CHECK(differences(many + "]", "[]").size() == kDifferencesMax);
}

TEST_CASE("every code of evidence is in the pages") {
  std::string pages;
  for (const char* page : {"replay.md", "evidence.md", "verdict.md"})
    pages += test::read_file(test::source_dir() / "protocol" / "spec" / page);
#define VCNODE_CODE(name, sentence) CHECK(pages.find("`" #name "`") != std::string::npos);
#include "protocol/evidence/codes.def"
#undef VCNODE_CODE
}

}  // namespace vcnode::evidence
