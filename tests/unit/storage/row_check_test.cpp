// Rows that changed on the disk, while the store is open and after it was opened again.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "storage/codes.h"
#include "storage/row_check.h"
#include "tests/unit/storage/open_store.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

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

TEST_CASE("a flipped entry is refused with its issuer and version, and mended by storing it again") {
  OpenStore open;
  REQUIRE_OK(open.store->commit(joined({entry_batch("Qm", "1-a", "first"), entry_batch("Qm", "2-b", "second"),
                                        entry_batch("Qn", "1-c", "other")})));
  const auto refused = [&](const std::string& sql, const std::string& scid, const std::string& named) {
    open.damage(sql);
    CHECK_CODE_NAMES(open.store->entries(scid), codes::STORE_CORRUPT, named);
    CHECK(entry_texts(*open.store, "Qn") == std::vector<std::string>{"1-c=other"});
    open.store.reset();
    CHECK_CODE_NAMES(storage::open_sqlite_store(open.file), codes::STORE_CORRUPT, named);
  };
  SUBCASE("its body") {
    open.damage("UPDATE entry SET body = CAST('secone' AS BLOB) WHERE version_id = '2-b'");
    CHECK_CODE_NAMES(open.store->entries("Qm"), codes::STORE_CORRUPT,
                     "issuer Qm: the entry 2-b does not match its checksum");
    REQUIRE_OK(open.store->commit(entry_batch("Qm", "2-b", "second")));
    CHECK(entry_texts(*open.store, "Qm") == std::vector<std::string>{"1-a=first", "2-b=second"});
    open.open_again();
  }
  SUBCASE("its body, found at opening") {
    refused("UPDATE entry SET body = zeroblob(6) WHERE version_id = '2-b'", "Qm",
            "the entry 2-b does not match");
  }
  SUBCASE("its versionId") {
    refused("UPDATE entry SET version_id = '2-c' WHERE version_id = '2-b'", "Qm",
            "the entry 2-c does not match");
  }
  SUBCASE("its number") {
    refused("UPDATE entry SET number = 3 WHERE version_id = '2-b'", "Qm", "the entry 2-b does not match");
  }
  SUBCASE("its issuer") {
    refused("UPDATE entry SET scid = 'Qo' WHERE version_id = '2-b'", "Qo", "issuer Qo: the entry 2-b");
  }
  SUBCASE("its checksum") {
    refused("UPDATE entry SET row_check = row_check + 1 WHERE version_id = '1-a'", "Qm", "the entry 1-a");
  }
}

TEST_CASE("a flipped witness record is refused, and nothing is recorded over it") {
  OpenStore open;
  REQUIRE_OK(open.store->commit(
      joined({witness_batch(witness_put(1, 5, "five", 100)), witness_batch(witness_put(2, 6, "six", 100))})));
  const auto refused = [&](const std::string& sql) {
    open.damage(sql + " WHERE size = 5");
    CHECK_CODE_NAMES(open.store->witness_record(origin(1)), codes::STORE_CORRUPT,
                     feed_name() + ": the witness record does not match its checksum");
    CHECK(open.store->witness_record(origin(2)).value()->size == 6);
    open.store.reset();
    CHECK_CODE_NAMES(storage::open_sqlite_store(open.file), codes::STORE_CORRUPT, "the witness record");
  };
  SUBCASE("its size") {
    refused("UPDATE witness SET size = 4");
  }
  SUBCASE("its root") {
    refused("UPDATE witness SET root = zeroblob(32)");
  }
  SUBCASE("its time") {
    refused("UPDATE witness SET time = time - 1");
  }
  SUBCASE("its checksum") {
    refused("UPDATE witness SET row_check = row_check + 1");
  }
  SUBCASE("its size, found by the next record") {
    open.damage("UPDATE witness SET size = 4 WHERE size = 5");
    CHECK_CODE(open.store->commit(witness_batch(witness_put(1, 7, "seven", 101))), codes::STORE_CORRUPT);
    CHECK_CODE(open.store->commit(body_batch("b")), codes::STORE_FAILED);
  }
  SUBCASE("its feed, found at opening") {
    open.damage("UPDATE witness SET origin = zeroblob(32) WHERE size = 5");
    open.store.reset();
    CHECK_CODE_NAMES(storage::open_sqlite_store(open.file), codes::STORE_CORRUPT, "the witness record");
  }
  SUBCASE("a root of a wrong length") {
    open.damage("UPDATE witness SET root = x'0102' WHERE size = 5");
    CHECK_CODE_NAMES(open.store->witness_record(origin(1)), codes::STORE_CORRUPT, "root has 2 bytes");
  }
  SUBCASE("a feed of a wrong length") {
    open.damage("UPDATE witness SET origin = x'0102' WHERE size = 5");
    open.store.reset();
    CHECK_CODE(storage::open_sqlite_store(open.file), codes::STORE_CORRUPT);
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
  const auto entry = [](std::string_view scid, std::uint64_t number, std::string_view version,
                        std::string_view text) {
    return storage::entry_check(scid, number, version, as_bytes(text));
  };
  CHECK(entry("Qm", 1, "1-a", "x") == entry("Qm", 1, "1-a", "x"));
  CHECK(entry("Qm", 1, "1-a", "x") != entry("Qn", 1, "1-a", "x"));
  CHECK(entry("Qm", 1, "1-a", "x") != entry("Qm", 2, "1-a", "x"));
  CHECK(entry("Qm", 1, "1-a", "x") != entry("Qm", 1, "1-b", "x"));
  CHECK(entry("Qm", 1, "1-a", "x") != entry("Qm", 1, "1-a", "y"));
  CHECK(entry("Qm", 1, "1-ax", "") != entry("Qm", 1, "1-a", "x"));
  const auto record = [](std::uint8_t feed, std::uint64_t size, std::string_view root, std::int64_t seconds) {
    return storage::witness_check(witness_put(feed, size, root, seconds));
  };
  CHECK(record(1, 2, "r", 3) == record(1, 2, "r", 3));
  CHECK(record(1, 2, "r", 3) != record(2, 2, "r", 3));
  CHECK(record(1, 2, "r", 3) != record(1, 3, "r", 3));
  CHECK(record(1, 2, "r", 3) != record(1, 2, "s", 3));
  CHECK(record(1, 2, "r", 3) != record(1, 2, "r", 4));
}
