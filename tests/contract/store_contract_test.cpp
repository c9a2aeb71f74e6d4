// Every sentence of protocol/ports.h about a Store, asked of every store.
#include <algorithm>
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

// Nothing of a batch made of leaf "a" of feed 1, note "n", body "b" and allocation ("1", 7, "urn:x").
void check_nothing_kept(const Store& store) {
  CHECK(store.leaf_count(origin(1)).value() == 0);
  CHECK(store.note(origin(1)).value() == std::nullopt);
  CHECK(store.body(body("b").digest).value() == std::nullopt);
  CHECK(store.allocation_of("urn:x").value() == std::nullopt);
  CHECK(store.allocation_at("1", 7).value() == std::nullopt);
  CHECK(store.allocated_indexes("1").value().empty());
}

StoreBatch one_of_each() {
  return joined(
      {leaves_batch(1, 0, {"a"}), head_batch(1, "n"), body_batch("b"), allocation_batch("1", 7, "urn:x")});
}

}  // namespace

TEST_EVERY_STORE("an empty store answers every question with nothing") {
  Backend backend;
  const Store& store = *backend.store;
  CHECK(store.origins().value().empty());
  CHECK(leaf_texts(store, 1).empty());
  check_nothing_kept(store);
}

TEST_EVERY_STORE("what was committed is read back byte for byte") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(one_of_each()));
  CHECK(leaf_texts(store, 1) == Texts{"a"});
  CHECK(store.leaf_count(origin(1)).value() == 1);
  CHECK(store.note(origin(1)).value() == "n");
  CHECK(store.body(body("b").digest).value() == to_bytes("b"));
  const Allocation expected{"1", 7, "urn:x", Timestamp(1700000000)};
  CHECK(store.allocation_of("urn:x").value() == expected);
  CHECK(store.allocation_at("1", 7).value() == expected);
  CHECK(store.allocated_indexes("1").value() == std::vector<std::uint64_t>{7});
}

TEST_EVERY_STORE("empty values, NUL bytes and non-text bytes survive") {
  Backend backend;
  Store& store = *backend.store;
  const std::string odd("\0\xff\xfe\0x", 5);
  REQUIRE_OK(store.commit(joined({leaves_batch(1, 0, {"", odd}), head_batch(1, ""), head_batch(2, "a\nb\n"),
                                  body_batch(""), body_batch(odd), allocation_batch("", 0, "")})));
  CHECK(leaf_texts(store, 1) == Texts{"", odd});
  CHECK(store.note(origin(1)).value() == "");
  CHECK(store.note(origin(2)).value() == "a\nb\n");
  CHECK(store.body(body("").digest).value() == Bytes{});
  CHECK(store.body(body(odd).digest).value() == to_bytes(odd));
  CHECK(store.allocation_of("").value().has_value());
  CHECK(store.allocation_at("", 0).value().has_value());
}

TEST_EVERY_STORE("an empty batch succeeds and changes nothing") {
  Backend backend;
  REQUIRE_OK(backend.store->commit({}));
  REQUIRE_OK(backend.store->commit(leaves_batch(1, 0, {})));
  CHECK(backend.store->origins().value().empty());
  CHECK(backend.store->commit_group({}).empty());
}

TEST_EVERY_STORE("leaves are appended at the next index and nowhere else") {
  Backend backend;
  Store& store = *backend.store;
  CHECK_CODE_NAMES(store.commit(leaves_batch(1, 1, {"x"})), codes::STORE_CONFLICT,
                   "leaf 1, the next one is 0");
  REQUIRE_OK(store.commit(leaves_batch(1, 0, {"a", "b"})));
  CHECK_CODE(store.commit(leaves_batch(1, 0, {"x"})), codes::STORE_CONFLICT);
  CHECK_CODE(store.commit(leaves_batch(1, 1, {"x"})), codes::STORE_CONFLICT);
  CHECK_CODE_NAMES(store.commit(leaves_batch(1, 3, {"x"})), codes::STORE_CONFLICT,
                   "feed 0101010101010101010101010101010101010101010101010101010101010101");
  CHECK_CODE(store.commit(leaves_batch(1, UINT64_MAX, {"x"})), codes::STORE_CONFLICT);
  CHECK_CODE(store.commit(leaves_batch(1, 3, {})), codes::STORE_CONFLICT);
  REQUIRE_OK(store.commit(leaves_batch(1, 2, {"c"})));
  CHECK(leaf_texts(store, 1) == Texts{"a", "b", "c"});
}

