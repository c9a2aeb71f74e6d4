// What a well-formed policy asks for and can never get.
#include "protocol/recognition/examine.h"

#include "tests/support/shared_data.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

constexpr std::string_view kKey = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG";
constexpr std::string_view kScid = "QmZ43waq3uJrkdYU3ZuHyG19QgHeuZYGWx5U7c88c2KiUq";
// Two witnesses of protocol/spec/witness.md.
constexpr std::string_view kTwoWitnesses =
    "witness a witness.ministry.example+01aaa35b+BNBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3\\n"
    "witness b witness.university.example+9493eae3+BCBAQONkwQ8r7Jwf5QChzUwkfInWUKAe1+gsq6hnh3wh\\n";

std::vector<recognition::Note> examined(std::string_view text) {
  const auto policy = recognition::Policy::parse(text);
  REQUIRE_OK(policy);
  return recognition::examine(*policy);
}

bool warns(const std::vector<recognition::Note>& notes, Code code, std::string_view part) {
  return std::any_of(notes.begin(), notes.end(), [&](const recognition::Note& note) {
    return note.sentence.find(part) != std::string::npos && same_code(note.code, code);
  });
}

std::string with_anchor(std::string_view members, std::string_view of_anchor = "") {
  return concat(R"({"anchors":[{"id":")", kKey, R"(")", of_anchor, "}]", members.empty() ? "" : ",", members,
                "}");
}

TEST_CASE("a policy that can be met has nothing said against it") {
  CHECK(examined("{}").empty());
  CHECK(examined(with_anchor("")).empty());
  CHECK(examined(with_anchor(concat(R"("referencingFrom":[")", kKey, R"("])"),
                             R"(,"for":{"eqf":{"min":5,"max":6}})"))
            .empty());
  CHECK(examined(with_anchor(concat(R"("time":{"issueTime":"proven"},"witnesses":")", kTwoWitnesses,
                                    R"(group g all a b\nquorum g\n")")))
            .empty());
}

TEST_CASE("whoever has no feed can say nothing that is held") {
  for (const std::string_view member : {"referencingFrom", "observers"})
    CHECK(warns(examined(with_anchor(concat("\"", member, R"(":["did:web:a.example"])"))),
                codes::POLICY_NEVER_MET, concat(member, ": did:web:a.example")));
  CHECK(warns(
      examined(R"({"anchors":[{"id":"did:web:a.example"},{"id":"did:web:a.example","maxDelegation":0}]})"),
      codes::POLICY_NEVER_MET, "anchors: did:web:a.example"));
  CHECK(warns(examined(with_anchor(R"("endorsement":{"atLeast":1,"from":["did:web:a.example"]})")),
              codes::POLICY_NEVER_MET, "endorsement.from"));
}

TEST_CASE("levels that limit and that nobody translates") {
  CHECK(warns(examined(with_anchor("", R"(,"for":{"eqf":{"min":5,"max":6}})")),
              codes::POLICY_LEVELS_UNTRANSLATED, "referencingFrom names nobody"));
}

TEST_CASE("two DIDs of one body do not vouch twice, nor see twice") {
  const std::string twice =
      concat(R"(["did:webvh:)", kScid, R"(:a.example","did:webvh:)", kScid, R"(:b.example"])");
  CHECK(warns(examined(with_anchor(concat(R"("endorsement":{"atLeast":2,"from":)", twice, "}"))),
              codes::POLICY_NEVER_MET, "1 bodies"));
  CHECK(warns(examined(concat(R"({"observerQuorum":2,"observers":)", twice, "}")), codes::POLICY_NEVER_MET,
              "observerQuorum"));
}

TEST_CASE("a proven time that nobody could prove") {
  const std::string_view proven = R"("time":{"issueTime":"proven"})";
  CHECK(warns(examined(with_anchor(proven)), codes::POLICY_NEVER_MET, "time.issueTime"));
  CHECK(warns(examined(with_anchor(concat(proven, R"(,"witnesses":"quorum none\n")"))),
              codes::POLICY_NEVER_MET, "time.issueTime"));
}

TEST_CASE("a quorum that two contradicting histories both reach without a lie") {
  const auto split = concat(R"({"witnesses":")", kTwoWitnesses, R"(group g any a b\nquorum g\n"})");
  CHECK(warns(examined(split), codes::POLICY_QUORUM_SPLITS, "2"));
}

TEST_CASE("what is written and changes nothing") {
  CHECK(warns(examined(R"({"witnesses":"quorum none\n"})"), codes::POLICY_NO_EFFECT, "quorum none"));
  CHECK(warns(examined(R"({"observerQuorum":2})"), codes::POLICY_NO_EFFECT, "observers is empty"));
  CHECK(warns(examined(with_anchor(concat(R"("endorsement":{"from":[")", kKey, R"("]})"))),
              codes::POLICY_NO_EFFECT, "atLeast is 0"));
}

TEST_CASE("the samples can be met") {
  for (const char* name : {"employer", "recognition-centre", "university-admission"}) {
    CAPTURE(name);
    const auto path = source_dir() / "protocol" / "spec" / "policies" / concat(name, ".json");
    const auto notes = examined(read_file(path));
    for (const auto& note : notes) FAIL_CHECK(note.sentence);
  }
}

}  // namespace
}  // namespace vcnode::test
