#include "tests/sim/network.h"

#include <algorithm>
#include <charconv>

namespace vcnode::sim {
namespace {

constexpr std::string_view kScheme = "sim://";
constexpr std::int64_t kDialTimeoutMs = 10'000;
constexpr std::int64_t kLatencyMsMin = 5;
constexpr std::int64_t kLatencyMsMax = 80;

}  // namespace

Network::Network(World& world)
    : world_(world), latency_(stream(world.seed, "latency")), loss_(stream(world.seed, "loss")) {}

Network::Place Network::add(Endpoint& endpoint) {
  endpoints_.push_back(&endpoint);
  reading_speed_.emplace_back();
  links_of_.push_back(0);
  return static_cast<Place>(endpoints_.size() - 1);
}

std::string Network::address_of(Place place) {
  return concat(kScheme, place);
}

bool Network::cut(Place a, Place b) const {
  return !groups_.empty() && groups_[a] != groups_[b];
}

std::int64_t Network::drawn_latency(std::int64_t mean_ms) {
  return std::max<std::int64_t>(1, between(latency_, mean_ms / 2, mean_ms + mean_ms / 2));
}

void Network::dial(Place from, const std::string& address) {
  Place to = 0;
  std::from_chars(address.data() + kScheme.size(), address.data() + address.size(), to);
  const std::int64_t delay = drawn_latency(2 * kLatencyMsMax);
  if (cut(from, to) && partition_silent_) {
    world_.after(kDialTimeoutMs,
                 [this, from, address] { endpoints_[from]->dial_failed(address, "no answer in time"); });
    return;
  }
  world_.after(delay, [this, from, to, address] {
    if (cut(from, to) || !endpoints_[to]->listens())
      endpoints_[from]->dial_failed(address, cut(from, to) ? "no route" : "nobody listens");
    else if (endpoints_[from]->listens())
      connect(from, to);
  });
}

void Network::connect(Place from, Place to) {
  const std::uint64_t id = links_.size();
  Link& link = links_.emplace_back();
  link.dialer = from;
  link.acceptor = to;
  link.latency_ms = between(latency_, kLatencyMsMin, kLatencyMsMax);
  const auto binding = *wire::ChannelBinding::from(sha256(as_bytes(concat("channel ", id))).view());
  ++links_of_[from];
  ++links_of_[to];
  endpoints_[from]->link_up({peer_of(id, true), gossip::Role::dialer, binding, address_of(to)});
  if (links_[id].acceptor_open)
    endpoints_[to]->link_up({peer_of(id, false), gossip::Role::acceptor, binding, concat("from ", from)});
}

void Network::send(gossip::PeerId peer, Bytes bytes) {
  const std::uint64_t id = link_of(peer);
  Link& link = links_[id];
  const bool to_dialer = !is_dialer(peer);
  if (!(to_dialer ? link.acceptor_open : link.dialer_open)) return;
  Direction& way = link.towards(to_dialer);
  if (way.swallows || (partition_silent_ && cut(link.dialer, link.acceptor))) {
    way.lost = true;
    return;
  }
  if (way.under_way + bytes.size() > kUnsentBytesMax) return reset(id, "the peer reads too slowly");
  const auto roll = static_cast<unsigned>(loss_.below(1000));
  unsigned low = 0;
  const auto within = [&](unsigned per_mille) {
    const bool hit = roll >= low && roll < low + per_mille;
    low += per_mille;
    return hit;
  };
  const bool drop = within(harsh.drop_per_mille);
  const bool twice = within(harsh.double_per_mille);
  const bool overtakes = within(harsh.overtake_per_mille);
  if (within(harsh.corrupt_per_mille)) return reset(id, "a record failed its authentication");
  link.harsh = link.harsh || drop || twice || overtakes;
  if (drop) return;
  if (twice) schedule(id, to_dialer, bytes, true);
  schedule(id, to_dialer, std::move(bytes), !overtakes);
}

void Network::schedule(std::uint64_t id, bool to_dialer, Bytes bytes, bool in_order) {
  Link& link = links_[id];
  Direction& way = link.towards(to_dialer);
  std::int64_t arrives = std::max(world_.now_ms() + drawn_latency(link.latency_ms), way.clogged_until);
  if (const auto speed = reading_speed_[to_dialer ? link.dialer : link.acceptor]) {
    way.read_at = std::max(arrives, way.read_at) + static_cast<std::int64_t>(bytes.size()) / *speed;
    arrives = way.read_at;
  }
  if (in_order) arrives = way.in_order_at = std::max(arrives, way.in_order_at);
  way.under_way += bytes.size();
  ++frames_;
  const std::uint32_t item = pool_.put({id, to_dialer, std::move(bytes)});
  world_.wheel.at(arrives, {Event::Kind::frame, 0, 0, item});
}

void Network::deliver(std::uint32_t item) {
  Frame frame = pool_.take(item);
  Link& link = links_[frame.link];
  link.towards(frame.to_dialer).under_way -= frame.bytes.size();
  const bool open = frame.to_dialer ? link.dialer_open : link.acceptor_open;
  if (!open || (partition_silent_ && cut(link.dialer, link.acceptor))) return;
  endpoints_[frame.to_dialer ? link.dialer : link.acceptor]->frame(peer_of(frame.link, frame.to_dialer),
                                                                   std::move(frame.bytes));
}

bool Network::close_end(Link& link, bool dialer_end) {
  if (!std::exchange(dialer_end ? link.dialer_open : link.acceptor_open, false)) return false;
  --links_of_[dialer_end ? link.dialer : link.acceptor];
  return true;
}

// What was sent before is still delivered; the other end hears of the end after it.
void Network::hang_up(gossip::PeerId peer) {
  const std::uint64_t id = link_of(peer);
  Link& link = links_[id];
  const bool by_dialer = is_dialer(peer);
  if (!close_end(link, by_dialer)) return;
  Direction& way = link.towards(!by_dialer);
  if (way.swallows || (partition_silent_ && cut(link.dialer, link.acceptor))) {
    way.lost = true;  // nobody tells the other end
    return;
  }
  const std::int64_t arrives = std::max(world_.now_ms() + drawn_latency(link.latency_ms), way.in_order_at);
  world_.after(arrives - world_.now_ms(), [this, id, by_dialer] { end(id, !by_dialer, "closed"); });
}

void Network::end(std::uint64_t id, bool at_dialer, const std::string& reason) {
  Link& link = links_[id];
  if (!close_end(link, at_dialer)) return;
  endpoints_[at_dialer ? link.dialer : link.acceptor]->link_down(peer_of(id, at_dialer), reason);
}

void Network::drop_all(Place place, const std::string& reason) {
  for (std::uint64_t id = oldest_open_; id < links_.size(); ++id) {
    Link& link = links_[id];
    for (const bool dialer_side : {true, false}) {
      if ((dialer_side ? link.dialer : link.acceptor) != place) continue;
      if (!close_end(link, dialer_side)) continue;
      if (!(dialer_side ? link.acceptor_open : link.dialer_open)) continue;
      if (link.towards(!dialer_side).swallows || (partition_silent_ && cut(link.dialer, link.acceptor)))
        continue;  // nobody tells the other end
      world_.after(drawn_latency(link.latency_ms),
                   [this, id, dialer_side, reason] { end(id, !dialer_side, reason); });
    }
  }
}

Network::Place Network::other_end(gossip::PeerId peer) const {
  const Link& link = links_[link_of(peer)];
  return is_dialer(peer) ? link.acceptor : link.dialer;
}

bool Network::was_harsh(gossip::PeerId peer) const {
  return links_[link_of(peer)].harsh;
}

std::vector<std::uint64_t> Network::open_links() const {
  std::vector<std::uint64_t> out;
  for (std::uint64_t id = oldest_open_; id < links_.size(); ++id)
    if (links_[id].open()) out.push_back(id);
  return out;
}

// ---- faults

void Network::slow_link(std::uint64_t link, std::int64_t extra_ms) {
  links_[link].latency_ms += extra_ms;
}

void Network::clog(std::uint64_t link, bool to_dialer, std::int64_t until_ms) {
  links_[link].towards(to_dialer).clogged_until = until_ms;
}

void Network::swallow(std::uint64_t link, bool to_dialer) {
  links_[link].towards(to_dialer).swallows = true;
}

// Both ends notice, each in its own time.
void Network::reset(std::uint64_t id, const std::string& reason) {
  for (const bool at_dialer : {true, false})
    world_.after(drawn_latency(links_[id].latency_ms),
                 [this, id, at_dialer, reason] { end(id, at_dialer, reason); });
}

void Network::set_reading_speed(Place place, std::optional<std::int64_t> bytes_per_ms) {
  reading_speed_[place] = bytes_per_ms;
}

void Network::partition(const std::vector<std::uint32_t>& group_of_place, bool silently) {
  groups_ = group_of_place;
  partition_silent_ = silently;
  if (silently) return;
  for (const std::uint64_t id : open_links())
    if (cut(links_[id].dialer, links_[id].acceptor)) reset(id, "the route is gone");
}

void Network::heal() {
  harsh = {};
  const bool was_silent = std::exchange(partition_silent_, false);
  std::fill(reading_speed_.begin(), reading_speed_.end(), std::nullopt);
  while (oldest_open_ < links_.size() && !links_[oldest_open_].dialer_open &&
         !links_[oldest_open_].acceptor_open)
    ++oldest_open_;
  for (std::uint64_t id = oldest_open_; id < links_.size(); ++id) {
    Link& link = links_[id];
    const bool crossed = was_silent && cut(link.dialer, link.acceptor);
    if (!link.dialer_open && !link.acceptor_open) continue;
    if (link.to_dialer.lost || link.to_acceptor.lost || crossed) reset(id, "the stream lost its place");
    link.to_dialer.swallows = link.to_acceptor.swallows = false;
    link.latency_ms = std::min(link.latency_ms, kLatencyMsMax);
  }
  groups_.clear();
}

}  // namespace vcnode::sim
