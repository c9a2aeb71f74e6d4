// What every storage test needs: the stores under test and short ways to write a batch.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/group_commit.h"
#include "storage/memory/memory_store.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

namespace vcnode::test {

struct MemoryBackend {
  std::unique_ptr<storage::GroupStore> store = storage::make_memory_store();
};

// An opened store; failing to open fails the test.
[[nodiscard]] std::unique_ptr<storage::GroupStore> open_or_fail(const std::filesystem::path& file);

struct SqliteBackend {
  TemporaryDirectory directory;
  std::unique_ptr<storage::GroupStore> store = open_or_fail(directory.path() / "store.db");
};

[[nodiscard]] feed::OriginHash origin(std::uint8_t number);
[[nodiscard]] BodyPut body(std::string_view text);
// `texts` as leaves from `first`.
[[nodiscard]] StoreBatch leaves_batch(std::uint8_t feed, std::uint64_t first,
                                      const std::vector<std::string>& texts);
[[nodiscard]] StoreBatch head_batch(std::uint8_t feed, std::string_view note);
[[nodiscard]] StoreBatch body_batch(std::string_view text);
[[nodiscard]] StoreBatch allocation_batch(std::string_view list, std::uint64_t index,
                                          std::string_view credential_id);
[[nodiscard]] StoreBatch entry_batch(std::string_view scid, std::string_view version_id,
                                     std::string_view body);
// `root` is any text; its digest is the root.
[[nodiscard]] WitnessPut witness_put(std::uint8_t feed, std::uint64_t size, std::string_view root,
                                     std::int64_t seconds);
[[nodiscard]] StoreBatch witness_batch(const WitnessPut& record);
[[nodiscard]] StoreBatch drop_batch(std::uint8_t feed);
// Parts of all batches in one.
[[nodiscard]] StoreBatch joined(const std::vector<StoreBatch>& batches);

// Leaves as text; a failure fails the test.
[[nodiscard]] std::vector<std::string> leaf_texts(const FeedArchive& store, std::uint8_t feed,
                                                  std::uint64_t first = 0,
                                                  std::uint64_t count_max = UINT64_MAX);
// "versionId=body" of each entry; a failure fails the test.
[[nodiscard]] std::vector<std::string> entry_texts(const FeedArchive& store, std::string_view scid);

}  // namespace vcnode::test

namespace vcnode {
inline bool operator==(const Allocation& a, const Allocation& b) {
  return a.list == b.list && a.index == b.index && a.credential_id == b.credential_id &&
         a.issued_at == b.issued_at;
}
inline bool operator==(const WitnessPut& a, const WitnessPut& b) {
  return a.origin == b.origin && a.size == b.size && a.root == b.root && a.time == b.time;
}
}  // namespace vcnode

#define TEST_EVERY_STORE(name) \
  TEST_CASE_TEMPLATE(name, Backend, vcnode::test::MemoryBackend, vcnode::test::SqliteBackend)
