#include "node/cli/collect.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/cli/list_history.h"
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
  std::optional<feed::FeedReplica> replica;  // with its leaves, if they lead to `head`, and without bodies
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

void read_claims(const json::Value& row, SourceReport& report) {
  const json::Value* contradicted = row.find("contradicted");
  if (contradicted != nullptr && contradicted->kind() == json::Kind::boolean)
    report.says_contradicted = contradicted->boolean();
  const json::Value* pending = row.find("pending");
  const json::Value* size = pending != nullptr && pending->is_object() ? pending->find("size") : nullptr;
  if (size != nullptr && size->kind() == json::Kind::integer && size->integer() >= 0)
    report.says_pending_size = static_cast<std::uint64_t>(size->integer());
}

// The origin under which this peer holds the issuer's feed; the list is public and names no verifier's
// interest.
Result<feed::Origin> find_origin(PeerLine& line, const Did& issuer, const std::optional<std::string>& network,
                                 SourceReport& report) {
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
    read_claims(row, report);
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

// Puts what this peer has of `wanted` into the pool, and says what it did not give. A body that it keeps back
// or forges is not there: unknown, never an older list. The error is about the peer as a whole.
Result<std::vector<Sha256Digest>> fetch_bodies(PeerLine& line, const std::vector<Sha256Digest>& wanted,
                                               BodyPool& pool) {
  std::vector<Sha256Digest> not_given;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i == kBodiesMax || bytes > kBodiesBytesMax) {
      return fail(codes::PEER_FEED_TOO_LARGE, "the feed names ", wanted.size(),
                  " bodies; this command reads ", kBodiesMax, " of them and ", kBodiesBytesMax,
                  " bytes at most");
    }
    auto body =
        line.object("/bodies/" + hex_encode(wanted[i].view()), limits::kBodyBytesMax, codes::PEER_WITHHOLDS);
    if (line.broken()) return Failure{*line.broken()};
    if (body) bytes += body->size();
    if (body && sha256(as_bytes(*body)) == wanted[i])
      pool.emplace(wanted[i], *std::move(body));
    else
      not_given.push_back(wanted[i]);
  }
  return not_given;
}

std::vector<Sha256Digest> needed(const feed::FeedReplica& replica) {
  std::vector<Sha256Digest> out;
  for (const feed::BodyNeed& need : replica.missing()) out.push_back(need.digest);
  return out;
}

// Adds the lists before the newest that no peer has given yet.
void add_earlier(std::vector<Sha256Digest>& wanted, const Candidate& candidate, const BodyPool& pool) {
  for (const Sha256Digest& digest : earlier_lists(candidate.leaves))
    if (!pool.contains(digest)) wanted.push_back(digest);
}

// Head, then leaves; on error the report keeps the head if that much was verified.
Result<void> fetch_feed(PeerLine& line, const Did& issuer, const Ed25519PublicKey& key, Candidate& candidate,
                        Timestamp now, const std::optional<std::string>& network) {
  VCNODE_TRY(auto origin, find_origin(line, issuer, network, candidate.report));
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

// What a peer that names a body must give is the newest of each list; the one before is a help.
void ask_bodies(PeerLine& line, Candidate& candidate, BodyPool& pool) {
  auto wanted = needed(*candidate.replica);
  const std::set<Sha256Digest> owed(wanted.begin(), wanted.end());
  add_earlier(wanted, candidate, pool);
  const auto not_given = fetch_bodies(line, wanted, pool);
  if (!not_given) return set_error(candidate.report, not_given.error());
  const auto withheld =
      std::ranges::find_if(*not_given, [&](const Sha256Digest& digest) { return owed.contains(digest); });
  if (withheld == not_given->end()) return;
  set_error(candidate.report,
            Error{codes::PEER_WITHHOLDS, concat("the peer did not give the body sha256:",
                                                hex_encode(withheld->view()), " that its feed names")});
}

struct Question {
  const Did& issuer;
  const Ed25519PublicKey& key;
  Timestamp now;
  const std::optional<std::string>& network;
};

Candidate ask_peer(const Question& question, const PeerSource& peer, PeerLine& line, BodyPool& pool) {
  Candidate candidate;
  candidate.report.peer = peer.name;
  if (const auto fetched =
          fetch_feed(line, question.issuer, question.key, candidate, question.now, question.network);
      !fetched) {
    set_error(candidate.report, fetched.error());
    return candidate;
  }
  candidate.report.state = SourceState::behind;  // the newest is found when all have answered
  ask_bodies(line, candidate, pool);
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
void judge_others(std::vector<Candidate>& candidates, const Candidate& best, feed::FeedReplica& replica) {
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

// What the newest peer did not give may be at another.
void ask_others(const Candidate& best, const std::vector<Candidate>& candidates, std::vector<PeerLine>& lines,
                BodyPool& pool) {
  auto wanted = needed(*best.replica);
  add_earlier(wanted, best, pool);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::erase_if(wanted, [&](const Sha256Digest& digest) { return pool.contains(digest); });
    if (wanted.empty()) return;
    if (&candidates[i] != &best && !lines[i].broken()) std::ignore = fetch_bodies(lines[i], wanted, pool);
  }
}

// The newest verifying feed, with what the others know better. REQUIRES: all of one network.
std::shared_ptr<const feed::FeedSnapshot> merge(std::vector<Candidate>& candidates,
                                                std::vector<PeerLine>& lines, BodyPool& pool) {
  Candidate* best = nullptr;
  for (Candidate& candidate : candidates) {
    if (!candidate.replica) continue;
    if (best == nullptr ||
        newer(*candidate.report.head, *best->report.head, candidate.replica->origin().hash()))
      best = &candidate;
  }
  if (best == nullptr) return nullptr;
  if (best->report.state != SourceState::too_large) ask_others(*best, candidates, lines, pool);
  feed::FeedReplica empty(best->replica->origin(), best->replica->issuer(), best->replica->feed_key());
  auto replica = replay(std::move(empty), *best->report.head, best->leaves, pool, kBodiesMax);
  VCNODE_ASSERT(replica.has_value());  // these leaves led to this head before
  judge_others(candidates, *best, *replica);
  return replica->snapshot();
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
      collected.sources.push_back({.peer = peer.name,
                                   .state = SourceState::not_asked,
                                   .head = {},
                                   .network = {},
                                   .error = key.error()});
    return collected;
  }
  const Question question{issuer, *key, now, options.network};
  BodyPool pool;
  std::vector<PeerLine> lines;
  std::vector<Candidate> candidates;
  for (const PeerSource& peer : peers) {
    lines.emplace_back(options.connect_to(peer), options.clock_ms);
    candidates.push_back(ask_peer(question, peer, lines.back(), pool));
  }
  if (of_one_network(candidates)) collected.snapshot = merge(candidates, lines, pool);
  for (Candidate& candidate : candidates) collected.sources.push_back(std::move(candidate.report));
  return collected;
}

}  // namespace vcnode::cli
