// What one peer says of a did:webvh issuer's log and of the feed it holds: /histories/{scid}, read strictly.
// Nothing of it is believed before it is checked (collect_history.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/cli/feed_source.h"
#include "node/cli/peer_line.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::cli {

// One peer: what it gave of the log, and what it gives of the feeds.
struct HistoryPeer {
  explicit HistoryPeer(PeerLine open_line) : line(std::move(open_line)) {}
  PeerLine line;
  Candidate candidate;
  std::string network;                            // it speaks of; empty: it gave no history
  std::map<webvh::VersionId, std::string> given;  // entry bodies, as they came
  std::uint64_t epochs = 0;                       // it knows of
  std::string claimed_origin;                     // of the feed that it says something about
  std::optional<Error> miss;  // why it gave no head with leaves of the epoch asked for last
};

// Fills in what the peer says. Entries that cannot be any are its fault, kept in its report. `network`: only
// a history of this one counts. Errors: those of PeerLine, PEER_FEED_UNKNOWN, PEER_EVIDENCE_BAD.
[[nodiscard]] Result<void> ask_history(HistoryPeer& peer, std::string_view scid,
                                       const std::optional<std::string>& network);

}  // namespace vcnode::cli
