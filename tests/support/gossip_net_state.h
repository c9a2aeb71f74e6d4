// What a GossipNet consists of; private to its files.
#pragma once

#include <utility>

#include "storage/memory/memory_store.h"
#include "tests/support/gossip_net.h"

namespace vcnode::test {

[[nodiscard]] inline std::string url_of(const std::string& name) {
  return "wss://" + name + "/peer";
}

struct GossipNet::Node {
  explicit Node(NodeSetup how)
      : setup(std::move(how)),
        key(named_key(concat("node ", setup.name))),
        clock_seconds(setup.clock_seconds) {}
  NodeSetup setup;
  KeyPairSigner key;
  std::int64_t clock_seconds;
  std::vector<std::string> admits;
  std::vector<std::string> follows;
  std::vector<StoreBatch> journal;
  std::unique_ptr<storage::GroupStore> store;
  std::map<std::string, feed::Publisher> publishers;
  std::unique_ptr<gossip::Engine> engine;  // none: not running
  std::uint64_t life = 0;                  // what was scheduled for an earlier one is dropped
  std::int64_t tick_at = -1;
};

struct GossipNet::Link {
  struct End {
    std::string owner;
    gossip::PeerId peer;
    std::int64_t in_order_at = 0;  // nothing arrives here before what was sent earlier
  };
  End dialer;
  End acceptor;
};

struct GossipNet::State {
  explicit State(std::uint64_t net_seed) : rng(net_seed), seed(net_seed) {}
  SeededRng rng;
  std::uint64_t seed;
  DidKeyResolver resolver;
  std::map<std::string, NetIssuer> issuers;
  std::map<std::string, gossip::AdmittedHistory> histories;
  std::map<std::string, Node> nodes;
  std::map<std::string, ScriptedPeer> scripts;
  std::map<std::string, std::string> relays;
  std::map<std::uint64_t, Link> links;
  struct Side {
    std::uint64_t link = 0;
    bool is_dialer = false;
  };
  std::map<gossip::PeerId, Side> sides;  // of engines; peer ids are unique in the whole net
  std::set<std::pair<std::string, std::string>> cuts;
  std::multimap<std::int64_t, std::function<void()>> tasks;
  std::uint64_t last_id = 0;
  Sha256Digest trace;
};

}  // namespace vcnode::test
