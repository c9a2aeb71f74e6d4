#include "storage/group_commit.h"

#include <atomic>
#include <future>
#include <numeric>
#include <set>
#include <thread>

#include "storage/codes.h"
#include "tests/contract/store_fixture.h"

using namespace vcnode;
using namespace vcnode::test;
using vcnode::storage::GroupCommit;
using vcnode::storage::kBatchesPerGroupMax;

namespace {

// Remembers the size of each group it commits; holds nothing.
class CountingStore final : public storage::GroupStore {
 public:
  std::vector<Result<void>> commit_group(const std::vector<const StoreBatch*>& batches) override {
    group_sizes.push_back(batches.size());
    return std::vector<Result<void>>(batches.size());
  }
  Result<std::optional<std::string>> note(const feed::OriginHash&) const override { return std::nullopt; }
  Result<std::uint64_t> leaf_count(const feed::OriginHash&) const override { return 0; }
  Result<std::vector<Bytes>> leaves(const feed::OriginHash&, std::uint64_t, std::uint64_t) const override {
    return std::vector<Bytes>{};
  }
  Result<std::optional<Bytes>> body(const Sha256Digest&) const override { return std::nullopt; }
  Result<std::vector<Sha256Digest>> body_digests() const override { return std::vector<Sha256Digest>{}; }
  Result<std::vector<feed::OriginHash>> origins() const override { return std::vector<feed::OriginHash>{}; }
  Result<std::optional<Allocation>> allocation_of(std::string_view) const override { return std::nullopt; }
  Result<std::optional<Allocation>> allocation_at(std::string_view, std::uint64_t) const override {
    return std::nullopt;
  }
  Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view) const override {
    return std::vector<std::uint64_t>{};
  }
  Result<std::vector<StoredEntry>> entries(std::string_view) const override {
    return std::vector<StoredEntry>{};
  }
  Result<std::vector<std::string>> entry_scids() const override { return std::vector<std::string>{}; }
  Result<std::optional<WitnessPut>> witness_record(const feed::OriginHash&) const override {
    return std::nullopt;
  }
  std::vector<std::size_t> group_sizes;
};

}  // namespace

TEST_CASE("batches handed in while a commit runs are committed together, up to the limit") {
  CountingStore store;
  std::promise<void> entered;
  std::promise<void> release;
  {
    GroupCommit commits(store);
    commits.submit({}, [&](Result<void>) {
      entered.set_value();
      release.get_future().wait();  // the writer is busy until released
    });
    entered.get_future().wait();
    for (std::size_t i = 0; i < 2 * kBatchesPerGroupMax + 3; ++i) commits.submit({}, [](Result<void>) {});
    release.set_value();
  }
  CHECK(store.group_sizes == std::vector<std::size_t>{1, kBatchesPerGroupMax, kBatchesPerGroupMax, 3});
}

TEST_EVERY_STORE(
    "a callback runs once, on the writer thread, in order of submission, when its batch can be read") {
  Backend backend;
  std::vector<std::uint64_t> order;
  std::set<std::thread::id> threads;
  int unreadable = 0;
  {
    GroupCommit commits(*backend.store);
    for (std::uint64_t i = 0; i < 50; ++i) {
      commits.submit(leaves_batch(1, i, {"leaf"}), [&, i](Result<void> outcome) {
        order.push_back(i);
        threads.insert(std::this_thread::get_id());
        if (!outcome.has_value() || backend.store->leaf_count(origin(1)).value() <= i) ++unreadable;
      });
    }
  }
  std::vector<std::uint64_t> expected(50);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(order == expected);
  CHECK(unreadable == 0);
  REQUIRE(threads.size() == 1);
  CHECK(*threads.begin() != std::this_thread::get_id());
}

TEST_EVERY_STORE("one batch that conflicts does not take the others down") {
  Backend backend;
  std::vector<bool> accepted(40);
  {
    GroupCommit commits(*backend.store);
    for (std::size_t i = 0; i < accepted.size(); ++i) {
      // Number 17 asks for the index number 16 has.
      const std::uint64_t index = i == 17 ? 16 : i;
      commits.submit(
          joined({body_batch(concat("body ", i)), allocation_batch("1", index, concat("urn:", i))}),
          [&accepted, i](Result<void> outcome) {
            accepted[i] = outcome.has_value();
            if (!outcome.has_value()) CHECK_CODE(outcome, codes::STORE_CONFLICT);
          });
    }
  }
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    CHECK_MESSAGE(accepted[i] == (i != 17), i);
    CHECK_MESSAGE(backend.store->body(body(concat("body ", i)).digest).value().has_value() == (i != 17), i);
  }
}

TEST_EVERY_STORE("many threads submit at once and every batch is answered and kept") {
  Backend backend;
  constexpr std::uint8_t kThreads = 8;
  constexpr std::uint64_t kBatches = 40;
  std::atomic<int> accepted{0};
  {
    GroupCommit commits(*backend.store);
    std::vector<std::thread> threads;
    for (std::uint8_t feed = 0; feed < kThreads; ++feed) {
      threads.emplace_back([&, feed] {
        for (std::uint64_t i = 0; i < kBatches; ++i) {
          commits.submit(leaves_batch(feed, i, {concat(i)}), [&](Result<void> outcome) {
            if (outcome.has_value()) ++accepted;
          });
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  CHECK(accepted == kThreads * static_cast<int>(kBatches));
  for (std::uint8_t feed = 0; feed < kThreads; ++feed) {
    CHECK(backend.store->leaf_count(origin(feed)).value() == kBatches);
  }
}

TEST_EVERY_STORE("a callback may submit, and the destructor finishes that too") {
  Backend backend;
  std::uint64_t rounds = 0;
  std::function<void(Result<void>)> again;  // outlives the callbacks
  {
    GroupCommit commits(*backend.store);
    again = [&](Result<void> outcome) {
      if (outcome.has_value() && ++rounds < 10) commits.submit(leaves_batch(1, rounds, {"leaf"}), again);
    };
    commits.submit(leaves_batch(1, 0, {"leaf"}), again);
  }
  CHECK(rounds == 10);
  CHECK(backend.store->leaf_count(origin(1)).value() == 10);
}
