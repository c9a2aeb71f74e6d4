// Logs of issuers, records of a witness, and feeds that are dropped: what protocol/ports.h says, of every
// store.
#include <atomic>
#include <thread>

#include "storage/batch.h"
#include "storage/codes.h"
#include "tests/contract/store_fixture.h"
#include "tests/support/child.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_EVERY_STORE("an empty store holds no entries and no witness records") {
  Backend backend;
  const Store& store = *backend.store;
  CHECK(store.entries("").value().empty());
  CHECK(store.entries("Qm").value().empty());
  CHECK(store.entry_scids().value().empty());
  CHECK(store.witness_record(origin(1)).value() == std::nullopt);
}

TEST_EVERY_STORE("entries come by version number, then by the text of the versionId") {
  Backend backend;
  Store& store = *backend.store;
  for (const auto* version : {"10-a", "2-b", "9-z", "1-\xff", "2-B", "2-", "1-a", "100-a", "2-ba"})
    REQUIRE_OK(store.commit(entry_batch("Qm", version, version)));
  CHECK(entry_texts(store, "Qm") == Texts{"1-a=1-a", "1-\xff=1-\xff", "2-=2-", "2-B=2-B", "2-b=2-b",
                                          "2-ba=2-ba", "9-z=9-z", "10-a=10-a", "100-a=100-a"});
}

TEST_EVERY_STORE("an entry put again replaces its body and nothing else") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(joined(
      {entry_batch("Qm", "1-a", "old"), entry_batch("Qm", "1-b", "other"), entry_batch("Qn", "1-a", "n")})));
  REQUIRE_OK(store.commit(entry_batch("Qm", "1-a", "new")));
  CHECK(entry_texts(store, "Qm") == Texts{"1-a=new", "1-b=other"});
  CHECK(entry_texts(store, "Qn") == Texts{"1-a=n"});
  REQUIRE_OK(store.commit(joined({entry_batch("Qm", "1-a", "second"), entry_batch("Qm", "1-a", "third")})));
  CHECK(entry_texts(store, "Qm") == Texts{"1-a=third", "1-b=other"});
}

TEST_EVERY_STORE("the issuers of entries are told once each, sorted as bytes") {
  Backend backend;
  Store& store = *backend.store;
  for (const auto* scid : {"Qmz", "Qm", "Q", "\xc3\xa4", "QmZ"})
    REQUIRE_OK(store.commit(joined({entry_batch(scid, "1-a", "x"), entry_batch(scid, "2-a", "y")})));
  CHECK(store.entry_scids().value() == Texts{"Q", "Qm", "QmZ", "Qmz", "\xc3\xa4"});
  CHECK(store.origins().value().empty());
}

TEST_EVERY_STORE("empty, odd and large bodies of entries are kept whole") {
  Backend backend;
  Store& store = *backend.store;
  const std::string odd("\0\xff\xfe\0x", 5);
  const std::string large(3 << 20, 'x');
  REQUIRE_OK(store.commit(joined(
      {entry_batch("Qm", "1-a", ""), entry_batch("Qm", "2-a", odd), entry_batch("Qm", "3-a", large)})));
  CHECK(entry_texts(store, "Qm") == Texts{"1-a=", "2-a=" + odd, "3-a=" + large});
}

TEST_EVERY_STORE("the largest version number is ordered as a number") {
  Backend backend;
  Store& store = *backend.store;
  const std::string largest(storage::kVersionDigitsMax, '9');
  REQUIRE_OK(store.commit(
      joined({entry_batch("Qm", largest + "-a", "last"), entry_batch("Qm", "999999999-a", "b")})));
  CHECK(entry_texts(store, "Qm") == Texts{"999999999-a=b", largest + "-a=last"});
}

