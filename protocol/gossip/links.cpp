// Frames in and out of one link, and the ways a link ends.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {
namespace {

constexpr int kSilencesMax = 3;  // pings without an answer

template <class... Kinds>
bool is_any(const wire::Frame& frame) {
  return (std::holds_alternative<Kinds>(frame) || ...);
}

bool is_free(const wire::Frame& frame) {
  return is_any<wire::HelloOffer, wire::HelloProof, wire::Credit, wire::Refusal, wire::Ping, wire::Pong>(
      frame);
}

}  // namespace

Peer::Peer(PeerUp up, const Limits& limits)
    : id(up.peer),
      our_role(up.our_role),
      binding(up.binding),
      address(std::move(up.address)),
      outbox({limits.credit_frames, limits.credit_bytes}),
      intake({limits.credit_frames, limits.credit_bytes}) {}

bool Peer::shares(const OriginHash& origin) const {
  return std::binary_search(shared.begin(), shared.end(), origin);
}
bool Peer::follows(const OriginHash& topic) const {
  return std::binary_search(topics.begin(), topics.end(), topic);
}
const NodeKey& Peer::node_key() const {
  VCNODE_ASSERT(offer.has_value());
  return offer->node_key;
}

std::string name_of(const Peer& peer) {
  return concat("peer ", peer.id.value(), " (", peer.address, ")");
}

Error not_shared(const Peer& peer, std::string_view what, const OriginHash& origin) {
  return fail(codes::ORIGIN_NOT_SHARED, what, " of ", hex_encode(origin.view()),
              " is of an issuer that is not shared; ", peer.wanted.size(), " are")
      .error;
}

void Engine::State::take(PeerUp up) {
  const PeerId id = up.peer;
  const auto [found, added] = peers.try_emplace(id, Peer(std::move(up), options.limits));
  VCNODE_ASSERT(added);
  Peer& peer = found->second;
  peer.up_at = peer.heard_at = peer.pinged_at = now.monotonic;
  link_up(peer);
  if (peer.our_role == Role::acceptor && inbound(false) > options.limits.peers_max) {
    doom(peer,
         fail(codes::PEERS_FULL, "this node already waits for the hello of ", options.limits.peers_max,
              " peers")
             .error,
         options.limits.peers_max);
    return;
  }
  offer_hello(peer);
}

void Engine::State::take(const PeerDown& down) {
  const auto found = peers.find(down.peer);
  if (found == peers.end()) return;
  Peer& peer = found->second;
  const std::string before = peer.last_error.empty() ? "" : concat(" (it had said ", peer.last_error, ")");
  if (down.fault && peer.ready) charge(peer, kCostMalformed, *down.fault);
  peer.doom =
      Doom{fail(codes::PEER_LOST, "the connection to ", name_of(peer), " ended: ", down.reason, before).error,
           0, true};
}

void Engine::State::take(const FrameIn& frame) {
  const auto found = peers.find(frame.peer);
  if (found == peers.end()) return;
  Peer& peer = found->second;
  peer.frames_in += 1;
  peer.bytes_in += frame.bytes.size();
  peer.heard_at = now.monotonic;
  if (peer.ready)
    take_ready_frame(peer, frame.bytes);
  else
    take_hello_frame(peer, frame.bytes);
}

void Engine::State::take_ready_frame(Peer& peer, const Bytes& bytes) {
  auto frame = wire::decode(bytes);
  const bool free = frame && is_free(*frame);
  const auto* refusal = frame ? std::get_if<wire::Refusal>(&*frame) : nullptr;
  const bool solicited = refusal != nullptr && peer.requests.contains(refusal->request);
  if (!solicited && !within_credit(peer, free, bytes.size())) return;
  if (!frame) {
    punish(peer, kCostMalformed, frame.error(), wire::kFrameBytesMax);
    peer.intake.release(bytes.size());
    return;
  }
  if (auto* push = std::get_if<wire::HeadPush>(&*frame)) {
    on(peer, std::move(*push), bytes.size());  // its credit comes back when its head is verified
    return;
  }
  std::visit(
      [&](auto& kind) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(kind)>, wire::HeadPush>)
          on(peer, std::move(kind));
      },
      *frame);
  if (!free) peer.intake.release(bytes.size());
}

