#include "tests/sim/cluster.h"

#include <algorithm>
#include <iostream>
#include <numeric>

#include "crypto/base/encoding.h"

namespace vcnode::sim {
namespace {

constexpr std::int64_t kCalmMs = 5'000;  // before the first fault
constexpr std::int64_t kQuietMs = 60'000;
// A quiet link pings, repairs and grants credit; an endless exchange sends far more.
constexpr std::uint64_t kQuietFramesPerLinkMax = 60;
constexpr std::size_t kAdversaryTargetsMax = 12;
constexpr std::uint64_t kAdversaryDialedPerMille = 150;

}  // namespace

void World::say(const std::string& line) const {
  if (verbose) std::cerr << now_ms() << " ms  " << line << "\n";
}

Cluster::Cluster(const Scenario& scenario, std::uint64_t seed, bool trace)
    : world_(scenario, seed, trace), network_(world_), topology_(stream(seed, "topology")) {
  const auto forks = scenario.adversaries.find(Mischief::fork);
  const std::size_t forked = forks == scenario.adversaries.end() ? 0 : forks->second;
  issuers_.reserve(scenario.issuers + forked);
  for (std::size_t i = 0; i < scenario.issuers + forked; ++i)
    issuers_.emplace_back(i).forks = i >= scenario.issuers;
  for (std::size_t i = scenario.issuers - scenario.sponsored; i < scenario.issuers; ++i)
    issuers_[i].sponsored = true;
  make_nodes();
  make_adversaries();
  draw_topology();
  watch_.add(make_checkers({world_, network_, issuers_, nodes_.size()}));
  nemesis_.emplace(world_, network_, watch_, nodes_, workloads_);
}

Cluster::~Cluster() = default;

void Cluster::make_nodes() {
  for (std::size_t i = 0; i < world_.scenario.nodes; ++i) {
    nodes_.push_back(std::make_unique<Node>(world_, network_, watch_, issuers_, i));
    const Network::Place place = network_.add(*nodes_.back());
    VCNODE_ASSERT(place == i);
  }
  for (std::size_t i = 0; i < world_.scenario.issuers; ++i)
    workloads_.push_back(std::make_unique<Workload>(world_, watch_, *nodes_[i], issuers_[i],
                                                    static_cast<std::int64_t>(world_.scenario.change_ms)));
}

void Cluster::make_adversaries() {
  for (const auto& [kind, count] : world_.scenario.adversaries)
    for (std::size_t i = 0; i < count; ++i)
      adversaries_.push_back(std::make_unique<Adversary>(
          world_, network_, nodes_, issuers_, kind, adversaries_.size(),
          kind == Mischief::fork ? std::optional(world_.scenario.issuers + i) : std::nullopt));
}

// A ring keeps the honest nodes connected; the other dials are drawn.
void Cluster::draw_topology() {
  std::vector<std::size_t> ring(nodes_.size());
  std::iota(ring.begin(), ring.end(), std::size_t{0});
  for (std::size_t i = ring.size(); i > 1; --i) std::swap(ring[i - 1], ring[pick(topology_, i)]);
  std::vector<NodePlan> plans(nodes_.size());
  for (std::size_t i = 0; i < ring.size(); ++i) {
    NodePlan& plan = plans[ring[i]];
    plan.dials.push_back(static_cast<Network::Place>(ring[(i + 1) % ring.size()]));
    while (plan.dials.size() < world_.scenario.dials) {
      const auto other = static_cast<Network::Place>(pick(topology_, nodes_.size()));
      if (other != ring[i] && std::find(plan.dials.begin(), plan.dials.end(), other) == plan.dials.end())
        plan.dials.push_back(other);
    }
  }
  for (const auto& adversary : adversaries_) {
    const Network::Place place = network_.add(*adversary);
    for (NodePlan& plan : plans)
      if (chance(topology_, kAdversaryDialedPerMille)) plan.dials.push_back(place);
  }
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (i < world_.scenario.issuers) plans[i].hosts = &issuers_[i];
    nodes_[i]->set_plan(std::move(plans[i]));
  }
}

