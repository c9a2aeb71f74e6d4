// Disk: the Store port over simulated storage, with the ways in which storage lets a node down.
//
// write() hands a batch in, commit() of the oldest written one makes it durable and visible; a crash in
// between loses what was not synced, or keeps a whole prefix of it: a commit of the real store is atomic, so
// "torn" means that the batch is there or is not there, never a part. A failed write stops the disk until it
// is opened again, as storage/README.md says. Reading here gives what was written; a process reads through
// WornDisk and meets the rot. Storing a body or a note again mends it. Images are old copies of the disk:
// backups that an operator puts back.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/rng.h"
#include "protocol/ports.h"
#include "tests/sim/arena.h"

namespace vcnode::sim {

class Disk final : public Store {
 public:
  explicit Disk(Arena& arena) : arena_(&arena) {}

  // ---- writing
  void write(StoreBatch batch) { written_.push_back(std::move(batch)); }
  [[nodiscard]] StoreBatch take_written();  // the oldest, to be committed; REQUIRES: something was written
  [[nodiscard]] Result<void> commit(const StoreBatch& batch) override;

  // ---- faults
  void crash(Rng& rng);
  void set_full(bool full) noexcept { full_ = full; }
  [[nodiscard]] bool full() const noexcept { return full_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  void reopen() noexcept { failed_ = false; }
  void rot_one_body(Rng& rng);
  void rot_one_leaf(Rng& rng);
  void rot_one_note(Rng& rng);
  [[nodiscard]] bool rotten() const noexcept { return !content_.rot.none(); }

  struct Feed {
    std::vector<Blob> leaves;
    std::optional<std::string> note;
  };
  struct Rot {  // which rows are no longer what they were
    std::set<Sha256Digest> bodies;
    std::set<std::pair<feed::OriginHash, std::uint64_t>> leaves;
    std::set<feed::OriginHash> notes;
    [[nodiscard]] bool none() const noexcept { return bodies.empty() && leaves.empty() && notes.empty(); }
  };
  struct Image {
    std::map<feed::OriginHash, Feed> feeds;
    std::map<Sha256Digest, Blob> bodies;
    Rot rot;
    std::map<std::string, Allocation, std::less<>> allocations;  // by credential id
    std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>> lists;
    using VersionKey = std::pair<std::uint64_t, std::string>;                // number, version_id
    std::map<std::string, std::map<VersionKey, Blob>, std::less<>> entries;  // by scid
    std::map<feed::OriginHash, WitnessPut> witnessed;
  };
  [[nodiscard]] const Image& image() const noexcept { return content_; }
  void put_back(Image image);

  // ---- reading
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
  [[nodiscard]] Result<void> check(const StoreBatch& batch) const;
  void apply(const StoreBatch& batch);
  void drop(const feed::OriginHash& origin);

  Arena* arena_;
  Image content_;
  std::deque<StoreBatch> written_;
  bool full_ = false;
  bool failed_ = false;
};

}  // namespace vcnode::sim
