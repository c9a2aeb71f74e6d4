#include "protocol/gossip/credit.h"

#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::gossip;

namespace {

MonotonicTime ms(std::int64_t value) {
  return MonotonicTime(value);
}

}  // namespace

TEST_CASE("an outbox sends heads before bodies, each in order, as far as the credit reaches") {
  Outbox outbox({10, 1000});
  outbox.push(Priority::body, {1});
  outbox.push(Priority::head, {2});
  outbox.push(Priority::head, {3});
  CHECK(outbox.queued_bytes() == 3);
  CHECK_FALSE(outbox.pop());
  outbox.allow({2, 1000});
  CHECK(outbox.pop() == Bytes{2});
  CHECK(outbox.pop() == Bytes{3});
  CHECK_FALSE(outbox.pop());
  outbox.allow({3, 1000});
  CHECK(outbox.pop() == Bytes{1});
  CHECK(outbox.queued_bytes() == 0);
}

TEST_CASE("a frame that waits for bytes is not overtaken by a smaller one") {
  Outbox outbox({10, 100});
  outbox.allow({10, 50});
  outbox.push(Priority::head, Bytes(60));
  outbox.push(Priority::head, Bytes(1));
  outbox.push(Priority::body, Bytes(1));
  CHECK_FALSE(outbox.pop());
  outbox.allow({10, 60});
  CHECK(outbox.pop() == Bytes(60));
  CHECK_FALSE(outbox.pop());
}

TEST_CASE("a credit that comes twice, late or out of order changes nothing") {
  Outbox outbox({100, 1000});
  outbox.allow({3, 1000});
  outbox.allow({3, 1000});
  outbox.allow({1, 1000});
  for (int i = 0; i < 5; ++i) outbox.push(Priority::head, {0});
  int sent = 0;
  while (outbox.pop()) ++sent;
  CHECK(sent == 3);
}

TEST_CASE("no peer can make us send more at once than our own window") {
  Outbox outbox({2, 1000});
  outbox.allow({~0ull, ~0ull});
  for (int i = 0; i < 5; ++i) outbox.push(Priority::head, {0});
  int sent = 0;
  while (outbox.pop()) ++sent;
  CHECK(sent == 2);
}

TEST_CASE("an intake takes what was granted and not one frame more") {
  Intake intake({20, 1000});
  for (int i = 0; i < 20; ++i) CHECK(intake.take(1));
  CHECK_FALSE(intake.take(1));
  CHECK(intake.open().frames == 20);
  Intake bytes({20, 1000});
  CHECK(bytes.take(1000));
  CHECK_FALSE(bytes.take(1));
}

TEST_CASE(
    "credit comes back for a fifth of the frames or a quarter of the bytes, at most ten times a second") {
  Intake intake({20, 1000});
  const auto work_off = [&](int frames, std::size_t bytes) {
    for (int i = 0; i < frames; ++i) {
      REQUIRE(intake.take(bytes));
      intake.release(bytes);
    }
  };
  work_off(3, 1);
  CHECK_FALSE(intake.grant(ms(1'000)));
  work_off(1, 1);
  const auto first = intake.grant(ms(1'000));
  REQUIRE(first);
  CHECK(first->frames == 24);
  CHECK(first->bytes == 1004);
  work_off(1, 250);
  CHECK(intake.grant_at() == ms(1'100));
  CHECK_FALSE(intake.grant(ms(1'099)));
  const auto second = intake.grant(ms(1'100));
  REQUIRE(second);
  CHECK(second->bytes == 1254);
  CHECK_FALSE(intake.grant_at());
}

TEST_CASE("what is not worked off is not granted again") {
  Intake intake({20, 1000});
  for (int i = 0; i < 20; ++i) CHECK(intake.take(1));
  CHECK_FALSE(intake.grant(ms(5'000)));
}

TEST_CASE("unpaid frames have a burst and a rate") {
  ControlBudget budget;
  int taken = 0;
  while (budget.take(ms(0))) ++taken;
  CHECK(taken == ControlBudget::kBurst);
  CHECK_FALSE(budget.take(ms(49)));
  CHECK(budget.take(ms(50)));
  CHECK_FALSE(budget.take(ms(99)));
  taken = 0;
  while (budget.take(ms(1'100))) ++taken;
  CHECK(taken == 21);
  taken = 0;
  while (budget.take(ms(1'000'000))) ++taken;
  CHECK(taken == ControlBudget::kBurst);
}
