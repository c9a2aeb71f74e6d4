// The command line, mapped to the commands in commands.h: the only files that know CLI11.
#pragma once

#include <functional>

#include "node/cli/commands.h"

namespace CLI {
class App;
}

namespace vcnode::cli {

// The chosen command, run after parsing.
using Command = std::function<int(const Global&)>;

void add_keys(CLI::App& app, Command& chosen);
void add_issuers(CLI::App& app, Command& chosen);
void add_witness(CLI::App& app, Command& chosen);
void add_publish(CLI::App& app, Command& chosen);
void add_statements(CLI::App& app, Command& chosen);
void add_trqp(CLI::App& app, Command& chosen);
// challenge, present, stack.
void add_holder(CLI::App& app, Command& chosen);
void add_new_holder(CLI::App& keys, Command& chosen);
// Who presents what is verified.
void add_subject_options(CLI::App& command, VerifyOptions& options);
void add_policy(CLI::App& app, Command& chosen);
// verdict, evidence.
void add_verdict(CLI::App& app, Command& chosen);

}  // namespace vcnode::cli
