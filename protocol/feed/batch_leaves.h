// The `time-batch` leaves of a feed, over all epochs: what stood where, so that a time batch which a
// credential carries can be found in the feed or shown not to be in it.
//
// 48 bytes a batch. Copies share all but the newest of them, so a snapshot costs little.
//
// Threading: a value; const access from several threads is safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "crypto/base/bytes.h"
#include "protocol/feed/leaf.h"

namespace vcnode::feed {

struct BatchLeaf {
  LeafPlace place;
  Sha256Digest hash;  // RFC 6962, of the leaf
};

class BatchLeaves {
 public:
  // REQUIRES: after all that are in it.
  void append(const BatchLeaf& leaf);
  // nullopt: the leaf at this place, if there is one, is no time batch.
  [[nodiscard]] std::optional<Sha256Digest> hash_at(const LeafPlace& place) const;
  [[nodiscard]] bool empty() const noexcept { return full_.empty() && newest_.empty(); }

 private:
  using Chunk = std::vector<BatchLeaf>;
  std::vector<std::shared_ptr<const Chunk>> full_;
  Chunk newest_;
};

}  // namespace vcnode::feed
