#include "crypto/base/bytes.h"

#include "crypto/base/strong.h"
#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("fixed bytes take exactly their size") {
  const Bytes short_of(31, 7);
  const Bytes exact(32, 7);
  const Bytes over(33, 7);
  CHECK_FALSE(Sha256Digest::from(short_of).has_value());
  CHECK_FALSE(Sha256Digest::from(over).has_value());
  const auto digest = Sha256Digest::from(exact);
  REQUIRE(digest.has_value());
  CHECK(std::equal(digest->view().begin(), digest->view().end(), exact.begin(), exact.end()));
}

TEST_CASE("fixed bytes are ordered by their bytes") {
  auto low = Sha256Digest();
  auto high = Sha256Digest();
  high.data()[31] = 1;
  CHECK(low < high);
  CHECK(low == Sha256Digest());
}

TEST_CASE("text and bytes convert both ways, NUL included") {
  const std::string text("a\0b", 3);
  CHECK(to_text(to_bytes(text)) == text);
  CHECK(as_text(as_bytes(text)) == text);
}

TEST_CASE("strong integers keep their value and order") {
  using Index = Strong<struct IndexTag, std::uint32_t>;
  CHECK(Index(3).value() == 3);
  CHECK(Index() == Index(0));
  CHECK(Index(2) < Index(3));
}
