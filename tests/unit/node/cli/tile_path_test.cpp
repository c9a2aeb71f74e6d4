#include "node/http/tile_path.h"

#include "node/http/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/property.h"

using namespace vcnode;
using namespace vcnode::node;

TEST_CASE("tile paths follow C2SP tlog-tiles") {
  CHECK(tile_path(0, 256) == "000");
  CHECK(tile_path(1234067, 256) == "x001/x234/067");
  CHECK(tile_path(5, 3) == "005.p/3");
  const auto parsed = parse_tile_path("x001/x234/067.p/17");
  REQUIRE_OK(parsed);
  CHECK(parsed->index == 1234067);
  CHECK(parsed->width == 17);
}

TEST_CASE("malformed tile paths are refused") {
  for (const char* bad :
       {"", "0", "00", "0000", "x000", "x000/", "x00/000", "000.p/", "000.p/0", "000.p/256", "000.p/x",
        "000/", "-01", "x000/001", "001.p/01", "x1/2", "0x0", "x000/x000/x000/x000/x000/000"}) {
    CAPTURE(bad);
    CHECK_CODE(parse_tile_path(bad), codes::TILE_INVALID);
  }
  // Foreign bytes are shown as an excerpt: printable, and not longer than that.
  const auto result = parse_tile_path("000" + std::string(1000, '\n'));
  CHECK_CODE_NAMES(result, codes::TILE_INVALID, "???...'");
}

TEST_CASE("entry bundles end exactly where they say") {
  const std::vector<Bytes> entries{to_bytes("a"), {}, to_bytes("longer entry")};
  const Bytes bundle = entry_bundle(entries);
  const auto parsed = parse_entry_bundle(bundle, 3);
  REQUIRE_OK(parsed);
  CHECK(*parsed == entries);
  CHECK_CODE(parse_entry_bundle(bundle, 2), codes::TILE_INVALID);
  CHECK_CODE(parse_entry_bundle(bundle, 4), codes::TILE_INVALID);
  CHECK_CODE_NAMES(parse_entry_bundle(BytesView(bundle).first(bundle.size() - 1), 3), codes::TILE_INVALID,
                   "entry 2");
}

TEST_CASE("paths and bundles round trip") {
  CHECK_PROPERTY("tile path", [] {
    const auto index = *rc::gen::inRange<std::uint64_t>(0, 1'000'000'000);
    const auto width = *rc::gen::inRange<std::uint64_t>(1, 257);
    const auto parsed = parse_tile_path(tile_path(index, width));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->index == index);
    RC_ASSERT(parsed->width == width);
  });
}
