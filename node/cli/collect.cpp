#include "node/cli/collect.h"

#include <algorithm>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/codes/cli_codes.h"
#include "node/http/client.h"
#include "node/http/tile_path.h"
#include "protocol/did/key.h"

namespace vcnode::cli {
namespace {

// A verifier's command reads one issuer's feed whole; beyond this it is an attack on its memory (200 MB of
// leaves).
constexpr std::uint64_t kLeavesMax = 1'000'000;
constexpr std::size_t kFeedListBytesMax = 4 * 1024 * 1024;

// One peer's contribution.
struct Candidate {
  std::optional<feed::FeedReplica> replica;  // with its leaves, if they lead to `head`
  std::vector<Bytes> leaves;
  SourceReport report;
};

Result<std::string> get_object(node::HttpSession& session, const std::string& path) {
  VCNODE_TRY(auto response, session.get(path));
  if (response.status == 404) return fail(codes::PEER_FEED_UNKNOWN, "the peer has nothing at ", path);
  if (response.status != 200)
    return fail(codes::PEER_EVIDENCE_BAD, "the peer answered ", response.status, " for ", path);
  return std::move(response.body);
}

Failure bad_evidence(const Error& error) {
  return fail(codes::PEER_EVIDENCE_BAD, error.code.slug(), ": ", error.message);
}

// The origin under which this peer holds the issuer's feed; the list is public and names no verifier's
// interest.
Result<feed::Origin> find_origin(node::HttpSession& session, const Did& issuer) {
  VCNODE_TRY(auto text, get_object(session, "/feeds"));
  auto document = json::Document::parse(text, {.size_max = kFeedListBytesMax, .depth_max = 8});
  if (!document) return bad_evidence(document.error());
  const json::Value* feeds = document->root().find("feeds");
  for (const json::Value& row : feeds != nullptr ? feeds->one_or_many() : document->root().one_or_many()) {
    if (row.find_string("issuer") != issuer.text()) continue;
    auto origin = feed::Origin::parse(row.find_string("origin").value_or(""));
    if (!origin) return bad_evidence(origin.error());
    const std::string network = origin->text().substr(0, origin->text().find('/'));
    VCNODE_TRY(auto expected, feed::Origin::of(network, issuer, origin->epoch()));
    if (!(*origin == expected))
      return fail(codes::PEER_EVIDENCE_BAD, "the peer lists the origin ", origin->text(),
                  " for another issuer");
    return origin;
  }
  return fail(codes::PEER_FEED_UNKNOWN, "the peer holds no feed of ", issuer.text());
}

Result<std::vector<Bytes>> fetch_leaves(node::HttpSession& session, const std::string& base,
                                        std::uint64_t size) {
  if (size > kLeavesMax)
    return fail(codes::PEER_EVIDENCE_BAD, "the feed has ", size, " leaves, the limit of this command is ",
                kLeavesMax);
  std::vector<Bytes> leaves;
  for (std::uint64_t tile = 0; leaves.size() < size; ++tile) {
    const std::uint64_t width = std::min<std::uint64_t>(node::kTileWidth, size - tile * node::kTileWidth);
    VCNODE_TRY(auto bundle, get_object(session, base + "/tile/entries/" + node::tile_path(tile, width)));
    VCNODE_TRY(auto entries, node::parse_entry_bundle(as_bytes(bundle), width));
    for (Bytes& entry : entries) leaves.push_back(std::move(entry));
  }
  return leaves;
}

void fetch_bodies(node::HttpSession& session, feed::FeedReplica& replica, const Did& issuer) {
  for (const feed::BodyNeed& need : replica.missing()) {
    const auto body = get_object(session, "/bodies/" + hex_encode(need.digest.view()));
    if (!body || sha256(as_bytes(*body)) != need.digest)
      continue;  // stays missing: unknown, never an older list
    replica.add_body(feed::check_body(need, as_bytes(*body), issuer, DidKeyResolver()));
  }
}

node::FetchOptions fetch_options(const PeerSource& peer) {
  node::FetchOptions options;
  options.url = peer.url;
  options.socket = peer.socket;
  return options;
}

// Head, then leaves; on error the report keeps the head if that much was verified.
Result<void> fetch_feed(node::HttpSession& session, const Did& issuer, Candidate& candidate, Timestamp now) {
  VCNODE_TRY(auto key, did_key::key_of(issuer));
  VCNODE_TRY(auto origin, find_origin(session, issuer));
  const std::string base = "/feeds/" + hex_encode(origin.hash().view());
  VCNODE_TRY(auto note, get_object(session, base + "/checkpoint"));
  auto head = feed::verify_head(note, origin, key);
  if (!head) return bad_evidence(head.error());
  if (head->time > now.plus_seconds(limits::kClockSkewSecondsMax)) {
    return fail(codes::PEER_EVIDENCE_BAD, "the head is dated ", head->time.to_string(), ", more than ",
                limits::kClockSkewSecondsMax, " seconds ahead of this clock");
  }
  candidate.report.head = *head;
  VCNODE_TRY(candidate.leaves, fetch_leaves(session, base, head->tree.size));
  feed::FeedReplica replica(origin, issuer, key);
  auto extension = replica.extend(*head, candidate.leaves);
  if (!extension) return bad_evidence(extension.error());
  replica.accept(*std::move(extension));
  candidate.replica.emplace(std::move(replica));
  return {};
}

Candidate ask_peer(const Did& issuer, const PeerSource& peer, Timestamp now) {
  Candidate candidate;
  candidate.report.peer = peer.name;
  node::HttpSession session(fetch_options(peer));
  const auto fetched = fetch_feed(session, issuer, candidate, now);
  if (fetched) {
    fetch_bodies(session, *candidate.replica, issuer);
    candidate.report.state = SourceState::behind;  // the newest is found when all have answered
    if (const auto missing = candidate.replica->missing(); !missing.empty()) {
      candidate.report.state = SourceState::withholds;
      candidate.report.error =
          Error{codes::PEER_EVIDENCE_BAD,
                concat("the peer did not give the body sha256:", hex_encode(missing.front().digest.view()),
                       " that its feed names")};
    }
    return candidate;
  }
  candidate.report.error = fetched.error();
  if (candidate.report.head) {
    candidate.report.state = SourceState::withholds;
  } else if (fetched.error().code == codes::PEER_EVIDENCE_BAD) {
    candidate.report.state = SourceState::bad_evidence;
  } else if (fetched.error().code == codes::PEER_FEED_UNKNOWN) {
    candidate.report.state = SourceState::no_feed;
  }
  return candidate;
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
      replica.set_contradicted();
    } else if (other.report.state == SourceState::withholds) {
      continue;
    } else if (head.tree.size == size && other.replica) {
      other.report.state = SourceState::newest;
    } else if (other.replica) {
      other.report.state = SourceState::behind;
    }
  }
}

}  // namespace

