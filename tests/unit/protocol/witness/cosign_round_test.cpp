// One checkpoint on its way past witnesses that answer, lie, are slow or are away.
#include "protocol/witness/cosign_round.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/cosigner.h"
#include "tests/unit/protocol/witness/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using witness::CosignRound;
using State = witness::CosignRound::State;

namespace {

constexpr std::int64_t kDeadlineMs = 10'000;
constexpr Timestamp kRoundWall(1'800'000'000);
const Error kAway{codes::WITNESS_ANSWER, "nobody answers"};

// Three witnesses of whom two are enough, and a log of nine entries.
struct Asking {
  TestLog log{9};
  std::vector<NamedKey> keys = witnesses(3);
  witness::WitnessPolicy policy =
      witness::WitnessPolicy::parse(concat(witness_line(keys[0]), witness_line(keys[1]),
                                           witness_line(keys[2]), "group g 2 w1 w2 w3\nquorum g\n"))
          .value();
  CosignRound round = CosignRound::of(policy, log.checkpoint(9), {0, 0, 0}, 0, kDeadlineMs).value();

  void cosign(std::size_t who, std::int64_t now_ms, std::int64_t time = kRoundWall.seconds()) {
    round.answered(who, {200, "text/plain", log.cosigned(9, keys[who], time)}, now_ms, kRoundWall);
  }
  void answer(std::size_t who, unsigned status, std::string_view body = {}, std::string_view type = {},
              std::int64_t now_ms = 1) {
    round.answered(who, {status, type, body}, now_ms, kRoundWall);
  }
  void ask_all() { REQUIRE(round.due(0).size() == 3); }
  // Whether the witness is not asked again, for this reason.
  void refused(std::size_t who, Code code, std::string_view part) {
    CHECK_FALSE(round.has_cosigned(who));
    REQUIRE(round.why_not(who));
    CHECK_CODE_NAMES(Result<void>(Failure{*round.why_not(who)}), code, part);
    for (const auto& ask : round.due(kDeadlineMs - 1)) CHECK(ask.witness != who);
  }
};

}  // namespace

TEST_CASE("a quorum is reached when enough have cosigned, and the others get a moment") {
  Asking asking;
  asking.ask_all();
  CHECK(asking.round.due(0).empty());
  asking.cosign(0, 10);
  CHECK(asking.round.state(10) == State::asking);
  asking.cosign(2, 20);
  CHECK(asking.round.state(20) == State::asking);
  CHECK(asking.round.wake_ms() == 20 + witness::kStragglersMs);
  CHECK(asking.round.state(20 + witness::kStragglersMs) == State::reached);
  asking.cosign(1, 30);
  CHECK(asking.round.state(30) == State::reached);
  const auto note = feed::Note::parse(asking.round.checkpoint()).value();
  CHECK(asking.policy.judge(note).cosignatures.size() == 3);
  REQUIRE_OK(feed::verify_signature(note, asking.log.key.log_key()));
  CHECK(asking.round.sizes() == std::vector<std::uint64_t>{9, 9, 9});
}

TEST_CASE("with one witness away the quorum is reached all the same") {
  Asking asking;
  asking.ask_all();
  asking.cosign(0, 1);
  asking.round.failed(1, kAway, 2);
  asking.cosign(2, 3);
  CHECK(asking.round.state(3 + witness::kStragglersMs) == State::reached);
  CHECK(asking.policy.judge(feed::Note::parse(asking.round.checkpoint()).value()).quorum);
}

TEST_CASE(
    "who is away is asked again with doubling pauses, until the deadline says that the quorum is missed") {
  Asking asking;
  asking.ask_all();
  asking.cosign(0, 1);
  asking.round.failed(1, kAway, 100);
  asking.answer(2, 503, {}, {}, 100);
  CHECK(asking.round.wake_ms() == 100 + witness::kAskPauseMs);
  CHECK(asking.round.due(100 + witness::kAskPauseMs - 1).empty());
  CHECK(asking.round.due(100 + witness::kAskPauseMs).size() == 2);
  asking.round.failed(1, kAway, 1'000);
  asking.answer(2, 404, {}, {}, 1'000);
  CHECK(asking.round.wake_ms() == 1'000 + 2 * witness::kAskPauseMs);
  CHECK(asking.round.state(kDeadlineMs - 1) == State::asking);
  CHECK(asking.round.state(kDeadlineMs) == State::missed);
  CHECK(asking.round.due(kDeadlineMs).empty());
  for (const char* part : {"1 of 3", "w2: nobody answers [WITNESS_ANSWER]", "w3: it answers with status 404"})
    CHECK_CODE_NAMES(Result<void>(Failure{asking.round.missed()}), codes::WITNESS_QUORUM_MISSED, part);
}

TEST_CASE("nobody is asked for ever") {
  Asking asking;
  std::int64_t now = 0;
  int asks = 0;
  for (; asking.round.state(now) == State::asking; now = asking.round.wake_ms()) {
    REQUIRE(now < kDeadlineMs);
    for (const auto& ask : asking.round.due(now)) {
      asks += ask.witness == 0 ? 1 : 0;
      if (ask.witness == 0)  // always another size than the one that is named
        asking.answer(0, 409, ask.old_size == 3 ? "4\n" : "3\n", witness::kSizeType, now);
      else
        asking.answer(ask.witness, 403, {}, {}, now);
    }
  }
  CHECK(asks == witness::kAsksMax);
  CHECK(asking.round.state(now) == State::missed);
}

TEST_CASE("a witness that cosigned another size is asked from there, at once") {
  Asking asking;
  asking.ask_all();
  asking.answer(0, 409, "4\n", "text/x.tlog.size; charset=utf-8", 7);
  const auto again = asking.round.due(7);
  REQUIRE(again.size() == 1);
  CHECK(again[0].witness == 0);
  CHECK(again[0].old_size == 4);
  asking.cosign(0, 8);
  CHECK(asking.round.has_cosigned(0));
  SUBCASE("a size beyond this checkpoint ends it") {
    asking.answer(1, 409, "10\n", witness::kSizeType);
    asking.refused(1, codes::WITNESS_SIZE_CONFLICT, "beyond the 9");
  }
  SUBCASE("what is no size ends it") {
    asking.answer(1, 409, "many", witness::kSizeType);
    asking.refused(1, codes::WITNESS_ANSWER, "no plain number");
  }
  SUBCASE("what is remembered of another run of the log is not believed") {
    auto round = CosignRound::of(asking.policy, asking.log.checkpoint(5), {9, 5, 0}, 0, kDeadlineMs).value();
    const auto asks = round.due(0);
    CHECK(asks.at(0).old_size == 0);
    CHECK(asks.at(1).old_size == 5);
  }
}

TEST_CASE("a witness that lies is not asked again, and its word is not kept") {
  Asking asking;
  asking.ask_all();
  SUBCASE("another checkpoint") {
    asking.answer(0, 200, asking.log.cosigned(8, asking.keys[0], kRoundWall.seconds()));
    asking.refused(0, codes::NOTE_SIGNATURE, "w1");
  }
  SUBCASE("somebody else's word") {
    asking.answer(0, 200, asking.log.cosigned(9, asking.keys[1], kRoundWall.seconds()));
    asking.refused(0, codes::NOTE_UNSIGNED, "no line");
  }
  SUBCASE("no note at all") {
    asking.answer(0, 200, "<html>");
    asking.refused(0, codes::NOTE_MALFORMED, "");
  }
  SUBCASE("a time long ago") {
    asking.cosign(0, 1, kRoundWall.seconds() - witness::kClockSecondsMax - 1);
    asking.refused(0, codes::WITNESS_ANSWER, "301 seconds");
  }
  SUBCASE("a time to come") {
    asking.cosign(0, 1, kRoundWall.seconds() + witness::kClockSecondsMax + 1);
    asking.refused(0, codes::WITNESS_ANSWER, "301 seconds");
  }
  SUBCASE("another root at this size") {
    asking.answer(0, 409, "{}", "application/problem+json");
    asking.refused(0, codes::WITNESS_ROOT_CONFLICT, "409");
  }
  SUBCASE("a proof that it says does not lead there") {
    asking.answer(0, 422);
    asking.refused(0, codes::MERKLE_PROOF_INVALID, "422");
  }
  SUBCASE("a log that it says did not sign") {
    asking.answer(0, 403);
    asking.refused(0, codes::NOTE_SIGNATURE, "403");
  }
  SUBCASE("a redirection") {
    asking.answer(0, 307);
    asking.refused(0, codes::WITNESS_ANSWER, "307");
  }
  CHECK(asking.round.checkpoint() == asking.log.checkpoint(9));
  asking.cosign(1, 2);
  asking.cosign(2, 3);
  CHECK(asking.round.state(3) == State::reached);
}

TEST_CASE("a time within the limit is taken") {
  Asking asking;
  asking.ask_all();
  asking.cosign(0, 1, kRoundWall.seconds() - witness::kClockSecondsMax);
  CHECK(asking.round.has_cosigned(0));
}

TEST_CASE("when all have refused there is nothing to wait for") {
  Asking asking;
  asking.ask_all();
  for (std::size_t i = 0; i < 3; ++i) asking.answer(i, 403);
  CHECK(asking.round.state(2) == State::missed);
}

TEST_CASE("what is no checkpoint is not asked for") {
  Asking asking;
  CHECK_CODE(CosignRound::of(asking.policy, "no note", {0, 0, 0}, 0, 1), codes::NOTE_MALFORMED);
}
