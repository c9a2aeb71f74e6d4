// Rows that changed on the disk, while the store is open and after it was opened again.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "storage/codes.h"
#include "storage/row_check.h"
#include "storage/watched_store.h"
#include "tests/contract/store_fixture.h"
#include "tests/unit/storage/raw_sqlite.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// A store with leaves 0 to 2 of feed 1, a note, a body and an allocation, and another hand on its file.
struct OpenStore {
  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "store.db";
  std::unique_ptr<storage::GroupStore> store = open_or_fail(file);
  OpenStore() {
    REQUIRE_OK(store->commit(
        joined({leaves_batch(1, 0, {"leaf a", "leaf b", "leaf c"}), head_batch(1, "note"), body_batch("body"),
                allocation_batch("1", 7, "urn:x"), allocation_batch("1", 9, "urn:y")})));
  }
  void damage(const std::string& sql) const {
    RawSqlite(file).execute("PRAGMA ignore_check_constraints = ON; " + sql);
  }
  void open_again() {
    store.reset();
    store = open_or_fail(file);
  }
};

std::string feed_name() {
  return concat("feed ", hex_encode(origin(1).view()));
}

}  // namespace

TEST_CASE("a flipped leaf is refused with its feed and index, and its neighbours are read") {
  OpenStore open;
  open.damage("UPDATE leaf SET data = CAST('leaf B' AS BLOB) WHERE idx = 1");
  for (const bool again : {false, true}) {
    if (again) open.open_again();
    CHECK_CODE_NAMES(open.store->leaves(origin(1), 0, 3), codes::STORE_CORRUPT,
                     feed_name() + ": leaf 1 does not match its checksum");
    CHECK_CODE(open.store->leaves(origin(1), 1, 1), codes::STORE_CORRUPT);
    CHECK(leaf_texts(*open.store, 1, 0, 1) == std::vector<std::string>{"leaf a"});
    CHECK(leaf_texts(*open.store, 1, 2) == std::vector<std::string>{"leaf c"});
    CHECK(open.store->note(origin(1)).value() == "note");
    CHECK(open.store->leaf_count(origin(1)).value() == 3);
  }
}

TEST_CASE("a leaf of another place, or with another checksum, is refused") {
  const OpenStore open;
  SUBCASE("two leaves that changed places") {
    open.damage(
        "UPDATE leaf SET data = CAST('leaf b' AS BLOB), row_check = (SELECT row_check FROM leaf WHERE idx = "
        "1)"
        " WHERE idx = 0");
    CHECK_CODE_NAMES(open.store->leaves(origin(1), 0, 3), codes::STORE_CORRUPT, "leaf 0");
  }
  SUBCASE("a flipped checksum") {
    open.damage("UPDATE leaf SET row_check = row_check + 1 WHERE idx = 2");
    CHECK_CODE_NAMES(open.store->leaves(origin(1), 0, 3), codes::STORE_CORRUPT, "leaf 2");
  }
  SUBCASE("a checksum of more than 32 bits") {
    open.damage("UPDATE leaf SET row_check = row_check + 4294967296 WHERE idx = 2");
    CHECK_CODE_NAMES(open.store->leaves(origin(1), 0, 3), codes::STORE_CORRUPT, "leaf 2");
  }
  SUBCASE("a leaf of another feed") {
    REQUIRE_OK(open.store->commit(leaves_batch(2, 0, {"other"})));
    open.damage("UPDATE OR REPLACE leaf SET origin = 2 WHERE origin = 1 AND idx = 0");
    CHECK_CODE_NAMES(open.store->leaves(origin(2), 0, 1), codes::STORE_CORRUPT, "leaf 0");
  }
}

TEST_CASE("a flipped note is refused by its feed, and mended by the next one") {
  OpenStore open;
  open.damage("UPDATE head SET note = 'nota'");
  for (const bool again : {false, true}) {
    if (again) open.open_again();
    CHECK_CODE_NAMES(open.store->note(origin(1)), codes::STORE_CORRUPT,
                     feed_name() + ": the note does not match its checksum");
  }
  CHECK(leaf_texts(*open.store, 1).size() == 3);
  REQUIRE_OK(open.store->commit(head_batch(1, "next")));
  CHECK(open.store->note(origin(1)).value() == "next");
}