std::string_view name_of(SourceState state) noexcept {
  switch (state) {
    case SourceState::newest:
      return "newest";
    case SourceState::behind:
      return "behind";
    case SourceState::unreachable:
      return "unreachable";
    case SourceState::no_feed:
      return "no-feed";
    case SourceState::bad_evidence:
      return "bad-evidence";
    case SourceState::withholds:
      return "withholds";
    case SourceState::contradicts:
      return "contradicts";
  }
  return "unreachable";
}

Collected collect(const Did& issuer, const std::vector<PeerSource>& peers, Timestamp now) {
  std::vector<Candidate> candidates;
  for (const PeerSource& peer : peers) candidates.push_back(ask_peer(issuer, peer, now));
  Candidate* best = nullptr;
  for (Candidate& candidate : candidates) {
    if (!candidate.replica) continue;
    if (best == nullptr ||
        newer(*candidate.report.head, *best->report.head, candidate.replica->origin().hash()))
      best = &candidate;
  }
  Collected collected;
  if (best != nullptr) {
    judge_others(candidates, *best);
    for (const PeerSource& peer : peers) {  // a body that the newest peer withheld may be at another
      if (best->replica->missing().empty()) break;
      node::HttpSession session(fetch_options(peer));
      fetch_bodies(session, *best->replica, issuer);
    }
    collected.snapshot = best->replica->snapshot();
  }
  for (Candidate& candidate : candidates) collected.sources.push_back(std::move(candidate.report));
  return collected;
}

}  // namespace vcnode::cli
