// Credits, silence, slowness and standing: what one link may cost.
#include "tests/unit/protocol/gossip/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// ie hosts a university and hears from the scripted peer "odd", which is ready.
ScriptedPeer& odd_peer(GossipNet& net, const gossip::Limits& limits = {}) {
  net.add({.name = "ie", .hosts = {"university"}, .limits = limits});
  ScriptedPeer& odd = net.script("odd");
  odd.origins = {net.issuer("university").hash()};
  net.script_dials("odd", "ie");
  net.run_ms(400);
  REQUIRE(net.ready_peers("ie") == 1);
  return odd;
}

}  // namespace

TEST_CASE("garbage costs standing, and twice of it ends the link for an hour") {
  GossipNet net;
  ScriptedPeer& odd = odd_peer(net);
  odd.send_bytes(to_bytes("garbage"));
  net.run_ms(100);
  CHECK(odd.connected());
  CHECK_CODE(accused(net, "ie", codes::FRAME_MALFORMED), codes::FRAME_MALFORMED);
  CHECK(net.engine("ie").peers()[0].standing == -64);
  CHECK(was_refused(odd, codes::FRAME_MALFORMED, 0, wire::kFrameBytesMax));
  odd.send_bytes(Bytes(wire::kFrameBytesMax + 1));
  net.run_ms(100);
  CHECK_CODE(accused(net, "ie", codes::FRAME_TOO_LARGE), codes::FRAME_TOO_LARGE);
  CHECK_FALSE(odd.connected());
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEER_STANDING), codes::PEER_STANDING,
                   "-128, at or below the limit of -100");
  CHECK(was_refused(odd, codes::PEER_STANDING, 0, 3'600'000));

  net.script_dials("odd", "ie");
  net.run_ms(400);
  CHECK_FALSE(odd.connected());
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEER_STANDING), codes::PEER_STANDING,
                   "refused for another 3600 seconds");
  net.run_ms(3'600'000);
  net.script_dials("odd", "ie");
  net.run_ms(400);
  CHECK(net.ready_peers("ie") == 1);
  CHECK(net.engine("ie").counters().refusals_by_code.at("PEER_STANDING") == 2);
}

TEST_CASE("what the transport could not take for a frame costs what a malformed one does") {
  GossipNet net;
  ScriptedPeer& odd = odd_peer(net);
  const Error fault = fail(codes::FRAME_TOO_LARGE, "the peer sent a frame longer than the limit").error;
  for (const int standing : {-64, -128}) {
    odd.hang_up(fault);
    net.run_ms(100);
    const auto seen = net.events_of<gossip::MisbehaviourSeen>("ie");
    CHECK(seen.back().reason.code == Code(codes::FRAME_TOO_LARGE));
    CHECK(seen.back().standing == standing);
    net.script_dials("odd", "ie");
    net.run_ms(400);
  }
  CHECK(net.ready_peers("ie") == 0);
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEER_STANDING), codes::PEER_STANDING, "refused for another");
}

TEST_CASE("before the hello is proved, the transport's complaint costs the claimed key nothing") {
  GossipNet net;
  net.add({.name = "ie", .hosts = {"university"}});
  ScriptedPeer& odd = net.script("odd");
  odd.says_hello = false;
  net.script_dials("odd", "ie");
  net.run_ms(100);
  odd.hang_up(fail(codes::FRAME_TOO_LARGE, "too long").error);
  net.run_ms(100);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("ie").empty());
}

