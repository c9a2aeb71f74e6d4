// Record maps: the exchange, its frames, and when it is given up.
#include "tests/unit/protocol/gossip/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// es dials a scripted peer that holds `log_size` statements; both are equal after a second.
struct Dialed {
  explicit Dialed(std::size_t log_size) : holder(net, "holder", "university") {
    holder.log.grow(log_size);
    net.add({.name = "es", .dials = {"holder"}});
    net.run_ms(2'000);
  }
  GossipNet net;
  Holder holder;
};

}  // namespace

TEST_CASE("the dialer compares maps as soon as the link is ready") {
  Dialed t(2);
  CHECK(t.holder.peer.received<wire::MapSummary>().size() == 1);
  const auto answers = t.holder.peer.received<wire::MapRecords>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].reply);
  CHECK(answers[0].last);
  CHECK(answers[0].records.empty());
  CHECK(t.net.replica("es", "university").size() == 2);
  const auto repairs = t.net.events_of<gossip::RepairDone>("es");
  REQUIRE(repairs.size() == 1);
  CHECK_FALSE(repairs[0].equal);
}

TEST_CASE("an equal summary is answered with a summary, and that with nothing") {
  Dialed t(2);
  t.holder.peer.frames.clear();
  wire::MapSummary equal{gossip::Engine::map_root({t.holder.log.record()}), 1, false};
  t.holder.peer.send(equal);
  t.net.run_ms(1'200);
  auto answers = t.holder.peer.received<wire::MapSummary>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].reply);
  CHECK(answers[0].root == equal.root);
  equal.reply = true;
  t.holder.peer.send(equal);
  t.net.run_ms(1'200);
  CHECK(t.holder.peer.received<wire::MapSummary>().size() == 1);
  CHECK(t.net.events_of<gossip::RepairDone>("es").back().equal);
}

