// did:webvh issuers whose keys were stolen: who is moved, and who comes back.
#include <algorithm>

#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/unit/protocol/gossip/three_peers.h"

namespace vcnode::test {

TEST_CASE("a stolen feed key is survived by a new epoch, whoever held which branch") {
  Three t;
  t.university.say("ie", "urn:s:1");
  REQUIRE(t.net.converge(60'000));
  const auto honest = t.university.tree_at("ie");
  // The thief signs another log from the second leaf on, and shows it to at, which es cannot reach.
  t.net.cut("es", "at");
  std::vector<Bytes> leaves = t.net.archive("ie").leaves(t.university.origin(1).hash(), 0, 10).value();
  for (int i = 0; i < 3; ++i) leaves.push_back(feed::Leaf{"bare", concat(i), ""}.encode());
  leaves[1] = feed::Leaf{"bare", "forged", ""}.encode();
  merkle::Frontier tree;
  for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
  KeyPairSigner& stolen = t.university.feed_signer(1);
  const auto head =
      feed::sign_head(t.university.origin(1), {tree.size(), tree.root()}, t.net.wall(), stolen).value();
  t.net.add({.name = "victim"});
  for (const std::string target : {"victim", "at"}) {
    ScriptedPeer& thief = t.net.script("thief of " + target);
    thief.origins = {t.university.topic()};
    thief.on_frame = [&](const wire::Frame& frame) {
      const auto* get = std::get_if<wire::GetFeed>(&frame);
      if (get == nullptr) return;
      wire::FeedPart part{get->request, get->origin, head.note, get->first_index, {}};
      for (std::size_t i = get->first_index; i < leaves.size(); ++i) part.leaves.push_back(leaves[i]);
      thief.send(part);
    };
    t.net.script_dials("thief of " + target, target);
    t.net.run_ms(500);
    thief.send(wire::LogPart{0, t.university.topic(), {to_bytes(t.university.entry(0).text())}, true});
    thief.send(wire::HeadPush{t.university.origin(1).hash(), head.note, leaves.size(), {}, {}});
    t.net.run_ms(5'000);
    thief.hang_up();
  }
  CHECK(held(t.net, "victim", t.university).feed->size() == leaves.size());
  CHECK(held(t.net, "at", t.university).feed->contradicted());
  // The issuer opens a new epoch, sealed where it knows the log to be its own.
  t.university.open_epoch_at("ie", honest);
  t.university.say("ie", "urn:s:2");
  t.net.heal();
  t.net.add({.name = "late", .dials = {"at", "victim"}});
  CHECK(t.net.converge(300'000));
  for (const std::string node : {"ie", "es", "at", "late", "victim"}) {
    CAPTURE(node);
    const auto view = held(t.net, node, t.university);
    REQUIRE(view.feed != nullptr);
    CHECK(view.feed->origin() == t.university.origin(2));
    CHECK_FALSE(view.feed->contradicted());
    REQUIRE(view.sealed.size() == 1);
    CHECK(view.sealed[0].seal == honest);
  }
}

namespace {

// A thief of the feed key of epoch 1 signs another log that begins with `kept` leaves of the university's.
struct FeedThief {
  FeedThief(Three& t, std::size_t kept) : three(t) {
    const feed::Origin origin = t.university.origin(1);
    leaves = t.net.archive("ie").leaves(origin.hash(), 0, kept).value();
    for (int i = 0; i < 9; ++i) leaves.push_back(feed::Leaf{"bare", concat("stolen ", i), ""}.encode());
    merkle::Frontier tree;
    for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
    note = feed::sign_head(origin, {tree.size(), tree.root()}, t.net.wall(), t.university.feed_signer(1))
               .value()
               .note;
  }
  void show(const std::string& target) {
    GossipNet& net = three.net;
    const feed::OriginHash origin = three.university.origin(1).hash();
    ScriptedPeer& thief = net.script("feed thief of " + target);
    thief.origins = {three.university.topic()};
    thief.on_frame = [this, &thief](const wire::Frame& frame) {
      const auto* get = std::get_if<wire::GetFeed>(&frame);
      if (get == nullptr) return;
      wire::FeedPart part{get->request, get->origin, note, get->first_index, {}};
      for (std::size_t i = get->first_index; i < leaves.size(); ++i) part.leaves.push_back(leaves[i]);
      thief.send(part);
    };
    net.script_dials("feed thief of " + target, target);
    net.run_ms(500);
    thief.send(
        wire::LogPart{0, three.university.topic(), {to_bytes(three.university.entry(0).text())}, true});
    thief.send(wire::HeadPush{origin, note, leaves.size(), {}, {}});
    net.run_ms(5'000);
    thief.hang_up();
  }
  Three& three;
  std::vector<Bytes> leaves;
  std::string note;
};

}  // namespace

TEST_CASE("who was shown a thief's log thaws, also where keys were rotated between the theft and the seal") {
  for (const bool planned : {false, true}) {
    CAPTURE(planned);
    Three t;
    t.net.cut("es", "at");
    t.net.add({.name = "victim"});
    FeedThief thief(t, 1);
    thief.show("victim");  // holds the thief's log, knows no other
    t.university.rotate("ie", "urn:s:1");
    t.university.rotate("ie", "urn:s:2");
    thief.show("at");  // held the first leaf of the right one
    CHECK(held(t.net, "victim", t.university).feed->size() == thief.leaves.size());
    if (planned)
      t.university.open_epoch("ie");
    else
      t.university.open_epoch_at("ie", t.university.tree_at("ie"));
    t.university.rotate("ie", "urn:s:3");
    t.net.heal();
    t.net.add({.name = "late", .dials = {"at", "victim", "ie"}});
    CHECK(t.net.converge(300'000));
    for (const std::string node : {"ie", "es", "at", "late", "victim"}) {
      CAPTURE(node);
      const auto view = held(t.net, node, t.university);
      REQUIRE(view.feed != nullptr);
      CHECK(view.feed->origin() == t.university.origin(2));
      CHECK_FALSE(view.feed->contradicted());
      CHECK(view.history->versions.size() == 5);
      CHECK(t.net.events_of<gossip::MisbehaviourSeen>(node).empty());
      const auto records = t.net.engine(node).records();
      t.net.run_ms(1'000);
      t.net.restart(node);  // and what is on the disk says the same
      CHECK(t.net.engine(node).records() == records);
    }
  }
}

namespace {

// An update key was stolen: `rival` opens epoch 2 in its own way, and one node is told.
void show_rival(Three& t, NetHistory& rival) {
  const auto entry = rival.author_epoch({0, merkle::empty_root()});
  ScriptedPeer& peer = t.net.script("thief");
  peer.origins = {t.university.topic()};
  t.net.script_dials("thief", "es");
  t.net.run_ms(500);
  peer.send(wire::LogPart{0, t.university.topic(), {to_bytes(entry.text())}, true});
  t.net.run_ms(1'000);
}

}  // namespace

TEST_CASE("a stolen update key moves nobody once the old feed has closed the epoch") {
  Three t;
  NetHistory rival = t.university;
  t.university.open_epoch("ie");
  REQUIRE(t.net.converge(60'000));
  show_rival(t, rival);
  CHECK(t.net.converge(120'000));
  t.check_all_at(2, 2);
  CHECK(held(t.net, "at", t.university).entries->size() == 3);
  t.net.add({.name = "late", .dials = {"at"}});
  CHECK(t.net.converge(120'000));
  CHECK(held(t.net, "late", t.university).history->versions.back().state.version_id().text() ==
        t.university.version_id());
}

TEST_CASE("a spent update key moves nobody, neither who was there nor who comes later") {
  Three t;
  NetHistory rival = t.university;
  t.university.rotate("ie", "urn:s:1");
  REQUIRE(t.net.converge(60'000));
  show_rival(t, rival);
  CHECK(t.net.converge(120'000));
  t.check_all_at(1, 2);
  CHECK(held(t.net, "at", t.university).entries->size() == 3);
  t.net.add({.name = "late", .dials = {"at"}});
  CHECK(t.net.converge(120'000));
  CHECK(held(t.net, "late", t.university).history->versions.back().state.version_id().text() ==
        t.university.version_id());
}

namespace {

// What a thief of a spent update key shows to whoever knows nothing else: an epoch of his own.
void show_rival_epoch(Three& t, NetHistory& rival, const std::string& target) {
  const auto opener = rival.author_epoch({0, merkle::empty_root()});
  ScriptedPeer& thief = t.net.script("rival");
  thief.origins = {t.university.topic()};
  t.net.script_dials("rival", target);
  t.net.run_ms(500);
  thief.send(wire::LogPart{
      0, t.university.topic(), {to_bytes(t.university.entry(0).text()), to_bytes(opener.text())}, true});
  t.net.run_ms(500);
  // Two logs of that epoch, so that it is frozen.
  const feed::Origin origin = rival.origin(2);
  for (const std::string name : {"one", "two"}) {
    const Bytes leaf = feed::Leaf{"bare", name, ""}.encode();
    const merkle::TreeHead tree{1, merkle::leaf_hash(leaf)};
    const auto head = feed::sign_head(origin, tree, t.net.wall(), rival.feed_signer(2)).value();
    thief.send(wire::HeadPush{origin.hash(), head.note, 0, {leaf}, {}});
    t.net.run_ms(1'000);
  }
  thief.hang_up();
}

}  // namespace

TEST_CASE("who was captured by a spent update key comes back, and forgets the thief's epoch") {
  Three t;
  t.net.add({.name = "captured"});
  NetHistory rival = t.university;
  rival.take_keys(200);
  t.university.rotate("ie", "urn:s:1");
  REQUIRE(t.net.converge(60'000) == false);  // captured has no peers yet
  show_rival_epoch(t, rival, "captured");
  REQUIRE(held(t.net, "captured", t.university).feed->origin() == t.university.origin(2));
  CHECK(held(t.net, "captured", t.university).feed->contradicted());
  t.net.add({.name = "late", .dials = {"captured", "es"}});
  CHECK(t.net.converge(300'000));
  t.university.open_epoch("ie");  // the right epoch 2, under another key
  t.university.say("ie", "urn:s:2");
  CHECK(t.net.converge(300'000));
  for (const std::string node : {"ie", "es", "at", "late", "captured"}) {
    CAPTURE(node);
    t.net.run_ms(1'000);
    if (node != "ie") t.net.restart(node);
    const auto view = held(t.net, node, t.university);
    CHECK(view.history->versions.back().state.version_id().text() == t.university.version_id());
    CHECK(view.feed->origin() == t.university.origin(2));
    CHECK_FALSE(view.feed->contradicted());
    CHECK(t.net.events_of<gossip::MisbehaviourSeen>(node).empty());
  }
}

namespace {

// Says that it holds `log`, and answers every question for the leaves of epoch 1 with `leaves`.
struct OtherLog {
  OtherLog(Three& t, std::vector<issuer::EntryBody> log, std::vector<Bytes> leaves) {
    const feed::Origin origin = t.university.origin(1);
    merkle::Frontier tree;
    for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
    const std::string note =
        feed::sign_head(origin, {tree.size(), tree.root()}, t.net.wall(), t.university.feed_signer(1))
            .value()
            .note;
    ScriptedPeer& peer = t.net.script("other");
    peer.origins = {t.university.topic()};
    peer.on_frame = [this, &t, &peer, log, leaves, note, origin](const wire::Frame& frame) {
      if (const auto* get = std::get_if<wire::GetFeed>(&frame)) {
        asked += get->origin == origin.hash() && get->first_index == 0 ? 1 : 0;
        peer.send(wire::FeedPart{get->request, get->origin, note, get->first_index,
                                 get->first_index == 0 ? leaves : std::vector<Bytes>()});
      }
      if (const auto* ping = std::get_if<wire::Ping>(&frame))
        peer.send(wire::Pong{ping->nonce, t.net.wall()});
      if (const auto* get = std::get_if<wire::GetLog>(&frame)) {
        wire::LogPart part{get->request, get->topic, {}, true};
        for (const issuer::EntryBody& body : log) part.entries.push_back(to_bytes(body.text()));
        peer.send(part);
      }
      if (const auto* map = std::get_if<wire::MapSummary>(&frame); map != nullptr && !map->reply)
        peer.send(wire::MapRecords{{{peer.origins[0], log.size(), sha256(as_bytes("other")), Timestamp()}}});
    };
    t.net.script_dials("other", "es");
    t.net.run_ms(3'600'000);
  }
  std::size_t asked = 0;
};

}  // namespace

TEST_CASE("a log that changes nothing is tried ever more rarely") {
  // The entry beside the one that opened epoch 2 has no leaf in it.
  Three t;
  NetHistory rival = t.university;
  const std::vector<issuer::EntryBody> log = {rival.entry(0), rival.author_rotation()};
  t.university.open_epoch_at("ie", t.university.tree_at("ie"));
  REQUIRE(t.net.converge(60'000));
  auto leaves = t.net.archive("ie").leaves(t.university.origin(1).hash(), 0, 1).value();
  leaves.push_back(feed::Leaf{"bare", "nothing", ""}.encode());
  const OtherLog other(t, log, leaves);
  CHECK(other.asked >= 1);
  CHECK(other.asked <= 10);
  CHECK(held(t.net, "es", t.university).feed->origin() == t.university.origin(2));
  CHECK(held(t.net, "es", t.university).history->versions.size() == 2);
}

TEST_CASE("a stolen feed key and a spent update key move nobody who holds the right log") {
  Three t;
  NetHistory rival = t.university;
  const std::vector<issuer::EntryBody> log = {rival.entry(0), rival.author_rotation()};
  t.university.rotate("ie", "urn:s:1");
  t.university.open_epoch_at("ie", t.university.tree_at("ie"));
  REQUIRE(t.net.converge(60'000));
  auto leaves = t.net.archive("ie").leaves(t.university.origin(1).hash(), 0, 1).value();
  leaves.push_back(gossip::closing_leaf(*vcnode::webvh::VersionId::parse(rival.version_id())));
  const OtherLog other(t, log, leaves);
  CHECK(other.asked == 0);
  t.check_all_at(2, 3);
}

TEST_CASE("a store takes in so many entries that do not count, and no more") {
  Three t;
  REQUIRE(t.net.converge(60'000));
  std::vector<std::pair<std::string, Bytes>> rivals;  // each opens epoch 2 in a way of its own
  for (std::uint64_t i = 1; i <= 300; ++i) {
    NetHistory rival = t.university;
    const auto entry = rival.author_epoch({i, sha256(as_bytes(concat(i)))});
    rivals.emplace_back(rival.version_id(), to_bytes(entry.text()));
  }
  std::sort(rivals.rbegin(), rivals.rend());  // so that each takes the place of one before it
  ScriptedPeer& thief = t.net.script("thief");
  thief.origins = {t.university.topic()};
  t.net.script_dials("thief", "at");
  t.net.run_ms(500);
  for (const auto& [version, body] : rivals) {
    thief.send(wire::LogPart{0, t.university.topic(), {body}, true});
    t.net.run_ms(100);
  }
  for (const std::string node : {"ie", "es", "at"}) {
    CAPTURE(node);
    CHECK(held(t.net, node, t.university).entries->size() == 3);
    CHECK(held(t.net, node, t.university).history->dispute.has_value());
    const std::size_t stored = t.net.archive(node).entries(t.university.scid()).value().size();
    CHECK(stored > 200);
    CHECK(stored <= 2 + 256);
  }
  t.net.restart("at");  // it stays bounded, and the smallest are had again
  CHECK(t.net.converge(120'000));
  CHECK(held(t.net, "at", t.university).entries->size() == 3);
  CHECK(t.net.archive("at").entries(t.university.scid()).value().size() <= 2 + 256);
}

TEST_CASE("two ways to open an epoch that nothing closed are a dispute at everybody") {
  Three t;
  NetHistory rival = t.university;
  t.university.open_epoch_at("ie", t.university.tree_at("ie"));
  REQUIRE(t.net.converge(60'000));
  show_rival(t, rival);
  CHECK(t.net.converge(120'000));
  for (const std::string node : {"ie", "es", "at"}) {
    const auto view = held(t.net, node, t.university);
    CHECK(view.history->dispute.has_value());
    CHECK(view.feed->origin() == t.university.origin(1));
    CHECK(t.net.events_of<gossip::MisbehaviourSeen>(node).empty());
  }
  CHECK_FALSE(t.net.engine("ie").may_sign(t.university.origin(2).hash()));
}

}  // namespace vcnode::test
