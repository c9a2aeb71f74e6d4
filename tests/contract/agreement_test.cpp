// Whatever is done to it, the SQLite store says what the memory store says.
#include "tests/contract/store_fixture.h"
#include "tests/support/property.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// Small worlds, so that conflicts and repetitions are common.
constexpr std::uint8_t kFeeds = 3;
constexpr std::uint64_t kIndexes = 5;

std::uint64_t draw(std::uint64_t bound) {
  return *rc::gen::inRange<std::uint64_t>(0, bound);
}
std::string drawn_text() {
  return concat("text ", draw(6));
}

// `counts`: the leaves a correct append would start at; now and then the draw misses.
StoreBatch drawn_batch(const Store& store) {
  StoreBatch batch;
  for (auto parts = draw(4); parts > 0; --parts) {
    const auto feed = static_cast<std::uint8_t>(draw(kFeeds));
    const auto kind = draw(7);
    if (kind == 0) {
      const bool anew = !batch.dropped_feeds.empty() && batch.dropped_feeds.back() == origin(feed);
      const auto next = (anew ? 0 : store.leaf_count(origin(feed)).value()) + (draw(8) == 0 ? 1 : 0);
      batch = joined({batch, leaves_batch(feed, next, std::vector<std::string>(draw(4), drawn_text()))});
    }
    if (kind == 1) batch = joined({batch, head_batch(feed, drawn_text())});
    if (kind == 2) batch = joined({batch, body_batch(drawn_text())});
    if (kind == 3) {
      batch = joined({batch, allocation_batch(concat(draw(2)), draw(kIndexes), concat("urn:", draw(12)))});
    }
    if (kind == 4)
      batch = joined({batch, entry_batch(concat(draw(2)), concat(draw(12) + 1, "-", draw(2)), drawn_text())});
    if (kind == 5) {
      const auto size = draw(4);
      const auto time = static_cast<std::int64_t>(draw(4));
      batch = joined({batch, witness_batch(witness_put(feed, size, concat(size, draw(8) / 7), time))});
    }
    if (kind == 6) batch = joined({batch, drop_batch(feed)});
  }
  return batch;
}

// "" or the code of each outcome.
std::vector<std::string> codes_of(const std::vector<Result<void>>& outcomes) {
  std::vector<std::string> all;
  for (const auto& outcome : outcomes) {
    all.push_back(outcome.has_value() ? "" : concat(outcome.error().code.slug(), outcome.error().message));
  }
  return all;
}

void assert_same_contents(const Store& expected, const Store& actual) {
  RC_ASSERT(expected.origins().value() == actual.origins().value());
  for (std::uint8_t feed = 0; feed < kFeeds; ++feed) {
    RC_ASSERT(expected.note(origin(feed)).value() == actual.note(origin(feed)).value());
    RC_ASSERT(expected.leaf_count(origin(feed)).value() == actual.leaf_count(origin(feed)).value());
    const auto first = draw(4);
    const auto count = draw(4) == 0 ? UINT64_MAX : draw(6);
    RC_ASSERT(leaf_texts(expected, feed, first, count) == leaf_texts(actual, feed, first, count));
    RC_ASSERT(expected.witness_record(origin(feed)).value() == actual.witness_record(origin(feed)).value());
  }
  for (int i = 0; i < 6; ++i) {
    const auto digest = body(concat("text ", i)).digest;
    RC_ASSERT(expected.body(digest).value() == actual.body(digest).value());
  }
  for (int i = 0; i < 12; ++i) {
    RC_ASSERT(expected.allocation_of(concat("urn:", i)).value() ==
              actual.allocation_of(concat("urn:", i)).value());
  }
  RC_ASSERT(expected.entry_scids().value() == actual.entry_scids().value());
  for (const auto* list : {"0", "1", "2"}) {
    RC_ASSERT(entry_texts(expected, list) == entry_texts(actual, list));
    RC_ASSERT(expected.allocated_indexes(list).value() == actual.allocated_indexes(list).value());
    for (std::uint64_t i = 0; i < kIndexes; ++i) {
      RC_ASSERT(expected.allocation_at(list, i).value() == actual.allocation_at(list, i).value());
    }
  }
}

}  // namespace

TEST_CASE("memory and SQLite agree after any sequence of groups and reopenings") {
  CHECK_PROPERTY("same outcomes, same contents", [] {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "store.db";
    const auto model = storage::make_memory_store();
    auto sqlite = open_or_fail(file);
    for (auto steps = 1 + draw(12); steps > 0; --steps) {
      if (draw(6) == 0) {
        sqlite.reset();
        sqlite = open_or_fail(file);
      }
      std::vector<StoreBatch> batches;
      for (auto count = 1 + draw(3); count > 0; --count) batches.push_back(drawn_batch(*model));
      std::vector<const StoreBatch*> group;
      for (const auto& batch : batches) group.push_back(&batch);
      RC_ASSERT(codes_of(model->commit_group(group)) == codes_of(sqlite->commit_group(group)));
    }
    assert_same_contents(*model, *sqlite);
  });
}
