#include "node/cli/held_feeds.h"

#include <algorithm>

#include "crypto/base/json.h"
#include "node/codes/cli_codes.h"
#include "protocol/did/lookup_name.h"

namespace vcnode::cli {
namespace {

void add_feed_row(const json::Value& row, ListedFeeds& out) {
  const auto issuer = row.find_string("issuer");
  if (!issuer || !Did::parse(*issuer)) return;
  ListedFeed& listed = out.by_name[std::string(lookup_name_of(*issuer))];
  if (const auto time = Timestamp::parse(row.find_string("time").value_or("")))
    listed.time = std::max(listed.time.value_or(*time), *time);
  const json::Value* contradicted = row.find("contradicted");
  if (contradicted != nullptr && contradicted->kind() == json::Kind::boolean && contradicted->boolean())
    listed.contradicted = true;
}

Result<void> ask_feeds(PeerLine& line, ListedFeeds& out) {
  VCNODE_TRY(const auto text, line.object("/feeds", kFeedListBytesMax, codes::PEER_FEED_UNKNOWN));
  const auto document = json::Document::parse(text, {.size_max = kFeedListBytesMax, .depth_max = 8});
  if (!document)
    return fail(codes::PEER_EVIDENCE_BAD, "the peer's list of feeds is none: ", document.error().message);
  const json::Value* feeds = document->root().find("feeds");
  for (const json::Value& row : feeds != nullptr ? feeds->one_or_many() : document->root().one_or_many())
    add_feed_row(row, out);
  return {};
}

}  // namespace

ListedFeeds list_feeds(const std::vector<PeerSource>& peers, const Connect& connect_to) {
  ListedFeeds out;
  for (const PeerSource& peer : peers) {
    PeerLine line(connect_to(peer), steady_ms);
    if (const auto asked = ask_feeds(line, out); !asked) out.silent.emplace_back(peer.name, asked.error());
  }
  return out;
}

}  // namespace vcnode::cli