TEST_EVERY_STORE("a versionId that does not begin with its number is a programming error") {
  Backend backend;
  const std::string too_long(storage::kVersionDigitsMax + 1, '1');
  for (const std::string& version :
       {std::string(), std::string("a"), std::string("-a"), std::string("01-a"), std::string("0-a"),
        std::string("1"), std::string("1a-b"), too_long + "-a"}) {
    const auto end =
        run_in_child([&] { static_cast<void>(backend.store->commit(entry_batch("Qm", version, "x"))); });
    CHECK_MESSAGE(end.died, version);
  }
  CHECK(backend.store->entry_scids().value().empty());
}

TEST_EVERY_STORE("a witness record is kept and replaced as it moves forwards") {
  Backend backend;
  Store& store = *backend.store;
  for (const auto& record :
       {witness_put(1, 0, "empty", 100), witness_put(1, 0, "empty", 100), witness_put(1, 0, "empty", 200),
        witness_put(1, 5, "five", 200), witness_put(1, 9, "nine", 300), witness_put(2, 1, "one", 50)}) {
    REQUIRE_OK(store.commit(witness_batch(record)));
    CHECK(store.witness_record(record.origin).value() == record);
  }
  CHECK(store.witness_record(origin(1)).value() == witness_put(1, 9, "nine", 300));
  CHECK(store.witness_record(origin(3)).value() == std::nullopt);
  CHECK(store.origins().value().empty());  // the feeds themselves are not held
  CHECK(store.leaf_count(origin(1)).value() == 0);
}

TEST_EVERY_STORE("a witness record that goes back is refused") {
  Backend backend;
  Store& store = *backend.store;
  const auto held = witness_put(1, 5, "five", 200);
  REQUIRE_OK(store.commit(witness_batch(held)));
  CHECK_CODE_NAMES(store.commit(witness_batch(witness_put(1, 4, "four", 300))), codes::STORE_CONFLICT,
                   "cannot record as witnessed size 4, size 5 is recorded");
  CHECK_CODE_NAMES(store.commit(witness_batch(witness_put(1, 5, "other", 300))), codes::STORE_CONFLICT,
                   "of size 5, root ");
  CHECK_CODE_NAMES(store.commit(witness_batch(witness_put(1, 9, "nine", 199))), codes::STORE_CONFLICT,
                   "time 199, time 200 is recorded");
  CHECK_CODE_NAMES(store.commit(witness_batch(witness_put(1, 5, "five", 199))), codes::STORE_CONFLICT,
                   "feed 0101010101010101010101010101010101010101010101010101010101010101");
  CHECK(store.witness_record(origin(1)).value() == held);
}

TEST_EVERY_STORE("records of one batch follow each other") {
  Backend backend;
  Store& store = *backend.store;
  const auto batch_of = [](const std::vector<WitnessPut>& records) {
    StoreBatch batch;
    batch.witnessed = records;
    return batch;
  };
  CHECK_CODE(store.commit(batch_of({witness_put(1, 5, "five", 1), witness_put(1, 4, "four", 1)})),
             codes::STORE_CONFLICT);
  CHECK_CODE(store.commit(batch_of({witness_put(1, 5, "five", 1), witness_put(1, 5, "other", 1)})),
             codes::STORE_CONFLICT);
  CHECK(store.witness_record(origin(1)).value() == std::nullopt);
  REQUIRE_OK(store.commit(
      batch_of({witness_put(1, 5, "five", 1), witness_put(2, 1, "one", 9), witness_put(1, 6, "six", 2)})));
  CHECK_CODE(store.commit(batch_of({witness_put(1, 8, "eight", 3), witness_put(1, 7, "seven", 3)})),
             codes::STORE_CONFLICT);
  CHECK(store.witness_record(origin(1)).value() == witness_put(1, 6, "six", 2));
  CHECK(store.witness_record(origin(2)).value() == witness_put(2, 1, "one", 9));
}

