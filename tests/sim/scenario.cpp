#include "tests/sim/scenario.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/sim/codes.h"

namespace vcnode::sim {
namespace {

constexpr std::array<std::string_view, kFaults> kFaultNames = {
    "latency", "reset", "clog",      "frames", "corrupt", "one_way",   "partition", "slow",
    "clock",   "crash", "disk_full", "rot",    "restore", "clock_far", "waive"};
constexpr std::array<std::string_view, kMischiefs> kMischiefNames = {
    "mute", "withhold", "liar", "forger", "flood", "garbage", "fork", "redater", "busy"};
constexpr std::array<std::string_view, kActs> kActNames = {"revoke", "rotate", "compromise", "rival", "epoch",
                                                           "steal",  "issue",  "observe",    "site"};

constexpr std::size_t kHistoriesMax = 2;  // that test keys are numbered for

struct Number {
  std::string_view word;
  std::size_t Scenario::*field;
  std::size_t low;
  std::size_t high;
};
constexpr std::array<Number, 9> kNumbers = {{
    {"nodes", &Scenario::nodes, 2, 20'000},
    {"issuers", &Scenario::issuers, 1, 200},
    {"dials", &Scenario::dials, 1, 32},
    {"minutes", &Scenario::minutes, 0, 10'000},
    {"quiet_periods", &Scenario::quiet_periods, 1, 1'000},
    {"change_ms", &Scenario::change_ms, 100, 86'400'000},
    {"statements", &Scenario::statements, 1, 1'000},
    {"sponsored", &Scenario::sponsored, 1, 199},
    {"epochs", &Scenario::epochs, 1, 40},
}};

struct Line {
  std::string_view file;
  std::size_t number = 0;
  std::vector<std::string> words;
  [[nodiscard]] std::string place() const { return concat(file, ":", number, ": "); }
};

Result<std::size_t> parse_number(const Line& line, const std::string& text, std::size_t low,
                                 std::size_t high) {
  const auto value = whole_number(text, low, high);
  if (!value)
    return fail(SCENARIO_INVALID, line.place(), "\"", line.words.front(), "\" is \"", text,
                "\", not a whole number from ", low, " to ", high);
  return static_cast<std::size_t>(*value);
}

template <std::size_t N>
std::string listed(const std::array<std::string_view, N>& names) {
  std::string out;
  for (const std::string_view name : names) out += concat(out.empty() ? "" : ", ", name);
  return out;
}

template <class Kind, std::size_t N>
Result<Kind> parse_name(const Line& line, std::string_view text,
                        const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<Kind>(i);
  return fail(SCENARIO_INVALID, line.place(), "\"", text, "\" is not one of: ", listed(names));
}

Result<void> read_faults(const Line& line, Scenario& scenario) {
  scenario.faults.clear();
  for (std::size_t i = 1; i < line.words.size(); ++i) {
    const std::string& word = line.words[i];
    if (word == "none" || word == "all") {
      if (line.words.size() > 2)
        return fail(SCENARIO_INVALID, line.place(), "\"", word, "\" stands beside other faults");
      for (std::size_t fault = 0; word == "all" && fault < kFaults; ++fault)
        scenario.faults.insert(static_cast<Fault>(fault));
      continue;
    }
    VCNODE_TRY(const Fault fault, parse_name<Fault>(line, word, kFaultNames));
    if (!scenario.faults.insert(fault).second)
      return fail(SCENARIO_INVALID, line.place(), "the fault \"", word, "\" stands there twice");
  }
  return {};
}

// Names, each with a number.
template <class Kind, std::size_t N>
Result<void> read_counted(const Line& line, const std::array<std::string_view, N>& names,
                          std::string_view noun, std::map<Kind, std::size_t>& out) {
  for (std::size_t i = 1; i < line.words.size(); i += 2) {
    VCNODE_TRY(const Kind kind, parse_name<Kind>(line, line.words[i], names));
    if (i + 1 == line.words.size())
      return fail(SCENARIO_INVALID, line.place(), "how many \"", line.words[i], "\"?");
    if (out.count(kind) != 0)
      return fail(SCENARIO_INVALID, line.place(), "the ", noun, " \"", line.words[i],
                  "\" stands there twice");
    VCNODE_TRY(out[kind], parse_number(line, line.words[i + 1], 0, 100));
  }
  return {};
}

Result<void> read_line(const Line& line, Scenario& scenario) {
  const std::string& word = line.words.front();
  if (line.words.size() < 2)
    return fail(SCENARIO_INVALID, line.place(), "\"", word, "\" stands without a value");
  if (word == "faults") return read_faults(line, scenario);
  if (word == "adversaries") return read_counted(line, kMischiefNames, "adversary", scenario.adversaries);
  if (word == "acts") return read_counted(line, kActNames, "act", scenario.acts);
  for (const Number& number : kNumbers) {
    if (number.word != word) continue;
    if (line.words.size() > 2)
      return fail(SCENARIO_INVALID, line.place(), "\"", word, "\" takes one value and has ",
                  line.words.size() - 1);
    VCNODE_TRY(scenario.*number.field, parse_number(line, line.words[1], number.low, number.high));
    return {};
  }
  return fail(SCENARIO_INVALID, line.place(), "unknown word \"", word,
              "\"; known are nodes, issuers, dials, minutes, quiet_periods, change_ms, statements, "
              "sponsored, epochs, acts, faults, adversaries");
}

}  // namespace

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t low,
                                          std::uint64_t high) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return std::nullopt;
  return value;
}

std::string_view fault_name(Fault fault) noexcept {
  return kFaultNames[static_cast<std::size_t>(fault)];
}
std::string_view mischief_name(Mischief mischief) noexcept {
  return kMischiefNames[static_cast<std::size_t>(mischief)];
}

Result<Scenario> parse_scenario(std::string_view text, std::string_view name) {
  Scenario scenario;
  std::map<std::string, std::size_t> given;  // word → number of its line
  std::istringstream lines{std::string(text)};
  std::string raw;
  for (std::size_t number = 1; std::getline(lines, raw); ++number) {
    raw.resize(std::min(raw.size(), raw.find('#')));
    std::istringstream words(raw);
    Line line{name, number, {std::istream_iterator<std::string>(words), {}}};
    if (line.words.empty()) continue;
    const auto [first, is_first] = given.emplace(line.words.front(), number);
    if (!is_first)
      return fail(SCENARIO_INVALID, line.place(), "\"", first->first, "\" is given twice, first in line ",
                  first->second);
    VCNODE_CHECK(read_line(line, scenario));
  }
  VCNODE_CHECK(check_scenario(scenario, name));
  return scenario;
}

Result<Scenario> read_scenario(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return fail(SCENARIO_INVALID, file, ": is a folder, a scenario is a file");
  std::ifstream in(file);
  if (!in) return fail(SCENARIO_INVALID, file, ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_scenario(text, file);
}

Result<void> check_scenario(const Scenario& scenario, std::string_view name) {
  if (scenario.issuers > scenario.nodes)
    return fail(SCENARIO_INVALID, name, ": ", scenario.issuers, " issuers need as many nodes, and there are ",
                scenario.nodes);
  if (scenario.dials >= scenario.nodes)
    return fail(SCENARIO_INVALID, name, ": a node cannot dial ", scenario.dials, " others of ",
                scenario.nodes);
  if (scenario.sponsored >= scenario.issuers)
    return fail(SCENARIO_INVALID, name, ": ", scenario.sponsored, " sponsored issuers of ", scenario.issuers,
                " leave nobody to sponsor them");
  if (scenario.epochs > 0 &&
      (!scenario.faults.empty() || !scenario.adversaries.empty() || scenario.issuers > kHistoriesMax))
    return fail(SCENARIO_INVALID, name, ": \"epochs\" has faults and thieves of its own, and at most ",
                kHistoriesMax, " issuers");
  std::size_t weights = 0;
  for (const auto& [act, weight] : scenario.acts) weights += weight;
  if ((scenario.epochs > 0) != (weights > 0))
    return fail(SCENARIO_INVALID, name,
                ": \"epochs\" and \"acts\" stand together, and something has to happen");
  return {};
}

}  // namespace vcnode::sim
