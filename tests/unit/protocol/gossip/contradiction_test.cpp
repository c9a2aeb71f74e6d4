// Issuers that contradict themselves, and heads from the future: what freezes, what waits, who is to blame.
#include <algorithm>

#include "crypto/base/limits.h"
#include "tests/unit/protocol/gossip/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// es holds the first three leaves of a log, from a holder that goes on on another branch.
struct TwoBranches {
  TwoBranches() : holder(net, "holder", "university"), other(net, "other", "university") {
    net.add({.name = "es"});
    holder.log.grow(3);
    other.log.branch_from(holder.log, 2);
    net.script_dials("holder", "es");
    net.script_dials("other", "es");
    net.run_ms(400);
    holder.push();
    net.run_ms(1'000);
    REQUIRE(net.replica("es", "university").size() == 3);
  }
  void check_frozen() {
    CHECK_CODE_NAMES(delayed(net, "es", codes::FEED_CONTRADICTED), codes::FEED_CONTRADICTED, "of size 3");
    CHECK(net.replica("es", "university").contradicted());
    CHECK(net.replica("es", "university").snapshot()->contradicted);
    CHECK(net.events_of<gossip::FeedChanged>("es").back().snapshot->contradicted);
    CHECK(net.events_of<gossip::MisbehaviourSeen>("es").empty());
    // Frozen: not even the branch it is on grows.
    holder.log.grow(1);
    holder.push();
    net.run_ms(60'000);
    CHECK(net.replica("es", "university").size() == 3);
    CHECK(net.engine("es").counters().heads_pending == 0);
    for (const auto& peer : net.engine("es").peers()) CHECK(peer.standing >= 0);
    // What is held is still served.
    other.peer.send(wire::GetFeed{1, net.issuer("university").hash(), 0});
    net.run_ms(200);
    CHECK(other.peer.received<wire::FeedPart>().back().leaves.size() == 3);
    // And it stays so when the node is started again and nobody shows the other branch any more.
    net.kill("es");
    net.restart("es");
    net.run_ms(1'000);
    CHECK(net.replica("es", "university").contradicted());
    CHECK(net.replica("es", "university").size() == 3);
  }
  GossipNet net;
  Holder holder, other;
};

}  // namespace

TEST_CASE("another head of the same size freezes the feed, and its bringer is not to blame") {
  TwoBranches t;
  t.other.log.grow(1, "other");
  t.other.push();
  t.net.run_ms(1'000);
  t.check_frozen();
}

TEST_CASE("a record of the same size and another root is asked for, and freezes the feed") {
  TwoBranches t;
  t.other.log.grow(1, "other");
  t.other.claim();
  t.net.run_ms(1'000);
  t.check_frozen();
}

TEST_CASE("a larger head on another branch freezes the feed once the whole log has shown it") {
  TwoBranches t;
  t.other.log.grow(40, "other");
  t.other.push();
  t.net.run_ms(2'000);
  t.check_frozen();
}

TEST_CASE("an audit that nobody answered blames nobody and is begun again") {
  TwoBranches t;
  t.other.log.grow(40, "other");
  t.other.bend = [&](const wire::FeedPart&) { t.other.serves_leaves = false; };  // after this answer
  t.other.push();
  t.net.run_ms(1'000);
  const auto asked = t.other.peer.received<wire::GetFeed>();
  REQUIRE(asked.size() == 2);
  CHECK(asked.back().first_index == 0);
  t.net.run_ms(20'000);
  t.other.bend = nullptr;
  t.other.serves_leaves = true;
  t.other.claim();
  t.net.run_ms(2'000);
  t.check_frozen();
}

TEST_CASE("two larger heads of one size freeze the feed before any leaf is seen") {
  TwoBranches t;
  Log third(t.net, "university");
  third.branch_from(t.holder.log, 3);
  t.other.log.grow(40, "other");
  third.grow_bare(39);
  REQUIRE(third.leaves.size() == t.other.log.leaves.size());
  t.other.serves_leaves = false;
  t.other.push();
  t.net.run_ms(200);
  CHECK_FALSE(t.net.replica("es", "university").contradicted());
  t.other.peer.send(third.push());
  t.net.run_ms(200);
  t.check_frozen();
}

TEST_CASE("a log that passes a pending head without its root freezes the feed") {
  TwoBranches t;
  t.other.log.grow(40, "other");
  t.other.serves_leaves = false;
  t.other.push();
  t.net.run_ms(200);
  t.holder.log.grow(60);
  t.holder.push();
  t.net.run_ms(16'000);
  t.check_frozen();
}

TEST_CASE("two branches at two nodes: neither takes the other's, and neither blames the other for ever") {
  GossipNet net;
  Holder left(net, "left", "university"), right(net, "right", "university");
  net.add({.name = "es"});
  net.add({.name = "de"});
  left.log.grow(2);
  right.log.branch_from(left.log, 1);
  right.log.grow(1, "other");
  net.script_dials("left", "es");
  net.script_dials("right", "de");
  net.run_ms(400);
  left.push();
  right.push();
  net.run_ms(1'000);
  net.add({.name = "fr", .dials = {"es", "de"}});
  net.run_ms(1'000);
  CHECK(net.replica("fr", "university").contradicted());
  net.add({.name = "it", .dials = {"es"}});
  net.run_ms(400);
  net.cut("it", "nobody");
  CHECK(net.replica("it", "university").size() == 2);
  net.run_ms(300'000);
  for (const char* node : {"es", "de", "fr", "it"}) {
    CHECK(net.events_of<gossip::MisbehaviourSeen>(node).empty());
    for (const auto& repair : net.events_of<gossip::RepairDone>(node)) CHECK_FALSE(repair.paused);
  }
}

TEST_CASE("a head from the future is held back without blame, and taken when its time has come") {
  GossipNet net;
  Holder holder(net, "holder", "university");
  net.add({.name = "es"});
  net.script_dials("holder", "es");
  net.run_ms(400);
  holder.log.grow(2);
  holder.log.sign(net.wall().plus_seconds(limits::kClockSkewSecondsMax + 100));
  holder.push();
  net.run_ms(1'000);
  CHECK_CODE_NAMES(delayed(net, "es", codes::HEAD_IN_FUTURE), codes::HEAD_IN_FUTURE, "the limit is 300");
  CHECK_FALSE(net.replica("es", "university").head());
  CHECK(net.engine("es").counters().heads_pending == 1);
  net.run_ms(90'000);
  CHECK_FALSE(net.replica("es", "university").head());
  CHECK(net.events_of<gossip::FeedDelayed>("es").size() == 1);
  net.run_ms(15'000);
  CHECK(net.replica("es", "university").size() == 2);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("es").empty());

  // Within the limit clocks may differ.
  holder.log.grow(1);
  holder.log.sign(net.wall().plus_seconds(limits::kClockSkewSecondsMax - 5));
  holder.push();
  net.run_ms(1'000);
  CHECK(net.replica("es", "university").size() == 3);
}

TEST_CASE("a newer time from the future waits too, and a record of one is not even asked for") {
  GossipNet net;
  Holder holder(net, "holder", "university");
  net.add({.name = "es"});
  net.script_dials("holder", "es");
  net.run_ms(400);
  holder.log.grow(2);
  holder.push();
  net.run_ms(1'000);
  const auto offset = feed::reassert_offset(net.issuer("university").hash());
  const std::int64_t soon = net.wall().seconds() + limits::kClockSkewSecondsMax + 60;
  const std::int64_t past = ((soon - offset) % feed::kReassertPeriodSeconds + feed::kReassertPeriodSeconds) %
                            feed::kReassertPeriodSeconds;
  const Timestamp aligned(soon - past + feed::kReassertPeriodSeconds);
  holder.log.sign(aligned);
  holder.peer.frames.clear();
  holder.claim();
  net.run_ms(1'000);
  CHECK(holder.peer.received<wire::GetFeed>().empty());
  holder.push();
  net.run_ms(1'000);
  CHECK_CODE(delayed(net, "es", codes::HEAD_IN_FUTURE), codes::HEAD_IN_FUTURE);
  CHECK(net.replica("es", "university").head()->time < aligned);
  CHECK(net.engine("es").counters().heads_pending == 0);
  net.run_ms((aligned.seconds() - net.wall().seconds() - limits::kClockSkewSecondsMax + 2) * 1'000);
  CHECK(net.replica("es", "university").head()->time == aligned);
}

TEST_CASE("a head dated ahead is held back too when it comes as an answer, without blame") {
  TwoBranches t;
  t.holder.log.grow(1);
  t.holder.record = t.holder.log.record();  // of a time that has come
  const Timestamp ahead = t.net.wall().plus_seconds(limits::kClockSkewSecondsMax + 60);
  t.holder.log.sign(ahead);
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK_CODE(delayed(t.net, "es", codes::HEAD_IN_FUTURE), codes::HEAD_IN_FUTURE);
  CHECK(t.net.replica("es", "university").size() == 3);
  CHECK(t.net.events_of<gossip::MisbehaviourSeen>("es").empty());
  t.net.run_ms(300'000);  // whose time has come; the next comparisons bring it
  CHECK(t.net.replica("es", "university").size() == 4);
  CHECK(t.net.replica("es", "university").head()->time == ahead);
}

TEST_CASE("a newer time of a record is asked for and taken") {
  TwoBranches t;
  const auto offset = feed::reassert_offset(t.net.issuer("university").hash());
  const std::int64_t period = feed::kReassertPeriodSeconds;
  const std::int64_t now = t.net.wall().seconds();
  const Timestamp aligned(now + period - ((now - offset) % period + period) % period);
  t.net.run_ms((aligned.seconds() - now + 1) * 1'000);
  t.holder.log.sign(aligned);
  t.holder.peer.frames.clear();
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK(t.holder.peer.received<wire::GetFeed>().size() == 1);
  CHECK(t.net.replica("es", "university").head()->time == aligned);
  CHECK(t.net.events_of<gossip::MisbehaviourSeen>("es").empty());
}

TEST_CASE("a push that begins with leaves already held is taken as it is") {
  TwoBranches t;
  t.holder.log.grow(1);
  t.holder.peer.frames.clear();
  auto push = t.holder.log.push();
  push.first_index = 1;
  push.leaves.assign(t.holder.log.leaves.begin() + 1, t.holder.log.leaves.end());
  t.holder.peer.send(push);
  t.net.run_ms(1'000);
  CHECK(t.net.replica("es", "university").size() == 4);
  CHECK(t.holder.peer.received<wire::GetFeed>().empty());
}

TEST_CASE("who asks for a body that is not held is told which") {
  TwoBranches t;
  const Sha256Digest nobodys = sha256(as_bytes("nobody's"));
  std::vector<Sha256Digest> wanted = {sha256(t.holder.log.bodies.front()), nobodys};
  std::sort(wanted.begin(), wanted.end());
  t.other.peer.send(wire::GetBodies{5, wanted});
  t.net.run_ms(200);
  const auto answers = t.other.peer.received<wire::Bodies>();
  REQUIRE(answers.size() == 1);
  CHECK(answers.front().bodies == std::vector<Bytes>{t.holder.log.bodies.front()});
  CHECK(answers.front().not_held == std::vector<Sha256Digest>{nobodys});
}
