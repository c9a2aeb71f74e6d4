// A did:webvh issuer made of bytes: its log, the feeds of its epochs, and peers that serve them; for tests of
// collecting.
#pragma once

#include "protocol/issuer/origins.h"
#include "tests/unit/node/cli/lying_peers.h"
#include "tests/unit/protocol/issuer/fixtures.h"

namespace vcnode::cli::lying_peers {

namespace made = vcnode::test::made;

struct Chronicle {
  struct EpochFeed {
    std::vector<Bytes> leaves;
    Timestamp time = world::kHeadAt;
  };
  test::Branch branch;
  std::vector<EpochFeed> epochs{1};
  std::vector<merkle::TreeHead> seals;        // of the epochs that are over
  std::map<std::string, std::string> bodies;  // path → bytes
  std::string last_body;                      // path

  Chronicle() { leaf("webvh", "1", branch.tip().text()); }

  [[nodiscard]] Did did() const { return Did::parse(branch.maker().did()).value(); }
  [[nodiscard]] std::string scid() const { return branch.scid(); }
  [[nodiscard]] feed::Origin origin(std::size_t epoch = 0) const {
    return issuer::origin_of(test::kNetwork, scid(), epoch == 0 ? epochs.size() : epoch).value();
  }
  Chronicle& leaf(std::string type, std::string key, std::string digest) {
    epochs.back().leaves.push_back(feed::Leaf{std::move(type), std::move(key), std::move(digest)}.encode());
    return *this;
  }
  // The newest entry of the log stands in the feed.
  Chronicle& commit() { return leaf("webvh", concat(branch.size()), branch.tip().text()); }
  Chronicle& entry(const made::Making& making = {}) {
    branch.add(making);
    return commit();
  }
  Chronicle& list(const std::string& name, const std::vector<std::uint64_t>& set = {},
                  std::uint64_t sequence = 1) {
    const std::string uri = "https://uni.example/" + name;
    auto bitmap = status::Bitmap::zero(status::kListEntriesMin);
    for (const auto index : set) bitmap.set(status::StatusIndex(index), true).value();
    const status::SignedListOptions options{
        .uri = uri,
        .purpose = status::Purpose::revocation,
        .issuer = did(),
        .verification_method = did().text() + "#sig1",
        .valid_from = world::kIssuedAt.plus_seconds(60 * static_cast<std::int64_t>(sequence))};
    const std::string text = status::sign_status_list(bitmap, options, made::key(101).signer).value();
    const std::string digest = hex_encode(sha256(as_bytes(text)).view());
    last_body = "/bodies/" + digest;
    bodies[last_body] = text;
    return leaf("status", feed::StatusLeafKey{uri, sequence}.text(), digest);
  }
  [[nodiscard]] merkle::TreeHead tree(std::size_t epoch) const {
    merkle::Frontier out;
    for (const Bytes& bytes : epochs.at(epoch - 1).leaves) out.append(merkle::leaf_hash(bytes));
    return {out.size(), out.root()};
  }
  // An entry that opens the next epoch; with its leaf at the end of the old one, unless that key is lost.
  Chronicle& open_epoch(bool old_key_lost = false) {
    const merkle::TreeHead seal = tree(epochs.size());
    const std::uint64_t next = epochs.size() + 1;
    made::Making making;
    auto document =
        test::with_feed(branch.maker().document(), static_cast<std::uint8_t>(test::kFirstFeedKey + next - 1),
                        next, seal.size);
    document["service"][0]["seal"]["root"] = hex_encode(seal.root.view());
    making.document = document;
    branch.add(making);
    if (!old_key_lost) commit();
    const std::string old = origin().text();
    seals.push_back(seal);
    epochs.emplace_back();
    leaf("seal", old, hex_encode(seal.root.view()));
    return commit();
  }
  [[nodiscard]] feed::Head head(std::size_t epoch) const {
    auto& signer = made::key(static_cast<std::uint8_t>(test::kFirstFeedKey + epoch - 1)).signer;
    return feed::sign_head(origin(epoch), tree(epoch), epochs.at(epoch - 1).time, signer).value();
  }
  [[nodiscard]] std::string path(std::size_t epoch = 0) const {
    return "/feeds/" + hex_encode(origin(epoch).hash().view());
  }
  [[nodiscard]] std::string history_path() const { return "/histories/" + scid(); }
};

// What a peer answers for /histories: entries and epochs up to these numbers (0: all).
inline nlohmann::json history_json(const Chronicle& chronicle) {
  auto entries = nlohmann::json::array();
  for (std::size_t i = 0; i < chronicle.branch.size(); ++i)
    entries.push_back(chronicle.branch.body(i).text());
  auto epochs = nlohmann::json::array();
  for (std::size_t i = 1; i <= chronicle.epochs.size(); ++i) {
    nlohmann::json seal;
    if (i <= chronicle.seals.size())
      seal = {{"size", chronicle.seals[i - 1].size},
              {"root", hex_encode(chronicle.seals[i - 1].root.view())}};
    epochs.push_back({{"epoch", i},
                      {"origin", chronicle.origin(i).text()},
                      {"originHash", hex_encode(chronicle.origin(i).hash().view())},
                      {"seal", std::move(seal)}});
  }
  return {{"scid", chronicle.scid()},
          {"did", chronicle.did().text()},
          {"network", test::kNetwork},
          {"entries", std::move(entries)},
          {"epochs", std::move(epochs)},
          {"feed", {{"origin", chronicle.origin().text()}, {"contradicted", false}, {"pending", nullptr}}}};
}

// Tiles of the first `size` leaves of an epoch.
inline void serve_leaves(Peer& peer, const Chronicle& chronicle, std::size_t epoch, std::size_t size) {
  const auto leaves = std::span(chronicle.epochs.at(epoch - 1).leaves).first(size);
  for (std::size_t first = 0, index = 0; first < size; first += node::kTileWidth, ++index) {
    const std::size_t width = std::min<std::size_t>(node::kTileWidth, size - first);
    const Bytes bundle = node::entry_bundle(leaves.subspan(first, width));
    peer.objects[concat(chronicle.path(epoch), "/tile/entries/", node::tile_path(index, width))] =
        std::string(bundle.begin(), bundle.end());
  }
}

inline Peer serving(const Chronicle& chronicle) {
  Peer peer;
  peer.objects = chronicle.bodies;
  peer.objects[chronicle.history_path()] = history_json(chronicle).dump();
  for (std::size_t epoch = 1; epoch <= chronicle.epochs.size(); ++epoch) {
    peer.objects[chronicle.path(epoch) + "/checkpoint"] = chronicle.head(epoch).note;
    serve_leaves(peer, chronicle, epoch, chronicle.epochs[epoch - 1].leaves.size());
    if (epoch <= chronicle.seals.size())
      serve_leaves(peer, chronicle, epoch, chronicle.seals[epoch - 1].size);
  }
  return peer;
}

}  // namespace vcnode::cli::lying_peers
