#include "tests/sim/disk.h"

#include <algorithm>
#include <iterator>

#include "crypto/hash.h"
#include "storage/batch.h"
#include "storage/codes.h"
#include "tests/sim/random.h"

namespace vcnode::sim {

StoreBatch Disk::take_written() {
  VCNODE_ASSERT(!written_.empty());
  StoreBatch batch = std::move(written_.front());
  written_.pop_front();
  return batch;
}

Result<void> Disk::commit(const StoreBatch& batch) {
  storage::assert_well_formed(batch);
  if (full_) failed_ = true;
  if (failed_) return fail(codes::STORE_FAILED, "the simulated disk takes nothing more until it is reopened");
  VCNODE_CHECK(check(batch));
  apply(batch);
  return {};
}

// The oldest unsynced batches may have reached the disk without anybody having been told.
void Disk::crash(Rng& rng) {
  std::size_t kept = failed_ || full_ || written_.empty() ? 0 : pick(rng, written_.size() + 1);
  for (; kept > 0; --kept) {
    if (check(written_.front())) apply(written_.front());
    written_.pop_front();
  }
  written_.clear();
}

void Disk::rot_one_body(Rng& rng) {
  if (content_.bodies.empty()) return;
  const auto step = static_cast<std::ptrdiff_t>(pick(rng, content_.bodies.size()));
  content_.rot.bodies.insert(std::next(content_.bodies.begin(), step)->first);
}

void Disk::rot_one_leaf(Rng& rng) {
  if (content_.feeds.empty()) return;
  const auto step = static_cast<std::ptrdiff_t>(pick(rng, content_.feeds.size()));
  const auto& [origin, feed] = *std::next(content_.feeds.begin(), step);
  if (!feed.leaves.empty()) content_.rot.leaves.emplace(origin, pick(rng, feed.leaves.size()));
}

void Disk::rot_one_note(Rng& rng) {
  if (content_.feeds.empty()) return;
  const auto step = static_cast<std::ptrdiff_t>(pick(rng, content_.feeds.size()));
  const auto& [origin, feed] = *std::next(content_.feeds.begin(), step);
  if (feed.note && !feed.note->empty()) content_.rot.notes.insert(origin);
}

void Disk::put_back(Image image) {
  content_ = std::move(image);
  written_.clear();
  failed_ = false;
}

Result<void> Disk::check(const StoreBatch& batch) const {
  std::map<feed::OriginHash, std::uint64_t> sizes;
  for (const feed::OriginHash& origin : batch.dropped_feeds) sizes[origin] = 0;
  for (const LeafAppend& append : batch.leaves) {
    const std::uint64_t held = *leaf_count(append.origin);
    auto& size = sizes.try_emplace(append.origin, held).first->second;
    if (append.first_index != size) return storage::leaf_conflict(append, size);
    size += append.leaves.size();
  }
  for (const AllocationPut& put : batch.allocations) {
    if (content_.allocations.contains(put.credential_id))
      return storage::credential_id_conflict(put.credential_id);
    const auto list = content_.lists.find(put.list);
    if (list != content_.lists.end() && list->second.contains(put.index))
      return storage::status_index_conflict(put.list, put.index);
  }
  for (const WitnessPut& put : batch.witnessed)
    if (const auto held = content_.witnessed.find(put.origin); held != content_.witnessed.end())
      VCNODE_CHECK(storage::check_follows(put, held->second));
  return {};
}

void Disk::drop(const feed::OriginHash& origin) {
  content_.feeds.erase(origin);
  content_.rot.notes.erase(origin);
  std::erase_if(content_.rot.leaves, [&](const auto& leaf) { return leaf.first == origin; });
}

void Disk::apply(const StoreBatch& batch) {
  for (const feed::OriginHash& origin : batch.dropped_feeds) drop(origin);
  for (const LeafAppend& append : batch.leaves)
    for (const Bytes& leaf : append.leaves)
      content_.feeds[append.origin].leaves.push_back(arena_->keep(leaf));
  for (const HeadPut& head : batch.heads) {
    content_.feeds[head.origin].note = head.note;
    content_.rot.notes.erase(head.origin);
  }
  for (const BodyPut& body : batch.bodies) {
    content_.bodies.try_emplace(body.digest, arena_->keep(body.bytes));
    content_.rot.bodies.erase(body.digest);
  }
  for (const AllocationPut& put : batch.allocations) {
    content_.allocations.emplace(put.credential_id,
                                 Allocation{put.list, put.index, put.credential_id, put.issued_at});
    content_.lists[put.list].emplace(put.index, put.credential_id);
  }
  for (const EntryPut& put : batch.entries) {
    auto& log = content_.entries[put.scid];
    log.insert_or_assign({storage::version_number(put.version_id), put.version_id}, arena_->keep(put.body));
  }
  for (const WitnessPut& put : batch.witnessed) content_.witnessed.insert_or_assign(put.origin, put);
}

Result<std::optional<std::string>> Disk::note(const feed::OriginHash& origin) const {
  const auto feed = content_.feeds.find(origin);
  return feed == content_.feeds.end() ? std::nullopt : feed->second.note;
}

Result<std::uint64_t> Disk::leaf_count(const feed::OriginHash& origin) const {
  const auto feed = content_.feeds.find(origin);
  return feed == content_.feeds.end() ? std::uint64_t{0} : std::uint64_t{feed->second.leaves.size()};
}

Result<std::vector<Bytes>> Disk::leaves(const feed::OriginHash& origin, std::uint64_t first,
                                        std::uint64_t count_max) const {
  std::vector<Bytes> out;
  const auto feed = content_.feeds.find(origin);
  if (feed == content_.feeds.end()) return out;
  const auto& held = feed->second.leaves;
  for (std::uint64_t i = first; i < held.size() && out.size() < count_max; ++i) out.push_back(*held[i]);
  return out;
}

Result<std::optional<Bytes>> Disk::body(const Sha256Digest& digest) const {
  const auto found = content_.bodies.find(digest);
  if (found == content_.bodies.end()) return std::optional<Bytes>();
  return std::optional(*found->second);
}

Result<std::vector<Sha256Digest>> Disk::body_digests() const {
  std::vector<Sha256Digest> out;
  for (const auto& [digest, bytes] : content_.bodies) out.push_back(digest);
  return out;
}

Result<std::vector<feed::OriginHash>> Disk::origins() const {
  std::vector<feed::OriginHash> out;
  for (const auto& [origin, feed] : content_.feeds) out.push_back(origin);
  return out;
}

Result<std::optional<Allocation>> Disk::allocation_of(std::string_view credential_id) const {
  const auto found = content_.allocations.find(credential_id);
  return found == content_.allocations.end() ? std::nullopt : std::optional(found->second);
}

Result<std::optional<Allocation>> Disk::allocation_at(std::string_view list, std::uint64_t index) const {
  const auto taken = content_.lists.find(list);
  if (taken == content_.lists.end()) return std::optional<Allocation>();
  const auto id = taken->second.find(index);
  if (id == taken->second.end()) return std::optional<Allocation>();
  return allocation_of(id->second);
}

Result<std::vector<std::uint64_t>> Disk::allocated_indexes(std::string_view list) const {
  std::vector<std::uint64_t> out;
  if (const auto taken = content_.lists.find(list); taken != content_.lists.end())
    for (const auto& [index, id] : taken->second) out.push_back(index);
  return out;
}

Result<std::vector<StoredEntry>> Disk::entries(std::string_view scid) const {
  std::vector<StoredEntry> out;
  if (const auto log = content_.entries.find(scid); log != content_.entries.end())
    for (const auto& [version, body] : log->second) out.push_back({version.second, *body});
  return out;
}

Result<std::vector<std::string>> Disk::entry_scids() const {
  std::vector<std::string> out;
  for (const auto& [scid, log] : content_.entries) out.push_back(scid);
  return out;
}

Result<std::optional<WitnessPut>> Disk::witness_record(const feed::OriginHash& origin) const {
  const auto found = content_.witnessed.find(origin);
  return found == content_.witnessed.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace vcnode::sim
