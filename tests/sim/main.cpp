// sim: runs scenarios under seeds; see --help. A failure prints the one command that replays it.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/sim/cluster.h"
#include "tests/sim/codes.h"

namespace vcnode::sim {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 64;

struct Command {
  std::string program;
  std::string scenario;
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::size_t nodes = 0;
  std::size_t minutes = 0;
  std::string corpus;
  bool trace = false;
  bool twice = false;
};

struct Case {
  std::string scenario;
  std::uint64_t seed = 0;
  std::size_t nodes = 0;    // 0: as the scenario says
  std::size_t minutes = 0;  // 0: as the scenario says

  [[nodiscard]] std::string line() const { return concat(scenario, " ", seed, " ", nodes, " ", minutes); }
  [[nodiscard]] std::string replay(const std::string& program) const {
    std::string out = concat(program, " --scenario ", scenario, " --seed ", seed);
    if (nodes != 0) out += concat(" --nodes ", nodes);
    if (minutes != 0) out += concat(" --minutes ", minutes);
    return out;
  }
};

// An assertion of the production code ends the process: then, too, the seed must be known and remembered.
// Filled in before each run, because a signal handler may only write.
struct LastWords {
  char report[1024] = "";
  char corpus_file[1024] = "";
  char corpus_line[1024] = "";
} last_words;

void on_abort(int) {
  bool written = ::write(STDOUT_FILENO, last_words.report, std::strlen(last_words.report)) >= 0;
  if (last_words.corpus_file[0] != '\0') {
    const int file = ::open(last_words.corpus_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    written = ::write(file, last_words.corpus_line, std::strlen(last_words.corpus_line)) >= 0 && written;
  }
  ::_exit(written ? kExitFailed : kExitFailed + 1);
}

void prepare_last_words(const Case& test, const Command& command) {
  std::snprintf(last_words.report, sizeof last_words.report,
                "FAILED checker assertion: the process aborted\nreplay: %s\n",
                test.replay(command.program).c_str());
  std::snprintf(last_words.corpus_file, sizeof last_words.corpus_file, "%s", command.corpus.c_str());
  std::snprintf(last_words.corpus_line, sizeof last_words.corpus_line, "%s  # assertion\n",
                test.line().c_str());
}

void report(const Case& test, const Command& command, const Violation& violation) {
  std::cout << "FAILED checker " << violation.checker << " at " << violation.at_ms
            << " ms: " << violation.message << "\n"
            << "replay: " << test.replay(command.program) << "\n";
  if (command.corpus.empty()) return;
  std::ofstream(command.corpus, std::ios::app) << test.line() << "  # " << violation.checker << "\n";
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
    const Outcome outcome = Cluster(scenario, test.seed, command.trace).run();
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

// FILE SEED NODES MINUTES, one a line; # starts a comment.
Result<std::vector<Case>> read_corpus(const std::string& file) {
  std::vector<Case> out;
  std::ifstream in(file);
  std::string raw;
  for (std::size_t number = 1; std::getline(in, raw); ++number) {
    raw.resize(std::min(raw.size(), raw.find('#')));
    std::istringstream words(raw);
    Case test;
    if (!(words >> test.scenario)) continue;
    if (!(words >> test.seed >> test.nodes >> test.minutes))
      return fail(SCENARIO_INVALID, file, ":", number, ": not SCENARIO SEED NODES MINUTES");
    out.push_back(test);
  }
  return out;
}

Result<bool> run_all(const Command& command) {
  std::vector<Case> cases;
  if (!command.corpus.empty()) {
    VCNODE_TRY(cases, read_corpus(command.corpus));
  }
  if (!command.scenario.empty())
    for (std::uint64_t i = 0; i < command.seeds; ++i)
      cases.push_back({command.scenario, command.seed + i, command.nodes, command.minutes});
  Command quiet = command;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const bool remembered = i + (command.scenario.empty() ? 0 : command.seeds) < cases.size();
    quiet.corpus = remembered ? std::string() : command.corpus;
    VCNODE_TRY(const bool passed, run(cases[i], quiet));
    if (passed) continue;
    std::printf("%zu runs passed before it, of %zu\n", i, cases.size());
    return false;
  }
  std::printf("%zu runs passed\n", cases.size());
  return true;
}

}  // namespace
}  // namespace vcnode::sim

int main(int argc, char** argv) {
  using namespace vcnode::sim;
  Command command;
  command.program = argv[0];
  CLI::App app("Runs a network of vcnode engines in virtual time, with faults, and checks what must hold.");
  app.add_option("--scenario", command.scenario, "file that says what is simulated (tests/sim/scenarios)");
  app.add_option("--seed", command.seed, "first seed; one seed replays everything")->capture_default_str();
  app.add_option("--seeds", command.seeds, "how many seeds, one after the other")->capture_default_str();
  app.add_option("--nodes", command.nodes, "honest nodes, instead of the scenario's");
  app.add_option("--minutes", command.minutes, "minutes of faults, instead of the scenario's");
  app.add_option("--corpus", command.corpus, "file of seeds that failed: replayed first, new ones appended");
  app.add_flag("--trace", command.trace, "say on standard error what goes wrong when");
  app.add_flag("--twice", command.twice, "run each seed twice and compare the traces");
  try {
    app.parse(argc, argv);
    if (command.scenario.empty() && command.corpus.empty())
      throw CLI::RequiredError("--scenario or --corpus");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  std::signal(SIGABRT, on_abort);
  const auto passed = run_all(command);
  if (!passed) {
    std::cerr << passed.error().message << "\n";
    return kExitUsage;
  }
  return *passed ? 0 : kExitFailed;
}
