// Lists made by @digitalbazaar/vc-bitstring-status-list: vectors/bitstring-derived (compare bits, not octets
// of gzip).

#include "protocol/status/bitstring.h"

#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;

TEST_CASE("lists of another implementation hold the bits it says, and ours hold them too") {
  const auto path = test::shared_path("bitstring-derived/vectors.json");
  if (!path) return;
  int executed = 0;
  const auto vectors = nlohmann::json::parse(test::read_file(*path));
  for (const auto& vector : vectors) {
    CAPTURE(executed);
    const auto theirs = status::Bitmap::decode(vector["encodedList"].get<std::string>());
    REQUIRE_OK(theirs);
    REQUIRE(theirs->entries() == vector["length"].get<std::uint64_t>());
    auto ours = status::Bitmap::zero(theirs->entries());
    for (const auto& index : vector["set"])
      REQUIRE_OK(ours.set(status::StatusIndex(index.get<std::uint64_t>()), true));
    CHECK(ours == *theirs);
    CHECK(*status::Bitmap::decode(ours.encode()) == *theirs);
    ++executed;
  }
  CHECK(executed == 6);
}
