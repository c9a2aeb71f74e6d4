// keys, issuer, witness: the commands about the issuers of a home and its witness.
#include <CLI/CLI.hpp>

#include "node/cli/arguments.h"

namespace vcnode::cli {
namespace {

void add_choice(CLI::App* command, IdentityChoice& choice, bool with_issuer = true) {
  if (with_issuer) command->add_option("--issuer", choice.issuer, "Which hosted issuer (default: the first)");
  command->add_option("--update-keys", choice.update_keys,
                      "Folder that holds the folders of update keys (default: HOME-update-keys)");
  command->add_option(
      "--update-passphrase", choice.update_passphrase,
      "Passphrase source of the update keys: file:PATH, fd:N or credential:NAME (default: that "
      "of the home's keys)");
}

void add_entry_out(CLI::App* command, IdentityChoice& choice) {
  command->add_option("--entry-out", choice.entry_out,
                      "Write the log entry there and change nothing: its witnesses approve it first, then "
                      "`vcnode issuer submit`");
}

void add_witnesses(CLI::App& issuer, Command& chosen) {
  static WitnessesOptions options;
  static SubmitOptions made;
  static bool nobody = false;
  auto* witnesses = issuer.add_subcommand(
      "witnesses", "Say which did:webvh witnesses have to approve what changes in a DID");
  auto* dids = witnesses->add_option("DID", options.witnesses, "did:key of a witness (repeatable)");
  auto* none = witnesses->add_flag("--none", nobody, "From now on nobody has to approve");
  none->excludes(dids);
  witnesses->add_option("--threshold", options.threshold, "How many of them have to approve an entry")
      ->check(CLI::Range(1, 100))
      ->needs(dids);
  add_choice(witnesses, options.choice);
  add_entry_out(witnesses, options.choice);
  witnesses->callback([&chosen] {
    if (options.witnesses.empty() && !nobody) throw CLI::RequiredError("DID or --none");
    if (!options.witnesses.empty() && options.threshold == 0)
      throw CLI::ValidationError("--threshold",
                                 "says how many of the witnesses have to approve an entry; give it");
    chosen = [](const Global& global) { return issuer_witnesses(global, options); };
  });
  auto* submit = issuer.add_subcommand(
      "submit", "Hand over entries written with --entry-out, with the proofs of their witnesses");
  submit->add_option("FILE", made.entry, "The entries: lines of did.jsonl, or - for standard input")
      ->required();
  submit->add_option("--witness-file", made.witness_file, "The proofs: a did-witness.json");
  submit->add_option("--issuer", made.choice.issuer, "Which hosted issuer (default: the first)");
  submit->add_option("--update-keys", made.choice.update_keys,
                     "Folder that holds the folders of update keys (default: HOME-update-keys)");
  submit->callback([&chosen] { chosen = [](const Global& global) { return issuer_submit(global, made); }; });
}

}  // namespace

void add_keys(CLI::App& app, Command& chosen) {
  static KeysOptions options;
  auto* keys = app.add_subcommand(
      "keys", "Change the keys of a did:webvh issuer, whose node must be running; make a holder's key");
  keys->require_subcommand(1);
  add_new_holder(*keys, chosen);
  const auto add = [&](const char* name, const char* help, int (*run_it)(const Global&, const KeysOptions&)) {
    auto* command = keys->add_subcommand(name, help);
    add_choice(command, options.choice);
    command->callback(
        [&chosen, run_it] { chosen = [run_it](const Global& global) { return run_it(global, options); }; });
    return command;
  };
  add("list", "Show the issuer's keys, their files and what they are good for", keys_list);
  auto* rotate = add("rotate", "Replace a key; what the old one signed stays good", keys_rotate);
  add_entry_out(rotate, options.choice);
  rotate->add_option("--purpose", options.purpose, "Which key: assertion (signs credentials) or feed")
      ->check(CLI::IsMember({"assertion", "feed"}))
      ->capture_default_str();
  auto* compromised = add(
      "compromised", "Declare an assertion key stolen since a time; a new one replaces it", keys_compromised);
  add_entry_out(compromised, options.choice);
  compromised->add_option("METHOD", options.method, "Its verification method, or from the # on")->required();
  compromised->add_option("--since", options.since, "Since when (RFC 3339)")->required();
  auto* recover = add("recover", "Open a new epoch of the feed: its key is lost or stolen", keys_recover);
  add_entry_out(recover, options.choice);
  auto* seal =
      recover->add_option("--seal", options.seal,
                          "SIZE:ROOT where the old epoch ends (default: what the node has accepted of it)");
  recover
      ->add_flag("--take-back", options.take_back,
                 "Also if withdrawals, time batches, observations or an end of the feed stand beyond the "
                 "seal: they count no more, whoever wrote them")
      ->needs(seal);
}

void add_issuers(CLI::App& app, Command& chosen) {
  constexpr const char* kFinal =
      "From then on nothing is revoked, and no key of the issuer can be changed or declared compromised: if "
      "one was "
      "stolen, run `vcnode keys compromised` first.";
  static IssuerChangeOptions options;
  static NewIssuerOptions made;
  auto* issuer = app.add_subcommand("issuer", "Add an issuer to this home, move one, or end one");
  issuer->require_subcommand(1);
  auto* add = issuer->add_subcommand("new", "Add an issuer; the node must be stopped");
  add->add_option("NAME", made.name, "Its name in paths")->required();
  add->add_option("--domain", made.domain,
                  "HOST[:PORT][/PATH] of a did:webvh (default: a did:key, whose key can never change)");
  add_choice(add, made.choice, false);
  add->callback([&chosen] { chosen = [](const Global& global) { return issuer_new(global, made); }; });
  auto* move =
      issuer->add_subcommand("move", "Give a did:webvh issuer another host; it stays the same issuer");
  move->add_option("NEWHOST", options.place, "HOST[:PORT][/PATH]")->required();
  add_choice(move, options.choice);
  add_entry_out(move, options.choice);
  move->callback([&chosen] { chosen = [](const Global& global) { return issuer_move(global, options); }; });
  auto* deactivate = issuer->add_subcommand("deactivate", "End a did:webvh for ever; what it issued stays");
  deactivate->footer(kFinal);
  add_choice(deactivate, options.choice);
  add_entry_out(deactivate, options.choice);
  deactivate->callback(
      [&chosen] { chosen = [](const Global& global) { return issuer_deactivate(global, options); }; });
  auto* close = issuer->add_subcommand("close", "Say that the issuer issues no more; what it issued stays");
  close->footer(kFinal);
  close->add_option("--issuer", options.choice.issuer, "Which hosted issuer (default: the first)");
  close->add_option(
      "--date", options.date,
      "Since when (RFC 3339; default now): not before its last credential, and not in the future");
  close->callback([&chosen] { chosen = [](const Global& global) { return issuer_close(global, options); }; });
  add_witnesses(*issuer, chosen);
}

void add_witness(CLI::App& app, Command& chosen) {
  static WitnessOptions options;
  auto* witness =
      app.add_subcommand("witness", "Let this node cosign heads of the feeds it admits (C2SP tlog-witness)");
  witness->require_subcommand(1);
  auto* made = witness->add_subcommand("new", "Make a witness key and add [witness] to config.toml");
  made->add_option("--name", options.name,
                   "Name of its key (default: host and port of the public URL, and /witness)");
  made->callback([&chosen] { chosen = [](const Global& global) { return witness_new(global, options); }; });
  auto* show = witness->add_subcommand("show", "Print the line that a witness policy has of it");
  show->callback([&chosen] { chosen = [](const Global& global) { return witness_show(global, options); }; });
}

}  // namespace vcnode::cli
