// Durable before visible: what the engine does around its store, and when the store fails.
#include "storage/codes.h"
#include "tests/unit/protocol/gossip/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

struct TwoNodes {
  TwoNodes() {
    net.add({.name = "ie", .hosts = {"university"}});
    net.add({.name = "es", .dials = {"ie"}});
    net.run_ms(1'000);
  }
  GossipNet net;
};

}  // namespace

TEST_CASE("a head is not accepted before it is durable") {
  TwoNodes t;
  t.net.persist_ms = 500;
  t.net.publish_statement("ie", "university", "urn:s:1");
  t.net.run_ms(300);
  CHECK_FALSE(t.net.replica("es", "university").head());
  CHECK(t.net.engine("es").records().empty());
  t.net.run_ms(500);
  CHECK(t.net.replica("es", "university").size() == 1);
  CHECK(t.net.archive("es").leaf_count(t.net.issuer("university").hash()).value() == 1);
}

TEST_CASE("a store that fails leaves the head pending; it is asked for again, ever less often") {
  TwoNodes t;
  t.net.store_fails = true;
  t.net.publish_statement("ie", "university", "urn:s:1");
  t.net.run_ms(1'000);
  CHECK_CODE_NAMES(delayed(t.net, "es", codes::STORE_FAILED), codes::STORE_FAILED, "disk is broken");
  CHECK_FALSE(t.net.replica("es", "university").head());
  CHECK(t.net.engine("es").counters().heads_pending == 1);
  t.net.run_ms(600'000);
  const auto tries = t.net.engine("es").counters().refusals_by_code.at("STORE_FAILED");
  CHECK(tries >= 4);
  CHECK(tries <= 6);
  t.net.store_fails = false;
  CHECK(t.net.converge(1'000'000));
  CHECK(t.net.engine("es").counters().heads_pending == 0);
  CHECK(t.net.events_of<gossip::MisbehaviourSeen>("es").empty());
}

TEST_CASE("when the back-off ends the source is asked again, repair or not") {
  TwoNodes t;
  t.net.lose = [](const std::string&, const wire::Frame& frame) {
    return std::holds_alternative<wire::MapSummary>(frame);
  };
  t.net.store_fails = true;
  t.net.publish_statement("ie", "university", "urn:s:1");
  t.net.run_ms(1'000);
  t.net.store_fails = false;
  t.net.run_ms(28'000);
  CHECK_FALSE(t.net.replica("es", "university").head());
  t.net.run_ms(2'000);
  CHECK(t.net.replica("es", "university").size() == 1);
}

TEST_CASE("a crash between the store's work and its answer loses nothing and doubles nothing") {
  TwoNodes t;
  t.net.publish_statement("ie", "university", "urn:s:1");
  REQUIRE(t.net.converge(1'000));
  t.net.publish_statement("ie", "university", "urn:s:2");
  const std::size_t before = t.net.journal_size("es");
  REQUIRE(t.net.run_until([&] { return t.net.journal_size("es") > before; }, 1'000));
  t.net.restart("es");
  CHECK(t.net.replica("es", "university").size() == 2);
  CHECK(t.net.converge(5'000));
  // And a crash before: it is asked for again.
  t.net.persist_ms = 1'000;
  t.net.publish_statement("ie", "university", "urn:s:3");
  t.net.run_ms(500);
  t.net.restart("es");
  CHECK(t.net.replica("es", "university").size() == 2);
  CHECK(t.net.converge(10'000));
  CHECK(t.net.replica("es", "university").size() == 3);
}

TEST_CASE("an older backup catches up from peers") {
  TwoNodes t;
  for (int i = 0; i < 5; ++i) {
    t.net.publish_statement("ie", "university", concat("urn:s:", i));
    t.net.run_ms(2'000);
  }
  REQUIRE(t.net.journal_size("es") == 5);
  t.net.restart("es", 2);
  CHECK(t.net.replica("es", "university").size() == 2);
  CHECK(t.net.converge(5'000));
  CHECK(t.net.replica("es", "university").size() == 5);
}

TEST_CASE("heads of one feed that arrive while another is being stored wait their turn") {
  TwoNodes t;
  t.net.persist_ms = 3'000;
  for (int i = 0; i < 4; ++i) {
    t.net.publish_statement("ie", "university", concat("urn:s:", i));
    t.net.run_ms(1'000);
  }
  CHECK(t.net.converge(20'000));
  CHECK(t.net.replica("es", "university").size() == 4);
  CHECK(t.net.events_of<gossip::MisbehaviourSeen>("es").empty());
}

TEST_CASE("a peer that vanishes while its head is verified or stored changes nothing for that head") {
  GossipNet net;
  Holder holder(net, "holder", "university");
  net.add({.name = "es"});
  net.verify_ms = net.persist_ms = 500;
  net.script_dials("holder", "es");
  net.run_ms(400);
  holder.log.grow_bare(1);
  wire::HeadPush push = holder.log.push();
  push.first_index = 0;
  push.leaves = holder.log.leaves;
  holder.peer.send(push);
  net.run_ms(700);  // verified, being stored
  holder.peer.hang_up();
  net.run_ms(2'000);
  CHECK(net.replica("es", "university").size() == 1);

  net.script_dials("holder", "es");
  net.run_ms(400);
  holder.log.grow_bare(1);
  holder.push();
  net.run_ms(100);  // being verified
  holder.peer.hang_up();
  net.run_ms(2'000);
  CHECK(net.engine("es").counters().heads_pending == 1);
  net.script_dials("holder", "es");
  net.run_ms(60'000);
  CHECK(net.replica("es", "university").size() == 2);
}
