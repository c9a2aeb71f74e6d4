// Peers that lie about feeds or keep things back, with and without an honest peer beside them.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/verify.h"
#include "tests/unit/protocol/gossip/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// es alone with a holder of the university's log of `size` statements, which has said nothing yet.
struct AloneWithHolder {
  explicit AloneWithHolder(std::size_t log_size, const gossip::Limits& limits = {})
      : holder(net, "holder", "university") {
    net.add({.name = "es", .limits = limits});
    holder.log.grow(log_size);
    net.script_dials("holder", "es");
    net.run_ms(400);
    REQUIRE(net.ready_peers("es") == 1);
  }
  [[nodiscard]] int standing() { return net.engine("es").peers()[0].standing; }
  [[nodiscard]] std::uint64_t size() { return net.replica("es", "university").size(); }
  GossipNet net;
  Holder holder;
};

// What a verifier at `node` would be told about a credential in the issuer's list: a value, or why its status
// is not known to be clear.
Result<void> why_not_clear(GossipNet& net, const std::string& node, const std::string& issuer) {
  const NetIssuer& by = net.issuer(issuer);
  const nlohmann::json document = {
      {"@context", {credential::kContextV2}},
      {"type", {"VerifiableCredential"}},
      {"issuer", by.did.text()},
      {"validFrom", net.wall().to_string()},
      {"credentialSubject", {{"id", "did:example:subject"}}},
      {"credentialStatus", status::status_entry_json({status::Purpose::revocation, "https://issuer.example/1",
                                                      status::StatusIndex(7)})}};
  credential::ProofOptions options;
  options.verification_method = by.method;
  options.created = net.wall();
  const auto text = credential::add_proof(document, options, net.issuer(issuer).signer).value().dump();
  verify::SnapshotView view;
  view.put(net.replica(node, issuer).snapshot());
  const auto verdict = verify::verify_credential(text, view, {}, net.wall()).value();
  for (const verify::Check& check : verdict.checks) {
    if (check.check != verify::CheckName::status) continue;
    if (check.result == verify::CheckResult::pass) return {};
    return Failure{Error{check.code, check.detail}};
  }
  return Failure{Error{codes::STATUS_LIST_UNKNOWN, "the status was not looked at"}};
}

}  // namespace

