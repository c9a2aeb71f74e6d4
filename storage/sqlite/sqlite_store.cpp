#include "storage/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "storage/batch.h"
#include "storage/codes.h"
#include "storage/sqlite/file_lock.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/writer.h"

namespace vcnode::storage {
namespace {

class SqliteStore final : public GroupStore {
 public:
  SqliteStore(FileLock lock, std::unique_ptr<Writer> writer, std::unique_ptr<ReaderPool> readers)
      : lock_(std::move(lock)), writer_(std::move(writer)), readers_(std::move(readers)) {}

  [[nodiscard]] std::vector<Result<void>> commit_group(
      const std::vector<const StoreBatch*>& batches) override {
    if (batches.empty()) return {};
    for (const StoreBatch* batch : batches) assert_well_formed(*batch);
    const std::lock_guard lock(write_mutex_);
    return writer_->commit_group(batches);
  }

  [[nodiscard]] Result<std::optional<std::string>> note(const feed::OriginHash& origin) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.note(origin); });
  }
  [[nodiscard]] Result<std::uint64_t> leaf_count(const feed::OriginHash& origin) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.leaf_count(origin); });
  }
  [[nodiscard]] Result<std::vector<Bytes>> leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                  std::uint64_t count_max) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.leaves(origin, first, count_max); });
  }
  [[nodiscard]] Result<std::optional<Bytes>> body(const Sha256Digest& digest) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.body(digest); });
  }
  [[nodiscard]] Result<std::vector<Sha256Digest>> body_digests() const override {
    return readers_->with_reader([](Reader& reader) { return reader.body_digests(); });
  }
  [[nodiscard]] Result<std::vector<feed::OriginHash>> origins() const override {
    return readers_->with_reader([](Reader& reader) { return reader.origins(); });
  }
  [[nodiscard]] Result<std::optional<Allocation>> allocation_of(
      std::string_view credential_id) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.allocation_of(credential_id); });
  }
  [[nodiscard]] Result<std::optional<Allocation>> allocation_at(std::string_view list,
                                                                std::uint64_t index) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.allocation_at(list, index); });
  }
  [[nodiscard]] Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view list) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.allocated_indexes(list); });
  }
  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::string_view scid) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.entries(scid); });
  }
  [[nodiscard]] Result<std::vector<std::string>> entry_scids() const override {
    return readers_->with_reader([](Reader& reader) { return reader.entry_scids(); });
  }
  [[nodiscard]] Result<std::optional<WitnessPut>> witness_record(
      const feed::OriginHash& origin) const override {
    return readers_->with_reader([&](Reader& reader) { return reader.witness_record(origin); });
  }

 private:
  // Destroyed from the last to the first: the writer closes after the readers because the last connection to
  // close folds the log into the file and a reader cannot; the lock goes when nothing is open any more.
  FileLock lock_;
  std::mutex write_mutex_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<ReaderPool> readers_;
};

Failure file_failure(const std::filesystem::path& path, std::string_view doing) {
  return fail(codes::STORE_FAILED, path.string(), ": cannot ", doing, ": ",
              std::generic_category().message(errno));
}

// SQLite gives the log and its index the permissions of this file.
Result<void> create_private_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.number() < 0 && errno != EEXIST) return file_failure(path, "create");
  return {};
}

// SQLite takes a file of a byte for an empty one and would begin a new store in it.
Result<void> check_begun(const std::filesystem::path& path) {
  constexpr std::uintmax_t kPageBytesMin = 512;  // of SQLite's file format
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(codes::STORE_FAILED, path.string(), ": cannot learn its size: ", error.message());
  if (size == 0 || size >= kPageBytesMin) return {};
  return fail(codes::STORE_CORRUPT, path.string(), ": is cut off: ", size,
              " bytes are there, a store has at least ", kPageBytesMin);
}

// A file whose directory entry is not on disk is gone after a power cut, synced or not.
Result<void> sync_directory(const std::filesystem::path& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() < 0) return file_failure(path, "open the directory");
  if (::fsync(directory.number()) != 0) return file_failure(path, "sync the directory");
  return {};
}

}  // namespace

Result<std::unique_ptr<GroupStore>> open_sqlite_store(const std::filesystem::path& path) {
  std::error_code error;
  // Two names of one file must meet in one lock.
  const auto file = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  if (error) return fail(codes::STORE_FAILED, path.string(), ": cannot find: ", error.message());
  VCNODE_TRY(auto lock, FileLock::acquire(concat(file.string(), ".lock")));
  VCNODE_CHECK(create_private_file(file));
  VCNODE_CHECK(check_begun(file));
  VCNODE_TRY(auto writer, Writer::open(file));
  VCNODE_CHECK(sync_directory(file.parent_path()));
  VCNODE_TRY(auto readers, ReaderPool::open(file));
  return std::make_unique<SqliteStore>(std::move(lock), std::move(writer), std::move(readers));
}

}  // namespace vcnode::storage
