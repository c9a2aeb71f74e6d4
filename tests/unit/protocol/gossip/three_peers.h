// Three peers in a row and the university that the first one hosts, whose DID has a history.
#pragma once

#include <string>

#include "tests/support/net_history.h"
#include "tests/unit/protocol/gossip/fixtures.h"

namespace vcnode::test {

inline gossip::IssuerView held(const GossipNet& net, const std::string& node, const NetHistory& issuer) {
  return net.engine(node).issuer(issuer.scid()).value();
}

// ie hosts the university; es and at follow.
struct Three {
  explicit Three(std::uint64_t seed = 1) : net(seed) {
    net.add({.name = "ie", .hosts = {"university"}});
    net.add({.name = "es", .dials = {"ie"}});
    net.add({.name = "at", .dials = {"es"}});
    net.run_ms(1'000);
    university.begin("ie");
  }
  void check_all_at(std::uint64_t epoch, std::size_t versions) {
    for (const std::string node : {"ie", "es", "at"}) {
      CAPTURE(node);
      const auto view = held(net, node, university);
      CHECK(view.sealed.size() == epoch - 1);
      REQUIRE(view.feed != nullptr);
      CHECK(view.feed->origin() == university.origin(epoch));
      CHECK(view.history->versions.size() == versions);
      CHECK_FALSE(view.history->dispute.has_value());
      CHECK(net.events_of<gossip::MisbehaviourSeen>(node).empty());
    }
  }
  GossipNet net;
  NetHistory university{net, "university"};
};

}  // namespace vcnode::test
