#include "crypto/base/uuid.h"

#include <set>
#include <string_view>

#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("random ids are version 4 UUIDs and differ") {
  SeededRng rng(4);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id = random_uuid_urn(rng);
    REQUIRE(id.size() == std::string_view("urn:uuid:").size() + 36);
    CHECK(id[9 + 14] == '4');
    CHECK(std::string_view("89ab").find(id[9 + 19]) != std::string_view::npos);
    seen.insert(id);
  }
  CHECK(seen.size() == 100);
}
