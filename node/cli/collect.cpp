#include "node/cli/collect.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "crypto/base/ascii.h"
#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "node/cli/bundle_peer.h"
#include "node/cli/collect_history.h"
#include "node/cli/feed_source.h"
#include "node/cli/list_history.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "node/http/client.h"
#include "protocol/did/key.h"
#include "protocol/webvh/did_webvh.h"

namespace vcnode::cli {
namespace {

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

struct Question {
  const Did& issuer;
  const Ed25519PublicKey& key;
  Timestamp now;
  const std::optional<std::string>& network;
};

// Head, then leaves; on error the report keeps the head if that much was verified.
Result<void> fetch_feed(PeerLine& line, const Question& question, Candidate& candidate) {
  VCNODE_TRY(auto origin, find_origin(line, question.issuer, question.network, candidate));
  candidate.origin = origin;
  VCNODE_TRY(candidate.report.head, fetch_head(line, origin, question.key, question.now));
  candidate.report.network = network_of(origin);
  const feed::Head& head = *candidate.report.head;
  VCNODE_TRY(candidate.leaves, fetch_leaves(line, origin, head.tree.size));
  feed::FeedReplica replica(origin, question.issuer, question.key);
  auto extension = replica.extend(head, candidate.leaves);
  if (!extension) return bad_evidence(extension.error());
  replica.accept(*std::move(extension));
  for (const feed::BodyNeed& need : replica.missing()) candidate.needed.push_back(wanted_body(need));
  candidate.whole = true;
  return {};
}

// What a peer that names a body must give is the newest of each list; those before are a help.
void ask_bodies(PeerLine& line, Candidate& candidate, BodyPool& pool) {
  const auto asked = fetch_bodies(line, wanted_of(candidate, pool), pool, candidate.not_given);
  if (!asked) return set_error(candidate.report, asked.error());
  if (auto withheld = withheld_of(candidate.needed, candidate.not_given))
    set_error(candidate.report, *std::move(withheld));
}

Candidate ask_peer(const Question& question, const PeerSource& peer, PeerLine& line, BodyPool& pool) {
  Candidate candidate;
  candidate.report.peer = peer.name;
  if (const auto fetched = fetch_feed(line, question, candidate); !fetched) {
    set_error(candidate.report, fetched.error());
    return candidate;
  }
  candidate.report.state = SourceState::behind;  // the newest is found when all have answered
  ask_bodies(line, candidate, pool);
  return candidate;
}

// What the newest peer did not give may be at another.
void ask_others(const Candidate& best, std::vector<Candidate>& candidates, std::vector<PeerLine>& lines,
                BodyPool& pool) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (&candidates[i] == &best || lines[i].broken()) continue;
    auto lacking = wanted_of(best, pool);
    std::erase_if(lacking,
                  [&](const WantedBody& one) { return candidates[i].not_given.contains(one.digest); });
    std::ignore = fetch_bodies(lines[i], lacking, pool, candidates[i].not_given);
  }
}

// The newest verifying feed, with what the others know better. REQUIRES: all of one network.
void merge(const Question& question, std::vector<Candidate>& candidates, std::vector<PeerLine>& lines,
           BodyPool& pool, Collected& out) {
  Candidate* const best = newest_of(candidates);
  if (best == nullptr) return;
  if (best->report.state != SourceState::too_large) ask_others(*best, candidates, lines, pool);
  auto replica = replay(feed::FeedReplica(*best->origin, question.issuer, question.key), *best->report.head,
                        best->leaves, pool, kBodiesMax);
  VCNODE_ASSERT(replica.has_value());  // these leaves led to this head before
  const Comparison found = compare_heads(candidates, *best);
  if (found.pending) replica->set_pending(found.pending);
  if (found.contradicted) replica->set_contradicted();
  auto snapshot = std::make_shared<feed::FeedSnapshot>(*replica->snapshot());
  snapshot->hearsay = hearsay_of(candidates, *best->origin, replica->size());
  out.snapshot = std::move(snapshot);
  out.leaves = best->leaves;
  out.feed_key = question.key;
}

Collected nobody_asked(const std::vector<PeerSource>& peers, const Error& why) {
  Collected out;
  for (const PeerSource& peer : peers) {
    SourceReport report;
    report.peer = peer.name;
    report.state = SourceState::not_asked;
    report.error = why;
    out.sources.push_back(std::move(report));
  }
  return out;
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
    std::ranges::transform(host, host.begin(), to_lower);
    std::string path = parsed->path;
    if (path.ends_with('/')) path.pop_back();
    if (!known.emplace(std::move(host), parsed->endpoint.port, std::move(path)).second) continue;
    peers.push_back({url, url.ends_with('/') ? url.substr(0, url.size() - 1) : url, std::nullopt});
  }
  return peers;
}

Get connect(const PeerSource& peer) {
  if (peer.bundle) return answers_of(peer.bundle);
  node::FetchOptions options;
  options.url = peer.url;
  options.socket = peer.socket;
  options.timeout_ms = kRequestMsMax;
  options.body_bytes_max = kHistoryBytesMax;  // the largest object; each has a limit of its own
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
  if (issuer.method() == "webvh") {
    const auto did = webvh::DidWebvh::parse(issuer.text());
    return did ? collect_history(std::string(did->scid()), peers, now, options)
               : nobody_asked(peers, did.error());
  }
  const auto key = did_key::key_of(issuer);
  if (!key) return nobody_asked(peers, key.error());
  const Question question{issuer, *key, now, options.network};
  Collected collected;
  BodyPool pool;
  std::vector<PeerLine> lines;
  std::vector<Candidate> candidates;
  for (const PeerSource& peer : peers) {
    lines.emplace_back(options.connect_to(peer), options.clock_ms);
    candidates.push_back(ask_peer(question, peer, lines.back(), pool));
  }
  if (of_one_network(candidates)) merge(question, candidates, lines, pool, collected);
  if (!collected.snapshot) collected.networks = undecided_networks(candidates);
  for (Candidate& candidate : candidates) collected.sources.push_back(std::move(candidate.report));
  return collected;
}

}  // namespace vcnode::cli
