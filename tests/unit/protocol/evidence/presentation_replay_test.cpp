// The verdict of a presentation made again: from the presentation, the challenge, and what is missing of
// them.
#include <nlohmann/json.hpp>

#include "protocol/evidence/codes.h"
#include "protocol/evidence/replay.h"
#include "tests/support/check.h"
#include "tests/unit/protocol/verify/presenting.h"

namespace vcnode::evidence::presentation_tests {

using namespace verify::world;
using Json = nlohmann::json;
using verify::HolderQuestion;

// Of an issuer of whose feed nothing is held: no row, so that nothing but the presentation is needed.
std::string verdict_of(const std::string& presentation, const HolderQuestion& asked = kAsked,
                       const char* typed = nullptr) {
  std::optional<verify::StatedPerson> person;
  if (typed != nullptr) person = verify::StatedPerson::read({std::string(typed), {}, {}}).value();
  return verify::verify_presentation(presentation, asked, verify::SnapshotView(), trusting(one_issuer()),
                                     kNow, person ? &*person : nullptr)
      .value()
      .to_jcs();
}

struct Remade {
  StatedAnswer stated;
  std::string presentation = good_presentation();
  HolderQuestion asked = kAsked;
  verify::Policy policy = trusting(one_issuer());

  explicit Remade(const std::string& verdict) : stated(StatedAnswer::parse(verdict).value()) {}
  [[nodiscard]] Result<PresentationReplay> replay() const {
    return replay_presentation(stated, presentation, asked, policy, Bundle(), kNow.plus_seconds(86'400));
  }
};

void check_same(const Remade& one) {
  const auto replay = one.replay();
  REQUIRE_OK(replay);
  CAPTURE(replay->why ? replay->why->message : "");
  CHECK(name_of(replay->result) == "same");
  CHECK(replay->differences.empty());
}

void check_not(const Remade& one, std::string_view result, Code code, std::string_view part) {
  const auto replay = one.replay();
  REQUIRE_OK(replay);
  CHECK(name_of(replay->result) == result);
  REQUIRE(replay->why);
  CHECK_CODE_NAMES(Result<void>(Failure{*replay->why}), code, part);
}

std::string changed(std::string text, std::string_view part, std::string_view other) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), other);
}

TEST_CASE("the presentation and the challenge give the same bytes, and the holder is judged again") {
  const std::string verdict = verdict_of(good_presentation());
  REQUIRE(verdict.find("SUBJECT_KEY_BOUND") != std::string::npos);
  const Remade one(verdict);
  check_same(one);
  CHECK_FALSE(one.replay()->verdicts.at(0).subject_recorded);
  check_same(Remade(concat(R"({"verdict":)", verdict, R"(,"headline":"x"})")));
}

TEST_CASE("several credentials, of which one is about somebody else") {
  const auto text = presented_by(drafted({certificate(), certificate(eve().did().text()), certificate("")}),
                                 ana(), answer_options(ana()));
  Remade one(verdict_of(text));
  one.presentation = text;
  check_same(one);
  one.presentation = good_presentation();
  CHECK_CODE_NAMES(one.replay(), codes::REPLAY_CREDENTIAL_DIFFERS, "3");
}

TEST_CASE("a challenge that is not given is what is missing, and another one tells nothing") {
  Remade one(verdict_of(good_presentation()));
  one.asked = {};
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, "the challenge and the domain");
  one.asked = {challenge_of(kNow.plus_seconds(-60)), kDesk, {}};
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, "are others");
  one.asked = {challenge_of(), "bank.example", {}};
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, "are others");
}

TEST_CASE("refused answers are replayed too, each with the challenge that its verifier stated") {
  const HolderQuestion other{"another", kDesk, {}};
  Remade differs(verdict_of(good_presentation(), other));
  REQUIRE(differs.stated.text.find("CHALLENGE_DIFFERS") != std::string::npos);
  differs.asked = other;
  check_same(differs);
  differs.asked = kAsked;
  check_not(differs, "cannot-replay", codes::CANNOT_REPLAY, "are others");

  HolderQuestion again = kAsked;
  again.is_first = [](std::string_view) -> Result<bool> { return false; };
  const Remade used(verdict_of(good_presentation(), again));
  REQUIRE(used.stated.text.find("CHALLENGE_USED") != std::string::npos);
  check_same(used);

  const Remade unasked(verdict_of(good_presentation(), {}));
  REQUIRE(unasked.stated.text.find("CHALLENGE_NOT_STATED") != std::string::npos);
  check_same(unasked);

  Json altered = Json::parse(good_presentation());
  altered["holder"] = eve().did().text();
  Remade broken(verdict_of(altered.dump()));
  broken.presentation = altered.dump();
  check_same(broken);
  broken.asked = {};
  check_same(broken);

  Remade malformed(verdict_of("{}"));
  malformed.presentation = "{}";
  check_same(malformed);
}

