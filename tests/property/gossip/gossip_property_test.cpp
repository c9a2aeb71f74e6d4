// Honest peers on a bad network: whatever is lost, repeated, reordered, cut off or restarted, in the end all
// records are equal and nobody was blamed.
#include <set>
#include <sstream>

#include "tests/support/gossip_net.h"
#include "tests/support/property.h"

using namespace vcnode;
using test::GossipNet;

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

std::string name(unsigned node) {
  return concat("node ", node);
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
      setup.name = name(i);
      if (i > 0) setup.dials.push_back(name(i - 1));
      for (const auto& [from, to] : plan.dials)
        if (from == i && to != i) setup.dials.push_back(name(to));
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
    const std::string other = name(step.other % plan_.nodes);
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
        net.cut(name(node), other);
        break;
      case Act::heal:
        net.heal();
        break;
      case Act::drop_link:
        net.drop_links(name(node), other);
        break;
      case Act::restart:
        net.restart(name(node));
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
              .statement(concat("urn:s:", net.now_ms(), ":", i), net.wall(name(node))));
    static_cast<void>(net.publish(name(node), issuer_of(node), changes));
  }
  void revoke(unsigned node, unsigned index) {
    if (node >= plan_.issuers) return;
    feed::Changes changes;
    const auto& replica = net.replica(name(node), issuer_of(node));
    if (replica.status_leaf_counts().empty())
      changes.new_lists.push_back({list_of(node), status::Purpose::revocation, status::kListEntriesMin});
    else
      changes.status.push_back({list_of(node), status::StatusIndex(index), true});
    static_cast<void>(net.publish(name(node), issuer_of(node), changes));
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
    for (const auto& peer : net.engine(name(i)).peers()) RC_ASSERT(peer.standing >= 0);
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
        RC_LOG(concat(name(i), " holds ", run.net.engine(name(i)).records().size(), " records and has ",
                      run.net.ready_peers(name(i)), " peers"));
    RC_ASSERT(equal);
    check_nobody_blamed(run.net, plan);
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
