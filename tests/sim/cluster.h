// Cluster: one run of one scenario under one seed: safety mode, then liveness mode, then the last word.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/sim/adversary.h"
#include "tests/sim/nemesis.h"

namespace vcnode::sim {

struct Outcome {
  std::optional<Violation> violation;
  std::uint64_t trace = 0;
  std::uint64_t events = 0;
  std::uint64_t frames = 0;
  std::uint64_t acknowledged = 0;       // operations that somebody was told are done
  std::uint64_t checks = 0;             // signatures and bodies checked for real
  std::int64_t converged_after_ms = 0;  // of liveness mode
  std::int64_t simulated_ms = 0;
};

class Cluster {
 public:
  Cluster(const Scenario& scenario, std::uint64_t seed, bool trace);
  ~Cluster();
  [[nodiscard]] Outcome run();
  [[nodiscard]] std::int64_t now_ms() const noexcept { return world_.now_ms(); }

 private:
  void make_nodes();
  void make_adversaries();
  void draw_topology();
  void draw_sponsorships();
  [[nodiscard]] bool run_ms(std::int64_t ms);  // false: a checker objected
  [[nodiscard]] bool converge(std::string_view phase);
  [[nodiscard]] std::optional<std::string> difference() const;
  [[nodiscard]] std::optional<std::string> difference(const Node& node,
                                                      const std::vector<wire::Record>& expected) const;
  [[nodiscard]] std::vector<wire::Record> records_of(const Node& node) const;
  [[nodiscard]] std::optional<std::string> two_histories() const;
  [[nodiscard]] bool last_words();
  [[nodiscard]] bool stay_quiet();
  void handle(const Event& event);

  World world_;
  Network network_;
  Watch watch_;
  std::vector<Issuer> issuers_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Adversary>> adversaries_;
  std::vector<std::unique_ptr<Workload>> workloads_;  // of the first so many nodes
  std::optional<Nemesis> nemesis_;
  SeededRng topology_;
  std::uint64_t events_ = 0;
  std::int64_t converged_after_ms_ = 0;
};

}  // namespace vcnode::sim