TEST_CASE("what was typed besides is taken as it stands, but no more than the holder allows") {
  const Remade differs(verdict_of(good_presentation(), kAsked, "Ana Andromeda"));
  REQUIRE(differs.stated.text.find("SUBJECT_NAME_DIFFERS") != std::string::npos);
  check_same(differs);
  const Remade unasked(verdict_of(good_presentation(), {}, "Maria Example"));
  REQUIRE(unasked.stated.text.find("SUBJECT_NAME_MATCHED") != std::string::npos);
  check_same(unasked);
  // Typed names cannot make good what the holder did not show.
  const auto foreign = presented_by(drafted({certificate(eve().did().text())}), ana(), answer_options(ana()));
  Remade claimed(changed(verdict_of(foreign), R"("SUBJECT_NOT_HOLDER","evidence":[],"result":"fail")",
                         R"("SUBJECT_MATCHED","evidence":[],"result":"pass")"));
  claimed.presentation = foreign;
  check_not(claimed, "differs", codes::REPLAY_DIFFERS, "credential 1: ");
}

TEST_CASE("a verdict that says more of the holder than the presentation shows is another verdict") {
  const std::string verdict = verdict_of(good_presentation());
  Json altered = Json::parse(good_presentation());
  altered["holder"] = eve().did().text();
  Remade forged(verdict);
  forged.presentation = altered.dump();
  check_not(forged, "differs", codes::REPLAY_DIFFERS, "/holder/1");
  const Remade claimed(changed(verdict_of(good_presentation(), {}),
                               R"("CHALLENGE_NOT_STATED","result":"warn")",
                               R"("CHALLENGE_ANSWERED","result":"pass")"));
  check_not(claimed, "differs", codes::REPLAY_DIFFERS, "credential 1: ");
  Remade other_policy(verdict);
  other_policy.policy = verify::Policy();
  CHECK_CODE(other_policy.replay(), codes::REPLAY_POLICY_DIFFERS);
}

TEST_CASE("the keys of a holder with a history are in no row") {
  auto document = drafted({certificate()});
  const std::string did = "did:webvh:QmbGByHk3idQYHk39xmYh6HZEKBcSGHEqa7Yv9u81goZ2e:ana.example";
  document["holder"] = did;
  auto options = answer_options(ana());
  options.verification_method = did + "#login";
  const auto text = presented_by(document, ana(), options);
  Remade one(verdict_of(good_presentation()));
  one.presentation = text;
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, "whose history is in no row");
  Remade unknown(verdict_of(text));
  unknown.presentation = text;
  check_same(unknown);
}

TEST_CASE("what is no verdict of a presentation is refused") {
  const std::string verdict = verdict_of(good_presentation());
  const auto refused = [](const std::string& text, std::string_view part) {
    CHECK_CODE_NAMES(StatedAnswer::parse(text), codes::VERDICT_MALFORMED, part);
  };
  refused(R"({"holder":7,"verdicts":[]})", "arrays");
  refused(R"({"holder":[],"verdicts":{}})", "arrays");
  refused(changed(verdict, R"({"holder":)", R"({"also":1,"holder":)"), "{holder, verdicts}");
  Json many = Json::parse(verdict);
  for (int i = 0; i < 32; ++i) many["verdicts"].push_back(many["verdicts"][0]);
  refused(many.dump(), "32");
  Json two = Json::parse(verdict);
  two["verdicts"].push_back(two["verdicts"][0]);
  two["verdicts"][1]["at"] = "2020-01-01T00:00:00Z";
  refused(two.dump(), "different times");
  CHECK_CODE_NAMES(StatedVerdict::parse(verdict), codes::VERDICT_MALFORMED, "of a presentation");
}

}  // namespace vcnode::evidence::presentation_tests
