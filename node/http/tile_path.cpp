#include "node/http/tile_path.h"

#include <charconv>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "node/http/codes.h"

namespace vcnode::node {
namespace {

constexpr std::size_t kGroupDigits = 3;
constexpr std::size_t kGroupsMax = 5;  // 10^15 tiles: more than any feed has

Result<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return fail(codes::TILE_INVALID, "'", excerpt(digits), "' is not a number");
  }
  return number;
}

}  // namespace

std::string tile_path(std::uint64_t index, std::uint64_t width) {
  VCNODE_ASSERT(width >= 1 && width <= kTileWidth);
  std::string digits = std::to_string(index);
  digits.insert(0, (kGroupDigits - digits.size() % kGroupDigits) % kGroupDigits, '0');
  std::string path;
  for (std::size_t i = 0; i < digits.size(); i += kGroupDigits) {
    const bool last = i + kGroupDigits == digits.size();
    path += last ? digits.substr(i) : "x" + digits.substr(i, kGroupDigits) + "/";
  }
  return width == kTileWidth ? path : concat(path, ".p/", width);
}

Result<TileAddress> parse_tile_path(std::string_view path) {
  TileAddress address;
  const std::string_view whole = path;
  if (const auto partial = path.find(".p/"); partial != std::string_view::npos) {
    VCNODE_TRY(address.width, parse_number(path.substr(partial + 3)));
    if (address.width < 1 || address.width >= kTileWidth) {
      return fail(codes::TILE_INVALID, "the width of a partial tile is ", address.width, ", it must be 1 to ",
                  kTileWidth - 1);
    }
    path = path.substr(0, partial);
  }
  std::string digits;
  for (std::size_t groups = 0;; ++groups) {
    const bool last = !path.starts_with('x');
    const std::string_view group = path.substr(last ? 0 : 1, kGroupDigits);
    const std::size_t used = group.size() + (last ? 0 : 1);
    if (group.size() != kGroupDigits || groups == kGroupsMax)
      return fail(codes::TILE_INVALID, "a tile number must be groups of three digits, at most ", kGroupsMax);
    digits += group;
    path.remove_prefix(used);
    if (last) break;
    if (!path.starts_with('/'))
      return fail(codes::TILE_INVALID, "a tile number must be groups of three digits, at most ", kGroupsMax);
    path.remove_prefix(1);
  }
  if (!path.empty()) return fail(codes::TILE_INVALID, "'", excerpt(path), "' follows the tile number");
  VCNODE_TRY(address.index, parse_number(digits));
  // One object has one path: no "x000/001", no ".p/01".
  if (tile_path(address.index, address.width) != whole)
    return fail(codes::TILE_INVALID, "'", excerpt(whole), "' is not how the tile is written, ",
                tile_path(address.index, address.width));
  return address;
}

Bytes entry_bundle(std::span<const Bytes> entries) {
  Bytes out;
  for (const Bytes& entry : entries) {
    VCNODE_ASSERT(entry.size() <= 0xffff);
    out.push_back(static_cast<std::uint8_t>(entry.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(entry.size() & 0xff));
    out.insert(out.end(), entry.begin(), entry.end());
  }
  return out;
}

Result<std::vector<Bytes>> parse_entry_bundle(BytesView bundle, std::uint64_t count) {
  std::vector<Bytes> entries;
  while (entries.size() < count) {
    if (bundle.size() < 2)
      return fail(codes::TILE_INVALID, "the bundle ends after ", entries.size(), " of ", count, " entries");
    const std::size_t size = static_cast<std::size_t>(bundle[0]) << 8 | bundle[1];
    if (bundle.size() < 2 + size)
      return fail(codes::TILE_INVALID, "the bundle ends inside entry ", entries.size());
    entries.emplace_back(bundle.begin() + 2, bundle.begin() + 2 + static_cast<std::ptrdiff_t>(size));
    bundle = bundle.subspan(2 + size);
  }
  if (!bundle.empty())
    return fail(codes::TILE_INVALID, bundle.size(), " bytes follow the last of ", count, " entries");
  return entries;
}

}  // namespace vcnode::node
