// An issuer that rotates keys, opens epochs and loses feed keys, on a bad network: in the end everybody has
// one history, one current epoch and equal records, and nobody was blamed.
#include <sstream>

#include "crypto/base/encoding.h"
#include "tests/property/gossip/names.h"
#include "tests/support/net_history.h"
#include "tests/support/property.h"

using namespace vcnode;
using test::GossipNet;
using test::node_name;

namespace {

enum class EpochAct { say, rotate, open_epoch, lose_key, wait, restart, cut, heal };

struct EpochStep {
  EpochAct act = EpochAct::wait;
  unsigned node = 0;
  unsigned other = 0;
};

struct EpochPlan {
  std::uint64_t seed = 0;
  unsigned nodes = 2;
  test::Faults faults;
  std::vector<EpochStep> steps;
};

std::string text_of(const EpochPlan& plan) {
  std::ostringstream out;
  out << "seed " << plan.seed << ", " << plan.nodes << " nodes, drop " << plan.faults.drop_percent
      << " %, duplicate " << plan.faults.duplicate_percent << " %, reorder " << plan.faults.reorder
      << ", up to " << plan.faults.latency_ms_max << " ms, steps";
  for (const EpochStep& step : plan.steps)
    out << " {" << static_cast<int>(step.act) << ' ' << step.node << ' ' << step.other << '}';
  return std::move(out).str();
}

rc::Gen<EpochStep> any_epoch_step() {
  return rc::gen::apply(
      [](int act, unsigned node, unsigned other) {
        return EpochStep{static_cast<EpochAct>(act), node, other};
      },
      rc::gen::inRange(0, 8), rc::gen::inRange(0u, 4u), rc::gen::inRange(0u, 100u));
}

EpochPlan any_epoch_plan() {
  EpochPlan plan;
  plan.seed = *rc::gen::arbitrary<std::uint64_t>();
  plan.nodes = *rc::gen::inRange(2u, 5u);
  plan.faults.drop_percent = *rc::gen::inRange(0u, 30u);
  plan.faults.duplicate_percent = *rc::gen::inRange(0u, 40u);
  plan.faults.reorder = *rc::gen::arbitrary<bool>();
  plan.faults.latency_ms_max = *rc::gen::inRange<std::int64_t>(10, 1'000);
  plan.steps = *rc::gen::container<std::vector<EpochStep>>(any_epoch_step());
  if (plan.steps.size() > 25) plan.steps.resize(25);  // feed and assertion keys have numbers
  return plan;
}

// Node 0 hosts the issuer and stays up.
class EpochRun {
 public:
  explicit EpochRun(const EpochPlan& plan) : plan_(plan), net(plan.seed), issuer(net, "university", 100) {
    for (unsigned i = 0; i < plan.nodes; ++i) {
      test::NodeSetup setup;
      setup.name = node_name(i);
      if (i == 0) setup.hosts = {"university"};
      if (i > 0) setup.dials.push_back(node_name(i - 1));
      if (i > 1) setup.dials.push_back(node_name(0));
      net.add(std::move(setup));
    }
  }

  void play() {
    net.run_ms(1'000);
    net.faults = plan_.faults;
    issuer.begin(node_name(0));
    for (const EpochStep& step : plan_.steps) take(step);
    net.faults = {};
    net.heal();
  }

  const EpochPlan& plan_;
  GossipNet net;
  test::NetHistory issuer;

 private:
  void take(const EpochStep& step) {
    const unsigned node = step.node % plan_.nodes;
    switch (step.act) {
      case EpochAct::say:
        return issuer.say(node_name(0), concat("urn:s:", ++said_));
      case EpochAct::rotate:
        return issuer.rotate(node_name(0), step.other % 2 == 0 ? "" : concat("urn:s:", ++said_));
      case EpochAct::open_epoch:
        return issuer.open_epoch(node_name(0));
      case EpochAct::lose_key:
        return issuer.open_epoch_at(node_name(0), issuer.tree_at(node_name(0)));
      case EpochAct::wait:
        return net.run_ms(step.other * 100);
      case EpochAct::restart:
        if (node > 0)
          net.restart(node_name(node), net.journal_size(node_name(node)) * (100 - step.other) / 100);
        return;
      case EpochAct::cut:
        return net.cut(node_name(node), node_name(step.other % plan_.nodes));
      case EpochAct::heal:
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

std::string state_of(EpochRun& run, unsigned node) {
  const auto view = run.net.engine(node_name(node)).issuer(run.issuer.scid()).value();
  std::string out = concat(view.entries->size(), " entries, ", view.entries->missing().size(), " missing, ",
                           history_of(view), view.history->dispute ? ", disputed" : "");
  if (view.feed == nullptr) return out;
  out += concat(", epoch ", view.feed->origin().epoch(), " of size ", view.feed->size(),
                view.feed->contradicted() ? ", contradicted" : "");
  if (view.feed->seal()) out += concat(", sealed at ", view.feed->seal()->size);
  for (const auto& event : run.net.events_of<gossip::FeedDelayed>(node_name(node)))
    out += concat("\n  ", event.reason.message);
  for (const auto& event : run.net.events_of<gossip::MisbehaviourSeen>(node_name(node)))
    out += concat("\n  ", event.reason.message);
  return out;
}

}  // namespace

TEST_CASE("an issuer's epochs end equal at everybody, whatever the network does") {
  CHECK_PROPERTY("one history, one current epoch, equal records", [] {
    const EpochPlan plan = any_epoch_plan();
    RC_LOG(text_of(plan));
    EpochRun run(plan);
    run.play();
    const bool converged = run.net.converge(600'000);
    for (unsigned i = 0; i < plan.nodes; ++i) RC_LOG(concat("\n", node_name(i), ": ", state_of(run, i)));
    RC_ASSERT(converged);
    const auto view_of = [&](unsigned i) {
      return run.net.engine(node_name(i)).issuer(run.issuer.scid()).value();
    };
    RC_ASSERT(view_of(0).history->versions.size() == run.issuer.entries());
    const std::string history = history_of(view_of(0));
    for (unsigned i = 0; i < plan.nodes; ++i) {
      RC_ASSERT(history_of(view_of(i)) == history);
      RC_ASSERT(view_of(i).feed->origin().text() == run.issuer.origin(run.issuer.epoch()).text());
      RC_ASSERT(!view_of(i).feed->contradicted());
      RC_ASSERT(run.net.events_of<gossip::MisbehaviourSeen>(node_name(i)).empty());
    }
    run.net.run_ms(1'000);  // what came last is on the disks
    const auto records = run.net.engine(node_name(0)).records();
    for (unsigned i = 0; i < plan.nodes; ++i) {  // what is on the disk gives the same again
      run.net.restart(node_name(i));
      RC_ASSERT(run.net.engine(node_name(i)).records() == records);
    }
  });
}
