#include "node/cli/collect.h"

#include <algorithm>
#include <tuple>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/codes/cli_codes.h"
#include "node/http/client.h"
#include "node/http/tile_path.h"
#include "node/net/codes.h"
#include "protocol/did/key.h"

namespace vcnode::cli {
namespace {

constexpr std::size_t kFeedListBytesMax = 4 * 1024 * 1024;

// One peer's contribution.
struct Candidate {
  std::optional<feed::FeedReplica> replica;  // with its leaves, if they lead to `head`
  std::vector<Bytes> leaves;
  SourceReport report;
};

Failure bad_evidence(const Error& error) {
  return fail(codes::PEER_EVIDENCE_BAD, error.code.slug(), ": ", error.message);
}

std::string network_of(const feed::Origin& origin) {
  return origin.text().substr(0, origin.text().find('/'));
}

Result<feed::Origin> listed_origin(const json::Value& row, const Did& issuer) {
  auto origin = feed::Origin::parse(row.find_string("origin").value_or(""));
  if (!origin) return bad_evidence(origin.error());
  const auto expected = feed::Origin::of(network_of(*origin), issuer, origin->epoch());
  if (!expected || !(*origin == *expected))
    return fail(codes::PEER_EVIDENCE_BAD, "the peer lists the origin ", origin->text(), " as that of ",
                issuer.text(), ", whose it cannot be");
  return origin;
}

// The origin under which this peer holds the issuer's feed; the list is public and names no verifier's
// interest.
Result<feed::Origin> find_origin(PeerLine& line, const Did& issuer,
                                 const std::optional<std::string>& network) {
  VCNODE_TRY(auto text, line.object("/feeds", kFeedListBytesMax, codes::PEER_FEED_UNKNOWN));
  auto document = json::Document::parse(text, {.size_max = kFeedListBytesMax, .depth_max = 8});
  if (!document) return bad_evidence(document.error());
  const json::Value* feeds = document->root().find("feeds");
  std::optional<feed::Origin> found;
  std::string elsewhere;
  for (const json::Value& row : feeds != nullptr ? feeds->one_or_many() : document->root().one_or_many()) {
    if (row.find_string("issuer") != issuer.text()) continue;
    VCNODE_TRY(auto origin, listed_origin(row, issuer));
    if (network && network_of(origin) != *network) {
      elsewhere = concat(" in the network '", *network, "'; it holds one in '", network_of(origin), "'");
      continue;
    }
    if (found && !(*found == origin)) {
      return fail(codes::PEER_NETWORKS_DIFFER, "the peer holds a feed of this issuer in the network '",
                  network_of(*found), "' and one in '", network_of(origin),
                  "'; say with --network which one counts");
    }
    found = std::move(origin);
  }
  if (found) return *std::move(found);
  return fail(codes::PEER_FEED_UNKNOWN, "the peer holds no feed of ", issuer.text(), elsewhere);
}

Result<std::vector<Bytes>> fetch_leaves(PeerLine& line, const std::string& base, std::uint64_t size) {
  if (size > kLeavesMax)
    return fail(codes::PEER_FEED_TOO_LARGE, "the feed has ", size, " leaves, the limit of this command is ",
                kLeavesMax);
  constexpr std::size_t kEntryBytesMax = 2 + limits::kLeafBytesMax;  // with its length
  std::vector<Bytes> leaves;
  std::uint64_t bytes = 0;
  for (std::uint64_t tile = 0; leaves.size() < size; ++tile) {
    const std::uint64_t width = std::min<std::uint64_t>(node::kTileWidth, size - tile * node::kTileWidth);
    const std::string path = base + "/tile/entries/" + node::tile_path(tile, width);
    VCNODE_TRY(auto bundle, line.object(path, width * kEntryBytesMax, codes::PEER_WITHHOLDS));
    bytes += bundle.size();
    if (bytes > kLeavesBytesMax) {
      return fail(codes::PEER_FEED_TOO_LARGE, "the first ", leaves.size() + width, " of ", size,
                  " leaves of the feed have ", bytes, " bytes, the limit of this command is ",
                  kLeavesBytesMax);
    }
    auto entries = node::parse_entry_bundle(as_bytes(bundle), width);
    if (!entries) return bad_evidence(entries.error());
    for (Bytes& entry : *entries) leaves.push_back(std::move(entry));
  }
  return leaves;
}

// A body that this peer keeps back or forges stays missing: unknown, never an older list. The error is about
// the peer as a whole.
Result<void> fetch_bodies(PeerLine& line, feed::FeedReplica& replica, const Did& issuer) {
  std::uint64_t bytes = 0;
  const auto needs = replica.missing();
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (i == kBodiesMax || bytes > kBodiesBytesMax) {
      return fail(codes::PEER_FEED_TOO_LARGE, "the feed names ", needs.size(), " bodies; this command reads ",
                  kBodiesMax, " of them and ", kBodiesBytesMax, " bytes at most");
    }
    const feed::BodyNeed& need = needs[i];
    const auto body = line.object("/bodies/" + hex_encode(need.digest.view()), limits::kBodyBytesMax,
                                  codes::PEER_WITHHOLDS);
    if (line.broken()) return Failure{*line.broken()};
    if (!body) continue;
    bytes += body->size();
    if (sha256(as_bytes(*body)) == need.digest)
      replica.add_body(feed::check_body(need, as_bytes(*body), issuer, DidKeyResolver()));
  }
  return {};
}

// Head, then leaves; on error the report keeps the head if that much was verified.
Result<void> fetch_feed(PeerLine& line, const Did& issuer, const Ed25519PublicKey& key, Candidate& candidate,
                        Timestamp now, const std::optional<std::string>& network) {
  VCNODE_TRY(auto origin, find_origin(line, issuer, network));
  const std::string base = "/feeds/" + hex_encode(origin.hash().view());
  VCNODE_TRY(auto note, line.object(base + "/checkpoint", limits::kNoteBytesMax, codes::PEER_WITHHOLDS));
  auto head = feed::verify_head(note, origin, key);
  if (!head) return bad_evidence(head.error());
  if (head->time > now.plus_seconds(limits::kClockSkewSecondsMax)) {
    return fail(codes::PEER_EVIDENCE_BAD, "the head is dated ", head->time.to_string(), ", more than ",
                limits::kClockSkewSecondsMax, " seconds ahead of this clock");
  }
  candidate.report.head = *head;
  candidate.report.network = network_of(origin);
  VCNODE_TRY(candidate.leaves, fetch_leaves(line, base, head->tree.size));
  feed::FeedReplica replica(origin, issuer, key);
  auto extension = replica.extend(*head, candidate.leaves);
  if (!extension) return bad_evidence(extension.error());
  replica.accept(*std::move(extension));
  candidate.replica.emplace(std::move(replica));
  return {};
}

SourceState state_of(const Error& error, bool head_verified) {
  if (error.code == codes::PEER_FEED_UNKNOWN) return SourceState::no_feed;
  if (error.code == codes::PEER_WITHHOLDS) return SourceState::withholds;
  if (error.code == codes::PEER_FEED_TOO_LARGE) return SourceState::too_large;
  if (error.code == codes::PEER_NETWORKS_DIFFER) return SourceState::other_network;
  if (error.code == codes::HTTP_UNREACHABLE || error.code == codes::HTTP_TIMEOUT ||
      error.code == codes::HTTP_PROTOCOL)
    return head_verified ? SourceState::withholds : SourceState::unreachable;
  return SourceState::bad_evidence;
}

void set_error(SourceReport& report, Error error) {
  report.state = state_of(error, report.head.has_value());
  report.error = std::move(error);
}

Candidate ask_peer(const Did& issuer, const Ed25519PublicKey& key, const PeerSource& peer, PeerLine& line,
                   Timestamp now, const std::optional<std::string>& network) {
  Candidate candidate;
  candidate.report.peer = peer.name;
  if (const auto fetched = fetch_feed(line, issuer, key, candidate, now, network); !fetched) {
    set_error(candidate.report, fetched.error());
    return candidate;
  }
  candidate.report.state = SourceState::behind;  // the newest is found when all have answered
  if (const auto fetched = fetch_bodies(line, *candidate.replica, issuer); !fetched) {
    set_error(candidate.report, fetched.error());
  } else if (const auto missing = candidate.replica->missing(); !missing.empty()) {
    set_error(candidate.report, Error{codes::PEER_WITHHOLDS, concat("the peer did not give the body sha256:",
                                                                    hex_encode(missing.front().digest.view()),
                                                                    " that its feed names")});
  }
  return candidate;
}

// One issuer key may speak in a test network and in a real one, honestly in both: neither is the other's
// second history, and neither may answer for the other. True if the verified heads are of one network.
bool of_one_network(std::vector<Candidate>& candidates) {
  const SourceReport* first = nullptr;
  const SourceReport* other = nullptr;
  for (const Candidate& candidate : candidates) {
    if (!candidate.report.head) continue;
    if (first == nullptr) first = &candidate.report;
    if (other == nullptr && candidate.report.network != first->network) other = &candidate.report;
  }
  if (other == nullptr) return true;
  const Error error{codes::PEER_NETWORKS_DIFFER,
                    concat("the issuer has a feed in the network '", first->network, "' (at ", first->peer,
                           ") and one in '", other->network, "' (at ", other->peer,
                           "); say with --network which one counts")};
  for (Candidate& candidate : candidates) {
    if (candidate.report.head) set_error(candidate.report, error);
  }
  return false;
}

merkle::TreeHead tree_at(const std::vector<Bytes>& leaves, std::uint64_t size) {
  merkle::Frontier frontier;
  for (std::uint64_t i = 0; i < size; ++i) frontier.append(merkle::leaf_hash(leaves[i]));
  return {size, frontier.root()};
}

bool newer(const feed::Head& a, const feed::Head& b, const feed::OriginHash& origin) {
  if (a.tree.size != b.tree.size) return a.tree.size > b.tree.size;
  return a.tree.root == b.tree.root && feed::time_supersedes(a.time, b.time, origin);
}

// Compares every verified head with the chosen log: equal, an older prefix, newer but withheld, or another
// history.
void judge_others(std::vector<Candidate>& candidates, Candidate& best) {
  feed::FeedReplica& replica = *best.replica;
  for (Candidate& other : candidates) {
    if (!other.report.head) continue;
    const feed::Head& head = *other.report.head;
    const std::uint64_t size = replica.size();
    if (head.tree.size > size) {
      replica.set_pending(feed::PendingHead{head.tree, head.time});
    } else if (tree_at(best.leaves, head.tree.size).root != head.tree.root) {
      other.report.state = SourceState::contradicts;
      other.report.error =
          Error{codes::PEER_CONTRADICTS,
                concat("the issuer signed two histories: at size ", head.tree.size,
                       " this peer's head has another root than the feed that ", best.report.peer, " gave")};
      replica.set_contradicted();
    } else if (other.report.error) {
      continue;  // what is known to be wrong with it stays said
    } else if (head.tree.size == size && other.replica) {
      other.report.state = SourceState::newest;
    } else if (other.replica) {
      other.report.state = SourceState::behind;
    }
  }
}

// The newest verifying feed, with what the others know better. REQUIRES: all of one network.
std::shared_ptr<const feed::FeedSnapshot> merge(std::vector<Candidate>& candidates,
                                                std::vector<PeerLine>& lines, const Did& issuer) {
  Candidate* best = nullptr;
  for (Candidate& candidate : candidates) {
    if (!candidate.replica) continue;
    if (best == nullptr ||
        newer(*candidate.report.head, *best->report.head, candidate.replica->origin().hash()))
      best = &candidate;
  }
  if (best == nullptr) return nullptr;
  judge_others(candidates, *best);
  if (best->report.state == SourceState::too_large) return best->replica->snapshot();
  for (std::size_t i = 0; i < lines.size(); ++i) {  // a body that the newest peer withheld may be at another
    if (best->replica->missing().empty()) break;
    if (&candidates[i] != best && !lines[i].broken())
      std::ignore = fetch_bodies(lines[i], *best->replica, issuer);
  }
  return best->replica->snapshot();
}

}  // namespace

