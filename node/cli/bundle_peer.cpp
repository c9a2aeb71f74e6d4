#include "node/cli/bundle_peer.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/cli/feed_source.h"
#include "node/cli/output.h"
#include "node/http/tile_path.h"
#include "protocol/evidence/stated.h"
#include "protocol/feed/note.h"
#include "protocol/issuer/origins.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::cli {
namespace {

using evidence::Bundle;

// The part of an origin between network and epoch.
std::string issuer_in(const feed::Origin& origin) {
  const std::string& text = origin.text();
  const auto first = text.find('/') + 1;
  return text.substr(first, text.rfind('/') - first);
}

// As its head claims; whether that is signed is for the reader to check.
std::uint64_t claimed_size(const evidence::Feed& feed) {
  if (!feed.head) return 0;
  const auto note = feed::Note::parse(*feed.head);
  if (!note) return 0;
  const auto checkpoint = feed::Checkpoint::parse(note->text);
  return checkpoint ? checkpoint->tree.size : 0;
}

class BundlePeer {
 public:
  explicit BundlePeer(std::shared_ptr<const Bundle> bundle) : bundle_(std::move(bundle)) {
    for (const evidence::Feed& feed : bundle_->feeds) {
      const evidence::Feed*& best = feeds_[feed_path(feed.origin)];
      if (best == nullptr || claimed_size(*best) < claimed_size(feed) ||
          (claimed_size(*best) == claimed_size(feed) && best->leaves.size() < feed.leaves.size()))
        best = &feed;
    }
  }

  [[nodiscard]] std::optional<std::string> answer(const std::string& path) const {
    if (path == "/feeds") return listing();
    if (path.starts_with("/bodies/")) return body(path.substr(8));
    if (path.starts_with("/histories/")) return history(path.substr(11));
    const auto end = path.find('/', 7);  // "/feeds/" and the hash
    if (!path.starts_with("/feeds/") || end == std::string::npos) return std::nullopt;
    const auto feed = feeds_.find(path.substr(0, end));
    if (feed == feeds_.end()) return std::nullopt;
    const std::string rest = path.substr(end);
    if (rest == "/checkpoint") return feed->second->head;
    constexpr std::string_view kTile = "/tile/entries/";
    return rest.starts_with(kTile) ? tile(*feed->second, rest.substr(kTile.size())) : std::nullopt;
  }

 private:
  [[nodiscard]] std::string listing() const {
    auto rows = nlohmann::json::array();
    for (const auto& [path, feed] : feeds_) {
      const std::string issuer = issuer_in(feed->origin);
      if (!webvh::is_multihash(issuer))
        rows.push_back({{"issuer", "did:key:" + issuer}, {"origin", feed->origin.text()}});
    }
    return rows.dump();
  }
  [[nodiscard]] std::optional<std::string> body(const std::string& hex) const {
    const auto bytes = hex_decode(hex, Sha256Digest::kSize);
    const auto digest = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
    const auto found = digest ? bundle_->bodies.find(*digest) : bundle_->bodies.end();
    return found == bundle_->bodies.end() ? std::nullopt : std::optional(to_text(found->second));
  }
  [[nodiscard]] static std::optional<std::string> tile(const evidence::Feed& feed, const std::string& path) {
    const auto address = node::parse_tile_path(path);
    const std::uint64_t first = address ? address->index * node::kTileWidth : 0;
    if (!address || first + address->width > feed.leaves.size()) return std::nullopt;
    return to_text(node::entry_bundle(std::span(feed.leaves).subspan(first, address->width)));
  }
  // Of all networks the first; a file with several is asked for the issuer in one of them only.
  [[nodiscard]] std::optional<std::string> history(const std::string& scid) const {
    std::set<std::string> entries;
    std::string network;
    for (const evidence::History& history : bundle_->histories) {
      if (history.scid != scid || !(network.empty() || network == history.network)) continue;
      network = history.network;
      entries.insert(history.entries.begin(), history.entries.end());
    }
    if (network.empty()) return std::nullopt;
    auto epochs = nlohmann::json::array();
    nlohmann::json newest;
    for (std::uint64_t number = 1;; ++number) {
      const auto origin = issuer::origin_of(network, scid, number);
      const auto feed = origin ? feeds_.find(feed_path(*origin)) : feeds_.end();
      if (feed == feeds_.end()) break;
      epochs.push_back({{"epoch", number}});
      if (feed->second->head) newest = {{"origin", origin->text()}};
    }
    return nlohmann::json{
        {"scid", scid}, {"network", network}, {"entries", entries}, {"epochs", epochs}, {"feed", newest}}
        .dump();
  }

  std::shared_ptr<const Bundle> bundle_;
  std::map<std::string, const evidence::Feed*> feeds_;  // by path
};

}  // namespace

Get answers_of(std::shared_ptr<const Bundle> bundle) {
  return [peer = BundlePeer(std::move(bundle))](const std::string& path,
                                                std::int64_t) -> Result<node::HttpResponse> {
    auto body = peer.answer(path);
    node::HttpResponse response;
    response.status = body ? 200 : 404;
    if (body) response.body = *std::move(body);
    return response;
  };
}

Result<std::vector<EvidenceFile>> read_evidence(const std::vector<std::string>& paths) {
  std::vector<EvidenceFile> out;
  for (const std::string& path : paths) {
    VCNODE_TRY(const auto text, read_input(path, evidence::kBundleBytesMax));
    auto bundle = Bundle::parse(text);
    if (!bundle)
      return fail(bundle.error().code, "--evidence '", excerpt(path), "': ", bundle.error().message);
    out.push_back({path, evidence::digest_text(sha256(as_bytes(text))),
                   std::make_shared<const Bundle>(*std::move(bundle))});
  }
  return out;
}

PeerSource as_peer(const EvidenceFile& file) {
  return {concat("the evidence file ", file.name, " (", file.digest, ")"), "https://evidence.invalid",
          std::nullopt, file.bundle};
}

}  // namespace vcnode::cli
