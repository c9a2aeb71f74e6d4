// Reports every benchmark as a ratio to one baseline of the same run, because only such ratios mean anything
// on a machine that others use too. Benchmarks run interleaved in random order, several times; medians are
// compared.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vcnode::bench {

// A benchmark that measures its own ratio in turns with the baseline reports it under this counter, and under
// the other the number of calls in one of its iterations.
inline constexpr std::string_view kRatioCounter = "ratio";
inline constexpr std::string_view kBatchCounter = "batch";

// What one benchmark of the run should reach at least.
struct Aim {
  std::string benchmark;
  double ratio = 0;
};

class RatioReporter final : public benchmark::BenchmarkReporter {
 public:
  RatioReporter(std::string baseline, Aim aim, bool json)
      : baseline_(std::move(baseline)), aim_(std::move(aim)), json_(json) {}
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& report) override;
  void Finalize() override;
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  struct Line {
    std::int64_t order = 0;  // in which it was registered
    std::string name;
    std::vector<double> microseconds;  // one per repetition, CPU time
    std::vector<double> ratios;        // one per repetition, where the benchmark measured them
  };
  void print_table() const;
  void print_json() const;
  [[nodiscard]] double baseline_us() const;
  [[nodiscard]] double ratio_of(const Line& line) const;

  [[nodiscard]] const Line* find(const std::string& name) const;

  std::string baseline_;
  Aim aim_;
  bool json_ = false;
  bool failed_ = false;
  std::vector<Line> lines_;
};

}  // namespace vcnode::bench
