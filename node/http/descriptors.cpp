#include "node/http/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

#include "node/http/server.h"
#include "node/net/peer_transport.h"

namespace vcnode::node {
namespace {

constexpr std::size_t kReserve = kAdminConnectionsMax + kDialedLinksReserve + kOtherDescriptorsReserve;

// Where descriptors are few, links get a quarter and the turned-away an eighth of what is to be shared.
constexpr std::size_t kLinksPart = 4;
constexpr std::size_t kTurnedAwayPart = 8;

}  // namespace

DescriptorShares share_descriptors(std::size_t open_files_max, std::size_t connections_max) {
  const std::size_t shared = open_files_max >= 2 * kReserve ? open_files_max - kReserve : open_files_max / 2;
  DescriptorShares out;
  out.incoming_links = std::min(kIncomingLinksMax, shared / kLinksPart);
  out.turned_away = std::min(kTurnedAwayMax, shared / kTurnedAwayPart);
  out.connections = std::min(connections_max, shared - out.incoming_links - out.turned_away);
  return out;
}

std::size_t open_files_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace vcnode::node
