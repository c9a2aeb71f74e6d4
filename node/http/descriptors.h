// How the open files that the system allows this process are shared out between connections, links and the
// rest, so that none of them can take what another needs.
#pragma once

#include <cstddef>

namespace vcnode::node {

// Links the node dials itself: more configured peers than this are possible, but no deployment has them.
inline constexpr std::size_t kDialedLinksReserve = 64;
// Store with its journal and readers, log, event loop, timers, signals, listeners, name lookups.
inline constexpr std::size_t kOtherDescriptorsReserve = 32;
// Connections beyond the cap that are being told so at one time; further ones are closed without a word,
// since a TLS handshake only to say "full" costs more than the request would.
inline constexpr std::size_t kTurnedAwayMax = 64;

struct DescriptorShares {
  std::size_t connections = 0;
  std::size_t turned_away = 0;
  std::size_t incoming_links = 0;
};

// Together with the reserves and the admin socket's connections the shares are at most `open_files_max`, down
// to about 200; below that they still are at most half of it.
[[nodiscard]] DescriptorShares share_descriptors(std::size_t open_files_max, std::size_t connections_max);

// RLIMIT_NOFILE of this process.
[[nodiscard]] std::size_t open_files_max();

}  // namespace vcnode::node
