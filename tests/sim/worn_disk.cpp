#include "tests/sim/worn_disk.h"

#include "storage/codes.h"
#include "storage/row_check.h"

namespace vcnode::sim {

std::vector<Result<void>> WornDisk::commit_group(const std::vector<const StoreBatch*>& batches) {
  std::vector<Result<void>> outcomes;
  for (const StoreBatch* batch : batches) {
    outcomes.push_back(disk_.commit(*batch));
    if (outcomes.back().has_value()) stored_after_rot_ = gave_rot_;
  }
  return outcomes;
}

Result<std::optional<std::string>> WornDisk::note(const feed::OriginHash& origin) const {
  auto note = disk_.note(origin);
  if (!*note || !disk_.image().rot.notes.contains(origin)) return note;
  gave_rot_ = true;
  std::string& text = **note;
  const std::int64_t stored = storage::note_check(origin, text);
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  VCNODE_CHECK(storage::verify_note(origin, text, stored));
  return note;
}

Result<std::vector<Bytes>> WornDisk::leaves(const feed::OriginHash& origin, std::uint64_t first,
                                            std::uint64_t count_max) const {
  auto leaves = disk_.leaves(origin, first, count_max);
  const auto& rotten = disk_.image().rot.leaves;
  const storage::LeafCheck check(origin);
  for (auto at = rotten.lower_bound({origin, first});
       at != rotten.end() && at->first == origin && at->second - first < leaves->size(); ++at) {
    gave_rot_ = true;
    Bytes& leaf = (*leaves)[at->second - first];
    const std::int64_t stored = check.of(at->second, leaf);
    leaf[leaf.size() / 2] ^= 1;
    VCNODE_CHECK(check.verify(at->second, leaf, stored));
  }
  return leaves;
}

Result<std::optional<Bytes>> WornDisk::body(const Sha256Digest& digest) const {
  if (!disk_.image().rot.bodies.contains(digest)) return disk_.body(digest);
  gave_rot_ = true;
  return fail(codes::STORE_CORRUPT, "a stored body no longer has its digest");
}

Result<std::uint64_t> WornDisk::leaf_count(const feed::OriginHash& origin) const {
  return disk_.leaf_count(origin);
}
Result<std::vector<Sha256Digest>> WornDisk::body_digests() const {
  return disk_.body_digests();
}
Result<std::vector<feed::OriginHash>> WornDisk::origins() const {
  return disk_.origins();
}
Result<std::optional<Allocation>> WornDisk::allocation_of(std::string_view credential_id) const {
  return disk_.allocation_of(credential_id);
}
Result<std::optional<Allocation>> WornDisk::allocation_at(std::string_view list, std::uint64_t index) const {
  return disk_.allocation_at(list, index);
}
Result<std::vector<std::uint64_t>> WornDisk::allocated_indexes(std::string_view list) const {
  return disk_.allocated_indexes(list);
}
Result<std::vector<StoredEntry>> WornDisk::entries(std::string_view scid) const {
  return disk_.entries(scid);
}
Result<std::vector<std::string>> WornDisk::entry_scids() const {
  return disk_.entry_scids();
}
Result<std::optional<WitnessPut>> WornDisk::witness_record(const feed::OriginHash& origin) const {
  return disk_.witness_record(origin);
}

}  // namespace vcnode::sim
