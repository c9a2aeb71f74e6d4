#include "node/app/kept_objects.h"

#include "tests/support/doctest.h"

using vcnode::node::KeptObjects;

namespace {

KeptObjects::Text text(std::size_t bytes, char fill = 'x') {
  return std::make_shared<const std::string>(bytes, fill);
}

}  // namespace

TEST_CASE("what was kept is found under its address, and nothing else is") {
  KeptObjects kept;
  kept.keep("a", text(10, 'a'));
  REQUIRE(kept.find("a") != nullptr);
  CHECK(*kept.find("a") == std::string(10, 'a'));
  CHECK(kept.find("b") == nullptr);
  kept.keep("a", text(20, 'z'));  // an address names one thing for ever
  CHECK(*kept.find("a") == std::string(10, 'a'));
  CHECK(kept.bytes() == 10);
}

TEST_CASE("beyond the limit the object not asked for longest goes") {
  KeptObjects kept(100);
  kept.keep("a", text(40));
  kept.keep("b", text(40));
  CHECK(kept.find("a") != nullptr);  // now b is the older one
  kept.keep("c", text(40));
  CHECK(kept.find("b") == nullptr);
  CHECK(kept.find("a") != nullptr);
  CHECK(kept.find("c") != nullptr);
  CHECK(kept.bytes() == 80);
  const auto held = kept.find("a");
  kept.keep("d", text(100));
  CHECK(kept.find("a") == nullptr);
  CHECK(held->size() == 40);  // who got it keeps it
  CHECK(kept.bytes() == 100);
}

TEST_CASE("an object that is too large is not kept") {
  KeptObjects kept;
  kept.keep("a", text(vcnode::node::kKeptObjectBytesMax + 1));
  CHECK(kept.find("a") == nullptr);
  CHECK(kept.bytes() == 0);
}
