#include "protocol/gossip/standing.h"

#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::gossip;

namespace {

Ed25519PublicKey key(std::uint64_t number) {
  Ed25519PublicKey out;
  for (std::size_t i = 0; i < 8; ++i) out.data()[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}
MonotonicTime minutes(std::int64_t value) {
  return MonotonicTime(value * 60'000);
}

}  // namespace

TEST_CASE("standing starts at 0, falls and rises, and merit is capped") {
  StandingBook book({-100, 3'600'000});
  CHECK(book.points(key(1), minutes(0)) == 0);
  CHECK(book.change(key(1), -kCostSignature, minutes(0)) == -32);
  CHECK(book.points(key(2), minutes(0)) == 0);
  for (int i = 0; i < 100; ++i) book.change(key(2), kGainUseful, minutes(0));
  CHECK(book.points(key(2), minutes(0)) == kPointsMax);
  CHECK(book.change(key(2), -kCostMalformed, minutes(0)) < 0);
}

TEST_CASE("what happened is half forgotten every ten minutes") {
  StandingBook book({-100, 3'600'000});
  book.change(key(1), -64, minutes(0));
  CHECK(book.points(key(1), minutes(9)) == -64);
  CHECK(book.points(key(1), minutes(10)) == -32);
  CHECK(book.points(key(1), minutes(20)) == -16);
  // A change in between does not start the ten minutes again.
  book.change(key(1), -4, minutes(15));
  CHECK(book.points(key(1), minutes(15)) == -36);
  CHECK(book.points(key(1), minutes(20)) == -18);
  CHECK(book.points(key(1), minutes(1'000'000)) == 0);
}

TEST_CASE("at the limit a key is refused for a while and starts at 0 afterwards") {
  StandingBook book({-100, 3'600'000});
  book.change(key(1), -99, minutes(0));
  CHECK_FALSE(book.refused_until(key(1), minutes(0)));
  book.change(key(1), -1, minutes(0));
  CHECK(book.refused_until(key(1), minutes(0)) == minutes(60));
  CHECK(book.refused_until(key(1), minutes(59)));
  CHECK_FALSE(book.refused_until(key(1), minutes(60)));
  CHECK(book.points(key(1), minutes(60)) == 0);
  CHECK(book.change(key(1), -10, minutes(60)) == -10);
  CHECK_FALSE(book.refused_until(key(2), minutes(0)));
}

TEST_CASE("strangers without number cannot push out a key that is refused") {
  StandingBook book({-100, 3'600'000});
  book.change(key(0), -200, minutes(0));
  for (std::uint64_t i = 1; i < 2 * StandingBook::kKeysMax; ++i) book.change(key(i), -1, minutes(0));
  CHECK(book.size() == StandingBook::kKeysMax);
  CHECK(book.refused_until(key(0), minutes(1)));
}
