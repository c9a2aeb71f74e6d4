// did:webvh issuers: their logs, their epochs, and who is behind.
#include <algorithm>

#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/unit/protocol/gossip/three_peers.h"

namespace vcnode::test {

TEST_CASE("a first entry, its leaf and what follows reach everybody by push") {
  Three t;
  t.university.say("ie", "urn:s:1");
  t.net.run_ms(2'000);
  CHECK(t.net.equal());
  t.check_all_at(1, 1);
  CHECK(held(t.net, "at", t.university).feed->size() == 2);
}

TEST_CASE("a rotated key signs from its own leaf on, also within one publication") {
  Three t;
  t.university.rotate("ie", "urn:s:2");
  t.net.run_ms(3'000);
  CHECK(t.net.equal());
  t.check_all_at(1, 2);
  for (const std::string node : {"es", "at"}) {
    const auto view = held(t.net, node, t.university);
    CHECK(view.history->versions.back().committed);
    CHECK(view.history->versions.back().placed == feed::LeafPlace{1, 1});
    CHECK(view.feed->missing().empty());
  }
}

TEST_CASE("a planned new epoch reaches everybody and is no contradiction") {
  Three t;
  t.university.say("ie", "urn:s:1");
  t.university.open_epoch("ie");
  t.university.say("ie", "urn:s:2");
  t.net.run_ms(3'000);
  CHECK(t.net.converge(60'000));
  t.check_all_at(2, 2);
  for (const std::string node : {"ie", "es", "at"}) {
    const auto view = held(t.net, node, t.university);
    CHECK_FALSE(view.feed->contradicted());
    CHECK(view.sealed[0].closed);
    CHECK(view.history->versions.back().committed);
    CHECK(view.feed->size() == 4);  // seal, webvh, state, statement
  }
}

TEST_CASE("a fresh peer follows three epochs, and a store begins where it ended") {
  Three t;
  t.university.rotate("ie", "urn:s:1");
  t.university.open_epoch("ie");
  t.university.rotate("ie", "urn:s:2");
  t.university.rotate("ie", "urn:s:3");
  t.university.open_epoch("ie");
  t.university.say("ie", "urn:s:4");
  REQUIRE(t.net.converge(60'000));
  t.check_all_at(3, 6);
  t.net.add({.name = "it", .dials = {"at"}});
  CHECK(t.net.converge(60'000));
  CHECK(held(t.net, "it", t.university).sealed.size() == 2);
  const auto records = t.net.engine("it").records();
  for (const std::string node : {"it", "ie", "es"}) {
    t.net.restart(node);
    CHECK(t.net.engine(node).records() == records);
  }
  CHECK(t.net.converge(60'000));
}

TEST_CASE("restored from any point, a node catches up and is equal again") {
  Three t;
  t.university.rotate("ie", "urn:s:1");
  t.university.open_epoch("ie");
  t.university.rotate("ie", "urn:s:2");
  t.university.open_epoch("ie");
  REQUIRE(t.net.converge(60'000));
  const std::size_t batches = t.net.journal_size("es");
  REQUIRE(batches > 6);
  for (std::size_t i = 0; i <= batches; ++i) {
    CAPTURE(i);
    GossipNet& net = t.net;
    const std::size_t kept = batches - std::min(i, batches);
    net.restart("es", kept);
    CHECK(net.converge(120'000));
    CHECK(held(net, "es", t.university).sealed.size() == 2);
  }
}

TEST_CASE("an old backup of the issuer does not sign before it knows its newer epoch") {
  Three t;
  const std::size_t old = t.net.journal_size("ie");
  t.university.open_epoch("ie");
  t.university.say("ie", "urn:s:1");
  REQUIRE(t.net.converge(60'000));
  t.net.kill("ie");
  t.net.add({.name = "anchor", .dials = {"es"}});
  REQUIRE(t.net.converge(60'000));
  t.net.restart("ie", old);
  REQUIRE(held(t.net, "ie", t.university).feed->origin() == t.university.origin(1));
  REQUIRE(t.net.converge(120'000));
  CHECK(t.net.engine("ie").may_sign(t.university.origin(2).hash()));
  CHECK_CODE(
      [&]() -> Result<void> {
        const auto why = t.net.engine("ie").why_not_sign(t.university.origin(1).hash());
        if (why) return Failure{*why};
        return {};
      }(),
      codes::START_CHECK_PENDING);
  t.university.say("ie", "urn:s:2");
  CHECK(t.net.converge(60'000));
}

TEST_CASE("a bad entry costs its sender standing and nobody else anything") {
  Three t;
  REQUIRE(t.net.converge(60'000));
  ScriptedPeer& peer = t.net.script("hostile");
  peer.origins = {t.university.topic()};
  t.net.script_dials("hostile", "es");
  t.net.run_ms(500);
  NetHistory other(t.net, "other", 120);
  peer.send(wire::LogPart{0, t.university.topic(), {to_bytes(other.entry(0).text())}, true});
  t.net.run_ms(500);
  CHECK_CODE(accused(t.net, "es", codes::WEBVH_DID_MISMATCH), codes::WEBVH_DID_MISMATCH);
  peer.send(wire::LogPart{0, t.university.topic(), {to_bytes("rubbish")}, true});
  t.net.run_ms(500);
  CHECK_CODE(accused(t.net, "es", codes::ENTRY_BODY_MALFORMED), codes::ENTRY_BODY_MALFORMED);
  CHECK(t.net.events_of<gossip::MisbehaviourSeen>("es").size() == 2);
  CHECK(t.net.events_of<gossip::MisbehaviourSeen>("ie").empty());
  const auto view = held(t.net, "es", t.university);
  CHECK(view.entries->size() == 1);
  CHECK(view.feed->size() == 1);
}

TEST_CASE("an entry without its parent or its leaf costs nothing and is had when they are") {
  Three t;
  t.university.rotate("ie");
  const auto second = t.university.entry(1);
  GossipNet& net = t.net;
  REQUIRE(net.converge(60'000));
  net.add({.name = "it"});
  ScriptedPeer& peer = net.script("messenger");
  peer.origins = {t.university.topic()};
  std::size_t asked = 0;
  peer.on_frame = [&](const wire::Frame& frame) {
    if (const auto* get = std::get_if<wire::GetLog>(&frame)) {
      ++asked;
      peer.send(wire::LogPart{get->request, get->topic, {to_bytes(t.university.entry(0).text())}, true});
    }
  };
  net.script_dials("messenger", "it");
  net.run_ms(500);
  const auto push = [&](std::size_t index) {
    peer.send(wire::LogPart{0, t.university.topic(), {to_bytes(t.university.entry(index).text())}, true});
    net.run_ms(500);
  };
  push(1);
  CHECK(asked == 1);
  CHECK(held(net, "it", t.university).entries->size() == 1);
  push(1);  // its leaf is not here
  CHECK(held(net, "it", t.university).entries->size() == 1);
  // The leaf arrives: the entry is had without being asked for again.
  const auto origin = t.university.origin(1).hash();
  const auto note = net.archive("ie").note(origin).value().value();
  peer.send(wire::HeadPush{origin, note, 0, net.archive("ie").leaves(origin, 0, 10).value(), {}});
  net.run_ms(500);
  CHECK(held(net, "it", t.university).entries->size() == 2);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("it").empty());
}

TEST_CASE("what the disk did not take of a log is offered to it again") {
  Three t;
  REQUIRE(t.net.converge(60'000));
  t.net.add({.name = "it", .dials = {"es"}});
  t.net.store_fails = true;
  t.net.run_ms(2'000);
  CHECK(held(t.net, "it", t.university).entries->size() == 1);
  CHECK(t.net.archive("it").entries(t.university.scid()).value().empty());
  t.net.store_fails = false;
  CHECK(t.net.converge(240'000));
  CHECK(t.net.archive("it").entries(t.university.scid()).value().size() == 1);
}

TEST_CASE("logs and epochs of issuers that are not shared are refused") {
  Three t;
  ScriptedPeer& peer = t.net.script("stranger");
  t.net.script_dials("stranger", "es");
  t.net.run_ms(500);
  peer.send(wire::GetLog{7, t.university.topic(), ""});
  peer.send(wire::LogPart{0, t.university.topic(), {}, true});
  peer.send(wire::GetFeed{8, t.university.origin(1).hash(), 0});
  t.net.run_ms(500);
  CHECK(was_refused(peer, codes::ORIGIN_NOT_SHARED, 7, 0));
  CHECK(was_refused(peer, codes::ORIGIN_NOT_SHARED, 0, 0));
  CHECK(was_refused(peer, codes::ORIGIN_NOT_SHARED, 8, 0));
}

}  // namespace vcnode::test
