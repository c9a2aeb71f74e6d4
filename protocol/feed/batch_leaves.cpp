#include "protocol/feed/batch_leaves.h"

#include <algorithm>
#include <utility>

#include "crypto/base/assert.h"

namespace vcnode::feed {
namespace {

// Small enough to copy with every snapshot, large enough for a year of batches to be a thousand chunks.
constexpr std::size_t kChunkLeaves = 512;

}  // namespace

void BatchLeaves::append(const BatchLeaf& leaf) {
  VCNODE_ASSERT(newest_.empty() || newest_.back().place < leaf.place);
  newest_.push_back(leaf);
  if (newest_.size() == kChunkLeaves)
    full_.push_back(std::make_shared<const Chunk>(std::exchange(newest_, {})));
}

std::optional<Sha256Digest> BatchLeaves::hash_at(const LeafPlace& place) const {
  const auto chunk =
      std::lower_bound(full_.begin(), full_.end(), place,
                       [](const auto& one, const LeafPlace& wanted) { return one->back().place < wanted; });
  const Chunk& leaves = chunk == full_.end() ? newest_ : **chunk;
  const auto found =
      std::lower_bound(leaves.begin(), leaves.end(), place,
                       [](const BatchLeaf& one, const LeafPlace& wanted) { return one.place < wanted; });
  if (found == leaves.end() || !(found->place == place)) return std::nullopt;
  return found->hash;
}

}  // namespace vcnode::feed
