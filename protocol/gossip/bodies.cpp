// Bodies: what leaves stand for. A body is known by its digest, so whoever has it may give it, and one that
// matches its digest and is bad is the issuer's doing.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {

std::vector<Sha256Digest> BodyBasket::open() const {
  std::set<Sha256Digest> digests;
  for (const feed::BodyNeed& need : needs)
    if (!bodies.contains(need.digest) && !not_held.contains(need.digest)) digests.insert(need.digest);
  std::vector<Sha256Digest> out(digests.begin(), digests.end());
  if (out.size() > wire::kBodiesPerFrameMax) out.resize(wire::kBodiesPerFrameMax);
  return out;
}

BodyBasket* Feed::basket(std::uint64_t id) {
  if (adoption && adoption->basket.id == id) return &adoption->basket;
  if (body_pull && body_pull->basket.id == id) return &body_pull->basket;
  return nullptr;
}

// Returns how many of `bodies` nobody asked for.
std::size_t Engine::State::fill(Feed& feed, BodyBasket& basket, std::vector<Bytes> bodies) {
  std::size_t strangers = 0;
  for (Bytes& body : bodies) {
    const Sha256Digest digest = sha256(body);
    if (basket.bodies.contains(digest)) continue;
    bool needed = false;
    for (const feed::BodyNeed& need : basket.needs) {
      if (need.digest != digest) continue;
      needed = true;
      const auto keys = feed.history == nullptr ? nullptr : keys_for(feed, basket, need);
      if (feed.history != nullptr && keys == nullptr) continue;  // asked for again when they are known
      const Token token(next_number());
      verifying.emplace(token, BodyJob{feed.origin(), basket.id});
      outputs.list.emplace_back(Verify{token, CheckBody{need, body, feed.replica.issuer(), keys}});
      basket.checking += 1;
    }
    if (!needed) {
      ++strangers;
      continue;
    }
    basket.bytes += body.size();
    basket.bodies.emplace(digest, std::move(body));
  }
  return strangers;
}

bool Engine::State::ask_bodies(Feed& feed, BodyBasket& basket, Peer& peer) {
  auto digests = basket.open();
  if (digests.empty() || peer.requests.size() >= options.limits.pulls_per_peer_max) return false;
  const std::uint64_t number =
      add_request(peer, {Request::Kind::bodies, feed.origin(), basket.id, {}, false});
  basket.asking = basket.asked = true;
  send(peer, Priority::head, wire::GetBodies{number, std::move(digests)});
  return true;
}

void Engine::State::on(Peer& peer, wire::Bodies bodies) {
  const auto request = take_request(peer, bodies.request, Request::Kind::bodies);
  if (!request) return;
  Feed& feed = feeds.at(request->origin);
  BodyBasket* basket = feed.basket(request->basket);
  VCNODE_ASSERT(basket != nullptr && basket->asking);
  basket->asking = false;
  const std::size_t open_before = basket->open().size();
  const std::size_t strangers = fill(feed, *basket, std::move(bodies.bodies));
  basket->not_held.insert(bodies.not_held.begin(), bodies.not_held.end());
  if (strangers > 0)
    punish(peer, kCostMismatch,
           fail(codes::ANSWER_MISMATCH, name_of(peer), " answered request ", bodies.request, " with ",
                strangers, " bodies that none of the ", basket->needs.size(), " digests asked for match")
               .error,
           wire::kBodiesPerFrameMax);
  // What did not fit into the frame is asked for again.
  const bool progress =
      strangers == 0 && basket->open().size() < open_before && basket->bytes < kBasketBytesMax;
  if (progress && peer.usable() && ask_bodies(feed, *basket, peer)) return;
  advance(feed);
}

void Engine::State::body_checked(const BodyJob& job, feed::CheckedBody body) {
  Feed* found = find_feed(job.origin);
  BodyBasket* basket = found == nullptr ? nullptr : found->basket(job.basket);
  if (basket == nullptr) return;  // of an issuer that was built anew meanwhile
  Feed& feed = *found;
  VCNODE_ASSERT(basket->checking > 0);
  basket->checked.push_back(std::move(body));
  basket->checking -= 1;
  advance(feed);
}

// Asks `peer` for what accepted leaves still lack; asked at every repair, whether or not records differ.
void Engine::State::want_bodies(Feed& feed, Peer& peer) {
  if (feed.body_pull || now.monotonic < feed.retry_at) return;
  auto missing = feed.replica.missing();
  drop_unjudged(feed, nullptr, missing);
  if (missing.empty() || !peer.usable()) return;
  feed.bodies_asked.insert(peer.id);
  feed.body_pull.emplace(BodyPull{peer.id, {}, std::move(missing)});
  next_body_batch(feed);
}

void Engine::State::want_bodies_elsewhere(Feed& feed) {
  for (auto& [id, peer] : peers) {
    if (feed.body_pull || now.monotonic < feed.retry_at) return;
    if (peer.usable() && peer.shares(feed.origin()) && !feed.bodies_asked.contains(id))
      want_bodies(feed, peer);
  }
}

void Engine::State::next_body_batch(Feed& feed) {
  BodyPull& pull = *feed.body_pull;
  Peer* peer = find_usable(pull.peer);
  pull.basket = BodyBasket{};
  pull.basket.id = next_number();
  const std::size_t count = std::min(pull.later.size(), wire::kBodiesPerFrameMax);
  const auto end = pull.later.begin() + static_cast<std::ptrdiff_t>(count);
  pull.basket.needs.assign(std::make_move_iterator(pull.later.begin()), std::make_move_iterator(end));
  pull.later.erase(pull.later.begin(), end);
  if (peer == nullptr || !ask_bodies(feed, pull.basket, *peer)) feed.body_pull.reset();
}

void Engine::State::adopt_bodies(Feed& feed) {
  BodyPull& pull = *feed.body_pull;
  const PeerId source = pull.peer;
  BodyBasket done = std::move(pull.basket);
  next_body_batch(feed);
  if (done.bodies.empty()) return want_bodies_elsewhere(feed);
  Adoption adoption;
  adoption.source = source;
  adoption.basket = std::move(done);
  feed.adoption.emplace(std::move(adoption));
}

}  // namespace vcnode::gossip
