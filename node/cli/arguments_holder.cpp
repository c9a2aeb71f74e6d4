// challenge, present, keys new-holder, stack, and what `verify` asks about the person.
#include <CLI/CLI.hpp>

#include "node/cli/arguments.h"

namespace vcnode::cli {
namespace {

void add_key_options(CLI::App& command, HolderOptions& options) {
  command.add_option(
      "--passphrase", options.passphrase,
      "Passphrase source of the key file: file:PATH, fd:N or credential:NAME (default: the file "
      "KEY.passphrase)");
}

void add_present(CLI::App& app, Command& chosen) {
  static PresentOptions options;
  auto* command = app.add_subcommand(
      "present",
      "Hand over credentials: sign them with the holder's key in answer to a verifier's challenge");
  command->add_option("CREDENTIAL", options.credentials, "Credentials (JSON) that are about the holder")
      ->required();
  command->add_option("--key", options.holder.key_file, "The holder's key file (`vcnode keys new-holder`)")
      ->required();
  command->add_option("--challenge", options.challenge, "What the verifier asks to sign")->required();
  command->add_option("--domain", options.domain, "The verifier for whom it is, as the verifier says it")
      ->required();
  add_key_options(*command, options.holder);
  command->add_option("-o,--output", options.output,
                      "Where to write the presentation (default: standard output)");
  command->footer("It asks nobody. Whoever gets the presentation sees the whole credentials.");
  command->callback([&chosen] { chosen = [](const Global& global) { return present(global, options); }; });
}

void add_stack(CLI::App& app, Command& chosen) {
  static StackOptions options;
  auto* command = app.add_subcommand(
      "stack", "Say what several credentials of one person add up to under a rule that a body has published");
  command->add_option("--rule", options.rule, "The published StackRule: its id, its SHA-256, or its file")
      ->required();
  command->add_option("--component", options.components, "Credential file (repeatable)")->required();
  command->add_option("--policy", options.how.policy,
                      "File that says whom you believe, for what (protocol/spec/policy.md)");
  command->add_option("--trust", options.how.trust, "DID of an issuer you know to be genuine (repeatable)");
  command->add_option("--peer", options.how.peers,
                      "https://HOST:PORT of a node to ask for public evidence (repeatable)");
  command->add_option("--network", options.how.network, "Name of the network whose feeds count");
  command->add_option("--awarded", options.awarded,
                      "When the whole was awarded (RFC 3339; default: it is still to be awarded)");
  command->add_option("--learner", options.learner,
                      "Id of the person whom all have to be about (default: that of the first that has one)");
  command->add_option("--at", options.how.at, "Judge as of this time (RFC 3339; default now)");
  command->footer(
      "Exit codes: 0 complete, 1 not complete, 2 cannot tell, 3 nobody you trust confirms the issuers.");
  command->callback([&chosen] { chosen = [](const Global& global) { return stack(global, options); }; });
}

}  // namespace

void add_holder(CLI::App& app, Command& chosen) {
  app.add_subcommand(
         "challenge",
         "Make a challenge for `present`; state it to `verify` within 10 minutes, and use it once")
      ->callback([&chosen] { chosen = challenge_new; });
  add_present(app, chosen);
  add_stack(app, chosen);
}

void add_new_holder(CLI::App& keys, Command& chosen) {
  static HolderOptions options;
  static std::string cost = "moderate";
  auto* command = keys.add_subcommand("new-holder",
                                      "Make a person's key, for `present`: a did:key of no home and no node");
  command->add_option("FILE", options.key_file, "Where to write the key file; never over another file")
      ->required();
  add_key_options(*command, options);
  command
      ->add_option("--key-cost", cost,
                   "Cost of opening the key file: moderate (256 MiB) or interactive (64 MiB)")
      ->check(CLI::IsMember({"moderate", "interactive"}))
      ->capture_default_str();
  command->callback([&chosen] {
    options.fast_key_file = cost == "interactive";
    chosen = [](const Global& global) { return keys_new_holder(global, options); };
  });
}

void add_subject_options(CLI::App& command, VerifyOptions& options) {
  auto* name = command.add_option("--subject-name", options.subject_name,
                                  "Name of who presents it, as an identity document has it; compared here, "
                                  "kept nowhere, sent to nobody");
  command
      .add_option("--subject-birth-date", options.subject_birth_date, "Birth date of that person, YYYY-MM-DD")
      ->needs(name);
  command.add_option("--subject-identifier", options.subject_identifier,
                     "An e-mail address, national number or other identifier of that person");
  auto* challenge =
      command.add_option("--challenge", options.challenge,
                         "Of a presentation: what its holder was asked to sign (`vcnode challenge`)");
  auto* domain =
      command.add_option("--domain", options.domain, "Of a presentation: for whom it was to be made");
  challenge->needs(domain);
  domain->needs(challenge);
}

}  // namespace vcnode::cli