TEST_CASE("a flipped allocation is refused by its row, and shows neither index nor credential") {
  const OpenStore open;
  const auto refused = [&](const std::string& sql) {
    open.damage(sql);
    const auto found = open.store->allocation_of("urn:x");
    CHECK_CODE_NAMES(found, codes::STORE_CORRUPT, "the allocation in row 1 does not match its checksum");
    CHECK_FALSE(message_has(found, "urn:"));
    CHECK_CODE(open.store->allocated_indexes("1"), codes::STORE_CORRUPT);
    CHECK(open.store->allocation_of("urn:y").value().has_value());
  };
  SUBCASE("its index") {
    refused("UPDATE allocation SET idx = 3 WHERE seq = 1");
  }
  SUBCASE("its time") {
    refused("UPDATE allocation SET issued_at = issued_at + 1 WHERE seq = 1");
    CHECK_CODE(open.store->allocation_at("1", 7), codes::STORE_CORRUPT);
  }
  SUBCASE("its credential") {
    open.damage("UPDATE allocation SET credential_id = 'urn:z' WHERE seq = 1");
    CHECK_CODE(open.store->allocation_of("urn:z"), codes::STORE_CORRUPT);
    CHECK_CODE(open.store->allocation_at("1", 7), codes::STORE_CORRUPT);
  }
}

TEST_CASE("checks differ when any part of a row does") {
  const auto leaf = [](std::uint8_t feed, std::uint64_t index, std::string_view text) {
    return storage::LeafCheck(origin(feed)).of(index, as_bytes(text));
  };
  CHECK(leaf(1, 2, "x") == leaf(1, 2, "x"));
  CHECK(leaf(1, 2, "x") != leaf(2, 2, "x"));
  CHECK(leaf(1, 2, "x") != leaf(1, 3, "x"));
  CHECK(leaf(1, 2, "x") != leaf(1, 2, "y"));
  CHECK(leaf(1, 2, "x") != leaf(1, 2, ""));
  CHECK(storage::note_check(origin(1), "a") != storage::note_check(origin(2), "a"));
  const Timestamp time(1'700'000'000);
  CHECK(storage::allocation_check("1", 7, "ab", time) != storage::allocation_check("1", 7, "ac", time));
  CHECK(storage::allocation_check("1", 7, "ab", time) != storage::allocation_check("2", 7, "ab", time));
  CHECK(storage::allocation_check("1", 7, "ab", time) != storage::allocation_check("1", 8, "ab", time));
  CHECK(storage::allocation_check("1", 7, "ab", time) !=
        storage::allocation_check("1", 7, "ab", time.plus_seconds(1)));
}

TEST_CASE("the first damage that a read finds ends storing, is told once, and ends no reading") {
  const OpenStore open;
  std::vector<Error> told;
  storage::WatchedStore watched(*open.store, [&](const Error& error) { told.push_back(error); });
  REQUIRE_OK(watched.commit(leaves_batch(1, 3, {"leaf d"})));
  CHECK_CODE(watched.commit(leaves_batch(1, 3, {"again"})), codes::STORE_CONFLICT);
  open.damage("UPDATE leaf SET data = CAST('leaf B' AS BLOB) WHERE idx = 1; UPDATE head SET note = 'nota'");
  CHECK(watched.leaves(origin(1), 2, 9).value().size() == 2);
  REQUIRE_OK(watched.commit(head_batch(2, "before anybody looked")));
  CHECK(told.empty());
  CHECK_CODE(watched.leaves(origin(1), 0, 9), codes::STORE_CORRUPT);
  CHECK_CODE(watched.note(origin(1)), codes::STORE_CORRUPT);
  REQUIRE(told.size() == 1);
  CHECK(told.front().code == codes::STORE_CORRUPT);
  CHECK(told.front().message.find("leaf 1 does not match") != std::string::npos);
  CHECK_CODE_NAMES(watched.commit(body_batch("b")), codes::STORE_CORRUPT, "leaf 1 does not match");
  CHECK(watched.body(body("b").digest).value() == std::nullopt);
  CHECK(watched.body(body("body").digest).value() == to_bytes("body"));
  CHECK(watched.note(origin(2)).value() == "before anybody looked");
  CHECK(watched.leaf_count(origin(1)).value() == 4);
  CHECK(watched.body_digests().value().size() == 1);
  CHECK(watched.origins().value().size() == 2);
  CHECK(watched.allocation_of("urn:x").value().has_value());
  CHECK(watched.allocation_at("1", 9).value().has_value());
  CHECK(watched.allocated_indexes("1").value().size() == 2);
}
