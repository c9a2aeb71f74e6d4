// An issuer that rotates keys, opens epochs and loses feed keys, on a bad network: in the end everybody has
// one history, one current epoch and equal records, and nobody was blamed.
#include <sstream>

#include "crypto/base/encoding.h"
#include "tests/support/net_history.h"
#include "tests/support/property.h"

using namespace vcnode;
using test::GossipNet;

namespace {

enum class Act { say, rotate, open_epoch, lose_key, wait, restart, cut, heal };

struct Step {
  Act act = Act::wait;
  unsigned node = 0;
  unsigned other = 0;
};

struct Plan {
  std::uint64_t seed = 0;
  unsigned nodes = 2;
  test::Faults faults;
  std::vector<Step> steps;
};

std::string text_of(const Plan& plan) {
  std::ostringstream out;
  out << "seed " << plan.seed << ", " << plan.nodes << " nodes, drop " << plan.faults.drop_percent
      << " %, duplicate " << plan.faults.duplicate_percent << " %, reorder " << plan.faults.reorder
      << ", up to " << plan.faults.latency_ms_max << " ms, steps";
  for (const Step& step : plan.steps)
    out << " {" << static_cast<int>(step.act) << ' ' << step.node << ' ' << step.other << '}';
  return std::move(out).str();
}

std::string name(unsigned node) {
  return concat("node ", node);
}

rc::Gen<Step> any_step() {
  return rc::gen::apply(
      [](int act, unsigned node, unsigned other) {
        return Step{static_cast<Act>(act), node, other};
      },
      rc::gen::inRange(0, 8), rc::gen::inRange(0u, 4u), rc::gen::inRange(0u, 100u));
}

Plan any_plan() {
  Plan plan;
  plan.seed = *rc::gen::arbitrary<std::uint64_t>();
  plan.nodes = *rc::gen::inRange(2u, 5u);
  plan.faults.drop_percent = *rc::gen::inRange(0u, 30u);
  plan.faults.duplicate_percent = *rc::gen::inRange(0u, 40u);
  plan.faults.reorder = *rc::gen::arbitrary<bool>();
  plan.faults.latency_ms_max = *rc::gen::inRange<std::int64_t>(10, 1'000);
  plan.steps = *rc::gen::container<std::vector<Step>>(any_step());
  if (plan.steps.size() > 25) plan.steps.resize(25);  // feed and assertion keys have numbers
  return plan;
}

// Node 0 hosts the issuer and stays up.
class Run {
 public:
  explicit Run(const Plan& plan) : plan_(plan), net(plan.seed), issuer(net, "university", 100) {
    for (unsigned i = 0; i < plan.nodes; ++i) {
      test::NodeSetup setup;
      setup.name = name(i);
      if (i == 0) setup.hosts = {"university"};
      if (i > 0) setup.dials.push_back(name(i - 1));
      if (i > 1) setup.dials.push_back(name(0));
      net.add(std::move(setup));
    }
  }

  void play() {
    net.run_ms(1'000);
    net.faults = plan_.faults;
    issuer.begin(name(0));
    for (const Step& step : plan_.steps) take(step);
    net.faults = {};
    net.heal();
  }

  const Plan& plan_;
  GossipNet net;
  test::NetHistory issuer;

 private:
  void take(const Step& step) {
    const unsigned node = step.node % plan_.nodes;
    switch (step.act) {
      case Act::say:
        return issuer.say(name(0), concat("urn:s:", ++said_));
      case Act::rotate:
        return issuer.rotate(name(0), step.other % 2 == 0 ? "" : concat("urn:s:", ++said_));
      case Act::open_epoch:
        return issuer.open_epoch(name(0));
      case Act::lose_key:
        return issuer.open_epoch_at(name(0), issuer.tree_at(name(0)));
      case Act::wait:
        return net.run_ms(step.other * 100);
      case Act::restart:
        if (node > 0) net.restart(name(node), net.journal_size(name(node)) * (100 - step.other) / 100);
        return;
      case Act::cut:
        return net.cut(name(node), name(step.other % plan_.nodes));
      case Act::heal:
        return net.heal();
    }
  }
  int said_ = 0;
};

std::string history_of(const gossip::IssuerView& view) {
  std::string out;
  for (const issuer::Version& version : view.history->versions)
    out += concat(version.state.version_id().text(), version.committed ? "+" : "", "@",
                  version.placed ? concat(version.placed->epoch, ".", version.placed->index) : "", " ");
  for (const gossip::SealedFeed& sealed : view.sealed)
    out += concat(sealed.origin.text(), " ", sealed.seal.size, sealed.closed ? " closed " : " ");
  return out;
}

std::string state_of(Run& run, unsigned node) {
  const auto view = run.net.engine(name(node)).issuer(run.issuer.scid()).value();
  std::string out = concat(view.entries->size(), " entries, ", view.entries->missing().size(), " missing, ",
                           history_of(view), view.history->dispute ? ", disputed" : "");
  if (view.feed == nullptr) return out;
  out += concat(", epoch ", view.feed->origin().epoch(), " of size ", view.feed->size(),
                view.feed->contradicted() ? ", contradicted" : "");
  if (view.feed->seal()) out += concat(", sealed at ", view.feed->seal()->size);
  for (const auto& event : run.net.events_of<gossip::FeedDelayed>(name(node)))
    out += concat("\n  ", event.reason.message);
  for (const auto& event : run.net.events_of<gossip::MisbehaviourSeen>(name(node)))
    out += concat("\n  ", event.reason.message);
  return out;
}

}  // namespace

TEST_CASE("an issuer's epochs end equal at everybody, whatever the network does") {
  CHECK_PROPERTY("one history, one current epoch, equal records", [] {
    const Plan plan = any_plan();
    RC_LOG(text_of(plan));
    Run run(plan);
    run.play();
    const bool converged = run.net.converge(600'000);
    for (unsigned i = 0; i < plan.nodes; ++i) RC_LOG(concat("\n", name(i), ": ", state_of(run, i)));
    RC_ASSERT(converged);
    const auto view_of = [&](unsigned i) {
      return run.net.engine(name(i)).issuer(run.issuer.scid()).value();
    };
    RC_ASSERT(view_of(0).history->versions.size() == run.issuer.entries());
    const std::string history = history_of(view_of(0));
    for (unsigned i = 0; i < plan.nodes; ++i) {
      RC_ASSERT(history_of(view_of(i)) == history);
      RC_ASSERT(view_of(i).feed->origin().text() == run.issuer.origin(run.issuer.epoch()).text());
      RC_ASSERT(!view_of(i).feed->contradicted());
      RC_ASSERT(run.net.events_of<gossip::MisbehaviourSeen>(name(i)).empty());
    }
    run.net.run_ms(1'000);  // what came last is on the disks
    const auto records = run.net.engine(name(0)).records();
    for (unsigned i = 0; i < plan.nodes; ++i) {  // what is on the disk gives the same again
      run.net.restart(name(i));
      RC_ASSERT(run.net.engine(name(i)).records() == records);
    }
  });
}
