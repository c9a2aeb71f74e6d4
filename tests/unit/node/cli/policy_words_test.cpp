// A policy in plain sentences.
#include "node/cli/policy_words.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/check.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

namespace vcnode::test {

namespace {

recognition::Policy policy_reading(std::string_view text) {
  auto policy = recognition::Policy::parse(text);
  REQUIRE_OK(policy);
  return *std::move(policy);
}

bool has_sentence(const recognition::Policy& policy, std::string_view part) {
  const auto sentences = cli::meaning_of(policy);
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const std::string& one) { return one.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("a scope in words names every limit, and none is everything") {
  CHECK(cli::scope_in_words({}) == "everything");
  statement::Scope scope;
  scope.countries = {"EE", "LT", "LV"};
  scope.eqf = statement::Interval{5, 8};
  scope.isced = {"06"};
  scope.types = {"Degree", "MicroCredential"};
  scope.settings = {"formal"};
  scope.max_ects = 60;
  scope.from = Timestamp(0);
  CHECK(cli::scope_in_words(scope) ==
        "credentials of EE, LT and LV, EQF 5 to 8, fields 06 (ISCED-F), of type Degree or MicroCredential, "
        "formal "
        "learning, at most 60 ECTS, issued from 1970-01-01T00:00:00Z");
  scope = {};
  scope.eqf = statement::Interval{6, 6};
  scope.max_ects = 7.5;
  CHECK(cli::scope_in_words(scope) == "EQF 6, at most 7.5 ECTS");
}

TEST_CASE("whoever believes nobody is told so") {
  CHECK(has_sentence(policy_reading("{}"), "believes nobody"));
  CHECK(has_sentence(policy_reading(R"({"trust":["did:web:a.example"]})"), "names no anchors"));
  CHECK(has_sentence(policy_reading(R"({"trust":["did:web:a.example"]})"),
                     "confirms by name the issuers did:web:a.example"));
}

TEST_CASE("the samples say whom they believe and what they ask for") {
  const auto sample = [](const char* name) {
    return policy_reading(read_file(source_dir() / "protocol" / "spec" / "policies" / concat(name, ".json")));
  };
  const auto employer = sample("employer");
  CHECK(has_sentence(employer, "for everything; at most 1 recognition and 2 delegations in a row"));
  CHECK(has_sentence(employer,
                     "the elements 2 (title), 4 (awarding body), 5 (date) and 6 (learning outcomes)"));
  CHECK(has_sentence(employer, "at least 1 of these vouch for it"));
  CHECK(has_sentence(employer, "asks no witnesses"));
  CHECK(cli::quorum_json(employer).is_null());
  const auto centre = sample("recognition-centre");
  CHECK(has_sentence(centre, "for credentials of LV; at most 0 recognitions"));
  CHECK(has_sentence(centre, "asks for a proven time of issue"));
  CHECK(has_sentence(centre,
                     "a quorum of 3 witnesses cosigned; 1 of them may be away, and 1 would have to lie"));
  CHECK(has_sentence(centre, "warns of a newest word that is 2 days old, and cannot tell beyond 7 days"));
  CHECK(cli::quorum_json(centre) ==
        nlohmann::json({{"witnesses", 3}, {"absentMax", 1}, {"liarsForTwoBranches", 1}}));
  CHECK(has_sentence(sample("university-admission"), "whose decision is positive, of standing obligatory"));
}

TEST_CASE("what changes an answer and is not the default is said") {
  const auto policy = policy_reading(
      R"({"anchors":[{"id":"did:web:a.example"}],"oneSidedAgreements":true,"onUnknown":"not-established",
          "observers":["did:web:b.example"],"headAgeWarnSeconds":7200,"headAgeMaxSeconds":7201})");
  for (const std::string_view part :
       {"only one side has signed", "cannot be told for not established",
        "seen of issuers without a node by 1 of", "translates no national levels",
        "2 hours old, and cannot tell beyond 7201 seconds"}) {
    CAPTURE(part);
    CHECK(has_sentence(policy, part));
  }
}

}  // namespace vcnode::test
