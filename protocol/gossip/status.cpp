// What the engine shows of itself: peers for people, invariants for tests.
#include <algorithm>

#include "crypto/multikey.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {

PeerStatus Engine::State::status_of(const Peer& peer) const {
  PeerStatus status;
  status.peer = peer.id;
  status.address = peer.address;
  status.state = peer.ready ? PeerState::ready : PeerState::hello;
  status.our_role = peer.our_role;
  status.frames_in = peer.frames_in;
  status.frames_out = peer.frames_out;
  status.bytes_in = peer.bytes_in;
  status.bytes_out = peer.bytes_out;
  status.last_error = peer.last_error;
  if (!peer.ready) return status;  // its key is only a claim
  status.node_key = multikey_encode(peer.node_key());
  status.standing = standing.points(peer.node_key(), now.monotonic);
  status.clock_difference_seconds = clock_difference(peer);
  return status;
}

std::vector<PeerStatus> Engine::State::peer_statuses() const {
  std::vector<PeerStatus> out;
  for (const auto& [url, address] : addresses) {
    if (address.link || (address.known_key && connected_to(*address.known_key))) continue;
    PeerStatus status;
    status.address = url;
    status.state = address.dialing ? PeerState::dialing : PeerState::waiting;
    status.last_error = address.last_error;
    if (address.known_key) {
      status.node_key = multikey_encode(*address.known_key);
      status.standing = standing.points(*address.known_key, now.monotonic);
    }
    out.push_back(std::move(status));
  }
  for (const auto& [id, peer] : peers) out.push_back(status_of(peer));
  return out;
}

void Engine::State::check_peer(const Peer& peer) const {
  const Limits& limits = options.limits;
  VCNODE_ASSERT(!peer.doom);
  VCNODE_ASSERT(!peer.ready || peer.offer);
  VCNODE_ASSERT(peer.outbox.queued_bytes() <= limits.send_queue_bytes_max);
  VCNODE_ASSERT(peer.requests.size() <= limits.pulls_per_peer_max);
  VCNODE_ASSERT(peer.serving.size() <= limits.pulls_per_peer_max);
  VCNODE_ASSERT(peer.verifying <= limits.verify_queue_max);
  VCNODE_ASSERT(peer.parked.empty() || peer.verifying == limits.verify_queue_max);
  // Credit that is not given back belongs to a push whose head is being verified or waits for that.
  VCNODE_ASSERT(peer.intake.open().frames == peer.verifying + peer.parked.size());
  VCNODE_ASSERT(std::is_sorted(peer.shared.begin(), peer.shared.end()));
  for (const auto& [origin, record] : peer.known)
    VCNODE_ASSERT(peer.shares(origin) || epochs.contains(origin));
  VCNODE_ASSERT(peer.logs.size() <= peer.topics.size() && peer.vain_logs.size() <= peer.topics.size());
  for (const auto& [number, request] : peer.requests) check_request(peer, number, request);
}

void Engine::State::check_request(const Peer& peer, std::uint64_t number, const Request& request) const {
  if (request.kind == Request::Kind::closing) return;
  if (request.kind == Request::Kind::log) {
    const auto& pull = issuers.at(request.origin).log_pull;
    return VCNODE_ASSERT(pull && pull->peer == peer.id && pull->request == number);
  }
  if (request.kind == Request::Kind::seal) {
    const auto& pull = issuers.at(request.origin).seal_pull;
    return VCNODE_ASSERT(pull && pull->peer == peer.id && pull->request == number);
  }
  if (request.kind == Request::Kind::branch) {
    const auto& pull = issuers.at(request.origin).branch_pull;
    return VCNODE_ASSERT(pull && pull->peer == peer.id && pull->request == number);
  }
  const Feed& feed = feeds.at(request.origin);
  if (request.kind == Request::Kind::feed)
    VCNODE_ASSERT(feed.pull && feed.pull->peer == peer.id && feed.pull->request == number &&
                  !feed.pull->complete);
  else
    VCNODE_ASSERT(
        (feed.adoption && feed.adoption->basket.id == request.basket && feed.adoption->basket.asking) ||
        (feed.body_pull && feed.body_pull->basket.id == request.basket && feed.body_pull->basket.asking));
}

void Engine::State::check_issuer(const Issuer& issuer) const {
  VCNODE_ASSERT(!issuer.current || feeds.at(issuer.current->hash()).history == &issuer);
  VCNODE_ASSERT(issuer.parked.size() <= kParkedEntriesMax);
  VCNODE_ASSERT(!issuer.current || issuer.current->epoch() == issuer.sealed.size() + 1);
  const auto is_asked = [&](PeerId id, std::uint64_t request) {
    const auto peer = peers.find(id);
    return peer != peers.end() && peer->second.requests.contains(request);
  };
  VCNODE_ASSERT(!issuer.log_pull || is_asked(issuer.log_pull->peer, issuer.log_pull->request));
  VCNODE_ASSERT(!issuer.seal_pull || is_asked(issuer.seal_pull->peer, issuer.seal_pull->request));
  VCNODE_ASSERT(!issuer.branch_pull || is_asked(issuer.branch_pull->peer, issuer.branch_pull->request));
}

void Engine::State::check_feed(const Feed& feed) const {
  const feed::FeedReplica& replica = feed.replica;
  VCNODE_ASSERT(!replica.head() || replica.head()->tree.size == replica.size());
  VCNODE_ASSERT(!feed.pending || feed.pending->tree.size > replica.size() || !replica.head());
  VCNODE_ASSERT(feed.pending.has_value() == replica.pending().has_value() || replica.seal());
  VCNODE_ASSERT(!feed.held_back || holding_back.contains(feed.origin()));
  VCNODE_ASSERT(!feed.sources.empty() == hungry.contains(feed.origin()) || feed.pull);
  // Only the slot's occupant keeps things waiting.
  if (!feed.adoption)
    VCNODE_ASSERT(feed.publications.empty() && !feed.newer_time && !(feed.pull && feed.pull->complete));
  if (feed.adoption && feed.adoption->persisting)
    VCNODE_ASSERT(persisting.at(*feed.adoption->persisting) == feed.origin());
  if (feed.pull && !feed.pull->complete) {
    const auto peer = peers.find(feed.pull->peer);
    VCNODE_ASSERT(peer != peers.end() && peer->second.requests.contains(feed.pull->request));
  }
  if (replica.contradicted())
    VCNODE_ASSERT(!feed.pull && !feed.pending && !feed.held_back && feed.sources.empty());
}

void Engine::State::check_invariants() const {
  for (const auto& [id, peer] : peers) check_peer(peer);
  for (const auto& [origin, feed] : feeds) check_feed(feed);
  for (const auto& [topic, issuer] : issuers) check_issuer(issuer);
  std::set<NodeKey> ready_keys;
  for (const auto& [id, peer] : peers)
    if (peer.ready) VCNODE_ASSERT(ready_keys.insert(peer.node_key()).second);
  for (const auto& [url, address] : addresses)
    VCNODE_ASSERT(!address.link || (peers.contains(*address.link) && !address.dialing));
  VCNODE_ASSERT(inbound(true) <= options.limits.peers_max);
  VCNODE_ASSERT(pulled_bytes() <= options.limits.pull_bytes_max);
  VCNODE_ASSERT(standing.size() <= StandingBook::kKeysMax);
  std::size_t notes = 0;
  for (const auto& [token, job] : verifying) notes += std::holds_alternative<HeadJob>(job) ? 1 : 0;
  VCNODE_ASSERT(notes == verifying_notes.size());
}

}  // namespace vcnode::gossip
