#include "tests/bench/ratio_reporter.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/bench/figures.h"

namespace vcnode::bench {

bool RatioReporter::ReportContext(const Context&) {
  return true;
}

void RatioReporter::ReportRuns(const std::vector<Run>& report) {
  for (const Run& run : report) {
    if (run.error_occurred) {
      std::fprintf(stderr, "%s: %s\n", run.run_name.function_name.c_str(), run.error_message.c_str());
      failed_ = true;
    }
    if (run.run_type != Run::RT_Iteration || run.error_occurred || run.iterations == 0) continue;
    const std::string& name = run.run_name.function_name;
    auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& one) { return one.name == name; });
    if (line == lines_.end()) line = lines_.insert(lines_.end(), Line{run.family_index, name, {}, {}});
    const auto ratio = run.counters.find(std::string(kRatioCounter));
    const bool paired = ratio != run.counters.end();  // then it timed itself
    const double seconds = paired ? run.real_accumulated_time : run.cpu_accumulated_time;
    const double batch = paired ? run.counters.at(std::string(kBatchCounter)).value : 1;
    line->microseconds.push_back(seconds * 1e6 / (static_cast<double>(run.iterations) * batch));
    if (paired) line->ratios.push_back(ratio->second.value);
  }
}

const RatioReporter::Line* RatioReporter::find(const std::string& name) const {
  const auto line =
      std::find_if(lines_.begin(), lines_.end(), [&](const Line& one) { return one.name == name; });
  return line == lines_.end() ? nullptr : &*line;
}

double RatioReporter::baseline_us() const {
  const Line* line = find(baseline_);
  return line == nullptr ? 0 : median(line->microseconds);
}

double RatioReporter::ratio_of(const Line& line) const {
  return line.ratios.empty() ? baseline_us() / median(line.microseconds) : median(line.ratios);
}

void RatioReporter::Finalize() {
  std::sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) { return a.order < b.order; });
  if (json_) {
    print_json();
  } else {
    print_table();
  }
}

void RatioReporter::print_table() const {
  std::printf(
      "CPU time per call, median [min..max] of %zu repetitions; ratio = rate / rate of the baseline\n",
      lines_.empty() ? std::size_t{0} : lines_.front().microseconds.size());
  std::printf("%-58s %10s %20s %10s %7s\n", "", "us", "[min..max]", "per s", "ratio");
  for (const Line& line : lines_) {
    const double us = median(line.microseconds);
    const auto [low, high] = std::minmax_element(line.microseconds.begin(), line.microseconds.end());
    char range[32];
    std::snprintf(range, sizeof range, "[%.1f..%.1f]", *low, *high);
    std::printf("%-58s %10.2f %20s %10.0f %7.2f\n", line.name.c_str(), us, range, 1e6 / us, ratio_of(line));
  }
  if (const Line* line = find(aim_.benchmark); line != nullptr) {
    const double ratio = ratio_of(*line);
    std::printf("aim %.2f for %s: %s, %.2f\n", aim_.ratio, line->name.c_str(),
                ratio >= aim_.ratio ? "met" : "not met", ratio);
  }
}

void RatioReporter::print_json() const {
  auto benchmarks = nlohmann::json::array();
  for (const Line& line : lines_) {
    const double us = median(line.microseconds);
    const auto [low, high] = std::minmax_element(line.microseconds.begin(), line.microseconds.end());
    benchmarks.push_back({{"name", line.name},
                          {"microseconds", us},
                          {"microsecondsMin", *low},
                          {"microsecondsMax", *high},
                          {"repetitions", line.microseconds.size()},
                          {"ratio", ratio_of(line)},
                          {"values", line.microseconds},
                          {"ratios", line.ratios}});
  }
  nlohmann::json report{{"baseline", baseline_}, {"benchmarks", benchmarks}};
  if (const Line* line = find(aim_.benchmark); line != nullptr)
    report["aim"] = {{"name", line->name}, {"ratio", aim_.ratio}, {"met", ratio_of(*line) >= aim_.ratio}};
  std::printf("%s\n", report.dump(2).c_str());
}

}  // namespace vcnode::bench