TEST_CASE("a configured peer in bad standing is not dialed before its time is over") {
  GossipNet net;
  ScriptedPeer& odd = net.script("odd");
  net.add({.name = "ie", .dials = {"odd"}});
  net.run_ms(400);
  odd.send_bytes({1});
  odd.send_bytes({2});
  net.run_ms(3'000'000);
  CHECK(net.engine("ie").peers()[0].state == gossip::PeerState::waiting);
  CHECK(net.engine("ie").peers()[0].last_error.find("PEER_STANDING") == 0);
  net.run_ms(700'000);
  CHECK(net.ready_peers("ie") == 1);
}

TEST_CASE("frames beyond the credit are dropped and cost standing") {
  GossipNet net;
  gossip::Limits limits;
  limits.credit_frames = 16;
  ScriptedPeer& odd = odd_peer(net, limits);
  net.faults.latency_ms_min = net.faults.latency_ms_max = 10;  // all at one moment
  for (int i = 0; i < 20; ++i) odd.send(wire::MapSummary{});
  net.run_ms(50);
  CHECK_CODE_NAMES(accused(net, "ie", codes::PEER_OVER_CREDIT), codes::PEER_OVER_CREDIT,
                   "credit of 16 frames");
  CHECK(net.events_of<gossip::MisbehaviourSeen>("ie").size() < 5);  // some credit came back in between
  CHECK(was_refused(odd, codes::PEER_OVER_CREDIT, 0, 16));
}

TEST_CASE("frames that cost no credit have a budget too") {
  GossipNet net;
  ScriptedPeer& odd = odd_peer(net);
  net.faults.latency_ms_min = net.faults.latency_ms_max = 10;
  for (int i = 0; i < 64; ++i) odd.send(wire::Ping{1});
  net.run_ms(50);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("ie").empty());
  CHECK(odd.received<wire::Pong>().size() == 64);
  for (int i = 0; i < 5; ++i) odd.send(wire::Ping{1});
  net.run_ms(50);
  CHECK_CODE_NAMES(accused(net, "ie", codes::PEER_OVER_CREDIT), codes::PEER_OVER_CREDIT,
                   "credit of 64 unpaid frames");
}

TEST_CASE("credit comes back as frames are worked off, so that an honest sender is never stopped") {
  GossipNet net;
  gossip::Limits limits;
  limits.credit_frames = 16;
  ScriptedPeer& odd = odd_peer(net, limits);
  for (int i = 0; i < 100; ++i) {
    odd.send(wire::MapSummary{});
    net.run_ms(50);
  }
  CHECK(net.events_of<gossip::MisbehaviourSeen>("ie").empty());
  const auto credits = odd.received<wire::Credit>();
  REQUIRE_FALSE(credits.empty());
  CHECK(credits.back().frames > 100);
}

TEST_CASE("heads that wait to be verified hold on to their credit") {
  GossipNet net;
  gossip::Limits limits;
  limits.verify_queue_max = 2;
  limits.credit_frames = 16;
  net.verify_ms = 1'000;
  ScriptedPeer& odd = odd_peer(net, limits);
  Log log(net, "university");
  for (int i = 0; i < 10; ++i) {
    log.grow_bare(1);
    odd.send(log.push());
  }
  net.run_ms(100);
  CHECK(odd.received<wire::Credit>().empty());
  net.run_ms(10'000);
  CHECK_FALSE(odd.received<wire::Credit>().empty());
  CHECK(net.events_of<gossip::MisbehaviourSeen>("ie").empty());
}

TEST_CASE("a peer that reads nothing is closed when too much waits for it") {
  GossipNet net;
  gossip::Limits limits;
  limits.send_queue_bytes_max = 4096;
  ScriptedPeer& odd = net.script("odd");
  odd.edit_offer = [](wire::HelloOffer& offer) {
    offer.credit_frames = wire::kCreditFramesMin;
    offer.credit_bytes = wire::kCreditBytesMin;
  };
  static_cast<void>(odd_peer(net, limits));
  for (int i = 0; i < 40 && odd.connected(); ++i) {
    net.publish_statement("ie", "university", concat("urn:s:", i));
    net.run_ms(1'000);
  }
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEER_SLOW), codes::PEER_SLOW, "limit of 4096");
  CHECK(was_refused(odd, codes::PEER_SLOW, 0, 4096));
  CHECK(odd.received<wire::HeadPush>().size() <= wire::kCreditFramesMin);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("ie").empty());  // slow is not wrong
  CHECK(net.engine("ie").counters().send_queue_bytes == 0);
}