TEST_EVERY_STORE("feeds do not touch each other") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(
      joined({leaves_batch(1, 0, {"a", "b"}), leaves_batch(2, 0, {"c"}), head_batch(1, "one")})));
  CHECK(leaf_texts(store, 1) == Texts{"a", "b"});
  CHECK(leaf_texts(store, 2) == Texts{"c"});
  CHECK(store.leaf_count(origin(2)).value() == 1);
  CHECK(store.note(origin(2)).value() == std::nullopt);
}

TEST_EVERY_STORE("several appends to one feed in one batch follow each other") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(joined({leaves_batch(1, 0, {"a"}), leaves_batch(1, 1, {"b", "c"})})));
  CHECK_CODE(store.commit(joined({leaves_batch(1, 3, {"d"}), leaves_batch(1, 3, {"e"})})),
             codes::STORE_CONFLICT);
  CHECK(leaf_texts(store, 1) == Texts{"a", "b", "c"});
}

TEST_EVERY_STORE("a page of leaves starts where asked, is no longer than asked and shorter at the end") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(leaves_batch(1, 0, {"a", "b", "c", "d"})));
  CHECK(leaf_texts(store, 1, 0, 2) == Texts{"a", "b"});
  CHECK(leaf_texts(store, 1, 2, 1) == Texts{"c"});
  CHECK(leaf_texts(store, 1, 3, 100) == Texts{"d"});
  CHECK(leaf_texts(store, 1, 4, 100).empty());
  CHECK(leaf_texts(store, 1, 1, 0).empty());
  CHECK(leaf_texts(store, 1, UINT64_MAX, UINT64_MAX).empty());
  CHECK(leaf_texts(store, 1, 1, UINT64_MAX) == Texts{"b", "c", "d"});
}

TEST_EVERY_STORE("the last note put is the note of a feed") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(head_batch(1, "first")));
  REQUIRE_OK(store.commit(joined({head_batch(1, "second"), head_batch(1, "third")})));
  CHECK(store.note(origin(1)).value() == "third");
}

TEST_EVERY_STORE("origins are all feeds with leaves or a note, sorted") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(joined(
      {leaves_batch(200, 0, {"a"}), head_batch(3, "n"), leaves_batch(7, 0, {"b"}), head_batch(7, "n")})));
  CHECK(store.origins().value() == std::vector{origin(3), origin(7), origin(200)});
}

TEST_EVERY_STORE("storing a body twice is not an error") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(body_batch("b")));
  REQUIRE_OK(store.commit(joined({body_batch("b"), body_batch("b"), body_batch("c")})));
  CHECK(store.body(body("b").digest).value() == to_bytes("b"));
  CHECK(store.body(body("c").digest).value() == to_bytes("c"));
  std::vector<Sha256Digest> both{body("b").digest, body("c").digest};
  std::sort(both.begin(), both.end());
  CHECK(store.body_digests().value() == both);
}

TEST_EVERY_STORE("a large body is kept whole") {
  Backend backend;
  std::string large(3 << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 97) large[i] = static_cast<char>(i / 97);
  REQUIRE_OK(backend.store->commit(body_batch(large)));
  CHECK(backend.store->body(body(large).digest).value() == to_bytes(large));
}

