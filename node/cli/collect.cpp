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
#include "node/config/urls.h"
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
  std::set<std::string> networks;  // several, if the peer lists the issuer in several and none was chosen
  std::set<Sha256Digest> not_given;
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
                                 Candidate& candidate) {
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
      candidate.networks = {network_of(*found), network_of(origin)};
      return fail(codes::PEER_NETWORKS_DIFFER, "the peer holds a feed of this issuer in the network '",
                  network_of(*found), "' and one in '", network_of(origin),
                  "'; say with --network which one counts");
    }
    found = std::move(origin);
    read_claims(row, candidate.report);
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

// Puts what this peer has of `wanted` into the pool, and adds to `not_given` what it has not. A body that it
// keeps back or forges is not there: unknown, never an older list. The error is about the peer as a whole.
Result<void> fetch_bodies(PeerLine& line, const std::vector<Sha256Digest>& wanted, BodyPool& pool,
                          std::set<Sha256Digest>& not_given) {
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
      not_given.insert(wanted[i]);
  }
  return {};
}

std::vector<Sha256Digest> needed(const feed::FeedReplica& replica) {
  std::vector<Sha256Digest> out;
  for (const feed::BodyNeed& need : replica.missing()) out.push_back(need.digest);
  return out;
}

// What the feed needs and then the lists before its newest, except what a peer has given already.
std::vector<Sha256Digest> wanted_of(const Candidate& candidate, const BodyPool& pool) {
  auto wanted = needed(*candidate.replica);
  const auto earlier = earlier_lists(candidate.leaves);
  wanted.insert(wanted.end(), earlier.begin(), earlier.end());
  std::erase_if(wanted, [&](const Sha256Digest& digest) { return pool.contains(digest); });
  return wanted;
}

// Head, then leaves; on error the report keeps the head if that much was verified.
Result<void> fetch_feed(PeerLine& line, const Did& issuer, const Ed25519PublicKey& key, Candidate& candidate,
                        Timestamp now, const std::optional<std::string>& network) {
  VCNODE_TRY(auto origin, find_origin(line, issuer, network, candidate));
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

// What a peer that names a body must give is the newest of each list; those before are a help.
void ask_bodies(PeerLine& line, Candidate& candidate, BodyPool& pool) {
  const auto asked = fetch_bodies(line, wanted_of(candidate, pool), pool, candidate.not_given);
  if (!asked) return set_error(candidate.report, asked.error());
  const auto owed = needed(*candidate.replica);
  const auto withheld = std::ranges::find_if(
      owed, [&](const Sha256Digest& digest) { return candidate.not_given.contains(digest); });
  if (withheld == owed.end()) return;
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

// Between which networks somebody must choose before these peers can give an answer.
std::set<std::string> undecided_networks(const std::vector<Candidate>& candidates) {
  std::set<std::string> networks;
  for (const Candidate& candidate : candidates) {
    if (candidate.report.state != SourceState::other_network) continue;
    networks.insert(candidate.networks.begin(), candidate.networks.end());
    if (candidate.report.head) networks.insert(candidate.report.network);
  }
  return networks;
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
void ask_others(const Candidate& best, std::vector<Candidate>& candidates, std::vector<PeerLine>& lines,
                BodyPool& pool) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (&candidates[i] == &best || lines[i].broken()) continue;
    auto wanted = wanted_of(best, pool);
    std::erase_if(wanted,
                  [&](const Sha256Digest& digest) { return candidates[i].not_given.contains(digest); });
    std::ignore = fetch_bodies(lines[i], wanted, pool, candidates[i].not_given);
  }
}

// Of a newer head than the one of `size` leaves; the peer may have got it since it said so.
bool says_pending(const SourceReport& report, std::uint64_t size) {
  return report.says_pending_size && *report.says_pending_size > size;
}

// Nobody signed it, so another peer's word is as good: one that gave a feed not older and has no doubt.
bool is_disputed(const Candidate& doubting, const std::vector<Candidate>& candidates, std::uint64_t size) {
  return std::ranges::any_of(candidates, [&](const Candidate& other) {
    return other.replica && !other.report.says_contradicted && !says_pending(other.report, size) &&
           !newer(*doubting.report.head, *other.report.head, other.replica->origin().hash());
  });
}

// What peers say of the feed of `size` leaves and nobody disputes. A word without a head is about nothing
// that could be compared, and gives no answer that it could make worse.
feed::Hearsay hearsay_of(const std::vector<Candidate>& candidates, std::uint64_t size) {
  feed::Hearsay hearsay;
  for (const Candidate& candidate : candidates) {
    const SourceReport& report = candidate.report;
    if (!report.head || !(report.says_contradicted || says_pending(report, size))) continue;
    if (is_disputed(candidate, candidates, size)) continue;
    if (report.says_contradicted) hearsay.contradicted = true;
    if (says_pending(report, size))
      hearsay.pending_size = std::max(hearsay.pending_size.value_or(0), *report.says_pending_size);
  }
  return hearsay;
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
  auto snapshot = std::make_shared<feed::FeedSnapshot>(*replica->snapshot());
  snapshot->hearsay = hearsay_of(candidates, replica->size());
  return snapshot;
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

Result<std::vector<PeerSource>> peers_at(const std::vector<std::string>& urls) {
  std::vector<PeerSource> peers;
  std::set<std::tuple<std::string, std::uint16_t, std::string>> known;
  for (const std::string& url : urls) {
    auto parsed = node::parse_service_url(url, "https");
    if (!parsed) return fail(parsed.error().code, "--peer '", url, "': ", parsed.error().message);
    std::string host = parsed->endpoint.host;
    std::ranges::transform(host, host.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    std::string path = parsed->path;
    if (path.ends_with('/')) path.pop_back();
    if (!known.emplace(std::move(host), parsed->endpoint.port, std::move(path)).second) continue;
    peers.push_back({url, url.ends_with('/') ? url.substr(0, url.size() - 1) : url, std::nullopt});
  }
  return peers;
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
  if (!collected.snapshot) collected.networks = undecided_networks(candidates);
  for (Candidate& candidate : candidates) collected.sources.push_back(std::move(candidate.report));
  return collected;
}

}  // namespace vcnode::cli
