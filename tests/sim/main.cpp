// sim: runs scenarios under seeds; see --help. A failure prints the one command that replays it.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "tests/sim/codes.h"
#include "tests/sim/epochs.h"

namespace vcnode::sim {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 64;
// What one call may ask for: more is a slip of the hand, and would not end.
constexpr std::uint64_t kSeedsMax = 1'000'000'000;
constexpr std::uint64_t kNodesMax = 100'000;
constexpr std::uint64_t kMinutesMax = 100'000;
constexpr std::uint64_t kPatienceSecondsMax = 86'400;
constexpr std::uint64_t kPatienceSeconds = 900;

struct Command {
  std::string program;
  std::string scenario;
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::uint64_t nodes = 0;    // 0: not given
  std::uint64_t minutes = 0;  // 0: not given
  std::uint64_t patience_seconds = kPatienceSeconds;
  std::string corpus;
  bool trace = false;
  bool twice = false;
};

std::filesystem::path folder_of(const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path();
  return folder.empty() ? "." : folder;
}

struct Case {
  std::string scenario;
  std::uint64_t seed = 0;
  std::uint64_t nodes = 0;    // 0: as the scenario says
  std::uint64_t minutes = 0;  // 0: as the scenario says

  [[nodiscard]] std::string replay(const Command& command) const {
    std::string out = concat(command.program, " --scenario ", scenario, " --seed ", seed);
    if (nodes != 0) out += concat(" --nodes ", nodes);
    if (minutes != 0) out += concat(" --minutes ", minutes);
    if (command.patience_seconds != kPatienceSeconds) out += concat(" --patience ", command.patience_seconds);
    return out;
  }
  // As a corpus remembers it: the scenario as seen from the corpus's folder, to be found from anywhere.
  [[nodiscard]] std::string line(const std::string& corpus) const {
    std::error_code error;
    const auto seen = std::filesystem::proximate(scenario, folder_of(corpus), error);
    return concat(error ? scenario : seen.string(), " ", seed, " ", nodes, " ", minutes);
  }
};

// An assertion of the production code ends the process, and a step of it that never ends is ended by the
// alarm: then, too, the seed must be known and remembered. Filled in before each run, because a signal
// handler may only write.
struct LastWords {
  char report[2048] = "";
  char corpus_line[2048] = "";
};
LastWords if_aborted;
LastWords if_endless;
char corpus_file[2048] = "";  // empty: not to be remembered

[[noreturn]] void end_with(const LastWords& words) {
  bool written = ::write(STDOUT_FILENO, words.report, std::strlen(words.report)) >= 0;
  if (corpus_file[0] != '\0') {
    const int file = ::open(corpus_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    written = ::write(file, words.corpus_line, std::strlen(words.corpus_line)) >= 0 && written;
  }
  ::_exit(written ? kExitFailed : kExitFailed + 1);
}
void on_abort(int) {
  end_with(if_aborted);
}
void on_alarm(int) {
  end_with(if_endless);
}

void prepare(LastWords& words, const Case& test, const Command& command, const std::string& checker,
             const std::string& what) {
  std::snprintf(words.report, sizeof words.report, "FAILED checker %s: %s\nreplay: %s\n", checker.c_str(),
                what.c_str(), test.replay(command).c_str());
  std::snprintf(words.corpus_line, sizeof words.corpus_line, "%s  # %s\n", test.line(command.corpus).c_str(),
                checker.c_str());
}

void prepare_last_words(const Case& test, const Command& command) {
  std::snprintf(corpus_file, sizeof corpus_file, "%s", command.corpus.c_str());
  prepare(if_aborted, test, command, "assertion", "the process aborted");
  prepare(if_endless, test, command, "livelock",
          concat("seed ", test.seed, " made no end in ", command.patience_seconds, " s"));
}

void report(const Case& test, const Command& command, const Violation& violation) {
  std::cout << "FAILED checker " << violation.checker << " at " << violation.at_ms
            << " ms: " << violation.message << "\n"
            << "replay: " << test.replay(command) << "\n";
  if (command.corpus.empty()) return;
  std::ofstream(command.corpus, std::ios::app)
      << test.line(command.corpus) << "  # " << violation.checker << "\n";
}

Result<bool> run(const Case& test, const Command& command) {
  VCNODE_TRY(Scenario scenario, read_scenario(test.scenario));
  if (test.nodes != 0) scenario.nodes = test.nodes;
  if (test.minutes != 0) scenario.minutes = test.minutes;
  VCNODE_CHECK(check_scenario(scenario, test.scenario));
  prepare_last_words(test, command);
  std::uint64_t first_trace = 0;
  for (int round = 0; round < (command.twice ? 2 : 1); ++round) {
    const auto began = std::chrono::steady_clock::now();
    ::alarm(static_cast<unsigned>(command.patience_seconds));
    const Outcome outcome = scenario.epochs > 0 ? run_epochs(scenario, test.seed, command.trace)
                                                : Cluster(scenario, test.seed, command.trace).run();
    ::alarm(0);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf(
        "seed %llu  trace %016llx  %llu events  %.0f events/s  %llu frames  %llu acknowledged  "
        "%llu checks  equal after %lld s  %lld s in %.2f s\n",
        static_cast<unsigned long long>(test.seed), static_cast<unsigned long long>(outcome.trace),
        static_cast<unsigned long long>(outcome.events), static_cast<double>(outcome.events) / seconds,
        static_cast<unsigned long long>(outcome.frames),
        static_cast<unsigned long long>(outcome.acknowledged),
        static_cast<unsigned long long>(outcome.checks),
        static_cast<long long>(outcome.converged_after_ms / 1000),
        static_cast<long long>(outcome.simulated_ms / 1000), seconds);
    std::fflush(stdout);
    if (outcome.violation) {
      report(test, command, *outcome.violation);
      return false;
    }
    if (round == 1 && outcome.trace != first_trace) {
      report(test, command, {"determinism", outcome.simulated_ms, "one seed gave two traces"});
      return false;
    }
    first_trace = outcome.trace;
  }
  return true;
}

// A corpus that cannot be read or appended to is known before the first run, not after the first failure.
Result<void> check_corpus(const std::string& file, bool must_exist) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return fail(SCENARIO_INVALID, file, ": a corpus is a file, and this is ",
                std::filesystem::is_directory(status) ? "a folder" : "something else");
  if ((must_exist || std::filesystem::exists(status)) && ::access(file.c_str(), R_OK) != 0)
    return fail(SCENARIO_INVALID, file, ": cannot be read: ", std::strerror(errno));
  const int opened = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (opened < 0) return fail(SCENARIO_INVALID, file, ": cannot be appended to: ", std::strerror(errno));
  ::close(opened);
  return {};
}

// SCENARIO SEED NODES MINUTES, of which the last two may be 0.
Result<Case> read_case(const std::vector<std::string>& words, const std::string& corpus) {
  if (words.size() != 4) return fail(SCENARIO_INVALID, "not SCENARIO SEED NODES MINUTES");
  const auto seed = whole_number(words[1], 0, UINT64_MAX);
  const auto nodes = whole_number(words[2], 0, kNodesMax);
  const auto minutes = whole_number(words[3], 0, kMinutesMax);
  if (!seed || !nodes || !minutes)
    return fail(SCENARIO_INVALID, "SEED is a whole number from 0 to ", UINT64_MAX, ", NODES up to ",
                kNodesMax, ", MINUTES up to ", kMinutesMax);
  std::error_code ignored;
  if (std::filesystem::exists(words[0], ignored)) return Case{words[0], *seed, *nodes, *minutes};
  const auto beside = folder_of(corpus) / words[0];
  if (std::filesystem::exists(beside, ignored)) return Case{beside.string(), *seed, *nodes, *minutes};
  return fail(SCENARIO_INVALID, words[0], " is found neither from here nor from the corpus's folder");
}

// One case a line; # starts a comment.
Result<std::vector<Case>> read_corpus(const std::string& file) {
  std::vector<Case> out;
  std::ifstream in(file);
  std::string raw;
  for (std::size_t number = 1; std::getline(in, raw); ++number) {
    raw.resize(std::min(raw.size(), raw.find('#')));
    std::istringstream text(raw);
    const std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
    if (words.empty()) continue;
    const auto test = read_case(words, file);
    if (!test) return fail(SCENARIO_INVALID, file, ":", number, ": ", test.error().message);
    out.push_back(*test);
  }
  if (in.bad()) return fail(SCENARIO_INVALID, file, ": cannot be read");
  return out;
}

Result<bool> run_all(const Command& command) {
  std::vector<Case> remembered;
  if (!command.corpus.empty()) {
    VCNODE_CHECK(check_corpus(command.corpus, command.scenario.empty()));
    VCNODE_TRY(remembered, read_corpus(command.corpus));
  }
  const std::uint64_t total = remembered.size() + (command.scenario.empty() ? 0 : command.seeds);
  if (total == 0) return fail(SCENARIO_INVALID, command.corpus, ": holds no run, and no --scenario is given");
  Command replaying = command;
  replaying.corpus.clear();  // what is in it need not be appended
  for (std::uint64_t i = 0; i < total; ++i) {
    const bool is_new = i >= remembered.size();
    const Case test = is_new ? Case{command.scenario, command.seed + (i - remembered.size()), command.nodes,
                                    command.minutes}
                             : remembered[i];
    VCNODE_TRY(const bool passed, run(test, is_new ? command : replaying));
    if (passed) continue;
    std::printf("%llu runs passed before it, of %llu\n", static_cast<unsigned long long>(i),
                static_cast<unsigned long long>(total));
    return false;
  }
  std::printf("%llu runs passed\n", static_cast<unsigned long long>(total));
  return true;
}

// CLI11 alone takes "-1" for a large number and clamps what is too large.
CLI::Option* add_number(CLI::App& app, const std::string& option, std::uint64_t& value, std::uint64_t low,
                        std::uint64_t high, const std::string& text) {
  const auto parse = [&value, option, low, high](const std::string& given) {
    const auto number = whole_number(given, low, high);
    if (!number)
      throw CLI::ValidationError(option,
                                 concat("\"", given, "\" is not a whole number from ", low, " to ", high));
    value = *number;
  };
  return app.add_option_function<std::string>(option, parse, text)->type_name("NUMBER");
}

void check_seeds(const Command& command) {
  if (command.seed > UINT64_MAX - (command.seeds - 1))
    throw CLI::ValidationError("--seeds", concat(command.seeds, " from seed ", command.seed,
                                                 " on go past the last one, ", UINT64_MAX));
}

}  // namespace
}  // namespace vcnode::sim