TEST_CASE("a peer that grants no credit for a minute while frames wait is closed") {
  GossipNet net;
  ScriptedPeer& odd = net.script("odd");
  odd.edit_offer = [](wire::HelloOffer& offer) { offer.credit_frames = wire::kCreditFramesMin; };
  static_cast<void>(odd_peer(net));
  odd.on_frame = [&](const wire::Frame& frame) {
    if (const auto* ping = std::get_if<wire::Ping>(&frame)) odd.send(wire::Pong{ping->nonce});
  };
  for (std::uint64_t i = 1; i <= 30; ++i) odd.send(wire::GetFeed{i, net.issuer("university").hash(), 0});
  net.run_ms(1'000);
  CHECK(odd.connected());
  CHECK(net.engine("ie").counters().send_queue_bytes > 0);
  net.run_ms(62'000);
  CHECK_FALSE(odd.connected());
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEER_SLOW), codes::PEER_SLOW, "no credit for 60000 ms");
}

TEST_CASE("a link that is silent for three pings is closed, one that answers lives") {
  GossipNet net;
  ScriptedPeer& odd = odd_peer(net);
  net.script("lively").on_frame = [&](const wire::Frame& frame) {
    if (const auto* ping = std::get_if<wire::Ping>(&frame))
      net.script("lively").send(wire::Pong{ping->nonce});
  };
  net.script_dials("lively", "ie");
  net.run_ms(61'000);
  CHECK_FALSE(odd.connected());
  CHECK(odd.received<wire::Ping>().size() == 2);
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEER_SILENT), codes::PEER_SILENT, "60000 ms");
  net.run_ms(600'000);
  CHECK(net.script("lively").connected());
}

TEST_CASE("requests that wait for an answer are limited, and the one too many is refused by its number") {
  GossipNet net;
  gossip::Limits limits;
  limits.pulls_per_peer_max = 4;
  limits.send_queue_bytes_max = 2 * wire::kFrameBytesMax;
  ScriptedPeer& odd = net.script("odd");
  odd.edit_offer = [](wire::HelloOffer& offer) { offer.credit_frames = wire::kCreditFramesMin; };
  static_cast<void>(odd_peer(net, limits));
  for (std::uint64_t i = 1; i <= 30; ++i) odd.send(wire::GetFeed{i, net.issuer("university").hash(), 0});
  net.run_ms(400);
  // Sixteen answers use up the credit, one waits in the queue, four requests wait for room.
  CHECK(odd.received<wire::FeedPart>().size() == 16);
  CHECK(was_refused(odd, codes::REQUESTS_TOO_MANY, 22, 4));
  CHECK_FALSE(was_refused(odd, codes::REQUESTS_TOO_MANY, 21, 4));
  odd.send(wire::Credit{100, 100'000'000});
  net.run_ms(400);
  CHECK(odd.received<wire::FeedPart>().size() == 21);
}

TEST_CASE("what concerns a feed that is not shared is refused and costs nothing") {
  GossipNet net;
  ScriptedPeer& odd = odd_peer(net);
  const auto stranger = net.issuer("stranger").hash();
  Log log(net, "stranger");
  log.grow(1);
  odd.send(wire::GetFeed{5, stranger, 0});
  odd.send(log.push());
  odd.send(wire::MapRecords{{log.record()}, true, true});
  net.run_ms(200);
  CHECK(was_refused(odd, codes::ORIGIN_NOT_SHARED, 5, 1));
  CHECK(was_refused(odd, codes::ORIGIN_NOT_SHARED, 0, 1));
  CHECK(odd.received<wire::Refusal>().size() == 3);
  CHECK(net.engine("ie").peers()[0].standing == 0);
}

TEST_CASE("what a peer says when it refuses us is kept for whoever asks why") {
  GossipNet net;
  ScriptedPeer& odd = net.script("odd");
  net.add({.name = "ie", .dials = {"odd"}});
  net.run_ms(400);
  odd.send(wire::Refusal{0, "PEERS_FULL", 64, "this node has 64 incoming peers, its limit"});
  net.run_ms(100);
  CHECK(net.engine("ie").peers()[0].last_error == "PEERS_FULL: this node has 64 incoming peers, its limit");
  odd.hang_up();
  net.run_ms(100);
  CHECK_CODE_NAMES(refused(net, "ie", codes::PEER_LOST), codes::PEER_LOST, "it had said PEERS_FULL");
}
