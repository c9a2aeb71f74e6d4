#include "node/app/feed_tree.h"

#include <algorithm>

#include "protocol/feed/decimal.h"
#include "protocol/feed/leaf.h"

namespace vcnode::node {

namespace {

// Some hundred kilobytes at a time.
constexpr std::uint64_t kLeavesPerGrowth = 4'096;

}  // namespace

Result<FeedTree> FeedTree::open(const Store& store, feed::Origin origin,
                                const std::vector<feed::Origin>& earlier) {
  FeedTree out(std::move(origin));
  VCNODE_CHECK(out.grow(store));
  for (const feed::Origin& before : earlier) {
    if (out.last_number_ > 0) break;
    FeedTree epoch(before);
    VCNODE_CHECK(epoch.grow(store));
    out.last_number_ = epoch.last_number_;
  }
  return out;
}

Result<void> FeedTree::grow(const Store& store) {
  while (true) {
    VCNODE_TRY(const auto leaves, store.leaves(origin_.hash(), tree_.size(), kLeavesPerGrowth));
    if (leaves.empty()) return {};
    for (const Bytes& bytes : leaves) {
      if (const auto leaf = feed::Leaf::parse(bytes); leaf && leaf->type == feed::kTimeBatchLeaf) {
        last_index_ = tree_.size();
        last_number_ = std::max(last_number_, feed::parse_decimal(leaf->key).value_or(0));
      }
      tree_.append(merkle::leaf_hash(bytes));
    }
  }
}

}  // namespace vcnode::node
