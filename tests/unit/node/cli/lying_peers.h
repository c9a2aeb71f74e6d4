// Peers made of bytes: one issuer's feed, what each peer serves of it, and asking them all, for tests of
// collecting. Time passes only as a peer says that it takes it.
#pragma once

#include <map>
#include <span>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/cli/collect.h"
#include "node/codes/cli_codes.h"
#include "node/http/tile_path.h"
#include "node/net/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/verify/world.h"

namespace vcnode::cli::lying_peers {

namespace world = vcnode::verify::world;

using world::one_issuer;

inline feed::Origin origin_of(const world::Issuer& of, const std::string& network = "test") {
  return feed::Origin::of(network, of.did()).value();
}

// One issuer's feed: its lists as leaves and bodies.
struct Log {
  std::vector<Bytes> leaves;
  std::map<std::string, std::string> bodies;  // path → bytes
  Timestamp time = world::kHeadAt;
  std::string network = "test";
  std::string last_body;  // path

  [[nodiscard]] feed::Origin origin() const { return origin_of(one_issuer(), network); }
  Log& in(const std::string& name) {
    network = name;
    return *this;
  }
  // A leaf whose body is these bytes: no list, but all that a peer is asked for.
  Log& junk(std::size_t number, const std::string& bytes) {
    const std::string digest = hex_encode(sha256(as_bytes(bytes)).view());
    const std::string uri = concat("https://issuer.example/junk", number);
    leaves.push_back(
        feed::Leaf{std::string(feed::kStatusLeaf), feed::StatusLeafKey{uri, 1}.text(), digest}.encode());
    bodies["/bodies/" + digest] = bytes;
    return *this;
  }
  // A statement leaf whose body says nothing.
  Log& statement(std::size_t number) {
    const std::string bytes = concat("statement ", number);
    const std::string digest = hex_encode(sha256(as_bytes(bytes)).view());
    leaves.push_back(
        feed::Leaf{std::string(feed::kStatementLeaf), concat("https://issuer.example/s/", number), digest}
            .encode());
    bodies["/bodies/" + digest] = bytes;
    return *this;
  }
  // The first list of a URI, or a later one: each is of a minute later than the one before.
  Log& list(const std::string& name, const std::vector<std::uint64_t>& set = {}, std::uint64_t sequence = 1) {
    const std::string uri = "https://issuer.example/" + name;
    const auto from = world::kIssuedAt.plus_seconds(60 * static_cast<std::int64_t>(sequence));
    const std::string text = world::signed_list(one_issuer(), uri, status::Purpose::revocation, set, from);
    const std::string digest = hex_encode(sha256(as_bytes(text)).view());
    leaves.push_back(
        feed::Leaf{std::string(feed::kStatusLeaf), feed::StatusLeafKey{uri, sequence}.text(), digest}
            .encode());
    bodies["/bodies/" + digest] = text;
    last_body = "/bodies/" + digest;
    return *this;
  }
  // The path of the body of one list's version.
  [[nodiscard]] std::string body_of(const std::string& name, std::uint64_t sequence) const {
    const auto key = feed::StatusLeafKey{"https://issuer.example/" + name, sequence}.text();
    for (const Bytes& bytes : leaves) {
      const auto leaf = feed::Leaf::parse(bytes).value();
      if (leaf.key == key) return "/bodies/" + leaf.digest;
    }
    return {};
  }
  [[nodiscard]] feed::Head head() const {
    std::vector<Sha256Digest> hashes;
    for (const Bytes& leaf : leaves) hashes.push_back(merkle::leaf_hash(leaf));
    return feed::sign_head(origin(), {leaves.size(), merkle::root_of(hashes)}, time, one_issuer().signer())
        .value();
  }
};

// What one peer serves: path → bytes; what is not there is 404.
struct Peer {
  std::map<std::string, std::string> objects;
  std::map<std::string, Error> broken;
  std::vector<std::string> asked;
  std::vector<std::int64_t> timeouts_ms;
  std::int64_t answers_in_ms = 0;

