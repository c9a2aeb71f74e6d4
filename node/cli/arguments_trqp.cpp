#include <CLI/CLI.hpp>

#include <array>

#include "node/cli/arguments.h"

namespace vcnode::cli {

void add_trqp(CLI::App& app, Command& chosen) {
  static std::array<TrqpOptions, 2> all;
  auto* group = app.add_subcommand("trqp", "Ask a trust registry (Trust Registry Query Protocol 2.0)");
  group->require_subcommand(1);
  const auto add = [&](recognition::TrqpEndpoint endpoint, TrqpOptions& options, const char* name,
                       const char* help, const char* actions) {
    options.endpoint = endpoint;
    auto* command = group->add_subcommand(name, help);
    command->add_option("--url", options.url, "https URL of the registry, before /authorization")->required();
    command->add_option("--entity", options.entity, "URI of whom it is about")->required();
    command->add_option("--authority", options.authority, "URI of whose word is asked for")->required();
    command->add_option("--action", options.action, actions)->capture_default_str();
    command->add_option("--resource", options.resource, "Type of credential")->required();
    command->add_option("--time", options.time, "The time asked about (RFC 3339, Z; default now)");
    command
        ->add_option(
            "--context", options.context,
            "NAME=TEXT, such as country=EE, eqf=6, isced=06 (repeatable); a registry ignores what it "
            "does not know")
        ->allow_extra_args(false);
    command->add_option("--token", options.token,
                        "Where the registry's access token is: file:PATH, fd:N or credential:NAME");
    command->add_option("--ca-file", options.ca_file,
                        "Trust the authorities in this PEM file instead of the system's");
    command->footer("Exit codes: 0 yes, 1 no, 2 unknown (404, 5xx, no answer, or none that can be read).");
    command->callback([&chosen, &options] {
      chosen = [&options](const Global& global) { return trqp_ask(global, options); };
    });
  };
  all[0].action = "issue";
  all[1].action = "recognise";
  add(recognition::TrqpEndpoint::authorization, all[0], "authorization",
      "Does the authority authorize the entity?", "issue, accredit, or the registry's own");
  add(recognition::TrqpEndpoint::recognition, all[1], "recognition",
      "Does the authority recognize the entity, another authority?", "recognise, or the registry's own");
}

}  // namespace vcnode::cli