TEST_CASE("an honest holder's log is taken, and earns standing") {
  AloneWithHolder t(30);
  t.holder.push();
  t.net.run_ms(1'000);
  CHECK(t.size() == 30);
  CHECK(t.net.replica("es", "university").missing().empty());
  CHECK(t.standing() == 1);
}

TEST_CASE("a record that is larger than any head its owner can show is a lie") {
  AloneWithHolder t(3);
  t.holder.record = t.holder.log.record();
  t.holder.record->size = 100;
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK_CODE_NAMES(accused(t.net, "es", codes::RECORD_FALSE), codes::RECORD_FALSE, "size 100");
  CHECK_CODE_NAMES(accused(t.net, "es", codes::RECORD_FALSE), codes::RECORD_FALSE, "showed one of size 3");
  CHECK(t.standing() == -32);
  CHECK_FALSE(t.net.replica("es", "university").head());

  AloneWithHolder empty(3);
  empty.holder.bend = [](wire::FeedPart& part) {
    part = {part.request, part.origin, {}, part.first_index, {}};
  };
  empty.holder.claim();
  empty.net.run_ms(1'000);
  CHECK_CODE_NAMES(accused(empty.net, "es", codes::RECORD_FALSE), codes::RECORD_FALSE,
                   "showed one of size 0");
}

TEST_CASE("a record with another root than the head shown is a lie") {
  AloneWithHolder t(3);
  t.holder.record = t.holder.log.record();
  t.holder.record->root.data()[0] ^= 1;
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK_CODE(accused(t.net, "es", codes::RECORD_FALSE), codes::RECORD_FALSE);
}

TEST_CASE("a liar about heads is not followed up for an hour, and closed when it goes on") {
  AloneWithHolder t(3);
  t.holder.record = t.holder.log.record();
  t.holder.record->size = 100;
  for (int i = 0; i < 5; ++i) {
    t.holder.claim();
    t.net.run_ms(1'000);
  }
  CHECK(t.standing() == -96);
  const auto repairs = t.net.events_of<gossip::RepairDone>("es");
  REQUIRE(repairs.size() == 5);
  REQUIRE(repairs[3].paused);  // the fourth exchange sees what came of three
  CHECK_CODE_NAMES(Result<void>(Failure{*repairs[3].paused}), codes::REPAIR_PAUSED, "3 repairs in a row");
  wire::HeadPush push = t.holder.log.push();
  push.note += "x";
  t.holder.peer.send(push);
  t.net.run_ms(1'000);
  CHECK_CODE(refused(t.net, "es", codes::PEER_STANDING), codes::PEER_STANDING);
  CHECK(t.net.engine("es").records().empty());
  CHECK(t.net.engine("es").counters().heads_pending == 0);
}

TEST_CASE("a note that is none, of another key or another feed costs standing") {
  AloneWithHolder t(1);
  wire::HeadPush push = t.holder.log.push();
  push.note = "not a note";
  t.holder.peer.send(push);
  t.net.run_ms(200);
  CHECK_CODE(accused(t.net, "es", codes::NOTE_MALFORMED), codes::NOTE_MALFORMED);
  CHECK(t.standing() == -32);

  Log other(t.net, "college");
  other.grow(1);
  push.note = other.head.note;  // of another feed
  t.holder.peer.send(push);
  t.net.run_ms(200);
  CHECK_CODE(accused(t.net, "es", codes::HEAD_INVALID), codes::HEAD_INVALID);
  CHECK(t.standing() == -64);

  push.note = t.holder.log.head.note;
  const std::size_t signature = push.note.rfind(' ') + 20;
  push.note[signature] = push.note[signature] == 'A' ? 'B' : 'A';
  t.holder.peer.send(push);
  t.net.run_ms(200);
  CHECK_CODE(accused(t.net, "es", codes::HEAD_INVALID), codes::HEAD_INVALID);
  CHECK(t.standing() == -96);
  CHECK_FALSE(t.net.replica("es", "university").head());
}

TEST_CASE("a false note in an answer costs standing too") {
  AloneWithHolder t(3);
  t.holder.bend = [](wire::FeedPart& part) { part.note += "x"; };
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK(t.standing() == -32);
  CHECK(t.size() == 0);
}

TEST_CASE("leaves that do not lead to the head are the sender's doing") {
  AloneWithHolder t(3);
  t.holder.bend = [](wire::FeedPart& part) {
    if (!part.leaves.empty()) part.leaves[0] = feed::Leaf{"bare", "other", ""}.encode();
  };
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK_CODE_NAMES(accused(t.net, "es", codes::HEAD_ROOT_MISMATCH), codes::HEAD_ROOT_MISMATCH,
                   "log of size 3");
  CHECK(t.standing() == -32);
  CHECK(t.net.engine("es").counters().heads_pending == 1);
  CHECK_FALSE(t.net.replica("es", "university").contradicted());
}

TEST_CASE("leaves that do not continue our log are the sender's doing unless the whole log shows otherwise") {
  AloneWithHolder t(3);
  t.holder.push();
  t.net.run_ms(1'000);
  REQUIRE(t.size() == 3);
  t.holder.log.grow(30);
  int asked_from_start = 0;
  t.holder.bend = [&](wire::FeedPart& part) {
    if (part.first_index == 0) ++asked_from_start;
    part.leaves.back() = feed::Leaf{"bare", "other", ""}.encode();
  };
  t.holder.push();
  t.net.run_ms(1'000);
  CHECK(asked_from_start == 1);  // the audit
  CHECK_CODE(accused(t.net, "es", codes::HEAD_ROOT_MISMATCH), codes::HEAD_ROOT_MISMATCH);
  CHECK_FALSE(t.net.replica("es", "university").contradicted());
  CHECK(t.size() == 3);
  // Honest again, it is believed again.
  t.holder.bend = nullptr;
  t.net.run_ms(60'000);
  CHECK(t.size() == 33);
}

TEST_CASE("a leaf in a form no honest node accepts is the sender's doing") {
  AloneWithHolder t(1);
  t.holder.log.leaves.push_back(to_bytes("{ }"));
  t.holder.log.sign(t.net.wall());
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK_CODE(accused(t.net, "es", codes::LEAF_MALFORMED), codes::LEAF_MALFORMED);
}

TEST_CASE("an answer to another question costs standing") {
  AloneWithHolder t(3);
  t.holder.bend = [](wire::FeedPart& part) { part.first_index = 1; };
  t.holder.claim();
  t.net.run_ms(1'000);
  CHECK_CODE_NAMES(accused(t.net, "es", codes::ANSWER_MISMATCH), codes::ANSWER_MISMATCH,
                   "from 0 with leaves from 1");

  AloneWithHolder bodies(30);
  bodies.holder.bend_bodies = [](wire::Bodies& answer) { answer.bodies.push_back({1, 2, 3}); };
  bodies.holder.push();
  bodies.net.run_ms(1'000);
  CHECK_CODE_NAMES(accused(bodies.net, "es", codes::ANSWER_MISMATCH), codes::ANSWER_MISMATCH,
                   "with 1 bodies");
  CHECK(bodies.size() == 30);  // what did match is not lost
  CHECK(bodies.net.replica("es", "university").missing().empty());
}

TEST_CASE("answers nobody asked for, or that come twice or late, are nothing") {
  AloneWithHolder t(3);
  t.holder.peer.send(wire::FeedPart{99, t.net.issuer("university").hash(), "x", 0, {}});
  t.holder.peer.send(wire::Bodies{98, {{1}}, {}});
  t.holder.peer.send(wire::Refusal{97, "NO", 0, ""});
  t.holder.peer.send(wire::Pong{5});
  t.holder.peer.send(t.holder.peer.offer);
  t.holder.peer.send(wire::HelloProof{});
  t.net.run_ms(500);
  CHECK(t.standing() == 0);
  CHECK(t.net.ready_peers("es") == 1);
}

TEST_CASE("a head shown without its leaves stays pending, costs standing, and is had from an honest peer") {
  GossipNet net;
  net.add({.name = "ie", .hosts = {"university"}});
  net.add({.name = "es", .dials = {"ie"}});
  net.run_ms(1'000);
  feed::Changes many;
  for (int i = 0; i < 30; ++i)
    many.statements.push_back(net.issuer("university").statement(concat("urn:s:", i), net.wall()));
  net.cut("ie", "es");
  net.run_ms(100);
  REQUIRE_OK(net.publish("ie", "university", many));
  net.run_ms(100);
  Holder holder(net, "holder", "university");
  holder.log.leaves = net.archive("ie").leaves(net.issuer("university").hash(), 0, 100).value();
  holder.log.sign(net.wall());
  holder.log.head = *net.replica("ie", "university").head();
  holder.bend = [](wire::FeedPart& part) { part.leaves.clear(); };
  net.script_dials("holder", "es");
  net.run_ms(400);
  holder.push();
  net.run_ms(1'000);
  CHECK_CODE_NAMES(accused(net, "es", codes::LEAVES_WITHHELD), codes::LEAVES_WITHHELD,
                   "none of the 30 leaves");
  CHECK(net.engine("es").counters().heads_pending == 1);
  CHECK(net.engine("es").records().empty());
  net.heal();
  CHECK(net.converge(61'000));
  CHECK(net.replica("es", "university").size() == 30);
  CHECK(net.engine("es").counters().heads_pending == 0);
}

TEST_CASE("a peer that does not answer is left for one that does") {
  GossipNet net;
  net.add({.name = "ie", .hosts = {"university"}});
  net.add({.name = "es", .dials = {"ie"}});
  net.run_ms(1'000);
  Holder holder(net, "holder", "university");
  holder.serves_leaves = false;
  net.script_dials("holder", "es");
  net.run_ms(400);
  feed::Changes many;
  for (int i = 0; i < 30; ++i)
    many.statements.push_back(net.issuer("university").statement(concat("urn:s:", i), net.wall()));
  net.lose = [](const std::string& from, const wire::Frame& frame) {
    return from == "ie" && std::holds_alternative<wire::HeadPush>(frame);
  };
  REQUIRE_OK(net.publish("ie", "university", many));
  net.run_ms(100);
  holder.log.head = *net.replica("ie", "university").head();
  holder.push();
  net.run_ms(14'000);
  CHECK_FALSE(net.replica("es", "university").head());
  net.run_ms(2'000);
  CHECK_CODE_NAMES(delayed(net, "es", codes::REQUEST_TIMEOUT), codes::REQUEST_TIMEOUT, "within 15000 ms");
  CHECK(net.replica("es", "university").size() == 30);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("es").empty());  // silence is no lie
}

TEST_CASE("when a peer vanishes, what it was asked for is asked of others at once") {
  GossipNet net;
  Holder mute(net, "mute", "university"), good(net, "good", "university");
  net.add({.name = "es"});
  net.script_dials("mute", "es");
  net.script_dials("good", "es");
  net.run_ms(400);
  mute.log.grow(30);
  good.log.branch_from(mute.log, 30);
  good.log.head = mute.log.head;
  mute.serves_leaves = false;
  mute.push();
  net.run_ms(500);
  CHECK(mute.peer.received<wire::GetFeed>().size() == 1);
  mute.peer.hang_up();
  net.run_ms(500);
  CHECK(net.replica("es", "university").size() == 30);

  // The same for bodies: the head does not wait for the time-out.
  net.script_dials("mute", "es");
  net.run_ms(400);
  mute.log.grow(30);
  mute.serves_leaves = true;
  mute.serves_bodies = false;
  mute.push();
  net.run_ms(500);
  CHECK(net.replica("es", "university").size() == 30);
  good.log.branch_from(mute.log, 60);
  mute.peer.hang_up();
  net.run_ms(500);
  CHECK(net.replica("es", "university").size() == 60);
  CHECK(net.replica("es", "university").missing().empty());
}

TEST_CASE("a peer that refuses is left for one that does not, or asked again at the next repair") {
  AloneWithHolder t(3);
  t.holder.serves_leaves = false;
  t.holder.peer.on_frame = [&](const wire::Frame& frame) {
    if (const auto* get = std::get_if<wire::GetFeed>(&frame))
      t.holder.peer.send(wire::Refusal{get->request, "STORE_FAILED", 0, "the disk is broken"});
  };
  t.holder.push();
  t.net.run_ms(1'000);
  CHECK_CODE_NAMES(delayed(t.net, "es", codes::REQUEST_REFUSED), codes::REQUEST_REFUSED,
                   "STORE_FAILED: the disk is broken");
  CHECK(t.standing() == 0);
  CHECK(t.net.engine("es").counters().heads_pending == 1);
}

TEST_CASE("a head whose bodies are kept back is accepted; they are asked of others and at every repair") {
  GossipNet net;
  net.add({.name = "ie", .hosts = {"university"}});
  net.add({.name = "es", .dials = {"ie"}});
  net.run_ms(1'000);
  feed::Changes list;
  list.new_lists.push_back(
      {"https://issuer.example/1", status::Purpose::revocation, status::kListEntriesMin});
  net.cut("ie", "es");
  net.run_ms(100);
  const auto publication = net.publish("ie", "university", list);
  REQUIRE_OK(publication);
  Holder holder(net, "holder", "university");
  holder.log.leaves = publication->leaves;
  holder.log.head = publication->head;  // and no body
  net.script_dials("holder", "es");
  net.run_ms(400);
  holder.push();
  net.run_ms(2'000);
  const auto snapshot = net.replica("es", "university").snapshot();
  CHECK(snapshot->head.tree.size == 1);
  REQUIRE(snapshot->missing_bodies.size() == 1);
  CHECK(snapshot->missing_bodies.front() == sha256(publication->bodies.at(0)));
  CHECK(snapshot->status_lists.begin()->second.body == feed::BodyState::missing);
  CHECK(net.events_of<gossip::MisbehaviourSeen>("es").empty());
  CHECK_CODE_NAMES(why_not_clear(net, "es", "university"), codes::BODY_MISSING, "https://issuer.example/1");

  net.heal();
  CHECK(net.converge(61'000));  // the records do not differ: nothing but the body is asked for
  CHECK(net.replica("es", "university").snapshot()->status_lists.begin()->second.body ==
        feed::BodyState::held);
  CHECK(why_not_clear(net, "es", "university"));
}

TEST_CASE("a body asked for in vain everywhere is asked for again at the next repair") {
  AloneWithHolder t(30);
  t.holder.serves_bodies = false;
  t.holder.push();
  t.net.run_ms(20'000);
  CHECK(t.size() == 30);
  CHECK(t.net.replica("es", "university").missing().size() == 30);
  CHECK_CODE_NAMES(delayed(t.net, "es", codes::REQUEST_TIMEOUT), codes::REQUEST_TIMEOUT, "within 15000 ms");
  t.holder.serves_bodies = true;
  CHECK(t.net.run_until([&] { return t.net.replica("es", "university").missing().empty(); }, 75'000));
  CHECK(t.standing() >= 0);
}

TEST_CASE("a body that matches its digest and is bad is the issuer's doing") {
  AloneWithHolder t(1);
  const Bytes nonsense = to_bytes("not a status list");
  const std::string uri = "https://issuer.example/1";
  t.holder.log.leaves.push_back(
      feed::Leaf{"status", uri + "#1", hex_encode(sha256(nonsense).view())}.encode());
  t.holder.log.bodies.push_back(nonsense);
  t.holder.log.sign(t.net.wall());
  t.holder.push();
  t.net.run_ms(1'000);
  const auto snapshot = t.net.replica("es", "university").snapshot();
  REQUIRE(snapshot->status_lists.contains(uri));
  CHECK(snapshot->status_lists.at(uri).body == feed::BodyState::bad);
  CHECK(t.standing() == 1);
}

TEST_CASE("bodies that do not fit into one frame are asked for again until all are there") {
  AloneWithHolder t(1);
  for (int i = 0; i < 4; ++i) {
    const Bytes large(600'000, static_cast<std::uint8_t>('a' + i));
    const std::string key = concat("https://issuer.example/", i, "#1");
    t.holder.log.leaves.push_back(feed::Leaf{"status", key, hex_encode(sha256(large).view())}.encode());
    t.holder.log.bodies.push_back(large);
  }
  t.holder.log.sign(t.net.wall());
  t.holder.bend_bodies = [](wire::Bodies& answer) { answer.bodies.resize(1); };
  t.holder.push();
  t.net.run_ms(2'000);
  CHECK(t.size() == 5);
  CHECK(t.net.replica("es", "university").missing().empty());
  CHECK(t.holder.peer.received<wire::GetBodies>().size() == 5);

  t.net.add({.name = "fr", .dials = {"es"}});  // now the engine is the one to serve them
  t.net.run_ms(5'000);
  CHECK(t.net.replica("fr", "university").size() == 5);
  CHECK(t.net.replica("fr", "university").missing().empty());
  CHECK(t.net.events_of<gossip::MisbehaviourSeen>("fr").empty());
}

TEST_CASE("leaves that need more memory than is set aside are not taken, and nobody is to blame") {
  gossip::Limits limits;
  limits.pull_bytes_max = 50'000;
  AloneWithHolder t(1, limits);
  t.holder.log.grow_bare(1'000);
  t.holder.push();
  t.net.run_ms(5'000);
  CHECK_CODE_NAMES(delayed(t.net, "es", codes::PULL_TOO_LARGE), codes::PULL_TOO_LARGE,
                   "50000 bytes set aside");
  CHECK(t.standing() == 0);
  CHECK(t.size() == 0);
  // It is tried again, but ever less often.
  t.net.run_ms(3'600'000);
  const auto tries = t.net.engine("es").counters().refusals_by_code.at("PULL_TOO_LARGE");
  CHECK(tries >= 4);
  CHECK(tries <= 8);
}

TEST_CASE("a stale head is answered with ours") {
  AloneWithHolder t(2);
  const auto stale = t.holder.log.push();
  t.holder.log.grow(1);
  t.holder.push();
  t.net.run_ms(1'000);
  REQUIRE(t.size() == 3);
  t.holder.peer.frames.clear();
  t.holder.peer.send(stale);
  t.net.run_ms(1'000);
  const auto pushes = t.holder.peer.received<wire::HeadPush>();
  REQUIRE(pushes.size() == 1);
  CHECK(pushes[0].note == t.holder.log.head.note);
  // The same head again is answered with nothing.
  t.holder.push();
  t.net.run_ms(1'000);
  CHECK(t.holder.peer.received<wire::HeadPush>().size() == 1);
  CHECK(t.standing() == 1);
}

TEST_CASE("what was accepted is not echoed to where it came from, nor sent twice to who has it") {
  GossipNet net;
  Holder first(net, "first", "university"), second(net, "second", "university");
  net.add({.name = "es"});
  net.script_dials("first", "es");
  net.script_dials("second", "es");
  net.run_ms(400);
  first.log.grow(2);
  first.push();
  net.run_ms(1'000);
  CHECK(first.peer.received<wire::HeadPush>().empty());
  CHECK(second.peer.received<wire::HeadPush>().size() == 1);
  CHECK(net.engine("es").counters().pushes_sent == 1);
}
