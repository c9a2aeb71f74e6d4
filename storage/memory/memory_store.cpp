#include "storage/memory/memory_store.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "storage/batch.h"

namespace vcnode::storage {
namespace {

struct Feed {
  std::vector<Bytes> leaves;
  std::optional<std::string> note;
};

class MemoryStore final : public GroupStore {
 public:
  [[nodiscard]] std::vector<Result<void>> commit_group(
      const std::vector<const StoreBatch*>& batches) override {
    for (const StoreBatch* batch : batches) assert_well_formed(*batch);
    const std::unique_lock lock(mutex_);
    std::vector<Result<void>> outcomes;
    outcomes.reserve(batches.size());
    for (const StoreBatch* batch : batches) {
      outcomes.push_back(check(*batch));
      if (outcomes.back().has_value()) apply(*batch);
    }
    return outcomes;
  }

  [[nodiscard]] Result<std::optional<std::string>> note(const feed::OriginHash& origin) const override {
    const std::shared_lock lock(mutex_);
    const auto feed = feeds_.find(origin);
    return feed == feeds_.end() ? std::nullopt : feed->second.note;
  }

  [[nodiscard]] Result<std::uint64_t> leaf_count(const feed::OriginHash& origin) const override {
    const std::shared_lock lock(mutex_);
    return held_leaves(origin);
  }

  [[nodiscard]] Result<std::vector<Bytes>> leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                  std::uint64_t count_max) const override {
    const std::shared_lock lock(mutex_);
    const auto feed = feeds_.find(origin);
    if (feed == feeds_.end() || first >= feed->second.leaves.size()) return std::vector<Bytes>{};
    const auto& held = feed->second.leaves;
    const auto count = std::min<std::uint64_t>(count_max, held.size() - first);
    const auto begin = held.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<Bytes>(begin, begin + static_cast<std::ptrdiff_t>(count));
  }

  [[nodiscard]] Result<std::optional<Bytes>> body(const Sha256Digest& digest) const override {
    const std::shared_lock lock(mutex_);
    const auto found = bodies_.find(digest);
    return found == bodies_.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] Result<std::vector<Sha256Digest>> body_digests() const override {
    const std::shared_lock lock(mutex_);
    std::vector<Sha256Digest> all;
    all.reserve(bodies_.size());
    for (const auto& [digest, bytes] : bodies_) all.push_back(digest);
    return all;
  }

  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::string_view scid) const override {
    const std::shared_lock lock(mutex_);
    std::vector<StoredEntry> all;
    if (const auto log = entries_.find(scid); log != entries_.end())
      for (const auto& [version, body] : log->second) all.push_back({version.second, body});
    return all;
  }

