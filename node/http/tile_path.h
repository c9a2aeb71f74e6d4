// C2SP tlog-tiles: paths of entry bundles and the bundle format.
//
// A full bundle has 256 entries; the last of a tree may be partial: `/tile/entries/<N>[.p/<W>]`, N in groups
// of three digits, all but the last with an 'x' ("1234067" → "x001/x234/067"). An entry is a 16-bit
// big-endian length and that many bytes. Errors: TILE_INVALID.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode::node {

inline constexpr std::uint64_t kTileWidth = 256;

[[nodiscard]] std::string tile_path(std::uint64_t index, std::uint64_t width);
struct TileAddress {
  std::uint64_t index = 0;
  std::uint64_t width = kTileWidth;
};
[[nodiscard]] Result<TileAddress> parse_tile_path(std::string_view path);

[[nodiscard]] Bytes entry_bundle(std::span<const Bytes> entries);
[[nodiscard]] Result<std::vector<Bytes>> parse_entry_bundle(BytesView bundle, std::uint64_t count);

}  // namespace vcnode::node
