#include "storage/watched_store.h"

#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
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
  const std::lock_guard commit_lock(commit_mutex_);
  begin_drops(batches);
  auto outcomes = store_.commit_group(batches);
  learn(batches, outcomes);
  return outcomes;
}

void WatchedStore::begin_drops(const std::vector<const StoreBatch*>& batches) {
  const std::lock_guard lock(mutex_);
  bool any = false;
  for (const StoreBatch* batch : batches) {
    for (const feed::OriginHash& origin : batch->dropped_feeds) ++log_numbers_[origin];
    any = any || !batch->dropped_feeds.empty();
  }
  if (any) ++drops_;
}

void WatchedStore::learn(const std::vector<const StoreBatch*>& batches,
                         const std::vector<Result<void>>& outcomes) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    for (const feed::OriginHash& origin : batches[i]->dropped_feeds) ++log_numbers_[origin];
    if (!outcomes[i]) continue;
    for (const feed::OriginHash& origin : batches[i]->dropped_feeds) leaves_seen_.erase(origin);
    for (const LeafAppend& append : batches[i]->leaves)
      see_leaves(append.origin, append.first_index + append.leaves.size());
  }
  drops_ += drops_ % 2;
}

std::uint64_t WatchedStore::log_number(const feed::OriginHash& origin) const {
  const std::lock_guard lock(mutex_);
  const auto found = log_numbers_.find(origin);
  return found == log_numbers_.end() ? 0 : found->second;
}

WatchedStore::Memory WatchedStore::memory_of(const feed::OriginHash& origin) const {
  const std::lock_guard lock(mutex_);
  const auto found = leaves_seen_.find(origin);
  return {found == leaves_seen_.end() ? 0 : found->second, drops_};
}

bool WatchedStore::agrees(const Memory& before, const feed::OriginHash& origin, std::uint64_t first,
                          std::size_t found, bool is_end) const {
  const std::lock_guard lock(mutex_);
  const bool dropping = before.drops != drops_ || drops_ % 2 != 0;
  if (dropping) return true;
  if (is_end && first + found < before.leaves) return false;
  if (found != 0) see_leaves(origin, first + found);
  return true;
}

void WatchedStore::see_leaves(const feed::OriginHash& origin, std::uint64_t count) const {
  std::uint64_t& seen = leaves_seen_[origin];
  seen = std::max(seen, count);
}

Result<std::optional<std::string>> WatchedStore::note(const feed::OriginHash& origin) const {
  return watched(store_.note(origin));
}
Result<std::uint64_t> WatchedStore::leaf_count(const feed::OriginHash& origin) const {
  return watched(store_.leaf_count(origin));
}
Result<std::vector<Bytes>> WatchedStore::leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                std::uint64_t count_max) const {
  const Memory before = memory_of(origin);  // the read itself may find more
  auto read = watched(store_.leaves(origin, first, count_max));
  if (!read) return read;
  if (agrees(before, origin, first, read->size(), read->size() < count_max)) return read;
  return watched(
      Result<std::vector<Bytes>>(fail(codes::STORE_CORRUPT, "feed ", hex_encode(origin.view()), ": leaf ",
                                      first + read->size(), " is gone; there were ", before.leaves)));
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
Result<std::vector<StoredEntry>> WatchedStore::entries(std::string_view scid) const {
  return watched(store_.entries(scid));
}
Result<std::vector<std::string>> WatchedStore::entry_scids() const {
  return watched(store_.entry_scids());
}
Result<std::optional<WitnessPut>> WatchedStore::witness_record(const feed::OriginHash& origin) const {
  return watched(store_.witness_record(origin));
}

}  // namespace vcnode::storage
