#include "tests/support/webvh_cases.h"

#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("each named log is what its name says, for the reason its name says") {
  std::size_t good = 0;
  for (const auto& log : test::webvh::log_cases()) {
    CAPTURE(log.name);
    CHECK(test::webvh::verdict_of(log.log) == log.code);
    good += log.code == "ok" ? 1 : 0;
  }
  CHECK(good == 14);
  CHECK(test::webvh::log_cases().size() == 62);
}
