// Who is at the other end: everything that ends a link before it is ready, and which of two links stays.
#include "tests/unit/protocol/gossip/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using gossip::PeerRefused;

TEST_CASE("two nodes know each other's proved key after the hello") {
  GossipNet net;
  net.add({.name = "ie"});
  net.add({.name = "es", .dials = {"ie"}});
  net.run_ms(1'000);
  const auto ready = net.events_of<gossip::PeerReady>("ie");
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].node_key == named_key("node es").public_key());
  CHECK(net.events_of<gossip::PeerReady>("es")[0].node_key == named_key("node ie").public_key());
  CHECK(net.engine("es").peers()[0].state == gossip::PeerState::ready);
}

TEST_CASE("a relay that ends TLS on both sides is refused by both nodes") {
  GossipNet net;
  net.add({.name = "ie"});
  net.add_relay("middle", "ie");
  net.add({.name = "es", .dials = {"middle"}});
  net.run_ms(400);
  CHECK_CODE_NAMES(refused(net, "ie", codes::HELLO_CHANNEL), codes::HELLO_CHANNEL, "TLS channel");
  CHECK_CODE_NAMES(refused(net, "es", codes::HELLO_CHANNEL), codes::HELLO_CHANNEL, "wss://middle/peer");
  CHECK(net.events_of<gossip::PeerReady>("ie").empty());
  CHECK(net.events_of<gossip::PeerReady>("es").empty());
}

TEST_CASE("a peer of another version, network or key is refused with both values named") {
  GossipNet net;
  net.add({.name = "ie"});
  ScriptedPeer& later = net.script("later");
  later.edit_offer = [](wire::HelloOffer& offer) { offer.version = 2; };
  net.script_dials("later", "ie");
  net.add({.name = "far", .dials = {"ie"}, .network = "other.example"});
  net.add({.name = "es", .dials = {"ie"}, .pinned = {{"ie", named_key("somebody else").public_key()}}});
  net.run_ms(400);
  CHECK_CODE_NAMES(refused(net, "ie", codes::HELLO_VERSION), codes::HELLO_VERSION,
                   "version 2 and this node version 1");
  CHECK_CODE_NAMES(refused(net, "ie", codes::HELLO_NETWORK), codes::HELLO_NETWORK, "\"other.example\"");
  CHECK_CODE_NAMES(refused(net, "es", codes::HELLO_NODE_KEY), codes::HELLO_NODE_KEY, "configured with");
  CHECK(net.ready_peers("ie") == 0);
}

TEST_CASE("a small-order node key is refused before anything is signed") {
  GossipNet net;
  net.add({.name = "ie"});
  net.script("zero").edit_offer = [](wire::HelloOffer& offer) { offer.node_key = {}; };
  net.script_dials("zero", "ie");
  net.run_ms(400);
  CHECK_CODE(refused(net, "ie", codes::KEY_INVALID), codes::KEY_INVALID);
  CHECK(net.script("zero").received<wire::HelloProof>().empty());
}

TEST_CASE("a node that dials itself notices and does not try again") {
  GossipNet net;
  net.add({.name = "ie", .dials = {"ie"}});
  net.run_ms(120'000);
  CHECK_CODE_NAMES(refused(net, "ie", codes::HELLO_SELF), codes::HELLO_SELF, "of this node");
  CHECK(net.events_of<PeerRefused>("ie").size() <= 2);  // its two ends of one link
}

TEST_CASE("a claimed key that is not proved costs its owner nothing") {
  GossipNet net;
  net.add({.name = "ie"});
  ScriptedPeer& thief = net.script("thief");
  thief.edit_offer = [](wire::HelloOffer& offer) { offer.node_key = named_key("node es").public_key(); };
  net.script_dials("thief", "ie");
  net.run_ms(400);
  CHECK_CODE(refused(net, "ie", codes::HELLO_CHANNEL), codes::HELLO_CHANNEL);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("ie").empty());
  net.add({.name = "es", .dials = {"ie"}});
  net.run_ms(400);
  CHECK(net.ready_peers("ie") == 1);
  CHECK(net.engine("ie").peers()[0].standing == 0);
}

