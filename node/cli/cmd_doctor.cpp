// doctor: looks at this home and, if it runs, at its node, and says what is wrong and what to do.
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "crypto/base/json.h"
#include "node/cli/commands.h"
#include "node/cli/doctor_home.h"
#include "node/cli/doctor_node.h"
#include "node/cli/doctor_peers.h"
#include "node/cli/examination.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"

namespace vcnode::cli {
namespace {

// A JSON answer of the running node; nullopt after saying that it could not be had.
std::optional<nlohmann::json> asked(Examination& seen, const Global& global, const std::string& path) {
  const auto response = ask_node(global, "GET", path);
  auto answer = response ? json::read(response->body) : Result<nlohmann::json>(response.failure());
  if (answer && response->status == 200) return *std::move(answer);
  const std::string why =
      answer ? concat("it answered with HTTP status ", response->status) : sentence_of(answer.error());
  seen.warning("node", concat(path, " of the running node could not be checked: ", why),
               "look at the node's log");
  return std::nullopt;
}

void examine_running_node(Examination& seen, const Global& global, const node::Config& config) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (const auto status = asked(seen, global, "/status"))
    examine_status(seen, config, *status, Timestamp(now));
  const auto peers = asked(seen, global, "/peers");
  if (!peers) return;
  if (peers->is_object() && peers->contains("peers")) return examine_peers(seen, peers->at("peers"));
  seen.warning("peer", "the peers could not be checked: the node's answer does not name them",
               "use the vcnode that runs the node, or look at the node's log");
}

void examine_stopped_node(Examination& seen, const node::Config& config) {
  examine_port(seen, config);
  examine_store(seen, config);
}

void examine_node(Examination& seen, const Global& global, const node::Config& config) {
  if (!examine_admin_socket(seen, config)) return examine_stopped_node(seen, config);
  const auto running = ask_node(global, "GET", "/livez");
  if (running) return examine_running_node(seen, global, config);
  if (running.error().code != codes::NODE_NOT_RUNNING) {
    return seen.problem("node", sentence_of(running.error()),
                        "see the sentence: ask as the node's user, and look at the node's log");
  }
  seen.warning("node", running.error().message, concat("vcnode --home ", global.home.string(), " run"));
  examine_stopped_node(seen, config);
}

std::string configuration_remedy(const Global& global, const Error& error) {
  if (error.code != codes::CONFIG_UNREADABLE)
    return "correct config.toml; `vcnode config check` reads it again";
  std::error_code ignored;
  if (std::filesystem::exists(global.home / "config.toml", ignored))
    return "restore config.toml from your backup: a regular file that the node's user can read";
  return concat("name the right home with --home, or make one: vcnode --home ", global.home.string(),
                " init");
}

void print(const Global& global, const Examination& seen) {
  static constexpr std::array<std::string_view, 3> kWords{"ok", "warning", "PROBLEM"};
  nlohmann::json rows = nlohmann::json::array();
  for (const Finding& finding : seen.findings()) {
    const std::string_view word = kWords[static_cast<std::size_t>(finding.severity)];
    if (global.json) {
      rows.push_back({{"severity", finding.severity == Severity::problem ? "problem" : word},
                      {"subject", finding.subject},
                      {"sentence", finding.sentence},
                      {"remedy", finding.remedy}});
      continue;
    }
    print_line(concat(word, "  ", finding.subject, ": ", finding.sentence));
    if (!finding.remedy.empty()) print_line(concat("    what to do: ", finding.remedy));
  }
  if (global.json) print_json({{"ok", !seen.has_problem()}, {"findings", rows}});
}

}  // namespace

int doctor(const Global& global) {
  Examination seen;
  const auto config = node::load_config(global.home);
  if (!config) {
    seen.problem("configuration", sentence_of(config.error()), configuration_remedy(global, config.error()));
  } else {
    seen.ok("configuration", "is good");
    examine_home(seen, *config);
    examine_node(seen, global, *config);
  }
  print(global, seen);
  return seen.has_problem() ? kExitNotValid : kExitOk;
}

}  // namespace vcnode::cli
