// WatchedStore: a store that stops taking what is new as soon as a read finds something damaged.
//
// A disk that gave one wrong row may give others, and what is written next may rest on them. So the first
// STORE_CORRUPT of any read is told once, and every later commit is refused with the same words until the
// process starts again; everything that can be read goes on being read. A leaf that was read or stored before
// and is not there any more is damage too: a row whose key changed looks as if it had never been.
// Threading: as Store; `on_damage` runs on the thread that read.
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

 private:
  template <class T>
  [[nodiscard]] Result<T> watched(Result<T> read) const {
    if (!read.has_value()) look_at(read.error());
    return read;
  }
  void look_at(const Error& error) const;
  [[nodiscard]] std::optional<Error> damage() const;
  [[nodiscard]] std::uint64_t leaves_seen(const feed::OriginHash& origin) const;
  void see_leaves(const feed::OriginHash& origin, std::uint64_t count) const;

  GroupStore& store_;
  OnDamage on_damage_;
  mutable std::mutex mutex_;
  mutable std::optional<Error> damage_;  // the first; never cleared
  mutable std::map<feed::OriginHash, std::uint64_t> leaves_seen_;
};

}  // namespace vcnode::storage
