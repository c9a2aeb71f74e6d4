// Figures: what a benchmark program measured, printed as one JSON object that scripts/bench --report gathers,
// or as lines for a reader.
//
// A figure has one value per repetition; minimum, median and maximum are the reader's. `checked` counts the
// measured calls whose answer was compared with what it must be; a wrong answer ends the program (require).
// Parts say where the time of a figure went. Threading: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcnode::bench {

struct FigureAim {
  bool at_least = true;  // else: below
  double value = 0;
};

struct Figure {
  std::string name;
  std::string unit;
  std::vector<double> values;
  std::uint64_t checked = 0;
  std::optional<FigureAim> aim = std::nullopt;
  std::string note = {};
};

struct Part {
  std::string figure;
  std::string part;
  double share = 0;  // of the figure's time
};

class FigureReport {
 public:
  explicit FigureReport(std::string program) : program_(std::move(program)) {}
  void add(Figure figure) { figures_.push_back(std::move(figure)); }
  void add(Part part) { parts_.push_back(std::move(part)); }
  void print(bool json) const;

 private:
  std::string program_;
  std::vector<Figure> figures_;
  std::vector<Part> parts_;
};

struct Command {
  bool json = false;
  bool quick = false;
  bool once = false;  // the least that still checks every answer, for the smoke test
};
// [--json] [--quick | --once]; exits with 64 on anything else.
[[nodiscard]] Command read_command(int argc, char** argv);

// A wrong answer makes every figure of the run worthless: says which one and exits with 1.
void require(bool good, std::string_view what);

// 0 for none.
[[nodiscard]] double median(std::vector<double> values);

[[nodiscard]] double thread_cpu_seconds();
[[nodiscard]] double wall_seconds();

// Candidate and baseline in turns, so that other load and changes of clock frequency meet both alike.
struct Paired {
  std::vector<double> candidate_us;
  std::vector<double> baseline_us;
  std::vector<double> ratio;  // rate of the candidate / rate of the baseline
  std::uint64_t checked = 0;
};
struct Turns {
  int repetitions = 1;
  int turns = 1;  // of each, per repetition
  int calls = 1;  // per turn
};

// Both return whether their answer was right.
template <class Candidate, class Baseline>
Paired measure_paired(const Turns& how, Candidate&& candidate, Baseline&& baseline) {
  const auto seconds_of = [&how](auto& call) {
    const double start = thread_cpu_seconds();
    bool good = true;
    for (int i = 0; i < how.calls; ++i) good = call() && good;
    const double took = thread_cpu_seconds() - start;
    require(good, "a measured call gave a wrong answer");
    return took;
  };
  Paired out;
  for (int repetition = 0; repetition < how.repetitions; ++repetition) {
    double candidate_seconds = 0;
    double baseline_seconds = 0;
    for (int turn = 0; turn < how.turns; ++turn) {
      baseline_seconds += seconds_of(baseline);
      candidate_seconds += seconds_of(candidate);
    }
    const double to_us = 1e6 / (double(how.turns) * how.calls);
    out.candidate_us.push_back(candidate_seconds * to_us);
    out.baseline_us.push_back(baseline_seconds * to_us);
    out.ratio.push_back(baseline_seconds / candidate_seconds);
  }
  out.checked = std::uint64_t(how.repetitions) * std::uint64_t(how.turns) * std::uint64_t(how.calls);
  return out;
}

}  // namespace vcnode::bench