TEST_CASE("an unequal summary is answered with records, those with records, and those with nothing") {
  Dialed t(2);
  t.holder.peer.frames.clear();
  t.holder.peer.send(wire::MapSummary{{}, 5, false});
  t.net.run_ms(1'200);
  auto answers = t.holder.peer.received<wire::MapRecords>();
  REQUIRE(answers.size() == 1);
  CHECK_FALSE(answers[0].reply);
  CHECK(answers[0].records == std::vector{t.holder.log.record()});
  t.holder.peer.send(wire::MapRecords{{}, true, true});
  t.net.run_ms(1'200);
  CHECK(t.holder.peer.received<wire::MapRecords>().size() == 1);
  t.holder.peer.send(wire::MapSummary{{}, 5, true});  // an answer that is late
  t.net.run_ms(1'200);
  CHECK(t.holder.peer.received<wire::MapRecords>().size() == 1);
}

TEST_CASE("maps are answered once a second, however often a peer asks") {
  Dialed t(2);
  t.holder.peer.frames.clear();
  for (int i = 0; i < 50; ++i) {
    t.holder.peer.send(wire::MapSummary{{}, 5, false});
    t.net.run_ms(100);
  }
  CHECK(t.holder.peer.received<wire::MapRecords>().size() <= 6);
  CHECK(t.holder.peer.received<wire::MapRecords>().size() >= 4);
}

TEST_CASE("repair comes round every 30 seconds, give or take five") {
  Dialed t(1);
  t.net.run_ms(600'000);
  const auto rounds = t.net.events_of<gossip::RepairDone>("es").size() - 1;
  CHECK(rounds >= 17);
  CHECK(rounds <= 24);
  CHECK(t.net.engine("es").counters().repairs == rounds + 1);
}

TEST_CASE("every peer gets its turn") {
  GossipNet net;
  for (const char* name : {"a", "b", "c", "d"}) net.add({.name = name});
  net.add({.name = "es", .dials = {"a", "b", "c", "d"}});
  net.run_ms(150'000);
  std::map<std::uint64_t, int> turns;
  for (const auto& repair : net.events_of<gossip::RepairDone>("es")) ++turns[repair.peer.value()];
  REQUIRE(turns.size() == 4);
  for (const auto& [peer, count] : turns) CHECK(count >= 2);
}

TEST_CASE("records of more feeds than fit into one frame come in pages") {
  GossipNet net;
  Holder holder(net, "holder", "university");
  holder.peer.origins.clear();
  for (int i = 0; i < 600; ++i) holder.peer.origins.push_back(net.issuer(concat("issuer ", i)).hash());
  net.add({.name = "ie"});
  // Six hundred empty feeds, accepted one by one.
  net.script_dials("holder", "ie");
  net.run_ms(400);
  for (int i = 0; i < 600; ++i) {
    NetIssuer& issuer = net.issuer(concat("issuer ", i));
    holder.peer.send(wire::HeadPush{issuer.hash(), issuer.head({}, net.wall()).note, 0, {}, {}});
    net.run_ms(20);
  }
  net.run_ms(1'000);
  REQUIRE(net.engine("ie").records().size() == 600);
  holder.peer.frames.clear();
  holder.peer.send(wire::MapSummary{});
  net.run_ms(400);
  const auto pages = holder.peer.received<wire::MapRecords>();
  REQUIRE(pages.size() == 2);
  CHECK(pages[0].records.size() == 512);
  CHECK_FALSE(pages[0].last);
  CHECK(pages[1].records.size() == 88);
  CHECK(pages[1].last);

  net.add({.name = "es", .dials = {"ie"}});
  CHECK(net.converge(10'000));
  CHECK(net.engine("es").records().size() == 600);
}

TEST_CASE("claims that come to nothing three times in a row are not followed up for an hour") {
  Dialed t(2);
  const auto offset = feed::reassert_offset(t.net.issuer("university").hash());
  const std::int64_t now = t.net.wall().seconds();
  // A time that would supersede, of a head that does not exist: nothing false can be shown about it.
  t.holder.record = t.holder.log.record();
  t.holder.record->time = Timestamp(now - (now - offset) % feed::kReassertPeriodSeconds);
  t.net.run_ms(140'000);
  const auto repairs = t.net.events_of<gossip::RepairDone>("es");
  const auto paused =
      std::find_if(repairs.begin(), repairs.end(), [](const auto& repair) { return repair.paused; });
  REQUIRE(paused != repairs.end());
  CHECK_CODE_NAMES(Result<void>(Failure{*paused->paused}), codes::REPAIR_PAUSED, "3 repairs in a row");
  CHECK_CODE_NAMES(Result<void>(Failure{*paused->paused}), codes::REPAIR_PAUSED, "3600 seconds");
  CHECK(t.net.engine("es").peers()[0].standing >= 0);
  t.holder.peer.frames.clear();
  t.net.run_ms(1'800'000);
  CHECK(t.holder.peer.received<wire::MapSummary>().empty());
  CHECK(t.holder.peer.received<wire::GetFeed>().empty());
  // It is still answered, and what it pushes is still taken.
  t.holder.peer.send(wire::MapSummary{});
  t.holder.log.grow(1);
  t.holder.push();
  t.net.run_ms(1'000);
  CHECK(t.holder.peer.received<wire::MapRecords>().size() == 1);
  CHECK(t.net.replica("es", "university").size() == 3);
  t.holder.record.reset();
  t.net.run_ms(1'900'000);
  CHECK_FALSE(t.holder.peer.received<wire::MapSummary>().empty());
}

TEST_CASE("a peer that loses frames is slow, not fruitless") {
  Dialed t(1);
  t.holder.log.grow(40);
  t.net.lose = [](const std::string&, const wire::Frame& frame) {
    return std::holds_alternative<wire::FeedPart>(frame);
  };
  t.net.run_ms(300'000);
  for (const auto& repair : t.net.events_of<gossip::RepairDone>("es")) CHECK_FALSE(repair.paused);
  t.net.lose = nullptr;
  t.net.run_ms(60'000);
  CHECK(t.net.replica("es", "university").size() == 41);
}
