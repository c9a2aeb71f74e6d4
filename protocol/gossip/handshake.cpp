// The hello: two frames each way, after which both sides know whom they talk to over which TLS channel.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/multikey.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"
#include "protocol/wire/codes.h"

namespace vcnode::gossip {
namespace {

Role other(Role role) {
  return role == Role::dialer ? Role::acceptor : Role::dialer;
}

std::string text_of(const NodeKey& key) {
  return multikey_encode(key);
}

}  // namespace

wire::HelloOffer Engine::State::own_offer() const {
  wire::HelloOffer offer;
  offer.version = kHelloVersion;
  offer.network = options.network;
  offer.node_key = node_key.public_key();
  offer.clock = now.wall;
  offer.origins.assign(admission.names.begin(), admission.names.end());
  offer.credit_frames = options.limits.credit_frames;
  offer.credit_bytes = options.limits.credit_bytes;
  return offer;
}

void Engine::State::offer_hello(Peer& peer) {
  peer.hello_generation = admission.generation;
  send_free(peer, own_offer());
}

void Engine::State::take_hello_frame(Peer& peer, const Bytes& bytes) {
  if (bytes.size() > wire::kHelloBytesMax) {
    doom(peer,
         fail(codes::FRAME_TOO_LARGE, name_of(peer), " sent ", bytes.size(),
              " bytes before its hello, over the limit of ", wire::kHelloBytesMax)
             .error,
         wire::kHelloBytesMax);
    return;
  }
  auto frame = wire::decode(bytes);
  if (!frame) return doom(peer, frame.error(), wire::kHelloBytesMax);
  Result<void> taken;
  if (auto* offer = std::get_if<wire::HelloOffer>(&*frame)) {
    taken = take_offer(peer, std::move(*offer));
  } else if (const auto* proof = std::get_if<wire::HelloProof>(&*frame)) {
    taken = take_proof(peer, *proof);
  } else if (const auto* refusal = std::get_if<wire::Refusal>(&*frame)) {
    on(peer, *refusal);
  } else {
    taken =
        fail(codes::HELLO_EXPECTED, name_of(peer), " sent ", wire::frame_name(*frame), " before its hello");
  }
  if (!taken) doom(peer, taken.error());
}

Result<void> Engine::State::take_offer(Peer& peer, wire::HelloOffer offer) {
  if (peer.offer) return {};  // the first one counts
  VCNODE_CHECK(check_offer(peer, offer));
  set_clock_of(peer, offer.clock);
  peer.offer = std::move(offer);
  return prove_hello(peer);
}

Result<void> Engine::State::check_offer(const Peer& peer, const wire::HelloOffer& offer) {
  if (offer.version != kHelloVersion)
    return fail(codes::HELLO_VERSION, name_of(peer), " speaks version ", offer.version,
                " and this node version ", kHelloVersion);
  if (offer.network != options.network)
    return fail(codes::HELLO_NETWORK, name_of(peer), " belongs to the network \"", excerpt(offer.network),
                "\" and this node to \"", options.network, "\"");
  VCNODE_CHECK(ed25519_check_public_key(offer.node_key.view()));
  Address* address = address_of(peer);
  if (offer.node_key == node_key.public_key()) {
    if (address != nullptr) address->ourselves = true;
    return fail(codes::HELLO_SELF, name_of(peer), " has the node key ", text_of(offer.node_key),
                " of this node");
  }
  if (address != nullptr && address->config.node_key && *address->config.node_key != offer.node_key)
    return fail(codes::HELLO_NODE_KEY, name_of(peer), " has the node key ", text_of(offer.node_key),
                " and is configured with ", text_of(*address->config.node_key));
  return {};
}

Result<void> Engine::State::prove_hello(Peer& peer) {
  const HelloTranscript transcript{peer.our_role, options.network, node_key.public_key(), peer.node_key(),
                                   peer.binding};
  VCNODE_TRY(const auto signature, node_key.sign(hello_message(transcript)));
  send_free(peer, wire::HelloProof{signature});
  return {};
}

Result<void> Engine::State::take_proof(Peer& peer, const wire::HelloProof& proof) {
  if (!peer.offer) return fail(codes::HELLO_EXPECTED, name_of(peer), " sent HelloProof before HelloOffer");
  const HelloTranscript transcript{other(peer.our_role), options.network, peer.node_key(),
                                   node_key.public_key(), peer.binding};
  if (!ed25519_verify(peer.node_key(), hello_message(transcript), proof.signature))
    return fail(codes::HELLO_CHANNEL, name_of(peer), " signed a hello as ", text_of(peer.node_key()),
                " that is not for this TLS channel, these roles and these keys");
  VCNODE_CHECK(admit(peer));
  become_ready(peer);
  return {};
}

std::size_t Engine::State::inbound(bool ready) const {
  return static_cast<std::size_t>(std::count_if(peers.begin(), peers.end(), [&](const auto& item) {
    const Peer& peer = item.second;
    return peer.our_role == Role::acceptor && peer.ready == ready && !peer.doom;
  }));
}

Result<void> Engine::State::admit(Peer& peer) {
  link_ready(peer);
  if (const auto until = standing.refused_until(peer.node_key(), now.monotonic))
    return fail(codes::PEER_STANDING, name_of(peer), " with the node key ", text_of(peer.node_key()),
                " misbehaved and is refused for another ",
                (until->milliseconds() - now.monotonic.milliseconds() + 999) / 1000, " seconds");
  for (auto& [id, known] : peers)
    if (known.usable() && known.node_key() == peer.node_key()) VCNODE_CHECK(settle_duplicate(peer, known));
  if (peer.our_role == Role::acceptor && inbound(true) >= options.limits.peers_max)
    return fail(codes::PEERS_FULL, "this node has ", options.limits.peers_max, " incoming peers, its limit");
  return {};
}

// Both sides see both links and must keep the same one: the one that the smaller key dialed. Of two that the
// same side dialed it is the newer: nobody dials twice unless its old link is gone.
Result<void> Engine::State::settle_duplicate(Peer& peer, Peer& older) {
  const bool we_should_dial = node_key.public_key() < peer.node_key();
  const Role kept = we_should_dial ? Role::dialer : Role::acceptor;
  const Failure duplicate = fail(codes::PEER_DUPLICATE, "there is another connection to the node ",
                                 text_of(peer.node_key()), ", which is kept; 1 is the limit");
  if (peer.our_role != older.our_role && older.our_role == kept) return duplicate;
  doom(older, duplicate.error, 1);
  return {};
}

void Engine::State::become_ready(Peer& peer) {
  peer.ready = true;
  peer.ready_at = peer.exchanged_at = now.monotonic;
  peer.named = std::exchange(peer.offer->origins, {});
  compare_names(peer);
  peer.more_shared = false;  // the hello ends with a comparison
  peer.outbox.allow({peer.offer->credit_frames, peer.offer->credit_bytes});
  emit(PeerReady{peer.id, peer.node_key()});
  tell_names_again(peer);  // they may have changed since our hello
  if (peer.our_role == Role::dialer) start_exchange(peer);
}

}  // namespace vcnode::gossip
