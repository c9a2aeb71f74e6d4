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
// Parts of all batches in one.
[[nodiscard]] StoreBatch joined(const std::vector<StoreBatch>& batches);

// Leaves as text; a failure fails the test.
[[nodiscard]] std::vector<std::string> leaf_texts(const FeedArchive& store, std::uint8_t feed,
                                                  std::uint64_t first = 0,
                                                  std::uint64_t count_max = UINT64_MAX);

}  // namespace vcnode::test

namespace vcnode {
inline bool operator==(const Allocation& a, const Allocation& b) {
  return a.list == b.list && a.index == b.index && a.credential_id == b.credential_id &&
         a.issued_at == b.issued_at;
}
}  // namespace vcnode

#define TEST_EVERY_STORE(name) \
  TEST_CASE_TEMPLATE(name, Backend, vcnode::test::MemoryBackend, vcnode::test::SqliteBackend)
