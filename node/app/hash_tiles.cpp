#include "node/app/hash_tiles.h"

#include <vector>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/merkle.h"
#include "node/http/tile_path.h"
#include "storage/codes.h"

namespace vcnode::node {

// A store that gives fewer leaves than the head it holds has lost some.
Result<std::string> HashTiles::leaf_hashes(const feed::OriginHash& origin, const HashTile& tile) const {
  const std::uint64_t first = tile.index * kTileWidth;
  VCNODE_TRY(const auto leaves, store_.leaves(origin, first, tile.width));
  if (leaves.size() != tile.width)
    return fail(codes::STORE_CORRUPT, "of the ", tile.width, " leaves from ", first, " on the store holds ",
                leaves.size());
  std::string out;
  for (const Bytes& leaf : leaves) out += as_text(merkle::leaf_hash(leaf).view());
  return out;
}

Result<Sha256Digest> HashTiles::root_of_full(const feed::OriginHash& origin, std::uint64_t log,
                                             unsigned level, std::uint64_t index) {
  VCNODE_TRY(const auto text, read(origin, log, {level, index, kTileWidth}));
  std::vector<Sha256Digest> hashes;
  for (std::size_t at = 0; at < text.size(); at += Sha256Digest::kSize)
    hashes.push_back(*Sha256Digest::from(as_bytes(std::string_view(text).substr(at, Sha256Digest::kSize))));
  return merkle::root_of(hashes);
}

Result<std::string> HashTiles::read(const feed::OriginHash& origin, std::uint64_t log, const HashTile& tile) {
  VCNODE_ASSERT(tile.level < kTileLevels && tile.width >= 1 && tile.width <= kTileWidth);
  if (tile.level == 0) return leaf_hashes(origin, tile);
  const std::string address = concat(as_text(origin.view()), log, "/", tile.level, "/", tile.index);
  if (const auto kept = kept_.find(address)) return kept->substr(0, tile.width * Sha256Digest::kSize);
  std::string out;
  for (std::uint64_t i = 0; i < tile.width; ++i) {
    VCNODE_TRY(const auto root, root_of_full(origin, log, tile.level - 1, tile.index * kTileWidth + i));
    out += as_text(root.view());
  }
  if (tile.width == kTileWidth) kept_.keep(address, std::make_shared<const std::string>(out));
  return out;
}

}  // namespace vcnode::node
