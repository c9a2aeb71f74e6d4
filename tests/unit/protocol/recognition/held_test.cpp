// What is not held: neither good news nor bad news.
#include "tests/unit/protocol/recognition/answers.h"

namespace vcnode::test {
namespace {

RecognitionWorld border() {
  RecognitionWorld world;
  world.recognise("lv", "ee");
  world.accredit("ee", "uni");
  return world;
}

TEST_CASE("an anchor that is not held makes the answer unknown") {
  RecognitionWorld world = border();
  world.forget("lv");
  const auto answer = judged(world, anchored("lv"));
  CHECK_ANSWER(answer, cannot_tell, AUTHORITY_NOT_HELD);
  CHECK(std::find(answer.authorities_read.begin(), answer.authorities_read.end(), body_did("lv")) !=
        answer.authorities_read.end());
}

TEST_CASE("a body that is not held matters only where it could speak about the credential") {
  RecognitionWorld world;
  statement::Scope elsewhere;
  elsewhere.countries = {"FI"};
  world.recognise("lv", "fi", "presumption", elsewhere);
  world.body("uni");
  CHECK_ANSWER(judged(world, anchored("lv")), not_established, NO_CHAIN);
  world.recognise("lv", "ee");
  CHECK_ANSWER(judged(world, anchored("lv")), cannot_tell, AUTHORITY_NOT_HELD);
}

TEST_CASE("a missing statement could be a withdrawal") {
  RecognitionWorld world = border();
  world.body("ee").missing = 1;
  const auto answer = judged(world, anchored("lv"));
  CHECK_ANSWER(answer, cannot_tell, STATEMENTS_MISSING);
  CHECK(answer.chain.size() == 2);
  CHECK(answer.effect.empty());
}

TEST_CASE("a missing statement could also be an accreditation") {
  RecognitionWorld world = border();
  world.body("ee").missing = 1;
  CHECK_ANSWER(judged(world, anchored("lv"), {.issuer = "college"}), cannot_tell, STATEMENTS_MISSING);
}

TEST_CASE("a body that told two stories, or whose newest word has not arrived, is not relied on") {
  RecognitionWorld world = border();
  world.body("lv").contradicted = true;
  CHECK_ANSWER(judged(world, anchored("lv")), cannot_tell, EQUIVOCATION_SEEN);
  world.body("lv").contradicted = false;
  world.body("ee").newer_known = true;
  CHECK_ANSWER(judged(world, anchored("lv")), cannot_tell, NEWER_HEAD_UNAVAILABLE);
}

TEST_CASE("an old head warns, and beyond the policy's limit nothing can be told") {
  RecognitionWorld world = border();
  world.body("ee").head_time = kJudgedAt.plus_seconds(-49 * 3600);
  const auto answer = judged(world, anchored("lv"));
  CHECK_ANSWER(answer, recognised, HEAD_OLD);
  CHECK(answer.ages.back().seconds == 49 * 3600);
  auto strict = anchored("lv");
  strict.head_age_max_seconds = 48 * 3600;
  CHECK_ANSWER(judged(world, strict), cannot_tell, HEAD_OLD);
  CHECK_ANSWER(judged(world, strict, {.issuer = "college"}), cannot_tell, HEAD_OLD);
  world.body("ee").head_time.reset();  // closed for good: it does not age
  CHECK_ANSWER(judged(world, strict), recognised, RECOGNISED);
}

TEST_CASE("of two chains the one that is known wins") {
  RecognitionWorld world = border();
  world.body("ee").missing = 1;
  world.recognise("lv", "fi", "employer-accepted");
  world.accredit("fi", "uni");
  const auto answer = judged(world, anchored("lv"));
  CHECK_ANSWER(answer, recognised, RECOGNISED);
  CHECK(answer.effect == "employer-accepted");
}

TEST_CASE("a policy may take unknown for no, and the reason stays") {
  RecognitionWorld world = border();
  world.body("ee").missing = 1;
  auto strict = anchored("lv");
  strict.unknown_is_no = true;
  const auto answer = judged(world, strict);
  CHECK_ANSWER(answer, not_established, STATEMENTS_MISSING);
  CHECK(answer.chain.empty());
}

}  // namespace
}  // namespace vcnode::test
