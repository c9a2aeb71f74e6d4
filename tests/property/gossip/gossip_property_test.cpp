// Honest peers on a bad network: whatever is lost, repeated, reordered, cut off or restarted, in the end all
// records are equal and nobody was blamed.
#include <set>
#include <sstream>

#include "crypto/hash.h"
#include "crypto/multikey.h"
#include "tests/property/gossip/names.h"
#include "tests/support/gossip_net.h"
#include "tests/support/property.h"

using namespace vcnode;
using test::GossipNet;
using test::node_name;

namespace {

enum class Act {
  publish,
  publish_many,
  revoke,
  wait,
  cut,
  heal,
  drop_link,
  restart,
  break_disks,
  mend_disks
};

struct Step {
  Act act = Act::wait;
  unsigned node = 0;   // modulo the number of nodes
  unsigned other = 0;  // likewise, and what else the act needs
};

struct Plan {
  std::uint64_t seed = 0;
  unsigned nodes = 2;
  unsigned issuers = 1;
  std::set<std::pair<unsigned, unsigned>> dials;  // besides a chain that connects everybody
  test::Faults faults;
  std::vector<Step> steps;
};

std::string text_of(const Plan& plan) {
  std::ostringstream out;
  out << "seed " << plan.seed << ", " << plan.nodes << " nodes, " << plan.issuers << " issuers, dials";
  for (const auto& [from, to] : plan.dials) out << ' ' << from << '>' << to;
  out << ", drop " << plan.faults.drop_percent << " %, duplicate " << plan.faults.duplicate_percent
      << " %, reorder " << plan.faults.reorder << ", up to " << plan.faults.latency_ms_max << " ms, steps";
  for (const Step& step : plan.steps)
    out << " {" << static_cast<int>(step.act) << ' ' << step.node << ' ' << step.other << '}';
  return std::move(out).str();
}

std::string issuer_of(unsigned node) {
  return concat("issuer ", node);
}
std::string list_of(unsigned node) {
  return concat("https://issuer.example/", node);
}

rc::Gen<Step> any_step() {
  return rc::gen::apply(
      [](int act, unsigned node, unsigned other) {
        return Step{static_cast<Act>(act), node, other};
      },
      rc::gen::weightedOneOf<int>({{6, rc::gen::inRange(0, 3)},
                                   {6, rc::gen::just(3)},
                                   {5, rc::gen::inRange(4, 8)},
                                   {1, rc::gen::inRange(8, 10)}}),
      rc::gen::inRange(0u, 5u), rc::gen::inRange(0u, 100u));
}

Plan any_plan() {
  Plan plan;
  plan.seed = *rc::gen::arbitrary<std::uint64_t>();
  plan.nodes = *rc::gen::inRange(2u, 6u);
  plan.issuers = *rc::gen::inRange(1u, plan.nodes + 1);
  plan.dials = *rc::gen::container<std::set<std::pair<unsigned, unsigned>>>(
      rc::gen::pair(rc::gen::inRange(0u, plan.nodes), rc::gen::inRange(0u, plan.nodes)));
  plan.faults.drop_percent = *rc::gen::inRange(0u, 40u);
  plan.faults.duplicate_percent = *rc::gen::inRange(0u, 40u);
  plan.faults.reorder = *rc::gen::arbitrary<bool>();
  plan.faults.latency_ms_max = *rc::gen::inRange<std::int64_t>(10, 2'000);
  plan.steps = *rc::gen::container<std::vector<Step>>(any_step());
  return plan;
}

class Run {
 public:
  explicit Run(const Plan& plan) : plan_(plan), net(plan.seed) {
    for (unsigned i = 0; i < plan.issuers; ++i) static_cast<void>(net.issuer(issuer_of(i)));
    for (unsigned i = 0; i < plan.nodes; ++i) {
      test::NodeSetup setup;
      setup.name = node_name(i);
      if (i > 0) setup.dials.push_back(node_name(i - 1));
      for (const auto& [from, to] : plan.dials)
        if (from == i && to != i) setup.dials.push_back(node_name(to));
      if (i < plan.issuers) setup.hosts = {issuer_of(i)};
      setup.clock_seconds = static_cast<std::int64_t>(i) * 7 - 10;
      net.add(std::move(setup));
    }
  }

  void play() {
    net.run_ms(1'000);
    net.faults = plan_.faults;
    for (const Step& step : plan_.steps) take(step);
    net.faults = {};
    net.store_fails = false;
    net.heal();
  }

  const Plan& plan_;
  GossipNet net;

 private:
  void take(const Step& step) {
    const unsigned node = step.node % plan_.nodes;
    const std::string other = node_name(step.other % plan_.nodes);
    switch (step.act) {
      case Act::publish:
        publish(node, 1 + step.other % 2);
        break;
      case Act::publish_many:
        publish(node, 20 + step.other / 2);
        break;
      case Act::revoke:
        revoke(node, step.other);
        break;
      case Act::wait:
        net.run_ms(static_cast<std::int64_t>(step.other) * step.other * 10);
        break;
      case Act::cut:
        net.cut(node_name(node), other);
        break;
      case Act::heal:
        net.heal();
        break;
      case Act::drop_link:
        net.drop_links(node_name(node), other);
        break;
      case Act::restart:
        net.restart(node_name(node));
        break;
      case Act::break_disks:
        net.store_fails = true;
        break;
      case Act::mend_disks:
        net.store_fails = false;
        break;
    }
    net.run_ms(1'000);
  }
  // What may not be signed now (the start check) is not published.
  void publish(unsigned node, unsigned count) {
    if (node >= plan_.issuers) return;
    feed::Changes changes;
    for (unsigned i = 0; i < count; ++i)
      changes.statements.push_back(
          net.issuer(issuer_of(node))
              .statement(concat("urn:s:", net.now_ms(), ":", i), net.wall(node_name(node))));
    static_cast<void>(net.publish(node_name(node), issuer_of(node), changes));
  }
  void revoke(unsigned node, unsigned index) {
    if (node >= plan_.issuers) return;
    feed::Changes changes;
    const auto& replica = net.replica(node_name(node), issuer_of(node));
    if (replica.status_leaf_counts().empty())
      changes.new_lists.push_back({list_of(node), status::Purpose::revocation, status::kListEntriesMin});
    else
      changes.status.push_back({list_of(node), status::StatusIndex(index), true});
    static_cast<void>(net.publish(node_name(node), issuer_of(node), changes));
  }
};

void check_nobody_blamed(const GossipNet& net, const Plan& plan) {
  for (const test::SeenEvent& seen : net.events()) {
    if (const auto* accused = std::get_if<gossip::MisbehaviourSeen>(&seen.event))
      RC_FAIL(concat(seen.node, " accused an honest peer: ", accused->reason.message));
    if (const auto* delayed = std::get_if<gossip::FeedDelayed>(&seen.event))
      RC_ASSERT(delayed->reason.code.slug() != "FEED_CONTRADICTED");
  }
  for (unsigned i = 0; i < plan.nodes; ++i)
    for (const auto& peer : net.engine(node_name(i)).peers()) RC_ASSERT(peer.standing >= 0);
}

}  // namespace

TEST_CASE("honest peers") {
  CHECK_PROPERTY("after any loss, repetition and reordering of frames, all records become equal", [] {
    const Plan plan = any_plan();
    RC_LOG(text_of(plan));
    Run run(plan);
    run.play();
    const bool equal = run.net.converge(3'600'000);
    if (!equal)
      for (unsigned i = 0; i < plan.nodes; ++i)
        RC_LOG(concat(node_name(i), " holds ", run.net.engine(node_name(i)).records().size(),
                      " records and has ", run.net.ready_peers(node_name(i)), " peers"));
    RC_ASSERT(equal);
    check_nobody_blamed(run.net, plan);
  });
}

namespace {

// Connects to both honest nodes under ever new keys and sends what it heard, made up or spoiled.
class Mallory {
 public:
  Mallory(GossipNet& net, std::uint64_t seed, const std::string& victim)
      : net_(net), rng_(seed), victim_(victim), peer_(net.script(concat("mallory at ", victim))) {
    peer_.origins = {net.issuer("issuer").hash()};
  }

  void act() {
    if (!peer_.connected()) {
      peer_.key = test::named_key(concat("mallory ", ++keys_));
      peer_.edit_offer = [this](wire::HelloOffer& offer) { offer.node_key = peer_.key.public_key(); };
      net_.script_dials(concat("mallory at ", victim_), victim_);
      net_.run_ms(100);
      return;
    }
    for (const wire::Frame& frame : peer_.frames)
      if (heard_.size() < 200) heard_.push_back(frame);
    peer_.frames.clear();
    Bytes bytes = wire::encode(any_frame());
    if (rng_.below(4) == 0) bytes[rng_.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + rng_.below(255));
    peer_.send_bytes(std::move(bytes));
  }

 private:
  wire::Frame any_frame() {
    const auto origin = net_.issuer("issuer").hash();
    const auto request = rng_.below(100);
    switch (rng_.below(10)) {
      case 0:
        return wire::MapRecords{
            {{origin, rng_.below(50), {}, net_.wall()}}, rng_.below(2) == 0, rng_.below(2) == 0};
      case 1:
        return wire::MapSummary{{}, rng_.below(3), rng_.below(2) == 0};
      case 2:
        return wire::GetFeed{request, origin, rng_.below(10)};
      case 3:
        return wire::GetBodies{request, {sha256(as_bytes(concat(rng_.below(3))))}};
      case 4:
        return wire::Refusal{request, "NO", 0, "no"};
      case 5:
        return wire::Credit{rng_.next(), rng_.next()};
      case 6:
        return answer();
      default:
        break;
    }
    if (heard_.empty()) return wire::Ping{1};
    return heard_[rng_.below(heard_.size())];
  }
  // To the last thing it was asked.
  wire::Frame answer() {
    for (auto frame = heard_.rbegin(); frame != heard_.rend(); ++frame) {
      if (const auto* get = std::get_if<wire::GetFeed>(&*frame)) {
        wire::FeedPart part{get->request, get->origin, {}, get->first_index, {}};
        for (const wire::Frame& other : heard_)
          if (const auto* push = std::get_if<wire::HeadPush>(&other); push != nullptr && rng_.below(2) == 0)
            part.note = push->note;
        for (std::uint64_t i = rng_.below(4); i > 0; --i)
          part.leaves.push_back(feed::Leaf{"bare", concat(rng_.below(9)), ""}.encode());
        return part;
      }
      if (const auto* get = std::get_if<wire::GetBodies>(&*frame))
        return wire::Bodies{get->request, {to_bytes("nothing")}, get->digests};
    }
    return wire::Pong{1};
  }

  GossipNet& net_;
  SeededRng rng_;
  std::string victim_;
  test::ScriptedPeer& peer_;
  std::vector<wire::Frame> heard_;
  int keys_ = 0;
};

}  // namespace

TEST_CASE("honest peers among hostile ones") {
  CHECK_PROPERTY("a peer that says anything at all neither stops nor changes what honest peers hold", [] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    GossipNet net(seed);
    static_cast<void>(net.issuer("issuer"));
    net.add({.name = "ie", .hosts = {"issuer"}});
    net.add({.name = "es", .dials = {"ie"}});
    net.run_ms(1'000);
    Mallory at_ie(net, seed, "ie"), at_es(net, seed + 1, "es");
    for (int i = 0; i < 150; ++i) {
      at_ie.act();
      at_es.act();
      net.run_ms(static_cast<std::int64_t>(*rc::gen::inRange(0, 300)));
      // By now it knows of a head that is not the issuer's last.
      if (i % 30 == 10) net.publish_statement("ie", "issuer", concat("urn:s:", i));
    }
    RC_ASSERT(net.converge(3'600'000));
    RC_ASSERT(net.replica("es", "issuer").size() == 5);
    RC_ASSERT(!net.replica("es", "issuer").contradicted());
    for (const char* node : {"ie", "es"})
      for (const auto& peer : net.engine(node).peers())
        if (peer.node_key ==
            multikey_encode(
                test::named_key(concat("node ", node == std::string("ie") ? "es" : "ie")).public_key()))
          RC_ASSERT(peer.standing >= 0);
  });
}

TEST_CASE("one plan gives one trace") {
  CHECK_PROPERTY("the same outputs in the same order", [] {
    const Plan plan = any_plan();
    RC_LOG(text_of(plan));
    Run first(plan), second(plan);
    first.play();
    second.play();
    first.net.run_ms(60'000);
    second.net.run_ms(60'000);
    RC_ASSERT(first.net.trace() == second.net.trace());
  });
}
