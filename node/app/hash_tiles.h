// HashTiles: the Merkle tree of a feed as C2SP tlog-tiles shows it, made from the stored leaves.
//
// The tile of level L and number N has the roots of 256 complete subtrees of 256^L leaves each, from leaf
// N × 256^(L+1) on; of level 0 the leaf hashes. Full tiles above level 0 are kept: each costs a pass over
// all the leaves below it. `log` tells the logs of a feed apart, of which one may replace another. Errors:
// STORE_*. Threading: from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "node/app/kept_objects.h"
#include "protocol/ports.h"

namespace vcnode::node {

// 256^8 leaves are more than a size can say.
inline constexpr unsigned kTileLevels = 8;

struct HashTile {
  unsigned level = 0;
  std::uint64_t index = 0;
  std::uint64_t width = 0;  // hashes
};

class HashTiles {
 public:
  explicit HashTiles(const Store& store) : store_(store) {}
  // Its hashes, one after the other. REQUIRES: level < kTileLevels; the feed has the leaves below it.
  [[nodiscard]] Result<std::string> read(const feed::OriginHash& origin, std::uint64_t log,
                                         const HashTile& tile);

 private:
  [[nodiscard]] Result<std::string> leaf_hashes(const feed::OriginHash& origin, const HashTile& tile) const;
  [[nodiscard]] Result<Sha256Digest> root_of_full(const feed::OriginHash& origin, std::uint64_t log,
                                                  unsigned level, std::uint64_t index);

  const Store& store_;
  KeptObjects kept_;
};

// The number of hashes that a tree of `size` leaves has at this level.
[[nodiscard]] constexpr std::uint64_t hashes_at(unsigned level, std::uint64_t size) {
  return size >> (8 * level);
}

}  // namespace vcnode::node