TEST_CASE("before the hello nothing else is read, and nothing large") {
  const auto first_frame = [](Bytes bytes) {
    auto net = std::make_unique<GossipNet>();
    net->add({.name = "ie"});
    net->script("mute").says_hello = false;
    net->script_dials("mute", "ie");
    net->script("mute").send_bytes(std::move(bytes));
    net->run_ms(400);
    CHECK_FALSE(net->script("mute").connected());
    return net;
  };
  CHECK_CODE_NAMES(refused(*first_frame(wire::encode(wire::Ping{1})), "ie", codes::HELLO_EXPECTED),
                   codes::HELLO_EXPECTED, "sent Ping before its hello");
  CHECK_CODE_NAMES(refused(*first_frame(wire::encode(wire::HelloProof{})), "ie", codes::HELLO_EXPECTED),
                   codes::HELLO_EXPECTED, "HelloProof before HelloOffer");
  CHECK_CODE_NAMES(refused(*first_frame(Bytes(wire::kHelloBytesMax + 1, 'x')), "ie", codes::FRAME_TOO_LARGE),
                   codes::FRAME_TOO_LARGE, "limit of 40960");
  CHECK_CODE(refused(*first_frame(to_bytes("GET /")), "ie", codes::FRAME_MALFORMED), codes::FRAME_MALFORMED);
}

TEST_CASE("a peer that does not finish its hello is closed after ten seconds") {
  GossipNet net;
  net.add({.name = "ie"});
  net.script("mute").says_hello = false;
  net.script_dials("mute", "ie");
  net.run_ms(9'900);
  CHECK(net.script("mute").connected());
  net.run_ms(200);
  CHECK_FALSE(net.script("mute").connected());
  CHECK_CODE_NAMES(refused(net, "ie", codes::HELLO_TIMEOUT), codes::HELLO_TIMEOUT, "10000 ms");
  CHECK(was_refused(net.script("mute"), codes::HELLO_TIMEOUT, 0, 10'000));
}

TEST_CASE("incoming links are limited, ready or not, and configured ones have room besides") {
  GossipNet net;
  gossip::Limits limits;
  limits.peers_max = 2;
  net.add({.name = "de"});
  net.add({.name = "ie", .dials = {"de"}, .limits = limits});
  for (const char* name : {"a", "b", "c"}) net.add({.name = name, .dials = {"ie"}});
  net.run_ms(400);
  CHECK(net.ready_peers("ie") == 3);
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEERS_FULL), codes::PEERS_FULL, "2 incoming peers");

  GossipNet crowd;
  crowd.add({.name = "ie", .limits = limits});
  for (const char* name : {"a", "b", "c"}) {
    crowd.script(name).says_hello = false;
    crowd.script_dials(name, "ie");
  }
  crowd.run_ms(400);
  CHECK_CODE_NAMES(refused(crowd, "ie", codes::PEERS_FULL), codes::PEERS_FULL, "the hello of 2 peers");
  CHECK(was_refused(crowd.script("c"), codes::PEERS_FULL, 0, 2));
  CHECK(crowd.script("a").connected());
}

TEST_CASE("of two links between two nodes both keep the one that the smaller key dialed") {
  GossipNet net;
  net.add({.name = "ie", .dials = {"es"}});
  net.add({.name = "es", .dials = {"ie"}});
  net.run_ms(60'000);
  CHECK(net.links() == 1);
  CHECK(net.ready_peers("ie") == 1);
  CHECK(net.ready_peers("es") == 1);
  CHECK_CODE(refused(net, "ie", codes::PEER_DUPLICATE), codes::PEER_DUPLICATE);
  CHECK_CODE_NAMES(refused(net, "es", codes::PEER_DUPLICATE), codes::PEER_DUPLICATE, "another connection");
  const bool ie_is_smaller = named_key("node ie").public_key() < named_key("node es").public_key();
  const auto role = net.engine("ie").peers()[0].our_role;
  CHECK(role == (ie_is_smaller ? gossip::Role::dialer : gossip::Role::acceptor));
  CHECK(net.engine("ie").peers()[0].standing == 0);
}

TEST_CASE("a node that dials again replaces its old link") {
  GossipNet net;
  net.add({.name = "ie"});
  net.script_dials("es", "ie");
  net.run_ms(400);
  CHECK(net.ready_peers("ie") == 1);
  const auto first = net.engine("ie").peers()[0].peer;
  net.script_dials("es", "ie");
  net.run_ms(400);
  CHECK(net.ready_peers("ie") == 1);
  CHECK(net.engine("ie").peers()[0].peer != first);
}
