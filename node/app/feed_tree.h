// FeedTree: the tree of a hosted issuer's feed, for proofs, and the last time batch that stands in it.
//
// Grown from the store; 64 bytes of memory for each leaf. Batches are counted on through the epochs.
// Threading: not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crypto/merkle.h"
#include "protocol/feed/origin.h"
#include "protocol/ports.h"

namespace vcnode::node {

class FeedTree {
 public:
  // `earlier`: the feed's epochs before this one, the newest first. Errors: STORE_*.
  [[nodiscard]] static Result<FeedTree> open(const Store& store, feed::Origin origin,
                                             const std::vector<feed::Origin>& earlier);
  // Takes in the leaves that were stored since. Errors: STORE_*.
  [[nodiscard]] Result<void> grow(const Store& store);

  [[nodiscard]] const feed::Origin& origin() const noexcept { return origin_; }
  [[nodiscard]] const merkle::Tree& tree() const noexcept { return tree_; }
  [[nodiscard]] std::uint64_t last_number() const noexcept { return last_number_; }
  // Of the last `time-batch` leaf of this epoch.
  [[nodiscard]] std::optional<std::uint64_t> last_index() const noexcept { return last_index_; }

 private:
  explicit FeedTree(feed::Origin origin) : origin_(std::move(origin)) {}

  feed::Origin origin_;
  merkle::Tree tree_;
  std::uint64_t last_number_ = 0;
  std::optional<std::uint64_t> last_index_;
};

}  // namespace vcnode::node
