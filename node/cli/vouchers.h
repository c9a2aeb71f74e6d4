// Who says anything about an issuer, for a verifier without a node: whom listings name is read in the feeds
// themselves, each once. Peers learn whom the verifier looks at, as they do from collect().
// Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/collect.h"
#include "node/cli/statement_finder.h"
#include "protocol/verify/known_issuer.h"

namespace vcnode::cli {

// Bodies whose feeds are read for one issuer.
inline constexpr std::size_t kVouchersReadMax = 16;

// Feeds that one command read.
class FeedLibrary {
 public:
  FeedLibrary(std::vector<PeerSource> peers, Timestamp now, CollectOptions how)
      : peers_(std::move(peers)), now_(now), how_(std::move(how)) {}
  // Was read before: what decides is kept, the rest is not.
  void keep(const Did& issuer, const Collected& collected);
  // What the peers gave of the issuer, asked for once.
  const Collected& of(const Did& issuer);
  // The issuer's own feed, and those of the bodies that say something about it.
  [[nodiscard]] verify::Speakers about(const Did& issuer);
  [[nodiscard]] const std::vector<PeerSource>& peers() const noexcept { return peers_; }

 private:
  void add_feed(const Did& issuer, verify::Speakers& out);

  std::vector<PeerSource> peers_;
  Timestamp now_;
  CollectOptions how_;
  std::map<std::string, Collected, std::less<>> read_;  // by lookup name
};

// A history that may go on is not judged by.
[[nodiscard]] std::shared_ptr<const issuer::History> whole_history(const Collected& collected);

}  // namespace vcnode::cli