bool Engine::State::within_credit(Peer& peer, bool free, std::size_t bytes) {
  if (free ? peer.control.take(now.monotonic) : peer.intake.take(bytes)) return true;
  const std::uint64_t limit =
      free ? static_cast<std::uint64_t>(ControlBudget::kBurst) : options.limits.credit_frames;
  punish(peer, kCostOverCredit,
         fail(codes::PEER_OVER_CREDIT, name_of(peer), " sent a frame of ", bytes,
              " bytes beyond its credit of ", limit, free ? " unpaid frames" : " frames or ",
              free ? "" : concat(options.limits.credit_bytes, " bytes"))
             .error,
         limit);
  return false;
}

void Engine::State::send_free(Peer& peer, const wire::Frame& frame) {
  Bytes bytes = wire::encode(frame);
  peer.frames_out += 1;
  peer.bytes_out += bytes.size();
  outputs.list.emplace_back(Send{peer.id, std::move(bytes)});
}

void Engine::State::send(Peer& peer, Priority priority, const wire::Frame& frame) {
  if (!peer.usable()) return;
  peer.outbox.push(priority, wire::encode(frame));
  drain(peer);
}

void Engine::State::drain(Peer& peer) {
  if (!peer.usable()) return;
  while (auto bytes = peer.outbox.pop()) {
    peer.frames_out += 1;
    peer.bytes_out += bytes->size();
    peer.stuck_since.reset();
    outputs.list.emplace_back(Send{peer.id, *std::move(bytes)});
  }
  const std::size_t queued = peer.outbox.queued_bytes();
  if (queued == 0) peer.stuck_since.reset();
  if (queued > 0 && !peer.stuck_since) peer.stuck_since = now.monotonic;
  if (queued > options.limits.send_queue_bytes_max)
    doom(peer,
         fail(codes::PEER_SLOW, queued, " bytes wait for ", name_of(peer), ", over the limit of ",
              options.limits.send_queue_bytes_max)
             .error,
         options.limits.send_queue_bytes_max);
}

void Engine::State::refuse(Peer& peer, std::uint64_t request, const Error& reason, std::uint64_t limit) {
  ++counters.refusals_by_code[std::string(reason.code.slug())];
  send_free(peer, wire::Refusal{request, std::string(reason.code.slug()), limit, reason.message});
}

int Engine::State::charge(Peer& peer, int cost, const Error& reason) {
  VCNODE_ASSERT(peer.ready);  // before that its key is only a claim, and an honest owner would pay
  const int points = standing.change(peer.node_key(), -cost, now.monotonic);
  peer.last_error = concat(reason.code.slug(), ": ", reason.message);
  emit(MisbehaviourSeen{peer.id, reason, points});
  return points;
}

void Engine::State::punish(Peer& peer, int cost, const Error& reason, std::uint64_t limit) {
  if (peer.doom) return;
  const int points = charge(peer, cost, reason);
  refuse(peer, 0, reason, limit);
  if (points > options.limits.standing_close) return;
  doom(peer,
       fail(codes::PEER_STANDING, "the standing of ", name_of(peer), " is ", points,
            ", at or below the limit of ", options.limits.standing_close, "; it is refused for ",
            options.limits.refuse_ms / 1000, " seconds")
           .error,
       static_cast<std::uint64_t>(options.limits.refuse_ms));
}

void Engine::State::doom(Peer& peer, const Error& reason, std::uint64_t limit) {
  if (!peer.doom) peer.doom = Doom{reason, limit, false};
}

void Engine::State::reap() {
  for (;;) {
    const auto found =
        std::find_if(peers.begin(), peers.end(), [](const auto& item) { return item.second.doom; });
    if (found == peers.end()) return;
    Peer peer = std::move(found->second);
    peers.erase(found);
    bury(std::move(peer));
  }
}

void Engine::State::bury(Peer peer) {
  const Doom doom = *peer.doom;
  if (!doom.lost) {
    refuse(peer, 0, doom.reason, doom.limit);
    outputs.list.emplace_back(Close{peer.id, doom.reason});
  }
  emit(PeerRefused{peer.id, doom.reason});
  link_down(peer, doom.reason);
  const Failure lost = fail(codes::PEER_LOST, "the connection to ", name_of(peer), " ended");
  for (const auto& [number, request] : peer.requests) request_failed(peer, number, request, lost);
  forget(peer.id);
}

