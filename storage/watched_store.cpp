#include "storage/watched_store.h"

#include <utility>

#include "storage/codes.h"

namespace vcnode::storage {

WatchedStore::WatchedStore(GroupStore& store, OnDamage on_damage)
    : store_(store), on_damage_(std::move(on_damage)) {}

std::optional<Error> WatchedStore::damage() const {
  const std::lock_guard lock(mutex_);
  return damage_;
}

void WatchedStore::look_at(const Error& error) const {
  if (error.code != codes::STORE_CORRUPT) return;
  {
    const std::lock_guard lock(mutex_);
    if (damage_) return;
    damage_ = Error{error.code, concat(error.message,
                                       "; what can be read is still served, and nothing more is stored until "
                                       "the store is mended and the node started again")};
  }
  on_damage_(*damage_);
}

std::vector<Result<void>> WatchedStore::commit_group(const std::vector<const StoreBatch*>& batches) {
  if (const auto found = damage()) return std::vector<Result<void>>(batches.size(), Failure{*found});
  return store_.commit_group(batches);
}

Result<std::optional<std::string>> WatchedStore::note(const feed::OriginHash& origin) const {
  return watched(store_.note(origin));
}
Result<std::uint64_t> WatchedStore::leaf_count(const feed::OriginHash& origin) const {
  return watched(store_.leaf_count(origin));
}
Result<std::vector<Bytes>> WatchedStore::leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                std::uint64_t count_max) const {
  return watched(store_.leaves(origin, first, count_max));
}
Result<std::optional<Bytes>> WatchedStore::body(const Sha256Digest& digest) const {
  return watched(store_.body(digest));
}
Result<std::vector<Sha256Digest>> WatchedStore::body_digests() const {
  return watched(store_.body_digests());
}
Result<std::vector<feed::OriginHash>> WatchedStore::origins() const {
  return watched(store_.origins());
}
Result<std::optional<Allocation>> WatchedStore::allocation_of(std::string_view credential_id) const {
  return watched(store_.allocation_of(credential_id));
}
Result<std::optional<Allocation>> WatchedStore::allocation_at(std::string_view list,
                                                              std::uint64_t index) const {
  return watched(store_.allocation_at(list, index));
}
Result<std::vector<std::uint64_t>> WatchedStore::allocated_indexes(std::string_view list) const {
  return watched(store_.allocated_indexes(list));
}

}  // namespace vcnode::storage
