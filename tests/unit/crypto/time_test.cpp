#include "crypto/base/time.h"

#include <array>

#include "crypto/base/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;

namespace {

std::string canonical(std::string_view text) {
  const auto time = Timestamp::parse(text);
  return time ? time->to_string() : "refused";
}

}  // namespace

TEST_CASE("known moments") {
  CHECK(Timestamp::parse("1970-01-01T00:00:00Z")->seconds() == 0);
  CHECK(Timestamp::parse("2001-09-09T01:46:40Z")->seconds() == 1'000'000'000);
  CHECK(Timestamp::parse("1969-12-31T23:59:59Z")->seconds() == -1);
  CHECK(Timestamp::parse("0001-01-01T00:00:00Z")->seconds() == -62'135'596'800);
  CHECK(Timestamp::parse("9999-12-31T23:59:59Z")->seconds() == 253'402'300'799);
}

TEST_CASE("offsets are applied") {
  CHECK(canonical("2026-11-22T14:50:00+01:00") == "2026-11-22T13:50:00Z");
  CHECK(canonical("2026-11-22T09:20:00-04:30") == "2026-11-22T13:50:00Z");
  CHECK(canonical("2026-01-01T00:30:00+14:00") == "2025-12-31T10:30:00Z");
  CHECK(canonical("2026-01-01T00:00:00-00:00") == "2026-01-01T00:00:00Z");
  CHECK(canonical("2026-01-01T00:00:00+23:59") == "2025-12-31T00:01:00Z");
}

TEST_CASE("fractions are cut, before 1970 too") {
  CHECK(canonical("2026-11-22T13:50:00.999999999Z") == "2026-11-22T13:50:00Z");
  CHECK(canonical("2026-11-22T13:50:00.1+00:00") == "2026-11-22T13:50:00Z");
  CHECK(Timestamp::parse("1969-12-31T23:59:59.999Z")->seconds() == -1);
}

TEST_CASE("leap days exist in leap years only") {
  CHECK(canonical("2024-02-29T12:00:00Z") == "2024-02-29T12:00:00Z");
  CHECK(canonical("2000-02-29T12:00:00Z") == "2000-02-29T12:00:00Z");
  CHECK(canonical("2023-02-29T12:00:00Z") == "refused");
  CHECK(canonical("1900-02-29T12:00:00Z") == "refused");
}

TEST_CASE("writing and reading agree on every day of four centuries") {
  for (std::int64_t day = 0; day < 146'097; ++day) {
    const Timestamp time(day * 86'400 + 86'399 - 5'000'000'000);
    REQUIRE(Timestamp::parse(time.to_string()).value() == time);
  }
}

TEST_CASE("what is not a time with a zone is refused") {
  constexpr auto kBad = std::to_array<std::string_view>({
      "",
      "2026",
      "2026-11-22",
      "2026-11-22T13:50:00",
      "2026-11-22T13:50Z",
      "2026-11-22 13:50:00Z",
      "2026-11-22t13:50:00Z",
      "2026-11-22T13:50:00z",
      "2026-11-22T13:50:00.Z",
      "2026-11-22T13:50:00,5Z",
      "2026-11-22T13:50:00+1:00",
      "2026-11-22T13:50:00+0100",
      "2026-11-22T13:50:00+01",
      "2026-11-22T13:50:00+24:00",
      "2026-11-22T13:50:00+01:60",
      "2026-11-22T13:50:00Z ",
      " 2026-11-22T13:50:00Z",
      "2026-11-22T13:50:00ZZ",
      "2026-11-22T24:00:00Z",
      "2026-11-22T13:60:00Z",
      "2026-12-31T23:59:60Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-04-00T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "-2026-11-22T13:50:00Z",
      "12026-11-22T13:50:00Z",
      "2026-1-22T13:50:00Z",
      "２026-11-22T13:50:00Z",
  });
  for (const std::string_view text : kBad) {
    CAPTURE(text);
    CHECK_CODE(Timestamp::parse(text), codes::TIME_INVALID);
  }
}

TEST_CASE("a refused time is named, with the limit it breaks") {
  CHECK_CODE_NAMES(Timestamp::parse("next tuesday"), codes::TIME_INVALID, "next tuesday");
  CHECK_CODE_NAMES(Timestamp::parse("0001-01-01T00:00:00+01:00"), codes::TIME_INVALID, "1 to 9999");
  CHECK_CODE_NAMES(Timestamp::parse("9999-12-31T23:59:59-01:00"), codes::TIME_INVALID, "1 to 9999");
  CHECK_CODE_NAMES(Timestamp::parse("2026-11-22T13:50:00." + std::string(60, '1') + "Z"), codes::TIME_INVALID,
                   "the limit is 64");
}

TEST_CASE("times beyond the readable years still have a text") {
  CHECK(Timestamp(253'402'300'800).to_string() == "10000-01-01T00:00:00Z");
  CHECK(Timestamp(-62'135'596'801).to_string() == "0000-12-31T23:59:59Z");
}

TEST_CASE("seconds are added, not calendar units") {
  CHECK(Timestamp::parse("2024-02-28T23:59:59Z")->plus_seconds(1).to_string() == "2024-02-29T00:00:00Z");
  CHECK(MonotonicTime(5).plus_ms(10) == MonotonicTime(15));
}
