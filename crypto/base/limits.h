// Limits that more than one module needs, each with its reason. Module-local limits live with the module.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vcnode::limits {

// A credential with portrait and full transcript stays well below; larger ones are attachments, not facts.
inline constexpr std::size_t kCredentialBytesMax = 256 * 1024;
// A signed status list of 2^20 entries at 10 % set is about 150 KB in base64url; 1 MiB leaves room.
inline constexpr std::size_t kBodyBytesMax = 1024 * 1024;
// JCS of {"t","k","d"}: type, key (a URI of at most 1 KiB) and digest.
inline constexpr std::size_t kLeafBytesMax = 2048;
// C2SP checkpoint with a handful of cosignatures.
inline constexpr std::size_t kNoteBytesMax = 16 * 1024;
// DIDs and URLs beyond this are attacks, not identifiers.
inline constexpr std::size_t kUrlBytesMax = 1024;
// Clocks of honest peers differ by less; heads further ahead are held back (design/network.md).
inline constexpr std::int64_t kClockSkewSecondsMax = 300;

}  // namespace vcnode::limits
