#include "tests/sim/nemesis.h"

#include <algorithm>
#include <cstdlib>

namespace vcnode::sim {
namespace {

constexpr std::uint64_t kChosenPerMille = 600;
// Per run: a fault every so often in a network of twenty.
constexpr std::int64_t kPaceMsMin = 150, kPaceMsMax = 3'000;
// A store takes a few milliseconds: a crash within so many hits before, in or just after it.
constexpr std::int64_t kStoreMsMax = 12;
constexpr std::size_t kPaceNodes = 20;
constexpr std::int64_t kClockStepSecondsMax = 400;
constexpr std::int64_t kClockNearSeconds = 10;
// How often an operator looks whether a node says that its disk is bad.
constexpr std::int64_t kLookMsMin = 2'000, kLookMsMax = 30'000;

}  // namespace

Nemesis::Nemesis(World& world, Network& network, Watch& watch, std::vector<std::unique_ptr<Node>>& nodes,
                 std::vector<std::unique_ptr<Workload>>& workloads)
    : world_(world),
      network_(network),
      watch_(watch),
      nodes_(nodes),
      workloads_(workloads),
      rng_(stream(world.seed, "faults")),
      disk_rng_(stream(world.seed, "disk")) {
  for (const Fault fault : world.scenario.faults)
    if (world.scenario.faults.size() < 3 || chance(rng_, kChosenPerMille)) chosen_.push_back(fault);
  const auto crowd = static_cast<std::int64_t>(std::max<std::size_t>(1, nodes.size() / kPaceNodes / 4));
  pace_ms_ = std::max<std::int64_t>(20, between(rng_, kPaceMsMin, kPaceMsMax) / crowd);
}

void Nemesis::start() {
  if (chosen_.empty()) return;
  for (const Fault fault : chosen_) world_.say(concat("faults: ", fault_name(fault)));
  strike();
  look_after_disks();
}

void Nemesis::strike() {
  world_.after(between(rng_, pace_ms_ / 2, pace_ms_ * 3 / 2), [this] {
    if (stopped_) return;
    act(chosen_[pick(rng_, chosen_.size())]);
    strike();
  });
}

Node& Nemesis::any_node() {
  return *nodes_[pick(rng_, nodes_.size())];
}

void Nemesis::act(Fault fault) {
  world_.say(concat("fault: ", fault_name(fault)));
  switch (fault) {
    case Fault::latency:
    case Fault::reset:
    case Fault::clog:
    case Fault::one_way:
      return strike_link(fault);
    case Fault::frames:
    case Fault::corrupt:
      return rough_frames(fault);
    case Fault::partition:
      return split();
    case Fault::slow:
      return slow_reader();
    case Fault::clock:
    case Fault::clock_far:
      return step_clock();
    case Fault::crash:
      return chance(rng_, 500) ? crash_while_storing() : crash(any_node());
    case Fault::disk_full:
      return fill_disk();
    case Fault::rot:
      return rot();
    case Fault::restore:
      return restore(any_node(), false);
    case Fault::waive:
      return restore(*nodes_[pick(rng_, workloads_.size())], true);
  }
}

// ---- the network

void Nemesis::strike_link(Fault fault) {
  const auto links = network_.open_links();
  if (links.empty()) return;
  const std::uint64_t link = links[pick(rng_, links.size())];
  const bool to_dialer = chance(rng_, 500);
  if (fault == Fault::latency) network_.slow_link(link, between(rng_, 50, 2'000));
  if (fault == Fault::reset) network_.reset(link, "reset by the network");
  if (fault == Fault::clog) network_.clog(link, to_dialer, world_.now_ms() + between(rng_, 100, 90'000));
  if (fault == Fault::one_way) network_.swallow(link, to_dialer);
}

void Nemesis::rough_frames(Fault fault) {
  Network::Harsh& harsh = network_.harsh;
  if (fault == Fault::corrupt) {
    harsh.corrupt_per_mille = static_cast<unsigned>(between(rng_, 1, 20));
  } else {
    harsh.drop_per_mille = static_cast<unsigned>(between(rng_, 0, 100));
    harsh.double_per_mille = static_cast<unsigned>(between(rng_, 0, 50));
    harsh.overtake_per_mille = static_cast<unsigned>(between(rng_, 0, 100));
  }
  world_.after(between(rng_, 1'000, 30'000), [this, fault] {
    if (fault == Fault::corrupt)
      network_.harsh.corrupt_per_mille = 0;
    else
      network_.harsh.drop_per_mille = network_.harsh.double_per_mille = network_.harsh.overtake_per_mille = 0;
  });
}

void Nemesis::split() {
  std::vector<std::uint32_t> groups(network_.places());
  if (chance(rng_, 300)) {
    groups[pick(rng_, nodes_.size())] = 1;  // one alone
  } else {
    const std::uint64_t share = 100 + rng_.below(400);
    for (auto& group : groups) group = chance(rng_, share) ? 1 : 0;
  }
  network_.partition(groups, chance(rng_, 500));
  world_.after(between(rng_, 2'000, 60'000), [this] {
    if (!stopped_) network_.heal();
  });
}

void Nemesis::slow_reader() {
  const auto place = static_cast<Network::Place>(any_node().number());
  network_.set_reading_speed(place, between(rng_, 1, 20));
  world_.after(between(rng_, 1'000, 40'000), [this, place] { network_.set_reading_speed(place, {}); });
}

// ---- clocks and processes

void Nemesis::step_clock() {
  Node& node = any_node();
  const std::int64_t reach = chance(rng_, 700) ? kClockNearSeconds : kClockStepSecondsMax;
  node.set_clock_offset(between(rng_, -reach, reach));
}

// An issuer whose disk rots says no more once it has noticed, and then does not start again. What only that
// disk knew would be lost, whatever anybody did; so it lives until its peers have what it said.
void Nemesis::crash(Node& node) {
  if (!node.runs()) return;
  if (node.disk().rotten() && node.plan().hosts != nullptr && !may_restore(node)) return;
  node.kill();
  node.disk().crash(disk_rng_);
  if (node.plan().hosts != nullptr) workloads_[node.number()]->on_crash();
  if (stopped_) return;  // the next look
  world_.after(between(rng_, 50, 20'000), [this, &node] {
    if (!stopped_) start_again(node);
  });
}

// Half of the crashes are aimed: at an issuer that has just begun to make something durable.
void Nemesis::crash_while_storing() {
  Node& node = *nodes_[pick(rng_, workloads_.size())];
  node.on_next_store([this, &node, delay = between(rng_, 0, kStoreMsMax)] {
    world_.after(delay, [this, &node] {
      if (!stopped_) crash(node);
    });
  });
}

// An operator at work: a node that cannot read its disk is given the backup, or an empty disk.
void Nemesis::start_again(Node& node) {
  if (node.runs() || node.disk().full()) return;
  node.boot();
  if (!node.boot_failed()) return;
  replace_disk(node);
  node.boot();
}

// As protocol/spec/operations.md tells: StoreFailed, STORE_CORRUPT and `run --new-store`.
void Nemesis::replace_disk(Node& node) {
  const auto backup = backups_.extract(node.number());
  put_back(node, backup ? std::move(backup.mapped()) : Disk::Image());
  if (node.plan().hosts == nullptr || *node.disk().note(node.plan().hosts->hash())) return;
  StoreBatch mark;
  mark.heads.push_back({feed::new_store_mark(node.plan().hosts->hash()), "begun anew"});
  VCNODE_ASSERT(node.disk().commit(mark).has_value());
}

// Faults end, and operators stay: what rotted is perhaps found later.
void Nemesis::look_after_disks() {
  world_.after(between(disk_rng_, kLookMsMin, kLookMsMax), [this] {
    for (const auto& node : nodes_) {
      if (node->runs() && node->store_failed() && !node->disk().full()) crash(*node);
      if (stopped_) start_again(*node);
    }
    look_after_disks();
  });
}

void Nemesis::fill_disk() {
  Node& node = any_node();
  if (!node.runs()) return;
  node.disk().set_full(true);
  world_.after(between(rng_, 1'000, 30'000), [this, &node] {
    node.disk().set_full(false);
    if (stopped_) return;
    if (node.store_failed()) crash(node);
    if (!node.runs()) start_again(node);
  });
}

void Nemesis::rot() {
  Node& node = any_node();
  if (!may_restore(node)) return;
  const std::uint64_t dice = disk_rng_.below(3);
  if (dice == 0) node.disk().rot_one_body(disk_rng_);
  if (dice == 1) node.disk().rot_one_leaf(disk_rng_);
  if (dice == 2) node.disk().rot_one_note(disk_rng_);
}

// ---- old disks

void Nemesis::restore(Node& node, bool waives) {
  const bool worth_keeping = node.plan().hosts == nullptr || *node.disk().note(node.plan().hosts->hash());
  const auto backup = backups_.find(node.number());
  if (backup == backups_.end()) {
    if (worth_keeping && node.runs() && !node.disk().rotten())
      backups_.emplace(node.number(), node.disk().image());
    return;
  }
  if (!node.runs() || !may_restore(node)) return;
  const Issuer* issuer = node.plan().hosts;
  const std::uint64_t held = issuer == nullptr ? 0 : node.replica(issuer->hash())->size();
  node.kill();
  if (issuer != nullptr) workloads_[node.number()]->on_crash();
  put_back(node, std::move(backup->second));
  if (waives) {
    node.waive_start_check();
    workloads_[node.number()]->wait_for_news(held);
  }
  backups_.erase(backup);
  world_.after(between(rng_, 50, 5'000), [this, &node] {
    if (!stopped_) start_again(node);
  });
}

void Nemesis::put_back(Node& node, Disk::Image image) {
  world_.say(concat("old disk: node ", node.number()));
  node.disk().put_back(std::move(image));
  watch_.each([&](Checker& checker) { checker.on_restored(node); });
  if (node.plan().hosts == nullptr) return;
  restored_.insert(node.number());
  workloads_[node.number()]->on_restored();
}

// What a backup forgot can only come back from peers: the start check promises no more. So an old disk is put
// back, and a disk rots, only while every configured peer holds the newest head and its bodies on a sound
// disk, and those peers keep their disks meanwhile.
bool Nemesis::may_restore(const Node& node) const {
  if (is_asked_for_news(node)) return false;
  const Issuer* issuer = node.plan().hosts;
  if (issuer == nullptr) return true;
  const auto newest = *node.disk().note(issuer->hash());
  return std::all_of(node.plan().dials.begin(), node.plan().dials.end(), [&](Network::Place place) {
    if (place >= nodes_.size()) return true;  // an adversary is asked too
    const feed::FeedReplica* held = nodes_[place]->replica(issuer->hash());
    return held != nullptr && held->missing().empty() && !nodes_[place]->disk().rotten() &&
           *nodes_[place]->disk().note(issuer->hash()) == newest;
  });
}

// By an issuer whose disk was put back, or will have to be.
bool Nemesis::is_asked_for_news(const Node& node) const {
  // The first nodes host the issuers.
  const auto end = nodes_.begin() + static_cast<std::ptrdiff_t>(workloads_.size());
  return std::any_of(nodes_.begin(), end, [&](const auto& hosting) {
    const Node& other = *hosting;
    const bool waits = restored_.contains(other.number()) &&
                       (!other.runs() || workloads_[other.number()]->waits_for_news() ||
                        other.why_not_sign(other.plan().hosts->hash()));
    if (!waits && !other.disk().rotten()) return false;
    const auto& dials = other.plan().dials;
    return std::find(dials.begin(), dials.end(), node.number()) != dials.end();
  });
}

// ---- the end of all faults

void Nemesis::stop() {
  stopped_ = true;
  network_.heal();
  const bool restarts = std::find(chosen_.begin(), chosen_.end(), Fault::clock_far) == chosen_.end();
  for (const auto& node : nodes_) {
    if (restarts && std::abs(node->clock_offset()) > kClockNearSeconds) crash(*node);
    node->set_clock_offset(0);
    node->disk().set_full(false);
    if (node->runs() && node->store_failed()) crash(*node);
    start_again(*node);
  }
}

}  // namespace vcnode::sim
