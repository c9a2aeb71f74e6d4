#include "node/cli/feed_source.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/codes/cli_codes.h"
#include "node/http/tile_path.h"
#include "node/net/codes.h"
#include "protocol/feed/leaf.h"

namespace vcnode::cli {

std::string feed_path(const feed::Origin& origin) {
  return "/feeds/" + hex_encode(origin.hash().view());
}

Failure bad_evidence(const Error& error) {
  return fail(codes::PEER_EVIDENCE_BAD, error.code.slug(), ": ", error.message);
}

std::string network_of(const feed::Origin& origin) {
  return origin.text().substr(0, origin.text().find('/'));
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

Result<std::vector<Bytes>> fetch_leaves(PeerLine& line, const feed::Origin& origin, std::uint64_t size) {
  const std::string base = feed_path(origin);
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

WantedBody wanted_body(const feed::BodyNeed& need) {
  return {need.digest, need.type == feed::kStatementLeaf};
}

Result<void> fetch_bodies(PeerLine& line, const std::vector<WantedBody>& wanted, BodyPool& pool,
                          std::set<Sha256Digest>& not_given) {
  std::uint64_t bytes = 0;
  std::uint64_t asked[] = {0, 0};  // lists and the like, statements
  std::optional<Error> left_out;
  for (const WantedBody& one : wanted) {
    const std::uint64_t most = one.is_statement ? kStatementBodiesMax : kBodiesMax;
    std::uint64_t& count = asked[one.is_statement ? 1 : 0];
    if (count == most || bytes > kBodiesBytesMax) {
      const auto named = std::ranges::count(wanted, one.is_statement, &WantedBody::is_statement);
      if (!left_out)
        left_out =
            Error{codes::PEER_FEED_TOO_LARGE,
                  concat("the feed names ", named, one.is_statement ? " statements" : " bodies",
                         "; this command reads ", most, " of them and ", kBodiesBytesMax, " bytes at most")};
      if (bytes > kBodiesBytesMax) break;
      continue;
    }
    ++count;
    auto body =
        line.object("/bodies/" + hex_encode(one.digest.view()), limits::kBodyBytesMax, codes::PEER_WITHHOLDS);
    if (line.broken()) return Failure{*line.broken()};
    if (body) bytes += body->size();
    if (body && sha256(as_bytes(*body)) == one.digest)
      pool.emplace(one.digest, *std::move(body));
    else
      not_given.insert(one.digest);
  }
  if (left_out) return Failure{*left_out};
  return {};
}

std::vector<WantedBody> wanted_of(const Candidate& candidate, const BodyPool& pool) {
  auto out = candidate.needed;
  for (const Sha256Digest& digest : earlier_lists(candidate.leaves)) out.push_back({digest});
  std::erase_if(out, [&](const WantedBody& one) { return pool.contains(one.digest); });
  return out;
}

std::optional<Error> withheld_of(const std::vector<WantedBody>& owed,
                                 const std::set<Sha256Digest>& not_given) {
  const auto withheld =
      std::ranges::find_if(owed, [&](const WantedBody& one) { return not_given.contains(one.digest); });
  if (withheld == owed.end()) return std::nullopt;
  return Error{codes::PEER_WITHHOLDS, concat("the peer did not give the body sha256:",
                                             hex_encode(withheld->digest.view()), " that its feed names")};
}

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

namespace {

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

}  // namespace

void set_error(SourceReport& report, Error error) {
  report.state = state_of(error, report.head.has_value());
  report.error = std::move(error);
}

Result<feed::Head> fetch_head(PeerLine& line, const feed::Origin& origin, const Ed25519PublicKey& key,
                              Timestamp now) {
  VCNODE_TRY(auto note,
             line.object(feed_path(origin) + "/checkpoint", limits::kNoteBytesMax, codes::PEER_WITHHOLDS));
  auto head = feed::verify_head(note, origin, key);
  if (!head) return bad_evidence(head.error());
  if (head->time > now.plus_seconds(limits::kClockSkewSecondsMax)) {
    return fail(codes::PEER_EVIDENCE_BAD, "the head is dated ", head->time.to_string(), ", more than ",
                limits::kClockSkewSecondsMax, " seconds ahead of this clock");
  }
  return head;
}

bool newer_head(const feed::Head& a, const feed::Head& b, const feed::OriginHash& origin) {
  if (a.tree.size != b.tree.size) return a.tree.size > b.tree.size;
  return a.tree.root == b.tree.root && feed::time_supersedes(a.time, b.time, origin);
}

Candidate* newest_of(std::vector<Candidate>& candidates) {
  Candidate* best = nullptr;
  for (Candidate& candidate : candidates) {
    if (!candidate.whole) continue;
    if (best == nullptr || newer_head(*candidate.report.head, *best->report.head, candidate.origin->hash()))
      best = &candidate;
  }
  return best;
}

Comparison compare_heads(std::vector<Candidate>& candidates, const Candidate& best) {
  Comparison out;
  for (Candidate& other : candidates) {
    if (!other.report.head || other.origin != best.origin) continue;
    const feed::Head& head = *other.report.head;
    const std::uint64_t size = best.leaves.size();
    if (head.tree.size > size) {
      out.pending = feed::PendingHead{head.tree, head.time};
    } else if (tree_at(best.leaves, head.tree.size).root != head.tree.root) {
      other.report.state = SourceState::contradicts;
      other.report.error =
          Error{codes::PEER_CONTRADICTS,
                concat("the issuer signed two histories: at size ", head.tree.size,
                       " this peer's head has another root than the feed that ", best.report.peer, " gave")};
      out.contradicted = true;
    } else if (other.report.error) {
      continue;  // what is known to be wrong with it stays said
    } else if (head.tree.size == size && other.whole) {
      other.report.state = SourceState::newest;
    } else if (other.whole) {
      other.report.state = SourceState::behind;
    }
  }
  return out;
}

namespace {

// Of a newer head than the one of `size` leaves; the peer may have got it since it said so.
bool says_pending(const SourceReport& report, std::uint64_t size) {
  return report.says_pending_size && *report.says_pending_size > size;
}

// Nobody signed it, so another peer's word is as good: one that gave a feed not older and has no doubt.
bool is_disputed(const Candidate& doubting, const std::vector<Candidate>& candidates, std::uint64_t size) {
  return std::ranges::any_of(candidates, [&](const Candidate& other) {
    return other.whole && !other.report.says_contradicted && !says_pending(other.report, size) &&
           !newer_head(*doubting.report.head, *other.report.head, other.origin->hash());
  });
}

}  // namespace

feed::Hearsay hearsay_of(const std::vector<Candidate>& candidates, const feed::Origin& origin,
                         std::uint64_t size) {
  feed::Hearsay hearsay;
  for (const Candidate& candidate : candidates) {
    const SourceReport& report = candidate.report;
    if (!report.head || candidate.origin != origin) continue;
    if (!(report.says_contradicted || says_pending(report, size))) continue;
    if (is_disputed(candidate, candidates, size)) continue;
    if (report.says_contradicted) hearsay.contradicted = true;
    if (says_pending(report, size))
      hearsay.pending_size = std::max(hearsay.pending_size.value_or(0), *report.says_pending_size);
  }
  return hearsay;
}

}  // namespace vcnode::cli