TEST_EVERY_STORE("a body whose digest is another's is a programming error") {
  Backend backend;  // in the parent, so that it is removed
  const auto end = run_in_child([&] {
    StoreBatch batch = body_batch("b");
    batch.bodies[0].bytes = to_bytes("c");
    static_cast<void>(backend.store->commit(batch));
  });
  CHECK(end.died);
  CHECK(end.standard_error.find("sha256(body.bytes) == body.digest") != std::string::npos);
}

TEST_EVERY_STORE("a status index is given once per list, a credential id once") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(allocation_batch("1", 7, "urn:x")));
  CHECK_CODE_NAMES(store.commit(allocation_batch("1", 7, "urn:y")), codes::STORE_CONFLICT,
                   "index 7 of status list 1 is already taken");
  CHECK_CODE_NAMES(store.commit(allocation_batch("1", 8, "urn:x")), codes::STORE_CONFLICT,
                   "credential id urn:x");
  CHECK_CODE(store.commit(allocation_batch("2", 7, "urn:x")), codes::STORE_CONFLICT);
  CHECK_CODE(store.commit(allocation_batch("1", 7, "urn:x")), codes::STORE_CONFLICT);
  REQUIRE_OK(store.commit(allocation_batch("2", 7, "urn:y")));
  CHECK(store.allocation_at("1", 7).value()->credential_id == "urn:x");
  CHECK(store.allocation_at("2", 7).value()->credential_id == "urn:y");
  CHECK(store.allocation_at("1", 8).value() == std::nullopt);
}

TEST_EVERY_STORE("two allocations of one batch must not collide either") {
  Backend backend;
  Store& store = *backend.store;
  CHECK_CODE(store.commit(joined({allocation_batch("1", 7, "urn:x"), allocation_batch("1", 7, "urn:y")})),
             codes::STORE_CONFLICT);
  CHECK_CODE(store.commit(joined({allocation_batch("1", 7, "urn:x"), allocation_batch("1", 8, "urn:x")})),
             codes::STORE_CONFLICT);
  CHECK(store.allocated_indexes("1").value().empty());
}

TEST_EVERY_STORE("allocated indexes are those of the list, sorted as numbers") {
  Backend backend;
  Store& store = *backend.store;
  for (const std::uint64_t index : {100U, 9U, 131071U, 0U}) {
    REQUIRE_OK(store.commit(allocation_batch("1", index, concat("urn:", index))));
  }
  REQUIRE_OK(store.commit(allocation_batch("2", 5, "urn:other")));
  CHECK(store.allocated_indexes("1").value() == std::vector<std::uint64_t>{0, 9, 100, 131071});
}

TEST_EVERY_STORE("the largest index is kept, larger ones are never held") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(allocation_batch("1", storage::kStatusIndexMax, "urn:x")));
  CHECK(store.allocation_of("urn:x").value()->index == storage::kStatusIndexMax);
  CHECK(store.allocation_at("1", UINT64_MAX).value() == std::nullopt);
  const auto end =
      run_in_child([&] { static_cast<void>(store.commit(allocation_batch("1", UINT64_MAX, "urn:y"))); });
  CHECK(end.died);
  CHECK(end.standard_error.find("kStatusIndexMax") != std::string::npos);
}

TEST_EVERY_STORE("times before 1970 and far away are kept") {
  Backend backend;
  for (const std::int64_t seconds : {std::int64_t{-62135596800}, std::int64_t{253402300799}}) {
    auto batch = allocation_batch("1", 7, concat("urn:", seconds));
    batch.allocations[0].index = seconds < 0 ? 1 : 2;
    batch.allocations[0].issued_at = Timestamp(seconds);
    REQUIRE_OK(backend.store->commit(batch));
    CHECK(backend.store->allocation_of(concat("urn:", seconds)).value()->issued_at == Timestamp(seconds));
  }
}