std::string_view name_of(SourceState state) noexcept {
  switch (state) {
    case SourceState::newest:
      return "newest";
    case SourceState::behind:
      return "behind";
    case SourceState::not_asked:
      return "not-asked";
    case SourceState::unreachable:
      return "unreachable";
    case SourceState::no_feed:
      return "no-feed";
    case SourceState::bad_evidence:
      return "bad-evidence";
    case SourceState::too_large:
      return "too-large";
    case SourceState::withholds:
      return "withholds";
    case SourceState::contradicts:
      return "contradicts";
    case SourceState::other_network:
      return "other-network";
  }
  return "unreachable";
}

Get connect(const PeerSource& peer) {
  node::FetchOptions options;
  options.url = peer.url;
  options.socket = peer.socket;
  options.timeout_ms = kRequestMsMax;
  return [options, session = std::make_shared<node::HttpSession>(options)](const std::string& path,
                                                                           std::int64_t timeout_ms) {
    if (timeout_ms >= kRequestMsMax) return session->get(path);
    // The last seconds of a peer's time: a session's limit is fixed, so this request has one of its own.
    node::FetchOptions hurried = options;
    hurried.timeout_ms = timeout_ms;
    return node::HttpSession(std::move(hurried)).get(path);
  };
}

Collected collect(const Did& issuer, const std::vector<PeerSource>& peers, Timestamp now,
                  const CollectOptions& options) {
  Collected collected;
  const auto key = did_key::key_of(issuer);
  if (!key) {
    for (const PeerSource& peer : peers)
      collected.sources.push_back({peer.name, SourceState::not_asked, std::nullopt, "", key.error()});
    return collected;
  }
  std::vector<PeerLine> lines;
  std::vector<Candidate> candidates;
  for (const PeerSource& peer : peers) {
    lines.emplace_back(options.connect_to(peer), options.clock_ms);
    candidates.push_back(ask_peer(issuer, *key, peer, lines.back(), now, options.network));
  }
  if (of_one_network(candidates)) collected.snapshot = merge(candidates, lines, issuer);
  for (Candidate& candidate : candidates) collected.sources.push_back(std::move(candidate.report));
  return collected;
}

}  // namespace vcnode::cli
