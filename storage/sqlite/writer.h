// Writer: the one write connection. A group of batches is one transaction with a savepoint each, so that a
// batch that conflicts leaves the others alone, and one COMMIT with one sync.
//
// The first failure of the disk refuses its group and every later one: after a failed sync the kernel may
// have dropped the pages, and trying again would report success for data that is gone. Threading: one thread
// at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/group_commit.h"
#include "storage/sqlite/file_place.h"
#include "storage/sqlite/wal.h"

namespace vcnode::storage {

class Writer {
 public:
  // Creates the schema in an empty file. Errors: STORE_SCHEMA, STORE_CORRUPT, STORE_BUSY, STORE_FAILED.
  [[nodiscard]] static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& path);

  // As GroupStore::commit_group.
  [[nodiscard]] std::vector<Result<void>> commit_group(const std::vector<const StoreBatch*>& batches);

 private:
  using Outcomes = std::vector<Result<void>>;
  Writer(Database database, const std::filesystem::path& path)
      : database_(std::move(database)), wal_(database_), file_(path), log_file_(path.string() + "-wal") {}
  [[nodiscard]] Result<void> prepare_statements();

  // An error stands for the whole group; conflicts are among the outcomes.
  [[nodiscard]] Result<Outcomes> apply_group(const std::vector<const StoreBatch*>& batches);
  [[nodiscard]] Result<void> apply_in_savepoint(const StoreBatch& batch);
  [[nodiscard]] Result<void> apply(const StoreBatch& batch);
  [[nodiscard]] Result<void> drop(const feed::OriginHash& origin);
  [[nodiscard]] Result<void> append(const LeafAppend& append);
  [[nodiscard]] Result<void> put(const HeadPut& head);
  [[nodiscard]] Result<void> put(const AllocationPut& allocation);
  [[nodiscard]] Result<void> put(const EntryPut& entry);
  [[nodiscard]] Result<void> put(const WitnessPut& record);
  [[nodiscard]] Result<std::optional<std::int64_t>> find_origin(const feed::OriginHash& origin);
  [[nodiscard]] Result<std::int64_t> find_or_add_origin(const feed::OriginHash& origin);
  [[nodiscard]] Result<std::uint64_t> held_leaves(const feed::OriginHash& origin);
  [[nodiscard]] Result<void> check_places();
  // Ends what is open and refuses every later commit.
  void refuse_from_now_on(const Error& cause);

  Database database_;  // first: the rest lives on it
  Wal wal_;
  FilePlace file_;
  FilePlace log_file_;
  std::optional<std::string> refusal_;  // why commits are refused

  Statement begin_;
  Statement commit_;
  Statement savepoint_;
  Statement release_;
  Statement rollback_to_;
  Statement find_origin_;
  Statement add_origin_;
  Statement leaf_count_;
  Statement add_leaf_;
  Statement put_head_;
  Statement put_body_;
  Statement find_credential_id_;
  Statement find_status_index_;
  Statement add_allocation_;
  Statement drop_leaves_;
  Statement drop_head_;
  Statement drop_origin_;
  Statement put_entry_;
  Statement find_witnessed_;
  Statement put_witnessed_;
};

}  // namespace vcnode::storage