TEST_EVERY_STORE("sizes above 2^63 and times before 1970 are ordered as what they are") {
  Backend backend;
  Store& store = *backend.store;
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63U;
  REQUIRE_OK(store.commit(witness_batch(witness_put(1, kHalf - 1, "a", -62135596800))));
  REQUIRE_OK(store.commit(witness_batch(witness_put(1, kHalf, "b", -1))));
  REQUIRE_OK(store.commit(witness_batch(witness_put(1, UINT64_MAX, "c", 253402300799))));
  CHECK(store.witness_record(origin(1)).value() == witness_put(1, UINT64_MAX, "c", 253402300799));
  CHECK_CODE(store.commit(witness_batch(witness_put(1, 1, "d", 253402300799))), codes::STORE_CONFLICT);
  CHECK_CODE(store.commit(witness_batch(witness_put(1, UINT64_MAX, "c", -1))), codes::STORE_CONFLICT);
}

TEST_EVERY_STORE("a feed that is dropped leaves nothing of itself, and all others alone") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(joined({leaves_batch(1, 0, {"a", "b", "c"}), head_batch(1, "one"),
                                  leaves_batch(2, 0, {"d"}), head_batch(2, "two"), head_batch(3, "three"),
                                  body_batch("b"), allocation_batch("1", 7, "urn:x"),
                                  entry_batch("Qm", "1-a", "e"), witness_batch(witness_put(1, 3, "r", 1))})));
  REQUIRE_OK(store.commit(joined({drop_batch(1), drop_batch(3), drop_batch(9)})));
  CHECK(store.origins().value() == std::vector{origin(2)});
  CHECK(store.leaf_count(origin(1)).value() == 0);
  CHECK(leaf_texts(store, 1).empty());
  CHECK(store.note(origin(1)).value() == std::nullopt);
  CHECK(store.note(origin(3)).value() == std::nullopt);
  CHECK(leaf_texts(store, 2) == Texts{"d"});
  CHECK(store.note(origin(2)).value() == "two");
  CHECK(store.body(body("b").digest).value() == to_bytes("b"));
  CHECK(store.allocation_at("1", 7).value().has_value());
  CHECK(entry_texts(store, "Qm") == Texts{"1-a=e"});
  CHECK(store.witness_record(origin(1)).value() == witness_put(1, 3, "r", 1));
}

TEST_EVERY_STORE("a feed is dropped before the leaves and the head of its batch, which begin it again") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(joined({leaves_batch(1, 0, {"a", "b", "c"}), head_batch(1, "old")})));
  CHECK_CODE_NAMES(store.commit(joined({leaves_batch(1, 3, {"d"}), drop_batch(1)})), codes::STORE_CONFLICT,
                   "leaf 3, the next one is 0");
  CHECK(leaf_texts(store, 1) == Texts{"a", "b", "c"});
  CHECK(store.note(origin(1)).value() == "old");
  REQUIRE_OK(store.commit(
      joined({leaves_batch(1, 0, {"x"}), head_batch(1, "new"), drop_batch(1), leaves_batch(1, 1, {"y"})})));
  CHECK(leaf_texts(store, 1) == Texts{"x", "y"});
  CHECK(store.note(origin(1)).value() == "new");
  REQUIRE_OK(store.commit(joined({drop_batch(1), drop_batch(1), leaves_batch(1, 0, {"z"})})));
  CHECK(store.note(origin(1)).value() == std::nullopt);
  REQUIRE_OK(store.commit(leaves_batch(1, 1, {"zz"})));
  CHECK(leaf_texts(store, 1) == Texts{"z", "zz"});
}

TEST_EVERY_STORE("the mark beside a feed outlives it") {
  Backend backend;
  Store& store = *backend.store;
  StoreBatch mark;
  mark.heads.push_back({feed::contradiction_mark(origin(1)), "seen"});
  REQUIRE_OK(store.commit(joined({leaves_batch(1, 0, {"a"}), mark})));
  REQUIRE_OK(store.commit(drop_batch(1)));
  CHECK(store.note(feed::contradiction_mark(origin(1))).value() == "seen");
}

