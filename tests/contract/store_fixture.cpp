#include "tests/contract/store_fixture.h"

#include <algorithm>

#include "crypto/hash.h"

namespace vcnode::test {

std::unique_ptr<storage::GroupStore> open_or_fail(const std::filesystem::path& file) {
  auto store = storage::open_sqlite_store(file);
  REQUIRE_OK(store);
  return std::move(store).value();
}

feed::OriginHash origin(std::uint8_t number) {
  feed::OriginHash hash;
  std::fill_n(hash.data(), feed::OriginHash::kSize, number);
  return hash;
}

BodyPut body(std::string_view text) {
  return {sha256(as_bytes(text)), to_bytes(text)};
}

StoreBatch leaves_batch(std::uint8_t feed, std::uint64_t first, const std::vector<std::string>& texts) {
  LeafAppend append{origin(feed), first, {}};
  for (const auto& text : texts) append.leaves.push_back(to_bytes(text));
  StoreBatch batch;
  batch.leaves.push_back(std::move(append));
  return batch;
}

StoreBatch head_batch(std::uint8_t feed, std::string_view note) {
  StoreBatch batch;
  batch.heads.push_back({origin(feed), std::string(note)});
  return batch;
}

StoreBatch body_batch(std::string_view text) {
  StoreBatch batch;
  batch.bodies.push_back(body(text));
  return batch;
}

StoreBatch allocation_batch(std::string_view list, std::uint64_t index, std::string_view credential_id) {
  StoreBatch batch;
  batch.allocations.push_back({std::string(list), index, std::string(credential_id), Timestamp(1700000000)});
  return batch;
}

StoreBatch entry_batch(std::string_view scid, std::string_view version_id, std::string_view body) {
  StoreBatch batch;
  batch.entries.push_back({std::string(scid), std::string(version_id), to_bytes(body)});
  return batch;
}

WitnessPut witness_put(std::uint8_t feed, std::uint64_t size, std::string_view root, std::int64_t seconds) {
  return {origin(feed), size, sha256(as_bytes(root)), Timestamp(seconds)};
}

StoreBatch witness_batch(const WitnessPut& record) {
  StoreBatch batch;
  batch.witnessed.push_back(record);
  return batch;
}

StoreBatch drop_batch(std::uint8_t feed) {
  StoreBatch batch;
  batch.dropped_feeds.push_back(origin(feed));
  return batch;
}

StoreBatch joined(const std::vector<StoreBatch>& batches) {
  StoreBatch all;
  const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const auto& batch : batches) {
    add(all.leaves, batch.leaves);
    add(all.heads, batch.heads);
    add(all.bodies, batch.bodies);
    add(all.allocations, batch.allocations);
    add(all.entries, batch.entries);
    add(all.witnessed, batch.witnessed);
    add(all.dropped_feeds, batch.dropped_feeds);
  }
  return all;
}

std::vector<std::string> leaf_texts(const FeedArchive& store, std::uint8_t feed, std::uint64_t first,
                                    std::uint64_t count_max) {
  const auto leaves = store.leaves(origin(feed), first, count_max);
  REQUIRE_OK(leaves);
  std::vector<std::string> texts;
  for (const auto& leaf : leaves.value()) texts.push_back(to_text(leaf));
  return texts;
}

std::vector<std::string> entry_texts(const FeedArchive& store, std::string_view scid) {
  const auto entries = store.entries(scid);
  REQUIRE_OK(entries);
  std::vector<std::string> texts;
  for (const auto& entry : entries.value())
    texts.push_back(concat(entry.version_id, "=", as_text(entry.body)));
  return texts;
}

}  // namespace vcnode::test
