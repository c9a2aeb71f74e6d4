// Nemesis: what goes wrong, when and for how long.
//
// Each seed draws a part of the scenario's faults and a pace (swarm testing: a run with three kinds of faults
// reaches places that a run with all of them does not). stop() ends every fault, brings every node back and
// sets every clock right; from then on nothing excuses a node.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "tests/sim/workload.h"

namespace vcnode::sim {

class Nemesis {
 public:
  Nemesis(World& world, Network& network, Watch& watch, std::vector<std::unique_ptr<Node>>& nodes,
          std::vector<std::unique_ptr<Workload>>& workloads);
  void start();
  void stop();

 private:
  void strike();
  void act(Fault fault);
  void strike_link(Fault fault);
  void rough_frames(Fault fault);
  void split();
  void slow_reader();
  void step_clock();
  void crash(Node& node);
  void crash_while_storing();
  void start_again(Node& node);
  void fill_disk();
  void rot();
  void look_after_disks();
  void restore(Node& node, bool waives);
  [[nodiscard]] bool may_restore(const Node& node) const;
  [[nodiscard]] bool is_asked_for_news(const Node& node) const;
  void replace_disk(Node& node);
  void put_back(Node& node, Disk::Image image);
  [[nodiscard]] Node& any_node();

  World& world_;
  Network& network_;
  Watch& watch_;
  std::vector<std::unique_ptr<Node>>& nodes_;
  std::vector<std::unique_ptr<Workload>>& workloads_;
  SeededRng rng_;
  SeededRng disk_rng_;
  std::vector<Fault> chosen_;
  std::int64_t pace_ms_ = 1'000;
  bool stopped_ = false;
  std::map<std::size_t, Disk::Image> backups_;
  std::set<std::size_t> restored_;  // issuers' nodes whose start check matters
};

}  // namespace vcnode::sim