TEST_EVERY_STORE("entries, records and drops are all or nothing with the rest of their batch") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(
      store.commit(joined({leaves_batch(1, 0, {"a", "b"}), head_batch(1, "n"),
                           entry_batch("Qm", "1-a", "old"), witness_batch(witness_put(2, 5, "five", 5))})));
  const auto good =
      joined({drop_batch(1), leaves_batch(1, 0, {"x"}), head_batch(1, "m"), entry_batch("Qm", "1-a", "new"),
              entry_batch("Qn", "1-a", "n"), witness_batch(witness_put(2, 6, "six", 6)),
              witness_batch(witness_put(3, 1, "one", 1))});
  const auto check_as_before = [&] {
    CHECK(leaf_texts(store, 1) == Texts{"a", "b"});
    CHECK(store.note(origin(1)).value() == "n");
    CHECK(entry_texts(store, "Qm") == Texts{"1-a=old"});
    CHECK(store.entry_scids().value() == Texts{"Qm"});
    CHECK(store.witness_record(origin(2)).value() == witness_put(2, 5, "five", 5));
    CHECK(store.witness_record(origin(3)).value() == std::nullopt);
  };
  for (const auto& conflict : {leaves_batch(1, 2, {"y"}), witness_batch(witness_put(2, 4, "four", 9))}) {
    CHECK_CODE(store.commit(joined({good, conflict})), codes::STORE_CONFLICT);
    check_as_before();
    CHECK_CODE(store.commit(joined({conflict, good})), codes::STORE_CONFLICT);
    check_as_before();
  }
  REQUIRE_OK(store.commit(good));
  CHECK(leaf_texts(store, 1) == Texts{"x"});
  CHECK(entry_texts(store, "Qm") == Texts{"1-a=new"});
  CHECK(store.witness_record(origin(2)).value() == witness_put(2, 6, "six", 6));
}

TEST_EVERY_STORE("in a group later batches see what earlier ones dropped and recorded") {
  Backend backend;
  REQUIRE_OK(backend.store->commit(leaves_batch(1, 0, {"a", "b"})));
  const std::vector<StoreBatch> batches = {
      drop_batch(1),
      leaves_batch(1, 2, {"lost"}),
      leaves_batch(1, 0, {"x"}),
      witness_batch(witness_put(1, 5, "five", 5)),
      joined({drop_batch(1), witness_batch(witness_put(1, 4, "four", 6))}),
      leaves_batch(1, 1, {"y"})};
  std::vector<const StoreBatch*> group;
  for (const auto& batch : batches) group.push_back(&batch);
  const auto outcomes = backend.store->commit_group(group);
  REQUIRE(outcomes.size() == 6);
  for (const std::size_t accepted : {0U, 2U, 3U, 5U}) CHECK_MESSAGE(outcomes[accepted].has_value(), accepted);
  for (const std::size_t refused : {1U, 4U}) CHECK_CODE(outcomes[refused], codes::STORE_CONFLICT);
  CHECK(leaf_texts(*backend.store, 1) == Texts{"x", "y"});
}

TEST_EVERY_STORE("a reader sees a feed before it was dropped or after, never in between") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(leaves_batch(1, 0, {"0", "0", "0"})));
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::thread reader([&] {
    while (!done) {
      const auto held = store.leaves(origin(1), 0, UINT64_MAX);
      if (!held || held->size() != 3 || (*held)[0] != (*held)[2]) ++wrong;
    }
  });
  for (int round = 1; round <= 25; ++round) {
    const auto text = concat(round);
    REQUIRE_OK(store.commit(joined({drop_batch(1), leaves_batch(1, 0, {text, text, text})})));
  }
  done = true;
  reader.join();
  CHECK(wrong == 0);
}
