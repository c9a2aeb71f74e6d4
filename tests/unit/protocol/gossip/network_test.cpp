// What a network of engines does when nobody misbehaves.
#include "tests/unit/protocol/gossip/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

const std::string kList = "https://issuer.example/status-lists/1";

feed::Changes new_list() {
  feed::Changes changes;
  changes.new_lists.push_back({kList, status::Purpose::revocation, status::kListEntriesMin});
  return changes;
}
feed::Changes revoke(std::uint64_t index) {
  feed::Changes changes;
  changes.status.push_back({kList, status::StatusIndex(index), true});
  return changes;
}
bool revoked_at(GossipNet& net, const std::string& node, std::uint64_t index) {
  const auto snapshot = net.replica(node, "university").snapshot();
  const auto list = snapshot->status_lists.find(kList);
  return list != snapshot->status_lists.end() && list->second.list &&
         list->second.list->bitmap.get(status::StatusIndex(index)).value();
}

// ie hosts; es and de know it and each other.
void three_nodes(GossipNet& net) {
  net.add({.name = "ie", .hosts = {"university"}});
  net.add({.name = "es", .dials = {"ie"}});
  net.add({.name = "de", .dials = {"ie", "es"}});
  net.run_ms(1'000);
}
void nobody_is_accused(const GossipNet& net) {
  for (const SeenEvent& seen : net.events()) {
    const auto* accused = std::get_if<gossip::MisbehaviourSeen>(&seen.event);
    CHECK_MESSAGE(accused == nullptr, seen.node, ": ", accused == nullptr ? "" : accused->reason.message);
  }
}

}  // namespace

