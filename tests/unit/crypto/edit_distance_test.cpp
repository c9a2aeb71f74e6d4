#include "crypto/base/edit_distance.h"
#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("the distance of two words is the fewest changes between them, either way") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("listen", "listen") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("sitting", "kitten") == 3);
  CHECK(edit_distance("htp", "http") == 1);
  CHECK(edit_distance("flaw", "lawn") == 2);
}
