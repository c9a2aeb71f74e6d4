#include <CLI/CLI.hpp>

#include "node/cli/arguments.h"

namespace vcnode::cli {

void add_policy(CLI::App& app, Command& chosen) {
  static PolicyOptions options;
  auto* group = app.add_subcommand("policy", "Whom you believe, for what: look at a policy, or begin one");
  group->require_subcommand(1);
  const auto add_peers = [](CLI::App* command, const char* help) {
    command->add_option("--peer", options.peers, help);
  };
  auto* check = group->add_subcommand("check", "Say what a policy means, and what in it can never be met");
  check->add_option("FILE", options.input, "The policy (JSON), or - for standard input")->required();
  add_peers(
      check,
      "https://HOST:PORT of a node to ask whose feeds it holds (repeatable; default: the node of this home, "
      "if it runs)");
  check->callback([&chosen] { chosen = [](const Global& global) { return policy_check(global, options); }; });

  auto* make = group->add_subcommand(
      "new", "List the trust lists that the network holds for a country and a purpose, and what proves each");
  make->add_option("--country", options.country, "Where you decide (ISO 3166-1 alpha-2)")->required();
  make->add_option("--for", options.purpose,
                   "What you decide: hiring, study, regulated-job, or another word of lists")
      ->required();
  add_peers(make, "https://HOST:PORT of a node to ask (repeatable; default: the node of this home)");
  make->add_option("--network", options.network,
                   "Name of the network whose feeds count, if a body has one in several");
  make->add_option("--use", options.use,
                   "Id or SHA-256 of a trust list to believe (repeatable): makes a policy of its anchors")
      ->allow_extra_args(false);
  make->add_option("-o,--output", options.output, "Where to write the policy (default: standard output)");
  make->footer(
      "Nothing is preselected. Anybody can publish a trust list; who signed it is for you to judge.");
  make->callback([&chosen] { chosen = [](const Global& global) { return policy_new(global, options); }; });
}

}  // namespace vcnode::cli