// The first issuer is everybody's sponsor; it, or whoever is sponsored before, admits the others one after
// another, at any time. Each with room for all that follow.
void Cluster::draw_sponsorships() {
  const std::size_t count = world_.scenario.sponsored;
  const std::size_t first = world_.scenario.issuers - count;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t by = i > 0 && chance(topology_, 500) ? first + i - 1 : 0;
    const std::int64_t end_ms = static_cast<std::int64_t>(world_.scenario.minutes) * 60'000;
    world_.after(
        between(topology_, 1'000, std::max<std::int64_t>(end_ms, 2'000)),
        [this, by, i, count, first] { workloads_[by]->sponsor(issuers_[first + i], 2 * (count - i)); });
  }
}

Outcome Cluster::run() {
  for (const auto& node : nodes_) {
    node->set_clock_offset(between(topology_, -2, 2));
    node->boot();
  }
  for (std::size_t i = 0; i < adversaries_.size(); ++i) {
    std::vector<Network::Place> targets;
    while (targets.size() < std::min(kAdversaryTargetsMax, nodes_.size() / 2 + 1))
      targets.push_back(static_cast<Network::Place>(pick(topology_, nodes_.size())));
    adversaries_[i]->start(static_cast<Network::Place>(nodes_.size() + i), targets);
  }
  for (const auto& workload : workloads_) workload->start();
  draw_sponsorships();
  world_.after(kCalmMs, [this] { nemesis_->start(); });
  if (run_ms(static_cast<std::int64_t>(world_.scenario.minutes) * 60'000)) {
    world_.say("liveness mode");
    for (const auto& workload : workloads_) workload->stop();
    nemesis_->stop();
    static_cast<void>(converge("after the faults") && last_words() && stay_quiet());
  }
  Outcome outcome{
      world_.violation,    world_.trace.hash(), events_, network_.frames(), 0, world_.signatures.computed(),
      converged_after_ms_, world_.now_ms()};
  for (const auto& workload : workloads_) outcome.acknowledged += workload->acknowledged();
  return outcome;
}

bool Cluster::run_ms(std::int64_t ms) {
  const std::int64_t end = world_.now_ms() + ms;
  Event event;
  while (!world_.violation && world_.wheel.next(end, event)) {
    ++events_;
    handle(event);
  }
  return !world_.violation;
}

void Cluster::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::tick:
      return nodes_[event.node]->on_tick(event.life);
    case Event::Kind::frame:
      return network_.deliver(event.item);
    case Event::Kind::synced:
      return nodes_[event.node]->on_synced(event.life);
    case Event::Kind::verified:
      return nodes_[event.node]->on_verified(event.life, event.item);
    case Event::Kind::task:
      return world_.tasks.take(event.item)();
  }
}

// Liveness: without faults everybody must be equal within so many repair periods.
bool Cluster::converge(std::string_view phase) {
  const std::int64_t began = world_.now_ms();
  const std::int64_t limit = static_cast<std::int64_t>(world_.scenario.quiet_periods) * kRepairMs;
  const std::int64_t look_ms = nodes_.size() > 100 ? 2'000 : 500;
  for (;;) {
    if (!run_ms(look_ms)) return false;
    const auto different = difference();
    if (!different) break;
    if (world_.now_ms() - began < limit) continue;
    world_.violate("converged", concat(phase, ", after ", world_.scenario.quiet_periods,
                                       " repair periods without faults: ", *different));
    return false;
  }
  converged_after_ms_ = std::max(converged_after_ms_, world_.now_ms() - began);
  world_.say(concat("equal ", phase));
  watch_.each([&](Checker& checker) { checker.on_quiet(nodes_); });
  return !world_.violation;
}

std::optional<std::string> Cluster::difference() const {
  std::optional<std::vector<wire::Record>> expected;  // of the first, also if it holds nothing
  for (const auto& node : nodes_) {
    if (!node->runs()) return concat("node ", node->number(), " does not run");
    if (!expected) expected = records_of(*node);
    if (auto found = difference(*node, *expected)) return found;
  }
  return two_histories();
}

// Of the feeds with one history: who was told which of two is nobody's merit.
std::vector<wire::Record> Cluster::records_of(const Node& node) const {
  auto records = node.engine().records();
  for (const Issuer& issuer : issuers_)
    if (issuer.forks)
      std::erase_if(records, [&](const wire::Record& record) { return record.origin == issuer.hash(); });
  return records;
}