int main(int argc, char** argv) {
  using namespace vcnode::sim;
  Command command;
  command.program = argv[0];
  CLI::App app("Runs a network of vcnode engines in virtual time, with faults, and checks what must hold.");
  app.add_option("--scenario", command.scenario, "file that says what is simulated (tests/sim/scenarios)");
  add_number(app, "--seed", command.seed, 0, UINT64_MAX, "first seed; one seed replays everything")
      ->default_str("1");
  add_number(app, "--seeds", command.seeds, 1, kSeedsMax, "how many seeds, one after the other")
      ->default_str("1");
  add_number(app, "--nodes", command.nodes, 1, kNodesMax, "honest nodes, instead of the scenario's");
  add_number(app, "--minutes", command.minutes, 1, kMinutesMax,
             "minutes of faults, instead of the scenario's");
  add_number(app, "--patience", command.patience_seconds, 1, kPatienceSecondsMax,
             "real seconds that one run may take; then it counts as a livelock")
      ->default_str(std::to_string(kPatienceSeconds));
  app.add_option("--corpus", command.corpus, "file of seeds that failed: replayed first, new ones appended");
  app.add_flag("--trace", command.trace, "say on standard error what goes wrong when");
  app.add_flag("--twice", command.twice, "run each seed twice and compare the traces");
  try {
    app.parse(argc, argv);
    if (command.scenario.empty() && command.corpus.empty())
      throw CLI::RequiredError("--scenario or --corpus");
    check_seeds(command);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  std::signal(SIGABRT, on_abort);
  std::signal(SIGALRM, on_alarm);
  const auto passed = run_all(command);
  if (!passed) {
    std::cerr << passed.error().message << "\n";
    return kExitUsage;
  }
  return *passed ? 0 : kExitFailed;
}
