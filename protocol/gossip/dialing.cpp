// Configured peers are dialed for ever: exponential back-off with jitter, capped, never given up.
#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {

void Engine::State::run_dialing() {
  for (auto& [url, address] : addresses) {
    if (address.link || address.ourselves || address.dialing || now.monotonic < address.dial_at) continue;
    if (address.known_key && connected_to(*address.known_key)) {
      address.dial_at = now.monotonic.plus_ms(options.limits.redial_ms_max);
      continue;
    }
    address.dialing = true;
    outputs.list.emplace_back(Dial{url});
  }
}

bool Engine::State::connected_to(const NodeKey& key) const {
  return std::any_of(peers.begin(), peers.end(),
                     [&](const auto& item) { return item.second.usable() && item.second.node_key() == key; });
}

void Engine::State::take(DialFailed failed) {
  const auto found = addresses.find(failed.address);
  if (found == addresses.end()) return;
  Address& address = found->second;
  address.dialing = false;
  address.last_error = concat(codes::DIAL_FAILED.slug, ": ", failed.address,
                              " cannot be reached: ", excerpt(failed.reason, 200));
  ++counters.refusals_by_code[std::string(codes::DIAL_FAILED.slug)];
  schedule_dial(address);
}

// Half of the delay is certain, half is drawn: peers that lost each other at one moment do not meet at one
// moment.
void Engine::State::schedule_dial(Address& address) {
  const std::int64_t half = address.backoff_ms / 2;
  const auto drawn = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(half) + 1));
  address.dial_at = now.monotonic.plus_ms(half + drawn);
  address.backoff_ms = std::min(address.backoff_ms * 2, options.limits.redial_ms_max);
}

Address* Engine::State::address_of(const Peer& peer) {
  if (peer.our_role != Role::dialer) return nullptr;
  const auto found = addresses.find(peer.address);
  return found == addresses.end() ? nullptr : &found->second;
}

void Engine::State::link_up(const Peer& peer) {
  Address* address = address_of(peer);
  if (address == nullptr) return;
  address->dialing = false;
  address->link = peer.id;
}

void Engine::State::link_ready(const Peer& peer) {
  Address* address = address_of(peer);
  if (address == nullptr) return;
  const auto earlier = std::exchange(address->known_key, peer.node_key());
  if (earlier && !configured(*earlier)) forget_answers(*earlier);
  address->last_error.clear();
}

void Engine::State::link_down(const Peer& peer, const Error& reason) {
  const bool proven = peer.ready && now.monotonic >= peer.ready_at.plus_ms(kLinkProvenMs);
  for (auto& [url, address] : addresses) {
    const bool this_link = address.link == peer.id;
    // A link that the other side had dialed served this address too.
    const bool same_node = peer.ready && !address.link && address.known_key == peer.node_key();
    if (!this_link && !same_node) continue;
    if (this_link) address.link.reset();
    address.last_error = concat(reason.code.slug(), ": ", reason.message);
    if (proven) address.backoff_ms = options.limits.redial_ms_min;
    schedule_dial(address);
    if (!peer.offer || !peer.ready) continue;
    if (const auto until = standing.refused_until(peer.node_key(), now.monotonic))
      address.dial_at = std::max(address.dial_at, *until);
  }
}

}  // namespace vcnode::gossip
