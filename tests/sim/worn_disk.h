// WornDisk: the disk as a process gets it, rot and all. Disk itself knows what was written, and whoever
// watches from outside asks that.
//
// A rotten row is read with a flipped bit and the checksum that was stored with it, and production's
// storage/row_check judges it, as the SQLite store has it done. It remembers what it gave, so that a checker
// knows what its process ought to know.
#pragma once

#include <string>
#include <vector>

#include "storage/group_commit.h"
#include "tests/sim/disk.h"

namespace vcnode::sim {

class WornDisk final : public storage::GroupStore {
 public:
  explicit WornDisk(Disk& disk) : disk_(disk) {}

  // Something rotten was read, and something was stored after that.
  [[nodiscard]] bool stored_after_rot() const noexcept { return stored_after_rot_; }

  [[nodiscard]] std::vector<Result<void>> commit_group(
      const std::vector<const StoreBatch*>& batches) override;
  [[nodiscard]] Result<std::optional<std::string>> note(const feed::OriginHash& origin) const override;
  [[nodiscard]] Result<std::uint64_t> leaf_count(const feed::OriginHash& origin) const override;
  [[nodiscard]] Result<std::vector<Bytes>> leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                  std::uint64_t count_max) const override;
  [[nodiscard]] Result<std::optional<Bytes>> body(const Sha256Digest& digest) const override;
  [[nodiscard]] Result<std::vector<Sha256Digest>> body_digests() const override;
  [[nodiscard]] Result<std::vector<feed::OriginHash>> origins() const override;
  [[nodiscard]] Result<std::optional<Allocation>> allocation_of(
      std::string_view credential_id) const override;
  [[nodiscard]] Result<std::optional<Allocation>> allocation_at(std::string_view list,
                                                                std::uint64_t index) const override;
  [[nodiscard]] Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view list) const override;
  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::string_view scid) const override;
  [[nodiscard]] Result<std::vector<std::string>> entry_scids() const override;
  [[nodiscard]] Result<std::optional<WitnessPut>> witness_record(
      const feed::OriginHash& origin) const override;

 private:
  Disk& disk_;
  mutable bool gave_rot_ = false;
  bool stored_after_rot_ = false;
};

}  // namespace vcnode::sim
