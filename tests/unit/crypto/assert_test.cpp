#include "crypto/base/assert.h"

#include "crypto/base/json.h"
#include "crypto/base/rng.h"
#include "tests/support/child.h"
#include "tests/support/doctest.h"

using vcnode::test::run_in_child;

TEST_CASE("a failed assertion names its place and expression and aborts") {
  const auto end = run_in_child([] { VCNODE_ASSERT(1 + 1 == 3); });
  CHECK(end.died);
  CHECK(end.standard_error.find("assert_test.cpp:11: assertion failed: 1 + 1 == 3") != std::string::npos);
}

TEST_CASE("an assertion that holds does nothing") {
  CHECK_FALSE(run_in_child([] { VCNODE_ASSERT(1 + 1 == 2); }).died);
}

TEST_CASE("breaking a REQUIRES aborts") {
  CHECK(run_in_child([] { (void)vcnode::SeededRng(1).below(0); }).died);
  CHECK(run_in_child([] { (void)vcnode::json::Document().root().string(); }).died);
  CHECK(run_in_child([] {
          const vcnode::Result<int> failed = vcnode::fail(vcnode::CodeInfo{"X", "x"}, "x");
          (void)failed.value();
        }).died);
  CHECK(run_in_child([] { (void)vcnode::Result<int>(1).error(); }).died);
}
