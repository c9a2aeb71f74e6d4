// The network of a GossipNet: links, what is lost on them, and how they end.
#include <algorithm>

#include "crypto/hash.h"
#include "tests/support/gossip_net_state.h"

namespace vcnode::test {
namespace {

wire::ChannelBinding binding_of(std::string_view text) {
  return *wire::ChannelBinding::from(sha256(as_bytes(text)).view());
}

}  // namespace

std::int64_t GossipNet::latency() {
  VCNODE_ASSERT(faults.latency_ms_max >= faults.latency_ms_min);
  const auto span = static_cast<std::uint64_t>(faults.latency_ms_max - faults.latency_ms_min + 1);
  return faults.latency_ms_min + static_cast<std::int64_t>(state_->rng.below(span));
}

void GossipNet::connect(const std::string& dialer, const std::string& address_name) {
  const auto relay = state_->relays.find(address_name);
  const std::string target = relay == state_->relays.end() ? address_name : relay->second;
  const auto target_node = state_->nodes.find(target);
  const auto target_script = state_->scripts.find(target);
  const bool listens = (target_node != state_->nodes.end() && target_node->second.engine) ||
                       target_script != state_->scripts.end();
  const auto dialing_node = state_->nodes.find(dialer);
  const bool cut_off = state_->cuts.contains(std::minmax(dialer, target));
  if (!listens || cut_off) {
    if (dialing_node != state_->nodes.end())
      step(dialing_node->second,
           gossip::DialFailed{url_of(address_name), cut_off ? "cut off" : "nobody listens"});
    return;
  }
  const std::uint64_t id = ++state_->last_id;
  const gossip::PeerId dialer_peer(++state_->last_id);
  const gossip::PeerId acceptor_peer(++state_->last_id);
  state_->links.emplace(id, Link{{dialer, dialer_peer}, {target, acceptor_peer}});
  state_->sides[dialer_peer] = {id, true};
  state_->sides[acceptor_peer] = {id, false};
  const auto near = binding_of(concat("channel ", id));
  const auto far = relay == state_->relays.end() ? near : binding_of(concat("second channel ", id));
  // Scripts first: they may be spoken to at once.
  if (target_script != state_->scripts.end()) target_script->second.up(id, gossip::Role::acceptor, far);
  if (dialing_node == state_->nodes.end()) state_->scripts.at(dialer).up(id, gossip::Role::dialer, near);
  if (dialing_node != state_->nodes.end())
    step(dialing_node->second, gossip::PeerUp{dialer_peer, gossip::Role::dialer, near, url_of(address_name)});
  if (target_node != state_->nodes.end())
    step(target_node->second,
         gossip::PeerUp{acceptor_peer, gossip::Role::acceptor, far, concat("somewhere:", id)});
}

void GossipNet::transmit(std::uint64_t id, bool from_dialer, Bytes bytes) {
  const auto found = state_->links.find(id);
  if (found == state_->links.end()) return;  // ended meanwhile
  Link& link = found->second;
  const std::string& from = from_dialer ? link.dialer.owner : link.acceptor.owner;
  if (lose)
    if (const auto frame = wire::decode(bytes); frame && lose(from, *frame)) return;
  if (state_->rng.below(100) < faults.drop_percent) return;
  const int copies = state_->rng.below(100) < faults.duplicate_percent ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    Link::End& to = from_dialer ? link.acceptor : link.dialer;
    std::int64_t arrives = now_ms_ + latency();
    if (!faults.reorder) arrives = to.in_order_at = std::max(arrives, to.in_order_at);
    at(arrives - now_ms_, [this, id, from_dialer, bytes] {
      const auto still = state_->links.find(id);
      if (still == state_->links.end()) return;
      const Link::End& end = from_dialer ? still->second.acceptor : still->second.dialer;
      if (const auto script = state_->scripts.find(end.owner); script != state_->scripts.end())
        script->second.take(bytes);
      else if (Node& node = state_->nodes.at(end.owner); node.engine)
        step(node, gossip::FrameIn{end.peer, bytes});
    });
  }
}

// The side that ended it knows; the other hears of it after what was under way. `by_dialer`: none means both
// hear.
void GossipNet::end_link(std::uint64_t id, std::optional<bool> by_dialer, const std::string& reason,
                         const std::optional<Error>& fault) {
  const auto found = state_->links.find(id);
  if (found == state_->links.end()) return;
  const auto tell = [this, id, reason, fault](const Link::End& end) {
    if (const auto script = state_->scripts.find(end.owner); script != state_->scripts.end()) {
      if (script->second.link_ == id) script->second.link_.reset();
    } else if (Node& node = state_->nodes.at(end.owner); node.engine) {
      step(node, gossip::PeerDown{end.peer, reason, fault});
    }
  };
  const auto later = [&](bool dialer) {
    const Link::End end = dialer ? found->second.dialer : found->second.acceptor;
    const std::int64_t arrives = std::max(now_ms_ + faults.latency_ms_max, end.in_order_at);
    at(arrives - now_ms_, [this, id, end, tell] {
      state_->links.erase(id);
      state_->sides.erase(end.peer);
      tell(end);
    });
  };
  if (!by_dialer || !*by_dialer) later(true);
  if (!by_dialer || *by_dialer) later(false);
  if (!by_dialer) return;
  Link::End& gone = *by_dialer ? found->second.dialer : found->second.acceptor;
  if (const auto script = state_->scripts.find(gone.owner); script != state_->scripts.end())
    if (script->second.link_ == id) script->second.link_.reset();
  state_->sides.erase(gone.peer);
  gone.peer = gossip::PeerId();  // what still arrives there finds nobody
}

void GossipNet::cut(const std::string& a, const std::string& b) {
  state_->cuts.insert(std::minmax(a, b));
  drop_links(a, b);
}

void GossipNet::heal() {
  state_->cuts.clear();
}

void GossipNet::drop_links(const std::string& a, const std::string& b) {
  std::vector<std::uint64_t> ended;
  for (const auto& [id, link] : state_->links)
    if (std::minmax(link.dialer.owner, link.acceptor.owner) == std::minmax(a, b)) ended.push_back(id);
  for (const std::uint64_t id : ended) end_link(id, std::nullopt, "the link failed");
}

std::size_t GossipNet::links() const {
  return state_->links.size();
}

}  // namespace vcnode::test
