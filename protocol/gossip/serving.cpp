// Serving: answers to peers' requests, and pushes of our own accord. Only accepted state is ever shown.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {
namespace {

// What a Bodies frame holds besides bodies: sixty-four digests and the lengths of sixty-four bodies.
constexpr std::size_t kBodiesEnvelope = wire::kBodiesPerFrameMax * (Sha256Digest::kSize + 2 + 5) + 64;

std::size_t size_of(const std::vector<Bytes>& parts) {
  std::size_t sum = 0;
  for (const Bytes& part : parts) sum += part.size();
  return sum;
}

// The store's own words name paths and SQL of this machine: none of a peer's business.
Error store_refusal(const Error& error) {
  return {error.code, std::string(error.code.sentence())};
}

}  // namespace

void Engine::State::on(Peer& peer, const wire::GetFeed& request) {
  queue_request(peer, request.request, request);
}
void Engine::State::on(Peer& peer, const wire::GetBodies& request) {
  queue_request(peer, request.request, request);
}

void Engine::State::queue_request(Peer& peer, std::uint64_t number, wire::Frame request) {
  if (peer.serving.size() >= options.limits.pulls_per_peer_max)
    return refuse(peer, number,
                  fail(codes::REQUESTS_TOO_MANY, "request ", number, " comes while ", peer.serving.size(),
                       " others wait for an answer, the limit")
                      .error,
                  options.limits.pulls_per_peer_max);
  peer.serving.push_back(std::move(request));
  serve(peer);
}

// Answers are made when there is room for them, so that a peer that asks for much and reads slowly costs a
// few small requests in memory and is not taken for one that does not read.
void Engine::State::serve(Peer& peer) {
  while (peer.usable() && !peer.serving.empty()) {
    const std::size_t queued = peer.outbox.queued_bytes();
    if (queued > 0 && queued + wire::kFrameBytesMax > options.limits.send_queue_bytes_max / 2) return;
    const wire::Frame request = std::move(peer.serving.front());
    peer.serving.pop_front();
    if (const auto* leaves = std::get_if<wire::GetFeed>(&request))
      serve_feed(peer, *leaves);
    else if (const auto* log = std::get_if<wire::GetLog>(&request))
      serve_log(peer, *log);
    else
      serve_bodies(peer, std::get<wire::GetBodies>(request));
  }
}

// What is accepted; of an epoch that is sealed, what is stored.
Result<wire::FeedPart> Engine::State::answer_of(const wire::GetFeed& request) {
  wire::FeedPart part{request.request, request.origin, {}, request.first_index, {}};
  std::uint64_t size = 0;
  if (const Feed* feed = find_feed(request.origin)) {
    const auto& head = feed->replica.head();
    if (!head) return part;
    part.note = head->note;
    size = head->tree.size;
  } else {
    VCNODE_TRY(auto note, archive.note(request.origin));
    VCNODE_TRY(size, archive.leaf_count(request.origin));
    part.note = std::move(note).value_or("");
  }
  if (request.first_index >= size) return part;
  const auto count = std::min<std::uint64_t>(size - request.first_index, wire::kLeavesPerFrameMax);
  VCNODE_TRY(part.leaves, archive.leaves(request.origin, request.first_index, count));
  return part;
}

void Engine::State::serve_feed(Peer& peer, const wire::GetFeed& request) {
  if (!peer.shares(request.origin))
    return refuse(peer, request.request,
                  not_shared(peer, concat("request ", request.request, " for the feed"), request.origin),
                  peer.wanted.size());
  const auto answer = answer_of(request);
  if (!answer) return refuse(peer, request.request, store_refusal(answer.error()), 0);
  send(peer, Priority::body, *answer);
}

void Engine::State::serve_bodies(Peer& peer, const wire::GetBodies& request) {
  wire::Bodies answer{request.request, {}, {}};
  std::size_t bytes = kBodiesEnvelope;
  for (const Sha256Digest& digest : request.digests) {
    auto body = archive.body(digest);
    if (!body) return refuse(peer, request.request, store_refusal(body.error()), 0);
    if (!*body) {
      answer.not_held.push_back(digest);
    } else if (bytes + (*body)->size() <= wire::kFrameBytesMax) {
      bytes += (*body)->size();
      answer.bodies.push_back(*std::move(*body));
    }
  }
  send(peer, Priority::body, answer);
}

bool Engine::State::knows(const Peer& peer, const Feed& feed) const {
  const auto known = peer.known.find(feed.origin());
  if (known == peer.known.end()) return false;
  const feed::Head& ours = *feed.replica.head();
  const wire::Record& theirs = known->second;
  if (theirs.size != ours.tree.size) return theirs.size > ours.tree.size;
  return theirs.root == ours.tree.root && !feed::time_supersedes(ours.time, theirs.time, feed.origin());
}

void Engine::State::announce(const Feed& feed, const Adoption& adoption) {
  if (feed.replica.contradicted()) return;
  wire::HeadPush push{feed.origin(), feed.replica.head()->note, feed.replica.size(), {}, {}};
  std::vector<Bytes> bodies;
  for (const auto& [digest, body] : adoption.basket.bodies)
    if (body.size() <= wire::kInlineBytesMax) bodies.push_back(body);
  const std::size_t leaf_bytes = size_of(adoption.leaves);
  const bool all_leaves = adoption.first_index + adoption.leaves.size() == feed.replica.size();
  if (all_leaves && leaf_bytes <= wire::kInlineBytesMax &&
      adoption.leaves.size() <= wire::kLeavesPerFrameMax) {
    push.first_index = adoption.first_index;
    push.leaves = adoption.leaves;
    const bool all_bodies =
        bodies.size() == adoption.basket.bodies.size() && bodies.size() <= wire::kBodiesPerFrameMax;
    if (all_bodies && leaf_bytes + size_of(bodies) <= wire::kInlineBytesMax) push.bodies = std::move(bodies);
  }
  for (auto& [id, peer] : peers) {
    if (!peer.usable() || !peer.shares(feed.origin()) || adoption.source == id || knows(peer, feed)) continue;
    ++counters.pushes_sent;
    send(peer, Priority::head, push);
  }
}

void Engine::State::push_ours(Peer& peer, const Feed& feed) {
  if (!feed.replica.head() || feed.replica.contradicted()) return;
  ++counters.pushes_sent;
  send(peer, Priority::head,
       wire::HeadPush{feed.origin(), feed.replica.head()->note, feed.replica.size(), {}, {}});
}

}  // namespace vcnode::gossip
