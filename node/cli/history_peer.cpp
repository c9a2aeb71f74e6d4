#include "node/cli/history_peer.h"

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "node/cli/collect_history.h"
#include "node/codes/cli_codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/history.h"

namespace vcnode::cli {
namespace {

using issuer::EntryBody;

// Entries that cannot be any are its fault; those that can are judged together with those of the others.
void read_entries(const json::Value& entries, HistoryPeer& peer) {
  for (const json::Value& element : entries.one_or_many()) {
    const auto body = element.is_string()
                          ? EntryBody::parse(element.string())
                          : Result<EntryBody>(fail(codes::ENTRY_BODY_MALFORMED, "it is no text"));
    const auto entry = body ? webvh::Entry::parse(body->line) : Result<webvh::Entry>(body.failure());
    if (!entry) {
      set_error(peer.candidate.report, bad_evidence(entry.error()).error);
    } else if (peer.given.size() < issuer::kEntriesMax) {
      peer.given.emplace(entry->version_id(), element.string());
    }
  }
}

Result<void> read_history(const std::string& text, std::string_view scid, HistoryPeer& peer) {
  const auto document = json::Document::parse(text, {.size_max = kHistoryBytesMax, .depth_max = 8});
  if (!document) return bad_evidence(document.error());
  const json::Value& root = document->root();
  const json::Value* entries = root.is_object() ? root.find("entries") : nullptr;
  const auto network = root.is_object() ? root.find_string("network") : std::nullopt;
  if (entries == nullptr || !network || root.find_string("scid") != scid)
    return fail(codes::PEER_EVIDENCE_BAD, "the peer's answer is no history of the issuer ", scid);
  peer.network = std::string(*network);
  read_entries(*entries, peer);
  if (const json::Value* epochs = root.find("epochs")) peer.epochs = epochs->one_or_many().size();
  const json::Value* feed = root.find("feed");
  if (feed == nullptr || !feed->is_object()) return {};
  peer.claimed_origin = std::string(feed->find_string("origin").value_or(""));
  read_claims(*feed, peer.candidate.report);
  return {};
}

}  // namespace

Result<void> ask_history(HistoryPeer& peer, std::string_view scid,
                         const std::optional<std::string>& network) {
  VCNODE_TRY(const auto text,
             peer.line.object(concat("/histories/", scid), kHistoryBytesMax, codes::PEER_FEED_UNKNOWN));
  VCNODE_CHECK(read_history(text, scid, peer));
  if (network && peer.network != *network) {
    const std::string other = std::exchange(peer.network, "");
    return fail(codes::PEER_FEED_UNKNOWN, "the peer holds no feed of ", scid, " in the network '", *network,
                "'; it holds one in '", other, "'");
  }
  return {};
}

}  // namespace vcnode::cli
