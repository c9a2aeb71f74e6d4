#include "crypto/base/result.h"

#include <memory>

#include "crypto/base/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0)
    return fail(codes::TIME_INVALID, "the number ", number, " is odd, limit ", std::size_t{2});
  return number / 2;
}

Result<int> quarter(int number) {
  VCNODE_TRY(const int once, half(number));
  VCNODE_TRY(const int twice, half(once));
  return twice;
}

Result<void> check_even(int number) {
  VCNODE_CHECK(half(number));
  return {};
}

}  // namespace

TEST_CASE("a result holds a value or an error") {
  CHECK(half(4).value() == 2);
  CHECK(static_cast<bool>(half(4)));
  CHECK_FALSE(half(3).has_value());
  CHECK(half(3).error().code == Code(codes::TIME_INVALID));
  CHECK(half(3).error().message == "the number 3 is odd, limit 2");
}

TEST_CASE("TRY and CHECK return the first error") {
  CHECK(quarter(8).value() == 2);
  CHECK(quarter(6).error().message == "the number 3 is odd, limit 2");
  CHECK(check_even(2).has_value());
  CHECK_FALSE(check_even(1).has_value());
}

TEST_CASE("and_then and transform run on values only") {
  CHECK(half(8).and_then(half).value() == 2);
  CHECK_FALSE(half(3).and_then(half).has_value());
  CHECK(half(8).transform([](int n) { return n * 10; }).value() == 40);
  CHECK(half(3).transform([](int n) { return n * 10; }).error().message == "the number 3 is odd, limit 2");
  CHECK(half(3).value_or(-1) == -1);
  CHECK(half(4).value_or(-1) == 2);
}

TEST_CASE("a result carries what can only be moved") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(result);
  CHECK(*taken == 5);
}

TEST_CASE("codes are equal by identity and carry slug and sentence") {
  constexpr CodeInfo twin{"TIME_INVALID", "Another table's entry."};
  CHECK(Code(codes::TIME_INVALID).slug() == "TIME_INVALID");
  CHECK(Code(codes::TIME_INVALID).sentence().ends_with("."));
  CHECK_FALSE(Code(codes::TIME_INVALID) == Code(twin));
}