  Peer() = default;
  explicit Peer(const Log& log) : objects(log.bodies) {
    list_feed(one_issuer().did(), log.origin().text());
    objects[checkpoint(log.network)] = log.head().note;
    for (std::size_t first = 0, index = 0; first < log.leaves.size(); first += node::kTileWidth, ++index) {
      const std::size_t width = std::min<std::size_t>(node::kTileWidth, log.leaves.size() - first);
      const Bytes bundle = node::entry_bundle(std::span(log.leaves).subspan(first, width));
      objects[tile(width, index, log.network)] = std::string(bundle.begin(), bundle.end());
    }
  }
  void list_feed(const Did& did, const std::string& origin) {
    objects["/feeds"] = nlohmann::json{{"feeds", {{{"issuer", did.text()}, {"origin", origin}}}}}.dump();
  }
  // The issuer's feed is listed again, with what this peer says of it and cannot prove.
  Peer& says(bool contradicted, std::optional<std::uint64_t> pending_size = std::nullopt) {
    nlohmann::json row{{"issuer", one_issuer().did().text()}, {"origin", origin_of(one_issuer()).text()}};
    row["contradicted"] = contradicted;
    row["pending"] = nullptr;
    if (pending_size) row["pending"] = {{"size", *pending_size}};
    objects["/feeds"] = nlohmann::json{{"feeds", {row}}}.dump();
    return *this;
  }
  static std::string base(const std::string& network) {
    return "/feeds/" + hex_encode(origin_of(one_issuer(), network).hash().view());
  }
  static std::string checkpoint(const std::string& network = "test") { return base(network) + "/checkpoint"; }
  static std::string tile(std::size_t width, std::size_t index = 0, const std::string& network = "test") {
    return base(network) + "/tile/entries/" + node::tile_path(index, width);
  }
};

// Peers are named a, b, c … in the order given. `network`: empty for any.
inline Collected ask(const std::vector<Peer*>& peers, const Did& about = one_issuer().did(),
                     const std::string& network = {}) {
  std::vector<PeerSource> sources;
  for (std::size_t i = 0; i < peers.size(); ++i)
    sources.push_back({std::string(1, static_cast<char>('a' + i)), "https://unused", std::nullopt});
  std::int64_t now_ms = 0;
  CollectOptions options;
  if (!network.empty()) options.network = network;
  options.clock_ms = [&now_ms] { return now_ms; };
  options.connect_to = [&](const PeerSource& source) -> Get {
    Peer* peer = peers.at(static_cast<std::size_t>(source.name[0] - 'a'));
    return [peer, &now_ms](const std::string& path, std::int64_t timeout_ms) -> Result<node::HttpResponse> {
      peer->asked.push_back(path);
      peer->timeouts_ms.push_back(timeout_ms);
      now_ms += peer->answers_in_ms;
      if (const auto error = peer->broken.find(path); error != peer->broken.end())
        return Failure{error->second};
      const auto found = peer->objects.find(path);
      node::HttpResponse response;
      response.status = found == peer->objects.end() ? 404 : 200;
      response.body = found == peer->objects.end() ? "" : found->second;
      return response;
    };
  };
  return collect(about, sources, world::kNow, options);
}

inline Collected ask(Peer& one) {
  return ask({&one});
}

// Asserts the state, the code and that the sentence names `part`.
inline void check_source(const SourceReport& report, SourceState state, Code code, std::string_view part) {
  CHECK(name_of(report.state) == name_of(state));
  REQUIRE(report.error);
  CHECK_CODE_NAMES(Result<void>(Failure{*report.error}), code, part);
}

inline void check_good(const SourceReport& report, SourceState state) {
  CHECK(name_of(report.state) == name_of(state));
  CHECK_FALSE(report.error);
}

inline std::string flipped_digit(std::string text, std::size_t at_from_end) {
  char& c = text.at(text.size() - at_from_end);
  REQUIRE(std::string_view("0123456789abcdef").find(c) != std::string_view::npos);
  c = c == '0' ? '1' : '0';
  return text;
}

}  // namespace vcnode::cli::lying_peers