TEST_CASE("what is published at one node is held by its peers within a second") {
  GossipNet net;
  three_nodes(net);
  CHECK(net.ready_peers("ie") == 2);
  CHECK(net.ready_peers("de") == 2);
  REQUIRE_OK(net.publish("ie", "university", new_list()));
  CHECK(net.converge(1'000));
  CHECK_FALSE(revoked_at(net, "de", 94'567));
  net.run_ms(1'000);
  REQUIRE_OK(net.publish("ie", "university", revoke(94'567)));
  CHECK(net.converge(1'000));
  CHECK(revoked_at(net, "de", 94'567));
  CHECK(net.engine("es").records() == net.engine("ie").records());
  nobody_is_accused(net);
}

TEST_CASE("a head is shown as pending before its leaves are held, and never relied on") {
  GossipNet net;
  three_nodes(net);
  net.publish_statement("ie", "university", "urn:s:1");
  REQUIRE(net.converge(1'000));
  net.lose = [](const std::string&, const wire::Frame& frame) {
    return std::holds_alternative<wire::FeedPart>(frame);
  };
  net.run_ms(1'000);
  net.publish_statement("ie", "university", "urn:s:2");
  net.run_ms(1'000);
  const auto snapshot = net.replica("de", "university").snapshot();
  CHECK(snapshot->head.tree.size == 2);  // inline: one small leaf

  feed::Changes many;
  for (int i = 0; i < 30; ++i)  // too many to travel inline
    many.statements.push_back(net.issuer("university").statement(concat("urn:m:", i), net.wall()));
  REQUIRE_OK(net.publish("ie", "university", many));
  net.run_ms(1'000);
  const auto waiting = net.replica("de", "university").snapshot();
  CHECK(waiting->head.tree.size == 2);
  REQUIRE(waiting->pending);
  CHECK(waiting->pending->tree.size == 32);
  CHECK(net.engine("de").counters().heads_pending == 1);
  net.lose = nullptr;
  CHECK(net.converge(60'000));
  CHECK_FALSE(net.replica("de", "university").snapshot()->pending);
  CHECK(net.engine("de").counters().heads_pending == 0);
  nobody_is_accused(net);
}

TEST_CASE("a partition heals: what was missed arrives by the hello's exchange") {
  GossipNet net;
  three_nodes(net);
  net.publish_statement("ie", "university", "urn:s:1");
  REQUIRE(net.converge(1'000));
  net.cut("ie", "de");
  net.cut("es", "de");
  net.run_ms(1'000);
  CHECK_CODE_NAMES(refused(net, "de", codes::PEER_LOST), codes::PEER_LOST, "the link failed");
  net.publish_statement("ie", "university", "urn:s:2");
  net.run_ms(100'000);
  CHECK(net.replica("de", "university").size() == 1);
  net.heal();
  CHECK(net.converge(70'000));
  CHECK(net.replica("de", "university").size() == 2);
  nobody_is_accused(net);
}

TEST_CASE("a push that is lost is made up for by repair") {
  GossipNet net;
  three_nodes(net);
  net.lose = [](const std::string&, const wire::Frame& frame) {
    return std::holds_alternative<wire::HeadPush>(frame);
  };
  net.publish_statement("ie", "university", "urn:s:1");
  net.run_ms(2'000);
  CHECK_FALSE(net.replica("es", "university").head());
  CHECK(net.converge(80'000));
  CHECK(net.engine("es").counters().repairs_unequal > 0);
  nobody_is_accused(net);
}

TEST_CASE("a late joiner gets whole feeds, page by page and body by body") {
  GossipNet net;
  three_nodes(net);
  feed::Changes many;
  for (int i = 0; i < 600; ++i)
    many.statements.push_back(net.issuer("university").statement(concat("urn:s:", i), net.wall()));
  REQUIRE_OK(net.publish("ie", "university", many));
  REQUIRE(net.converge(10'000));
  net.kill("ie");
  net.add({.name = "fr", .dials = {"es"}});
  CHECK(net.converge(10'000));
  CHECK(net.replica("fr", "university").size() == 600);
  CHECK(net.replica("fr", "university").missing().empty());
  nobody_is_accused(net);
}

TEST_CASE("a restarted node goes on from what it stored, and catches up") {
  GossipNet net;
  three_nodes(net);
  net.publish_statement("ie", "university", "urn:s:1");
  REQUIRE(net.converge(1'000));
  net.kill("de");
  net.run_ms(1'000);
  net.publish_statement("ie", "university", "urn:s:2");
  net.run_ms(1'000);
  net.restart("de");
  CHECK(net.replica("de", "university").size() == 1);
  CHECK(net.converge(5'000));
  CHECK(net.replica("de", "university").size() == 2);
  CHECK(net.replica("de", "university").missing().empty());
  nobody_is_accused(net);
}

TEST_CASE("feeds that only one of two peers admits stay with it") {
  GossipNet net;
  static_cast<void>(net.issuer("university"));
  static_cast<void>(net.issuer("college"));
  net.add({.name = "ie", .hosts = {"university", "college"}});
  net.add({.name = "es", .dials = {"ie"}, .admits = std::vector<std::string>{"university"}});
  net.run_ms(1'000);
  net.publish_statement("ie", "college", "urn:c:1");
  net.publish_statement("ie", "university", "urn:u:1");
  net.run_ms(60'000);
  CHECK(net.engine("ie").records().size() == 2);
  CHECK(net.engine("es").records().size() == 1);
  CHECK(net.engine("es").replica(net.issuer("college").hash()) == nullptr);
  // Over what they share they are equal, and both know it.
  const auto repairs = net.events_of<gossip::RepairDone>("es");
  REQUIRE_FALSE(repairs.empty());
  CHECK(repairs.back().equal);
  nobody_is_accused(net);
}

TEST_CASE("a re-asserted head spreads without leaves, and every node keeps the same one") {
  GossipNet net;
  three_nodes(net);
  NetIssuer& university = net.issuer("university");
  net.publish_statement("ie", "university", "urn:s:1");
  REQUIRE(net.converge(1'000));
  Holder holder(net, "holder", "university");
  holder.log.leaves = net.archive("ie").leaves(university.hash(), 0, 10).value();
  const std::int64_t now = net.wall().seconds();
  const std::int64_t offset = feed::reassert_offset(university.hash());
  const Timestamp aligned(now - (now - offset) % feed::kReassertPeriodSeconds);
  holder.log.sign(aligned);
  net.script_dials("holder", "de");
  net.run_ms(200);
  holder.push();
  net.run_ms(2'000);
  CHECK(net.engine("ie").records() == net.engine("es").records());
  CHECK(net.replica("ie", "university").head()->time == aligned);
  CHECK(net.replica("ie", "university").head()->note == net.replica("es", "university").head()->note);
  // An older time that does not supersede it is nothing to talk about.
  holder.log.sign(aligned.plus_seconds(-7));
  holder.push();
  net.run_ms(2'000);
  CHECK(net.replica("de", "university").head()->time == aligned);
  nobody_is_accused(net);
}

TEST_CASE("a configured peer that cannot be reached is dialed for ever, ever less often, and then found") {
  GossipNet net;
  net.add({.name = "es", .dials = {"ie"}});
  net.run_ms(600'000);
  const auto status = net.engine("es").peers();
  REQUIRE(status.size() == 1);
  CHECK(status[0].state == gossip::PeerState::waiting);
  CHECK(status[0].last_error.find("DIAL_FAILED: wss://ie/peer cannot be reached") == 0);
  record_code(codes::DIAL_FAILED.slug);
  const auto tries = net.engine("es").counters().refusals_by_code.at("DIAL_FAILED");
  CHECK(tries >= 15);  // seven doublings and then one a minute
  CHECK(tries <= 30);
  net.add({.name = "ie"});
  net.run_ms(61'000);
  CHECK(net.ready_peers("es") == 1);
}

TEST_CASE("one seed gives one trace, another seed another") {
  const auto trace = [](std::uint64_t seed) {
    GossipNet net(seed);
    net.faults.drop_percent = 10;
    net.faults.reorder = true;
    three_nodes(net);
    if (net.engine("ie").may_sign(net.issuer("university").hash()))
      net.publish_statement("ie", "university", "urn:s:1");
    net.run_ms(60'000);
    return net.trace();
  };
  CHECK(trace(7) == trace(7));
  CHECK(trace(7) != trace(8));
}
