#include "tests/bench/figures.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace vcnode::bench {
namespace {

double seconds_on(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

nlohmann::json json_of(const Figure& figure) {
  nlohmann::json out{{"name", figure.name},       {"unit", figure.unit}, {"values", figure.values},
                     {"checked", figure.checked}, {"note", figure.note}, {"aim", nullptr}};
  if (figure.aim) out["aim"] = {{figure.aim->at_least ? "atLeast" : "below", figure.aim->value}};
  return out;
}

}  // namespace

void FigureReport::print(bool json) const {
  nlohmann::json figures = nlohmann::json::array();
  nlohmann::json parts = nlohmann::json::array();
  for (const Figure& figure : figures_) figures.push_back(json_of(figure));
  for (const Part& part : parts_)
    parts.push_back({{"figure", part.figure}, {"part", part.part}, {"share", part.share}});
  if (json) {
    std::printf("%s\n",
                nlohmann::json{{"program", program_}, {"figures", figures}, {"parts", parts}}.dump().c_str());
    return;
  }
  for (const Figure& figure : figures_) {
    const auto [low, high] = std::minmax_element(figure.values.begin(), figure.values.end());
    std::printf("%-64s %12.4g %-10s [%.4g..%.4g]\n", figure.name.c_str(), median(figure.values),
                figure.unit.c_str(), *low, *high);
  }
  for (const Part& part : parts_)
    std::printf("  %s: %s %.2f\n", part.figure.c_str(), part.part.c_str(), part.share);
}

Command read_command(int argc, char** argv) {
  Command out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      out.json = true;
    } else if (argument == "--quick") {
      out.quick = true;
    } else if (argument == "--once") {
      out.quick = out.once = true;
    } else {
      std::fprintf(stderr, "Usage: %s [--json] [--quick | --once]\n", argv[0]);
      std::exit(64);
    }
  }
  return out;
}

void require(bool good, std::string_view what) {
  if (good) return;
  std::fprintf(stderr, "wrong answer: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double thread_cpu_seconds() {
  return seconds_on(CLOCK_THREAD_CPUTIME_ID);
}

double wall_seconds() {
  return seconds_on(CLOCK_MONOTONIC);
}

}  // namespace vcnode::bench
