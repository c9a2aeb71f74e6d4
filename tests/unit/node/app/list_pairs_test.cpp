#include "node/app/list_pairs.h"

#include <set>

#include "crypto/hash.h"
#include "protocol/did/key.h"
#include "storage/memory/memory_store.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

namespace {

using node::ListPairs;
using status::Purpose;

constexpr std::string_view kBase = "https://issuer.test";

feed::FeedSnapshot empty_snapshot() {
  SeededRng rng(1);
  const Did did = did_key::did_of(Ed25519KeyPair::generate(rng).public_key());
  return {*feed::Origin::of("test", did), did, {}, {}, {}, {}, 0, false};
}

void put_list(feed::FeedSnapshot& snapshot, const std::string& uri, Purpose purpose,
              std::vector<std::uint64_t> set = {}) {
  auto bitmap = status::Bitmap::zero(status::kListEntriesMin);
  for (const auto index : set) REQUIRE_OK(bitmap.set(status::StatusIndex(index), true));
  feed::StatusListState state;
  state.body = feed::BodyState::held;
  state.list = std::make_shared<const status::StatusList>(
      status::StatusList{uri, purpose, Timestamp(0), Timestamp(0), std::nullopt, std::move(bitmap)});
  snapshot.status_lists.insert_or_assign(uri, std::move(state));
}

void put_pair(feed::FeedSnapshot& snapshot, std::string_view base, std::string_view pair) {
  put_list(snapshot, node::list_uri(base, pair, Purpose::revocation), Purpose::revocation);
  put_list(snapshot, node::list_uri(base, pair, Purpose::suspension), Purpose::suspension);
}

}  // namespace

TEST_CASE("before the first publication there is no open pair and the next one is number 1") {
  const ListPairs pairs("main", std::string(kBase));
  CHECK(pairs.open_pair() == nullptr);
  CHECK(pairs.next_pair().name == "main-1");
  CHECK(pairs.next_pair().revocation == "https://issuer.test/status-lists/main-1-revocation");
  CHECK(pairs.next_pair().suspension == "https://issuer.test/status-lists/main-1-suspension");
}

TEST_CASE("pairs of the feed are found by name and by both URIs, others are not ours") {
  auto store = storage::make_memory_store();
  auto snapshot = empty_snapshot();
  put_pair(snapshot, kBase, "main-1");
  put_pair(snapshot, kBase, "other-1");
  put_pair(snapshot, kBase, "main-0");
  put_pair(snapshot, kBase, "main-1x");
  ListPairs pairs("main", std::string(kBase));
  REQUIRE_OK(pairs.learn(snapshot, *store));
  REQUIRE(pairs.open_pair() != nullptr);
  CHECK(pairs.open_pair()->name == "main-1");
  CHECK(pairs.counts().size() == 1);
  CHECK(pairs.find("main-1") == pairs.open_pair());
  CHECK(pairs.find("https://issuer.test/status-lists/main-1-suspension") == pairs.open_pair());
  CHECK(pairs.find("other-1") == nullptr);
}

