// The worked examples of the specification pages.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "tests/support/spec_page.h"
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

TEST_CASE("the policy of the page is one, and its canonical text and digest are those of the page") {
  const auto policy = recognition::Policy::parse(spec_example("policy.md", "policy"));
  REQUIRE_OK(policy);
  CHECK(policy->canonical() == spec_example("policy.md", "canonical"));
  CHECK(concat("sha256:", hex_encode(policy->digest().view())) == spec_example("policy.md", "digest"));
}

// lv's centre recognises ee, ee delegates to qa, qa accredits uni and withdraws it later.
TEST_CASE("the answers of the page are those of its world") {
  RecognitionWorld world;
  world.recognise("centre", "ee", "level-automatic");
  world.delegate("ee", "qa");
  statement::Scope scope;
  scope.eqf = {5, 7};
  const auto accreditation = world.accredit("qa", "uni", scope);
  std::string answers;
  const auto say = [&](recognition::IssueTime when, const facts::Facts& facts) {
    const auto answer = judged(world, anchored("centre"), {.facts = facts, .when = when});
    answers += concat(name_of(answer.outcome), " ", answer.code().slug(), "\n");
  };
  facts::Facts facts = micro_credential();
  say({kAwarded, std::nullopt}, facts);
  facts.eqf = 8;
  say({kAwarded, std::nullopt}, facts);
  facts.eqf.reset();
  say({kAwarded, std::nullopt}, facts);
  world.withdraw(accreditation, statement::Ending::ends, year(2026));
  facts.eqf = 6;
  say({kAwarded, std::nullopt}, facts);
  say({kAwarded, kAwarded}, facts);
  answers.pop_back();
  CHECK(answers == spec_example("recognition.md", "answers"));
}

}  // namespace
}  // namespace vcnode::test
