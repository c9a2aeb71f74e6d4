// Whose feeds nodes say they hold: one look at /feeds of each peer.
//
// A listing proves nothing; it answers "would a verification find anything there". Errors: those of PeerLine.
// Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/cli/collect.h"

namespace vcnode::cli {

struct ListedFeed {
  std::optional<Timestamp> time;  // of the newest head that any peer lists
  bool contradicted = false;      // any peer says so
};

struct ListedFeeds {
  std::map<std::string, ListedFeed, std::less<>> by_name;  // lookup names
  std::vector<std::pair<std::string, Error>> silent;       // peers that gave no listing
};
[[nodiscard]] ListedFeeds list_feeds(const std::vector<PeerSource>& peers,
                                     const Connect& connect_to = connect);

}  // namespace vcnode::cli