void Engine::State::run_peer_timers(Peer& peer) {
  if (peer.doom) return;
  if (!peer.ready) {
    if (now.monotonic >= peer.up_at.plus_ms(options.limits.hello_ms_max))
      doom(peer,
           fail(codes::HELLO_TIMEOUT, name_of(peer), " did not complete its hello within ",
                options.limits.hello_ms_max, " ms")
               .error,
           static_cast<std::uint64_t>(options.limits.hello_ms_max));
    return;
  }
  if (const auto credit = peer.intake.grant(now.monotonic)) send_free(peer, *credit);
  if (peer.paused_until && *peer.paused_until <= now.monotonic) peer.paused_until.reset();
  run_names(peer);
  expire_requests(peer);
  keep_alive(peer);
}

void Engine::State::keep_alive(Peer& peer) {
  const std::int64_t patience_ms = kSilencesMax * options.limits.ping_ms;
  if (now.monotonic >= peer.heard_at.plus_ms(patience_ms)) {
    doom(peer,
         fail(codes::PEER_SILENT, name_of(peer), " has not been heard of for ", patience_ms, " ms").error,
         static_cast<std::uint64_t>(patience_ms));
  } else if (peer.stuck_since && now.monotonic >= peer.stuck_since->plus_ms(patience_ms)) {
    doom(peer,
         fail(codes::PEER_SLOW, name_of(peer), " granted no credit for ", patience_ms, " ms while ",
              peer.outbox.queued_bytes(), " bytes waited")
             .error,
         static_cast<std::uint64_t>(patience_ms));
  } else {
    // While the peers' clocks keep us from signing they are read again: somebody may have set them right.
    const MonotonicTime since = clock_ahead ? peer.pinged_at : std::max(peer.heard_at, peer.pinged_at);
    if (now.monotonic < since.plus_ms(options.limits.ping_ms)) return;
    peer.pinged_at = now.monotonic;
    peer.ping_nonce = rng.next();
    send_free(peer, wire::Ping{*peer.ping_nonce});
  }
}

void Engine::State::expire_requests(Peer& peer) {
  std::vector<std::uint64_t> expired;
  for (const auto& [number, request] : peer.requests)
    if (request.deadline <= now.monotonic) expired.push_back(number);
  for (const std::uint64_t number : expired) {
    const auto found = peer.requests.find(number);
    if (found == peer.requests.end()) continue;  // went with another one
    const Request request = found->second;
    peer.requests.erase(found);
    request_failed(peer, number, request,
                   fail(codes::REQUEST_TIMEOUT, name_of(peer), " did not answer request ", number, " within ",
                        options.limits.request_ms_max, " ms"));
  }
}

// Who is at the other end is settled.
void Engine::State::on(Peer&, const wire::HelloProof&) {}

void Engine::State::on(Peer& peer, const wire::Credit& credit) {
  peer.outbox.allow({credit.frames, credit.bytes});
  drain(peer);
  serve(peer);
}

void Engine::State::on(Peer& peer, const wire::Refusal& refusal) {
  const std::string said =
      concat(excerpt(refusal.code), ": ", excerpt(refusal.message, wire::kRefusalMessageBytesMax));
  const auto found = peer.requests.find(refusal.request);
  if (found == peer.requests.end()) {
    peer.last_error = said;
    return;
  }
  const Request request = found->second;
  peer.requests.erase(found);
  const Feed* feed = find_feed(request.origin);
  // Peers of a did:webvh issuer may know different epochs in good faith.
  if (feed != nullptr && feed->history == nullptr) peer.answered_vainly = true;
  request_failed(peer, refusal.request, request,
                 fail(codes::REQUEST_REFUSED, name_of(peer), " refused request ", refusal.request, ": ", said,
                      " (limit ", refusal.limit, ")"));
}

void Engine::State::on(Peer& peer, const wire::Ping& ping) {
  send_free(peer, wire::Pong{ping.nonce, now.wall});
}
void Engine::State::on(Peer& peer, const wire::Pong& pong) {
  if (peer.ping_nonce != pong.nonce) return;
  peer.ping_nonce.reset();
  if (pong.clock.seconds() != 0) set_clock_of(peer, pong.clock);
}

}  // namespace vcnode::gossip