TEST_EVERY_STORE("a batch with one conflict is not kept at all, wherever the conflict is") {
  Backend backend;
  Store& store = *backend.store;
  REQUIRE_OK(store.commit(joined({leaves_batch(9, 0, {"z"}), allocation_batch("9", 9, "urn:taken")})));
  const std::vector<StoreBatch> conflicts = {leaves_batch(9, 0, {"y"}), leaves_batch(1, 2, {"y"}),
                                             allocation_batch("9", 9, "urn:new"),
                                             allocation_batch("8", 8, "urn:taken")};
  for (const auto& conflict : conflicts) {
    CHECK_CODE(store.commit(joined({one_of_each(), conflict})), codes::STORE_CONFLICT);
    CHECK_CODE(store.commit(joined({conflict, one_of_each()})), codes::STORE_CONFLICT);
    check_nothing_kept(store);
  }
  CHECK(store.origins().value() == std::vector{origin(9)});
  REQUIRE_OK(store.commit(one_of_each()));
}

TEST_EVERY_STORE("in a group each batch has its own fate and sees the accepted ones before it") {
  Backend backend;
  auto& store = *backend.store;
  const std::vector<StoreBatch> batches = {leaves_batch(1, 0, {"a"}),
                                           leaves_batch(1, 0, {"lost"}),
                                           leaves_batch(1, 1, {"b"}),
                                           allocation_batch("1", 7, "urn:x"),
                                           joined({body_batch("lost"), allocation_batch("1", 7, "urn:y")}),
                                           body_batch("kept")};
  std::vector<const StoreBatch*> group;
  for (const auto& batch : batches) group.push_back(&batch);
  const auto outcomes = store.commit_group(group);
  REQUIRE(outcomes.size() == 6);
  for (const std::size_t accepted : {0U, 2U, 3U, 5U}) CHECK_MESSAGE(outcomes[accepted].has_value(), accepted);
  for (const std::size_t refused : {1U, 4U}) CHECK_CODE(outcomes[refused], codes::STORE_CONFLICT);
  CHECK(leaf_texts(store, 1) == Texts{"a", "b"});
  CHECK(store.body(body("kept").digest).value().has_value());
  CHECK_FALSE(store.body(body("lost").digest).value().has_value());
}

TEST_EVERY_STORE("of many that append the same leaf at once exactly one succeeds, and readers see it") {
  Backend backend;
  Store& store = *backend.store;
  constexpr std::uint64_t kLeaves = 25;
  constexpr int kWriters = 4;
  std::atomic<int> accepted{0};
  std::atomic<int> wrong{0};
  std::atomic<bool> done{false};
  const auto write = [&](int number) {
    for (std::uint64_t i = 0; i < kLeaves;) {
      const auto outcome = store.commit(leaves_batch(1, i, {concat(number, ":", i)}));
      if (outcome.has_value()) ++accepted;
      if (!outcome.has_value() && outcome.error().code != codes::STORE_CONFLICT) ++wrong;
      const auto count = store.leaf_count(origin(1));  // a commit that returned is seen
      if (!count.has_value() || count.value() <= i) ++wrong;
      ++i;
    }
  };
  const auto read = [&] {
    for (std::uint64_t last = 0; !done;) {
      const auto count = store.leaf_count(origin(1)).value();
      const auto held = store.leaves(origin(1), 0, UINT64_MAX).value().size();
      if (count < last || held < count) ++wrong;
      last = count;
    }
  };
  std::vector<std::thread> writers;
  for (int number = 0; number < kWriters; ++number) writers.emplace_back(write, number);
  std::vector<std::thread> readers;
  for (int number = 0; number < 6; ++number)
    readers.emplace_back(read);  // more than the pool has connections
  for (auto& writer : writers) writer.join();
  done = true;
  for (auto& reader : readers) reader.join();
  CHECK(accepted == static_cast<int>(kLeaves));
  CHECK(wrong == 0);
  CHECK(store.leaf_count(origin(1)).value() == kLeaves);
}
