// The officer's file note.
#include "protocol/recognition/report.h"

#include <nlohmann/json.hpp>

#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

nlohmann::json note_of(const RecognitionWorld& world, const facts::Facts& facts, std::string_view subject) {
  const auto answer = judged(world, anchored("qa"), {.facts = facts});
  const std::string issuer = body_did("uni");
  const recognition::Query query{facts, issuer, {kAwarded, std::nullopt}, kJudgedAt};
  return officer_report(answer, query, {"valid", "", std::string(subject)});
}

TEST_CASE("seven criteria, each with value, source, date and strength") {
  RecognitionWorld world;
  const auto accreditation = world.accredit("qa", "uni");
  facts::Facts facts = micro_credential();
  facts.elements[8].state = facts::ElementState::absent;
  facts.elements[8].value = "null";
  const auto note = note_of(world, facts, "matched");
  REQUIRE(note["criteria"].size() == 7);
  std::vector<std::string> strengths;
  for (const auto& line : note["criteria"]) {
    for (const char* member : {"criterion", "value", "source", "date", "strength"})
      CHECK(line.contains(member));
    strengths.push_back(line["strength"]);
  }
  CHECK(strengths ==
        std::vector<std::string>{"proven", "proven", "vouched", "vouched", "vouched", "absent", "proven"});
  CHECK(note["criteria"][0]["value"] == "accredited by did:web:qa.example");
  CHECK(note["issuer"]["outcome"] == "recognised");
  CHECK(note["issuer"]["codes"][0]["code"] == "RECOGNISED");
  CHECK(note["note"].get<std::string>().starts_with("Not a legal decision"));
}

TEST_CASE("the note names the issuer, whose word its names are, and who vouches for it") {
  RecognitionWorld world;
  world.accredit("qa", "uni");
  world.say("union", "uni", statement::Endorsement{"workers-organisation", "relevant", {}, {}});
  recognition::Policy policy = anchored("qa");
  policy.endorsements_from = {Did::parse(body_did("union")).value()};
  policy.endorsements_at_least = 1;
  const facts::Facts facts = micro_credential();
  const auto answer = judged(world, policy, {.facts = facts});
  const std::string issuer = body_did("uni");
  const auto note =
      officer_report(answer, {facts, issuer, {kAwarded, std::nullopt}, kJudgedAt},
                     {"valid", "", "unknown", issuer, {{"Uni", std::nullopt}, {"Uni of X", body_did("qa")}}});
  const auto& standing = note["issuer"];
  CHECK(standing["did"] == issuer);
  CHECK(standing["endorsedBy"] == nlohmann::json::array({body_did("union")}));
  CHECK(standing["names"][0]["confirmedBy"].is_null());
  CHECK(standing["names"][1]["confirmedBy"] == body_did("qa"));
  CHECK_FALSE(standing["proven"].get<bool>());
  CHECK(standing["on"] == kAwarded.to_string());
  CHECK(standing["awarded"] == kAwarded.to_string());
}

TEST_CASE("without a chain everything is only stated") {
  RecognitionWorld world;
  world.body("qa");
  const auto note = note_of(world, micro_credential(), "named-only");
  CHECK(note["criteria"][0]["strength"] == "stated");
  CHECK(note["criteria"][3]["strength"] == "stated");
  CHECK(note["criteria"][6]["strength"] == "stated");
  CHECK(note["issuer"]["effect"].is_null());
}

}  // namespace
}  // namespace vcnode::test
