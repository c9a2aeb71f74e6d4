// WatchedStore: a store that stops taking what is new as soon as a read finds something damaged.
//
// A disk that gave one wrong row may give others, and what is written next may rest on them. So the first
// STORE_CORRUPT of any read is told once, and every later commit is refused with the same words until the
// process starts again; everything that can be read goes on being read. A leaf that was read or stored before
// and is not there any more is damage too: a row whose key changed looks as if it had never been. A feed that
// was dropped begins anew; what was read of any feed while one was being dropped proves nothing. Threading:
// as Store; `on_damage` runs on the thread that read.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "storage/group_commit.h"

namespace vcnode::storage {

class WatchedStore final : public GroupStore {
 public:
  using OnDamage = std::function<void(const Error&)>;
  WatchedStore(GroupStore& store, OnDamage on_damage);  // `store` outlives this

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

  // Another number each time this feed's log is dropped for another one, and while it is: what was read of it
  // between two equal answers is of one log.
  [[nodiscard]] std::uint64_t log_number(const feed::OriginHash& origin) const;

 private:
  template <class T>
  [[nodiscard]] Result<T> watched(Result<T> read) const {
    if (!read.has_value()) look_at(read.error());
    return read;
  }
  void look_at(const Error& error) const;
  [[nodiscard]] std::optional<Error> damage() const;
  // How many leaves of a feed there must be, and at which moment that was so.
  struct Memory {
    std::uint64_t leaves = 0;
    std::uint64_t drops = 0;
  };
  [[nodiscard]] Memory memory_of(const feed::OriginHash& origin) const;
  // Compares `found` leaves from `first`, read after `before` was asked for, and learns from them. False: the
  // feed ended there (`is_end`), and once did not.
  [[nodiscard]] bool agrees(const Memory& before, const feed::OriginHash& origin, std::uint64_t first,
                            std::size_t found, bool is_end) const;
  void see_leaves(const feed::OriginHash& origin, std::uint64_t count) const;  // REQUIRES: mutex_ is held
  void begin_drops(const std::vector<const StoreBatch*>& batches);
  void learn(const std::vector<const StoreBatch*>& batches, const std::vector<Result<void>>& outcomes);

  GroupStore& store_;
  OnDamage on_damage_;
  std::mutex commit_mutex_;  // what is learnt from groups is learnt in their order
  mutable std::mutex mutex_;
  mutable std::optional<Error> damage_;  // the first; never cleared
  mutable std::map<feed::OriginHash, std::uint64_t> leaves_seen_;
  std::uint64_t drops_ = 0;  // odd: one is under way
  std::map<feed::OriginHash, std::uint64_t> log_numbers_;
};

}  // namespace vcnode::storage