TEST_CASE("an index is never given twice: allocated, reserved and set ones are taken") {
  auto store = storage::make_memory_store();
  StoreBatch batch;
  for (std::uint64_t i = 0; i < 100; ++i)
    batch.allocations.push_back({"main-1", i, concat("urn:example:", i), Timestamp(0)});
  REQUIRE_OK(store->commit(batch));
  auto snapshot = empty_snapshot();
  put_pair(snapshot, kBase, "main-1");
  put_list(snapshot, node::list_uri(kBase, "main-1", Purpose::revocation), Purpose::revocation, {100, 101});
  ListPairs pairs("main", std::string(kBase));
  REQUIRE_OK(pairs.learn(snapshot, *store));
  REQUIRE(pairs.counts().front().taken == 102);
  SeededRng rng(7);
  std::set<std::uint64_t> given;
  for (int i = 0; i < 5'000; ++i) {
    const auto index = pairs.reserve(rng);
    REQUIRE_OK(index);
    CHECK(index->value() > 101);
    given.insert(index->value());
  }
  CHECK(given.size() == 5'000);
  pairs.release("main-1", status::StatusIndex(*given.begin()));
  CHECK(pairs.counts().front().taken == 5'101);
}

TEST_CASE("a closed pair gives no index away, whether its bodies are here or not, and is still found") {
  auto store = storage::make_memory_store();
  auto snapshot = empty_snapshot();
  put_pair(snapshot, kBase, "main-1");
  put_pair(snapshot, kBase, "main-2");
  snapshot.status_lists.at(node::list_uri(kBase, "main-2", Purpose::revocation)).list = nullptr;
  ListPairs pairs("main", std::string(kBase));
  REQUIRE_OK(pairs.learn(snapshot, *store));
  REQUIRE(pairs.open_pair() != nullptr);
  CHECK(pairs.close(snapshot));
  CHECK_FALSE(pairs.close(snapshot));  // known already
  CHECK(pairs.closed_through() == 2);
  CHECK(pairs.open_pair() == nullptr);
  CHECK(pairs.next_pair().name == "main-3");
  ListPairs later("main", std::string(kBase));  // the node's next run
  later.close_through(2);
  REQUIRE_OK(later.learn(snapshot, *store));
  CHECK(later.open_pair() == nullptr);
  CHECK(pairs.find("main-1") != nullptr);
  put_pair(snapshot, kBase, "main-2");  // its body arrives
  REQUIRE_OK(pairs.learn(snapshot, *store));
  CHECK(pairs.open_pair() == nullptr);
  put_pair(snapshot, kBase, "main-3");
  REQUIRE_OK(pairs.learn(snapshot, *store));
  REQUIRE(pairs.open_pair() != nullptr);
  CHECK(pairs.open_pair()->name == "main-3");
}

TEST_CASE("a full pair is closed and the next number is offered") {
  auto store = storage::make_memory_store();
  StoreBatch batch;
  const std::uint64_t full = status::kListEntriesMin * status::kFillMaxPercent / 100 + 1;
  for (std::uint64_t i = 0; i < full; ++i)
    batch.allocations.push_back({"main-1", i, concat("urn:example:", i), Timestamp(0)});
  REQUIRE_OK(store->commit(batch));
  auto snapshot = empty_snapshot();
  put_pair(snapshot, kBase, "main-1");
  ListPairs pairs("main", std::string(kBase));
  REQUIRE_OK(pairs.learn(snapshot, *store));
  CHECK(pairs.open_pair() == nullptr);
  CHECK(pairs.next_pair().name == "main-2");
  put_pair(snapshot, kBase, "main-2");
  REQUIRE_OK(pairs.learn(snapshot, *store));
  REQUIRE(pairs.open_pair() != nullptr);
  CHECK(pairs.open_pair()->name == "main-2");
}

TEST_CASE("after the public URL changed, old pairs keep their addresses and new credentials get a new pair") {
  auto store = storage::make_memory_store();
  auto snapshot = empty_snapshot();
  put_pair(snapshot, "https://old.test", "main-1");
  ListPairs pairs("main", std::string(kBase));
  REQUIRE_OK(pairs.learn(snapshot, *store));
  CHECK(pairs.open_pair() == nullptr);
  REQUIRE(pairs.find("main-1") != nullptr);
  CHECK(pairs.find("main-1")->uri(Purpose::revocation) == "https://old.test/status-lists/main-1-revocation");
  CHECK(pairs.next_pair().revocation == "https://issuer.test/status-lists/main-2-revocation");
}

TEST_CASE("a pair whose list is not held yet is not used") {
  auto store = storage::make_memory_store();
  auto snapshot = empty_snapshot();
  put_pair(snapshot, kBase, "main-1");
  snapshot.status_lists.at(node::list_uri(kBase, "main-1", Purpose::suspension)).list.reset();
  ListPairs pairs("main", std::string(kBase));
  REQUIRE_OK(pairs.learn(snapshot, *store));
  CHECK(pairs.open_pair() == nullptr);
}

}  // namespace vcnode::test
