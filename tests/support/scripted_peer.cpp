#include <algorithm>

#include "protocol/gossip/hello.h"
#include "tests/support/gossip_net.h"

namespace vcnode::test {

ScriptedPeer::ScriptedPeer(GossipNet& net, std::string name)
    : key(named_key(concat("node ", name))), net_(net), name_(std::move(name)) {}

void ScriptedPeer::up(std::uint64_t link, gossip::Role as, const wire::ChannelBinding& channel) {
  link_ = link;
  role = as;
  binding = channel;
  frames.clear();
  if (!says_hello) return;
  offer = {};
  offer.version = gossip::kHelloVersion;
  offer.network = "test.example";
  offer.node_key = key.public_key();
  offer.clock = net_.wall().plus_seconds(clock_seconds);
  offer.origins = origins;
  std::sort(offer.origins.begin(), offer.origins.end());
  offer.credit_frames = 1000;
  offer.credit_bytes = 64 * 1024 * 1024;
  if (edit_offer) edit_offer(offer);
  send(offer);
}

void ScriptedPeer::take(const Bytes& bytes) {
  const auto frame = wire::decode(bytes);
  VCNODE_ASSERT(frame.has_value());  // engines send nothing else
  frames.push_back(*frame);
  if (const auto* theirs = std::get_if<wire::HelloOffer>(&*frame); theirs != nullptr && says_hello) {
    const gossip::HelloTranscript transcript{role, offer.network, key.public_key(), theirs->node_key,
                                             binding};
    send(wire::HelloProof{*key.sign(gossip::hello_message(transcript))});
  }
  if (on_frame) on_frame(*frame);
}

void ScriptedPeer::send(const wire::Frame& frame) {
  send_bytes(wire::encode(frame));
}

void ScriptedPeer::send_bytes(Bytes bytes) {
  if (link_) net_.transmit(*link_, role == gossip::Role::dialer, std::move(bytes));
}

void ScriptedPeer::hang_up(const std::optional<Error>& fault) {
  if (link_) net_.end_link(*link_, role == gossip::Role::dialer, "the script hung up", fault);
}

}  // namespace vcnode::test
