// Whom an engine reconciles: the roots, and whom they sponsor while it runs.
#include "tests/support/net_history.h"
#include "tests/unit/protocol/gossip/fixtures.h"

namespace vcnode::test {
namespace {

using Names = std::vector<std::string>;

// ie hosts the root; es hosts others, which nobody else admits; de admits the root alone, and hears of them
// only through ie.
struct Sponsored {
  explicit Sponsored(std::uint64_t seed = 1, gossip::Limits limits = {}) : net(seed) {
    net.add({.name = "ie", .hosts = {"root"}, .admits = Names{"root"}, .sponsors = {"root"}});
    net.add({.name = "es",
             .dials = {"ie"},
             .hosts = {"b", "c", "d"},
             .admits = Names{"b", "c", "d", "root"},
             .sponsors = {"root"}});
    net.add({.name = "de", .dials = {"ie"}, .admits = Names{"root"}, .sponsors = {"root"}, .limits = limits});
    net.run_ms(1'500);
    for (const std::string name : {"b", "c", "d"}) net.publish_statement("es", name, "urn:first:" + name);
    net.run_ms(1'500);
  }
  feed::NewStatement sponsor(const std::string& node, const std::string& by, const std::string& whom,
                             std::uint64_t quota = 0) {
    return sponsor_did(node, by, net.issuer(whom).did.text(), quota);
  }
  feed::NewStatement sponsor_did(const std::string& node, const std::string& by, const std::string& did,
                                 std::uint64_t quota = 0) {
    return say(node, by, net.issuer(by).sponsorship(next_id(), did, quota, net.wall()));
  }
  void withdraw(const std::string& node, const std::string& by, const feed::NewStatement& ended) {
    say(node, by, net.issuer(by).withdrawal(next_id(), ended, net.wall()));
  }
  feed::NewStatement say(const std::string& node, const std::string& by, feed::NewStatement statement) {
    feed::Changes changes;
    changes.statements.push_back(statement);
    REQUIRE_OK(net.publish(node, by, changes));
    return statement;
  }
  [[nodiscard]] std::string next_id() { return concat("https://s.example/", ++numbers); }
  // Size of what `node` holds of it; nullopt: it has no place there.
  [[nodiscard]] std::optional<std::uint64_t> size_at(const std::string& node, const std::string& name) {
    const auto* replica = net.engine(node).replica(net.issuer(name).hash());
    return replica == nullptr ? std::nullopt : std::optional(replica->size());
  }
  [[nodiscard]] bool admits(const std::string& node, const std::string& name) {
    return net.engine(node).reconciles(net.issuer(name).did.text());
  }
  void nobody_is_accused() {
    for (const std::string node : {"ie", "es", "de"}) {
      CHECK(net.events_of<gossip::MisbehaviourSeen>(node).empty());
      for (const auto& done : net.events_of<gossip::RepairDone>(node)) CHECK_FALSE(done.paused.has_value());
      for (const auto& peer : net.engine(node).peers()) CHECK(peer.standing >= 0);
    }
  }

  GossipNet net;
  int numbers = 0;
};

}  // namespace

TEST_CASE("a sponsored issuer comes to peers that know its sponsor alone, and nobody else does") {
  Sponsored t;
  CHECK(t.size_at("de", "b") == std::nullopt);
  CHECK_FALSE(t.admits("de", "b"));
  t.sponsor("ie", "root", "b");
  t.net.run_ms(4'000);
  CHECK(t.size_at("ie", "b") == 1U);
  CHECK(t.size_at("de", "b") == 1U);  // ie has passed it on
  CHECK(t.size_at("de", "d") == std::nullopt);
  CHECK(t.size_at("ie", "d") == std::nullopt);
  const auto seated = t.net.events_of<gossip::AdmissionChanged>("de");
  REQUIRE(seated.size() == 1);
  CHECK(seated[0].admitted == Names{t.net.issuer("b").did.text()});
  const gossip::AdmissionView view = t.net.engine("de").admission();
  CHECK(view.reconciled == 2);
  const auto& b = view.set->at(t.net.issuer("b").did.text());
  CHECK_FALSE(b.root);
  CHECK(b.sponsors == std::set<std::string>{t.net.issuer("root").did.text()});
  // From now on it is like any other: pushes, bodies, repairs over an equal map.
  t.net.run_ms(1'000);
  t.net.publish_statement("es", "b", "urn:b:2");
  t.net.run_ms(1'000);
  CHECK(t.size_at("de", "b") == 2U);
  CHECK(t.net.engine("de").records() == t.net.engine("ie").records());
  t.net.run_ms(70'000);
  CHECK(t.net.events_of<gossip::RepairDone>("de").back().equal);
  t.nobody_is_accused();
}

TEST_CASE("a withdrawn Sponsorship keeps its issuer, and what it says goes on") {
  Sponsored t;
  const auto granted = t.sponsor("ie", "root", "b");
  t.net.run_ms(4'000);
  t.withdraw("ie", "root", granted);
  t.net.run_ms(2'000);
  t.net.publish_statement("es", "b", "urn:b:2");
  t.net.run_ms(2'000);
  CHECK(t.admits("de", "b"));
  CHECK(t.size_at("de", "b") == 2U);
}

TEST_CASE("who is sponsored sponsors others as far as its quota reaches, in leaf order") {
  Sponsored t;
  t.sponsor("ie", "root", "b", 2);
  t.sponsor("es", "b", "c", 1);  // costs all of it
  t.sponsor("es", "c", "b", 0);  // a cycle gives nobody more
  t.sponsor("es", "b", "d", 0);
  t.net.run_ms(8'000);
  CHECK(t.admits("de", "c"));
  CHECK_FALSE(t.admits("de", "d"));
  CHECK(t.net.engine("de").admission().set->at(t.net.issuer("c").did.text()).steps == 2);
  CHECK(t.size_at("de", "c") == 2U);
  // Several grants to one issuer count as the largest, and there is room for the next.
  t.sponsor("ie", "root", "b", 3);
  t.net.run_ms(8'000);
  CHECK(t.admits("de", "d"));
  CHECK(t.size_at("de", "d") == 1U);
  t.nobody_is_accused();
}

TEST_CASE("a cycle that no root reaches admits nobody, and neither does who sponsors itself") {
  Sponsored t;
  t.sponsor("es", "b", "c", 5);
  t.sponsor("es", "c", "b", 5);
  t.sponsor("es", "d", "d", 5);
  t.net.run_ms(5'000);
  CHECK(t.net.engine("ie").admission().reconciled == 1);
  CHECK(t.net.engine("es").admission().reconciled == 4);  // its own
}

TEST_CASE("who has not seen a Sponsorship yet is not at fault, nor who has, and they come to agree") {
  Sponsored t;
  t.net.faults.drop_percent = 15;
  t.net.faults.duplicate_percent = 10;
  t.net.faults.reorder = true;
  t.net.cut("ie", "de");
  t.net.run_ms(3'000);
  t.sponsor("ie", "root", "b");
  t.net.run_ms(5'000);
  CHECK(t.admits("ie", "b"));
  CHECK_FALSE(t.admits("de", "b"));
  t.net.heal();
  t.sponsor("ie", "root", "c");
  t.net.run_ms(600'000);
  CHECK(t.size_at("de", "b") == 1U);
  CHECK(t.size_at("de", "c") == 1U);
  t.net.faults = {};
  CHECK(
      t.net.run_until([&] { return t.net.engine("de").records() == t.net.engine("ie").records(); }, 60'000));
  t.nobody_is_accused();
}

TEST_CASE("names that were lost on their way are said again with the next comparison") {
  Sponsored t;
  t.net.run_ms(2'000);
  t.net.lose = [](const std::string&, const wire::Frame& frame) {
    return std::holds_alternative<wire::HelloOffer>(frame);
  };
  t.sponsor("ie", "root", "b");
  t.net.run_ms(3'000);
  CHECK(t.admits("de", "b"));
  CHECK(t.size_at("de", "b") == 0U);
  t.net.lose = nullptr;
  t.net.run_ms(80'000);
  CHECK(t.size_at("de", "b") == 1U);
  t.nobody_is_accused();
}

TEST_CASE("a node that starts again admits by what it holds, at once") {
  Sponsored t;
  t.sponsor("ie", "root", "b", 1);
  t.sponsor("es", "b", "c");
  t.net.run_ms(8'000);
  REQUIRE(t.size_at("de", "c") == 1U);
  t.net.cut("ie", "de");
  t.net.kill("de");
  const std::size_t before = t.net.events_of<gossip::FeedChanged>("de").size();
  t.net.restart("de");
  t.net.run_ms(10);
  CHECK(t.size_at("de", "b") == 2U);
  CHECK(t.size_at("de", "c") == 1U);
  CHECK(t.net.events_of<gossip::FeedChanged>("de").size() == before + 2);  // theirs are to be shown
  CHECK(t.net.events_of<gossip::AdmissionChanged>("de").back().admitted.size() == 2);
}

TEST_CASE("what a sponsor says beyond a fork admits nobody; who came by it stays as held") {
  Sponsored t;
  t.sponsor("ie", "root", "b");
  t.net.run_ms(4'000);
  REQUIRE(t.size_at("de", "b") == 1U);
  Holder thief(t.net, "thief", "root");
  thief.log.grow_bare(1);
  t.net.script_dials("thief", "de");
  t.net.run_ms(400);
  thief.push();
  t.net.run_ms(3'000);
  REQUIRE(t.net.engine("de").replica(t.net.issuer("root").hash())->contradicted());
  CHECK_FALSE(t.admits("de", "b"));
  CHECK(t.net.events_of<gossip::AdmissionChanged>("de").back().left == Names{t.net.issuer("b").did.text()});
  t.net.publish_statement("es", "b", "urn:b:2");
  t.net.run_ms(70'000);
  CHECK(t.size_at("ie", "b") == 2U);
  CHECK(t.size_at("de", "b") == 1U);  // nothing new of it
  CHECK(t.net.engine("de").records().size() == 1);
  t.nobody_is_accused();
}

TEST_CASE("beyond the limit an issuer is refused with a name and a number, and nobody loses its place") {
  gossip::Limits limits;
  limits.issuers_max = 2;
  Sponsored t(1, limits);
  t.sponsor("ie", "root", "b");
  t.net.run_ms(4'000);
  t.sponsor("ie", "root", "c");
  t.sponsor("ie", "root", "d");
  t.net.run_ms(4'000);
  CHECK(t.admits("de", "b"));
  CHECK_FALSE(t.admits("de", "c"));
  CHECK(t.size_at("ie", "d") == 1U);
  const gossip::AdmissionView view = t.net.engine("de").admission();
  CHECK(view.refused == 2);
  CHECK(view.limit == 2);
  CHECK(t.net.engine("de").counters().refusals_by_code.at("ADMISSION_FULL") == 2);
  const auto events = t.net.events_of<gossip::AdmissionChanged>("de");
  REQUIRE(events.back().refused.has_value());
  CHECK_CODE_NAMES(Result<void>(Failure{*events.back().refused}), codes::ADMISSION_FULL, "the limit is 2");
  t.nobody_is_accused();
}

TEST_CASE("a DID that can have no feed takes no place") {
  Sponsored t;
  t.sponsor_did("ie", "root", "did:web:college.example");
  t.sponsor_did("ie", "root", "did:webvh:no-scid:college.example");
  t.sponsor("ie", "root", "b");
  t.net.run_ms(4'000);
  CHECK(t.size_at("de", "b") == 1U);
  const gossip::AdmissionView view = t.net.engine("de").admission();
  CHECK(view.held == 2);
  CHECK(view.without_feed == 2);
}

TEST_CASE("a sponsored did:webvh issuer comes with its log, all epochs and what it sponsors") {
  GossipNet net;
  NetHistory university(net, "university");
  static_cast<void>(net.issuer("root"));
  const auto with_root = [](std::string name, Names dials) {
    return NodeSetup{.name = std::move(name),
                     .dials = std::move(dials),
                     .admits = Names{"root"},
                     .sponsors = {"root"},
                     .follows = Names{}};
  };
  NodeSetup ie = with_root("ie", {});
  ie.hosts = {"root"};
  net.add(ie);
  net.add({.name = "es",
           .dials = {"ie"},
           .hosts = {"university"},
           .admits = Names{"root"},
           .sponsors = {"root"}});
  net.add(with_root("de", {"ie"}));
  net.run_ms(1'500);
  university.begin("es");
  university.open_epoch("es");
  feed::Changes changes;
  changes.statements.push_back(
      net.issuer("root").sponsorship("https://s.example/1", university.did().text(), 5, net.wall()));
  REQUIRE_OK(net.publish("ie", "root", changes));
  net.run_ms(40'000);
  const auto view = net.engine("de").issuer(university.scid());
  REQUIRE(view.has_value());
  CHECK(view->sealed.size() == 1);
  REQUIRE(view->feed != nullptr);
  CHECK(view->feed->origin() == university.origin(2));
  CHECK(net.engine("de").records() == net.engine("ie").records());
  // From its store, in the order in which its peers need it.
  net.cut("ie", "de");
  net.kill("de");
  net.restart("de");
  net.run_ms(10);
  CHECK(net.engine("de").issuer(university.scid())->sealed.size() == 1);
  CHECK_FALSE(net.events_of<gossip::IssuerChanged>("de").empty());
}

TEST_CASE("a peer that changes its names all the time is compared with now and then") {
  GossipNet net;
  static_cast<void>(net.issuer("root"));
  net.add({.name = "ie", .admits = Names{"root"}});
  ScriptedPeer& odd = net.script("odd");
  net.script_dials("odd", "ie");
  net.run_ms(2'000);
  for (int i = 0; i < 40; ++i) {
    wire::HelloOffer offer = odd.offer;
    if (i % 2 == 0) offer.origins = {net.issuer("root").hash()};
    odd.send(offer);
    net.run_ms(100);
  }
  CHECK(odd.received<wire::MapSummary>().size() <= 2);
  CHECK(odd.received<wire::MapSummary>().size() >= 1);
  CHECK(odd.connected());
  CHECK(net.engine("ie").peers()[0].standing == 0);
}

}  // namespace vcnode::test