  [[nodiscard]] Result<std::vector<std::string>> entry_scids() const override {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [scid, log] : entries_) all.push_back(scid);
    return all;
  }

  [[nodiscard]] Result<std::optional<WitnessPut>> witness_record(
      const feed::OriginHash& origin) const override {
    const std::shared_lock lock(mutex_);
    const auto found = witnessed_.find(origin);
    return found == witnessed_.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] Result<std::vector<feed::OriginHash>> origins() const override {
    const std::shared_lock lock(mutex_);
    std::vector<feed::OriginHash> all;
    all.reserve(feeds_.size());
    for (const auto& [origin, feed] : feeds_) all.push_back(origin);
    return all;
  }

  [[nodiscard]] Result<std::optional<Allocation>> allocation_of(
      std::string_view credential_id) const override {
    const std::shared_lock lock(mutex_);
    const auto found = allocations_.find(credential_id);
    return found == allocations_.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] Result<std::optional<Allocation>> allocation_at(std::string_view list,
                                                                std::uint64_t index) const override {
    const std::shared_lock lock(mutex_);
    const auto taken = lists_.find(list);
    if (taken == lists_.end()) return std::nullopt;
    const auto id = taken->second.find(index);
    return id == taken->second.end() ? std::nullopt : std::optional(allocations_.at(id->second));
  }

  [[nodiscard]] Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view list) const override {
    const std::shared_lock lock(mutex_);
    std::vector<std::uint64_t> indexes;
    if (const auto taken = lists_.find(list); taken != lists_.end())
      for (const auto& [index, id] : taken->second) indexes.push_back(index);
    return indexes;
  }

 private:
  [[nodiscard]] std::uint64_t held_leaves(const feed::OriginHash& origin) const {
    const auto feed = feeds_.find(origin);
    return feed == feeds_.end() ? 0 : feed->second.leaves.size();
  }

  // The preconditions of the whole batch, its own earlier parts counted in: apply() cannot fail half way.
  [[nodiscard]] Result<void> check(const StoreBatch& batch) const {
    std::map<feed::OriginHash, std::uint64_t> sizes;
    for (const feed::OriginHash& origin : batch.dropped_feeds) sizes[origin] = 0;
    for (const LeafAppend& append : batch.leaves) {
      auto& size = sizes.try_emplace(append.origin, held_leaves(append.origin)).first->second;
      if (append.first_index != size) return leaf_conflict(append, size);
      size += append.leaves.size();
    }
    std::set<std::string_view> ids;
    std::set<std::pair<std::string_view, std::uint64_t>> indexes;
    for (const AllocationPut& put : batch.allocations) {
      if (allocations_.contains(put.credential_id) || !ids.insert(put.credential_id).second)
        return credential_id_conflict(put.credential_id);
      const auto taken = lists_.find(put.list);
      if ((taken != lists_.end() && taken->second.contains(put.index)) ||
          !indexes.emplace(put.list, put.index).second)
        return status_index_conflict(put.list, put.index);
    }
    return check_witnessed(batch);
  }

  [[nodiscard]] Result<void> check_witnessed(const StoreBatch& batch) const {
    std::map<feed::OriginHash, const WitnessPut*> last;
    for (const WitnessPut& put : batch.witnessed) {
      const auto recorded = witnessed_.find(put.origin);
      if (recorded != witnessed_.end()) last.try_emplace(put.origin, &recorded->second);
      if (const auto held = last.find(put.origin); held != last.end())
        VCNODE_CHECK(check_follows(put, *held->second));
      last[put.origin] = &put;
    }
    return {};
  }

  void apply(const StoreBatch& batch) {
    for (const feed::OriginHash& origin : batch.dropped_feeds) feeds_.erase(origin);
    for (const LeafAppend& append : batch.leaves) {
      if (append.leaves.empty()) continue;
      auto& held = feeds_[append.origin].leaves;
      held.insert(held.end(), append.leaves.begin(), append.leaves.end());
    }
    for (const HeadPut& head : batch.heads) feeds_[head.origin].note = head.note;
    for (const BodyPut& body : batch.bodies) bodies_.try_emplace(body.digest, body.bytes);
    for (const AllocationPut& put : batch.allocations) {
      allocations_.emplace(put.credential_id,
                           Allocation{put.list, put.index, put.credential_id, put.issued_at});
      lists_[put.list].emplace(put.index, put.credential_id);
    }
    for (const EntryPut& put : batch.entries)
      entries_[put.scid][{version_number(put.version_id), put.version_id}] = put.body;
    for (const WitnessPut& put : batch.witnessed) witnessed_.insert_or_assign(put.origin, put);
  }

  mutable std::shared_mutex mutex_;
  std::map<feed::OriginHash, Feed> feeds_;  // an origin with leaves, a note or both
  std::map<Sha256Digest, Bytes> bodies_;
  std::map<std::string, Allocation, std::less<>> allocations_;                      // by credential id
  std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>> lists_;  // index -> credential id
  using VersionKey = std::pair<std::uint64_t, std::string>;                         // number and version_id
  std::map<std::string, std::map<VersionKey, Bytes>, std::less<>> entries_;         // by scid
  std::map<feed::OriginHash, WitnessPut> witnessed_;
};

}  // namespace

std::unique_ptr<GroupStore> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace vcnode::storage
