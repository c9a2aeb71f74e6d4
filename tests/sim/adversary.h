// Adversary: a scripted peer that is up to one kind of mischief, or only works its peers hard.
//
// It proves a key of its own in the hello like anybody, is dialed by some nodes and dials others, and comes
// back under a new key when its old one is refused. It knows everything that is public: it reads heads and
// leaves from honest nodes' disks.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/fork.h"
#include "tests/sim/node.h"
#include "tests/sim/redater.h"

namespace vcnode::sim {

class Adversary final : public Endpoint {
 public:
  Adversary(World& world, Network& network, const std::vector<std::unique_ptr<Node>>& honest,
            const std::vector<Issuer>& issuers, Mischief kind, std::size_t number,
            std::optional<std::size_t> forks = std::nullopt);  // number of the issuer whose key it holds

  void start(Network::Place place, std::vector<Network::Place> targets);

  [[nodiscard]] bool listens() const override { return true; }
  void link_up(gossip::PeerUp up) override;
  void frame(gossip::PeerId peer, Bytes bytes) override;
  void link_down(gossip::PeerId peer, const std::string& reason) override;
  void dial_failed(const std::string&, const std::string&) override {}

 private:
  struct Link {
    gossip::Role role = gossip::Role::acceptor;
    wire::ChannelBinding binding;
    bool ready = false;
    std::uint64_t frames = 0;   // received
    std::uint64_t sent = 0;     // that cost credit
    std::uint64_t granted = 0;  // frames
  };
  void act();
  void redial();
  void rename();
  void greet(gossip::PeerId peer);
  void answer(gossip::PeerId peer, const wire::Frame& frame);
  void answer_feed(gossip::PeerId peer, const wire::GetFeed& request);
  [[nodiscard]] bool answer_of_fork(gossip::PeerId peer, const wire::Frame& frame);
  void push_fork(gossip::PeerId peer);
  void lie(gossip::PeerId peer);
  void forge(gossip::PeerId peer);
  void flood(gossip::PeerId peer);
  void redate(gossip::PeerId peer);
  void ask_much();
  void send_garbage(gossip::PeerId peer);
  void send(gossip::PeerId peer, const wire::Frame& frame);
  [[nodiscard]] std::vector<wire::Record> real_records();
  [[nodiscard]] std::vector<wire::Record> records_for(gossip::PeerId peer);
  [[nodiscard]] const Disk& some_disk();
  [[nodiscard]] Sha256Digest random_digest();
  [[nodiscard]] std::string forged_note(const Issuer& issuer, const merkle::TreeHead& tree);

  World& world_;
  Network& network_;
  const std::vector<std::unique_ptr<Node>>& honest_;
  const std::vector<Issuer>& issuers_;
  const Mischief kind_;
  const std::size_t number_;
  Network::Place place_ = 0;
  std::vector<Network::Place> targets_;
  const Disk nothing_;
  SeededRng rng_;
  KeyPairSigner key_;
  std::size_t names_ = 0;
  std::optional<Fork> fork_;
  Redater redater_;
  std::map<gossip::PeerId, Link> links_;
  std::map<feed::OriginHash, std::vector<Bytes>> forged_leaves_;
  std::map<feed::OriginHash, std::string> forged_notes_;
};

}  // namespace vcnode::sim
