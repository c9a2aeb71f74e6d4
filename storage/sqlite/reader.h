// Reader: one read connection with its statements, prepared once. Each call is one statement and so one
// snapshot: everything committed before it began. Threading: one thread at a time; ReaderPool hands them out.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/ports.h"
#include "storage/sqlite/database.h"

namespace vcnode::storage {

class Reader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& path);

  [[nodiscard]] Result<std::optional<std::string>> note(const feed::OriginHash& origin);
  [[nodiscard]] Result<std::uint64_t> leaf_count(const feed::OriginHash& origin);
  [[nodiscard]] Result<std::vector<Bytes>> leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                  std::uint64_t count_max);
  [[nodiscard]] Result<std::optional<Bytes>> body(const Sha256Digest& digest);
  [[nodiscard]] Result<std::vector<Sha256Digest>> body_digests();
  [[nodiscard]] Result<std::vector<feed::OriginHash>> origins();
  [[nodiscard]] Result<std::optional<Allocation>> allocation_of(std::string_view credential_id);
  [[nodiscard]] Result<std::optional<Allocation>> allocation_at(std::string_view list, std::uint64_t index);
  [[nodiscard]] Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view list);
  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::string_view scid);
  [[nodiscard]] Result<std::vector<std::string>> entry_scids();
  [[nodiscard]] Result<std::optional<WitnessPut>> witness_record(const feed::OriginHash& origin);

 private:
  explicit Reader(Database database) : database_(std::move(database)) {}
  Database database_;  // first: statements go before their connection
  Statement note_;
  Statement leaf_count_;
  Statement leaves_;
  Statement body_;
  Statement body_digests_;
  Statement origins_;
  Statement allocation_of_;
  Statement allocation_at_;
  Statement allocated_indexes_;
  Statement entries_;
  Statement entry_scids_;
  Statement witness_record_;
};

// Enough that a long read of leaves delays nobody; more connections than cores only cost memory.
inline constexpr std::size_t kReaderCount = 4;

class ReaderPool {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ReaderPool>> open(const std::filesystem::path& path);

  // Calls `read(Reader&)` with a reader nobody else uses; waits for one.
  template <class Read>
  auto with_reader(Read read) {
    const Lease lease(*this);
    return read(*lease.reader);
  }

 private:
  struct Lease {
    explicit Lease(ReaderPool& from);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ReaderPool& pool;
    std::unique_ptr<Reader> reader;
  };
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> idle_;
};

}  // namespace vcnode::storage
