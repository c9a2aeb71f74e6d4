// Network: links between endpoints, and everything a network does to them.
//
// A link is what the node's transport gives the engine: frames arrive in order or the link ends. Faults act
// on links (latency, clog, one-way, loss, corruption), on pairs (partition) and on endpoints (slow reading).
// What a sender has under way on one direction is bounded by kUnsentBytesMax, as in the real transport: a
// link beyond it is dropped.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "protocol/gossip/engine.h"
#include "tests/sim/world.h"

namespace vcnode::sim {

// node/net keeps 16 MiB per link; frames here are small, so a smaller bound is met as often.
inline constexpr std::size_t kUnsentBytesMax = 16 * 1024 * 1024;

class Endpoint {
 public:
  virtual ~Endpoint() = default;
  [[nodiscard]] virtual bool listens() const = 0;
  virtual void link_up(gossip::PeerUp up) = 0;
  virtual void frame(gossip::PeerId peer, Bytes bytes) = 0;
  virtual void link_down(gossip::PeerId peer, const std::string& reason) = 0;
  virtual void dial_failed(const std::string& address, const std::string& reason) = 0;
};

class Network {
 public:
  using Place = std::uint32_t;  // of an endpoint; also its address
  explicit Network(World& world);

  [[nodiscard]] Place add(Endpoint& endpoint);
  [[nodiscard]] static std::string address_of(Place place);
  [[nodiscard]] std::size_t places() const noexcept { return endpoints_.size(); }

  // ---- what endpoints do
  void dial(Place from, const std::string& address);
  void send(gossip::PeerId peer, Bytes bytes);
  void hang_up(gossip::PeerId peer);
  void drop_all(Place place, const std::string& reason);  // a process ended
  void deliver(std::uint32_t item);

  // ---- who is who
  [[nodiscard]] Place other_end(gossip::PeerId peer) const;
  [[nodiscard]] bool was_harsh(gossip::PeerId peer) const;  // frames were lost, doubled or overtook on it
  [[nodiscard]] std::vector<std::uint64_t> open_links() const;
  [[nodiscard]] std::pair<Place, Place> ends_of(std::uint64_t link) const {
    return {links_[link].dialer, links_[link].acceptor};
  }
  [[nodiscard]] std::size_t links_of(Place place) const { return links_of_[place]; }  // open at its end

  // ---- faults
  struct Harsh {
    unsigned drop_per_mille = 0;
    unsigned double_per_mille = 0;
    unsigned overtake_per_mille = 0;
    unsigned corrupt_per_mille = 0;  // the channel notices: the link breaks
  };
  Harsh harsh;
  void slow_link(std::uint64_t link, std::int64_t extra_ms);
  void clog(std::uint64_t link, bool to_dialer, std::int64_t until_ms);
  void swallow(std::uint64_t link, bool to_dialer);
  void reset(std::uint64_t link, const std::string& reason);
  void set_reading_speed(Place place, std::optional<std::int64_t> bytes_per_ms);
  // Groups that differ cannot reach each other. `silently`: links do not break, they just carry nothing.
  void partition(const std::vector<std::uint32_t>& group_of_place, bool silently);
  void heal();  // everything above; links that swallowed something break

  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }

 private:
  struct Direction {  // towards an end
    std::int64_t in_order_at = 0;
    std::int64_t clogged_until = 0;
    std::int64_t read_at = 0;  // a slow reader is busy until then
    std::size_t under_way = 0;
    bool swallows = false;
    bool lost = false;  // something was swallowed
  };
  struct Link {
    Place dialer = 0;
    Place acceptor = 0;
    bool dialer_open = true;
    bool acceptor_open = true;
    bool harsh = false;
    std::int64_t latency_ms = 0;
    Direction to_dialer;
    Direction to_acceptor;
    [[nodiscard]] bool open() const noexcept { return dialer_open && acceptor_open; }
    [[nodiscard]] Direction& towards(bool dialer_end) { return dialer_end ? to_dialer : to_acceptor; }
  };
  struct Frame {
    std::uint64_t link = 0;
    bool to_dialer = false;
    Bytes bytes;
  };
  [[nodiscard]] static gossip::PeerId peer_of(std::uint64_t link, bool dialer) {
    return gossip::PeerId(link * 2 + (dialer ? 0 : 1) + 1);
  }
  [[nodiscard]] static std::uint64_t link_of(gossip::PeerId peer) { return (peer.value() - 1) / 2; }
  [[nodiscard]] static bool is_dialer(gossip::PeerId peer) { return (peer.value() - 1) % 2 == 0; }
  [[nodiscard]] bool cut(Place a, Place b) const;
  [[nodiscard]] std::int64_t drawn_latency(std::int64_t mean_ms);
  void connect(Place from, Place to);
  bool close_end(Link& link, bool dialer_end);  // false: it was closed before
  void schedule(std::uint64_t link, bool to_dialer, Bytes bytes, bool in_order);
  void end(std::uint64_t link, bool at_dialer, const std::string& reason);

  World& world_;
  SeededRng latency_;
  SeededRng loss_;
  std::vector<Endpoint*> endpoints_;
  std::vector<std::optional<std::int64_t>> reading_speed_;
  std::vector<std::size_t> links_of_;
  std::vector<std::uint32_t> groups_;  // empty: no partition
  bool partition_silent_ = false;
  std::deque<Link> links_;
  std::size_t oldest_open_ = 0;  // links before it are closed
  Pool<Frame> pool_;
  std::uint64_t frames_ = 0;
};

}  // namespace vcnode::sim