// Two linked nodes that rely on histories of which neither leads to the other: one of them must have noticed.
std::optional<std::string> Cluster::two_histories() const {
  const auto leaves_of = [&](std::size_t place, const Issuer& issuer) {
    return *nodes_[place]->disk().leaves(issuer.hash(), 0, nodes_[place]->replica(issuer.hash())->size());
  };
  for (const Issuer& issuer : issuers_) {
    if (!issuer.forks) continue;
    for (const std::uint64_t link : network_.open_links()) {
      const auto [a, b] = network_.ends_of(link);
      if (a >= nodes_.size() || b >= nodes_.size()) continue;
      if (nodes_[a]->replica(issuer.hash())->contradicted() ||
          nodes_[b]->replica(issuer.hash())->contradicted())
        continue;
      const auto ours = leaves_of(a, issuer);
      const auto theirs = leaves_of(b, issuer);
      const auto common = static_cast<std::ptrdiff_t>(std::min(ours.size(), theirs.size()));
      if (!std::equal(ours.begin(), ours.begin() + common, theirs.begin()))
        return concat("the linked nodes ", a, " and ", b, " both rely on issuer ", issuer.number,
                      ", which told them different histories");
    }
  }
  return std::nullopt;
}

std::optional<std::string> Cluster::difference(const Node& node,
                                               const std::vector<wire::Record>& expected) const {
  const auto records = records_of(node);
  if (records != expected) {
    for (std::size_t i = 0; i < std::min(records.size(), expected.size()); ++i)
      if (!(records[i] == expected[i]))
        return concat("node ", node.number(), " has size ", records[i].size, " and time ",
                      records[i].time.to_string(), " of ", hex_encode(records[i].origin.view()).substr(0, 12),
                      ", another has size ", expected[i].size, " and time ", expected[i].time.to_string());
    return concat("node ", node.number(), " holds ", records.size(), " feeds, another ", expected.size());
  }
  for (const Issuer& issuer : issuers_) {
    if (issuer.forks) continue;
    const feed::FeedReplica* replica = node.replica(issuer.hash());
    if (replica == nullptr)
      return concat("node ", node.number(), " does not know issuer ", issuer.number,
                    issuer.sponsorship_acknowledged ? ", which was sponsored" : ", nobody sponsored it yet");
    if (!replica->missing().empty())
      return concat("node ", node.number(), " lacks ", replica->missing().size(), " bodies of issuer ",
                    issuer.number);
    const auto stored = *node.disk().note(issuer.hash());
    if (stored && (!replica->head() || replica->head()->note != *stored))
      return concat("node ", node.number(), " stored a newer head of issuer ", issuer.number,
                    " than it shows");
  }
  return std::nullopt;
}

// Every issuer can still say something, and everybody hears it.
bool Cluster::last_words() {
  for (const auto& workload : workloads_) workload->say_last_word();
  const std::int64_t limit =
      world_.now_ms() + static_cast<std::int64_t>(world_.scenario.quiet_periods) * kRepairMs;
  for (const auto& workload : workloads_) {
    while (!workload->last_word_acknowledged()) {
      if (!run_ms(1'000)) return false;
      if (world_.now_ms() < limit) continue;
      world_.violate("can_publish", concat("an issuer cannot publish although nothing is wrong any more: ",
                                           workload->why_not()));
      return false;
    }
  }
  return converge("after the last words");
}

bool Cluster::stay_quiet() {
  std::vector<std::uint64_t> before;
  for (const auto& node : nodes_) before.push_back(node->frames_sent());
  if (!run_ms(kQuietMs)) return false;
  for (const auto& node : nodes_) {
    if (!adversaries_.empty()) break;  // they keep their neighbours busy
    const std::uint64_t sent = node->frames_sent() - before[node->number()];
    const std::size_t links = network_.links_of(static_cast<Network::Place>(node->number()));
    if (sent <= links * kQuietFramesPerLinkMax) continue;
    world_.violate("traffic", concat("node ", node->number(), " sent ", sent, " frames over ", links,
                                     " links in a minute in which nothing happened"));
    return false;
  }
  return true;
}

}  // namespace vcnode::sim
