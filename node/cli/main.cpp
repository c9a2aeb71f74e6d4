// vcnode: maps the command line to the commands in commands.h.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "crypto/base/encoding.h"
#include "node/app/codes.h"
#include "node/cli/arguments.h"
#include "node/cli/commands.h"
#include "node/cli/nearest.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"

namespace vcnode::cli {
namespace {

std::filesystem::path default_home() {
  if (const char* home = std::getenv("VCNODE_HOME"); home != nullptr && *home != '\0') return home;
  const char* user = std::getenv("HOME");
  return std::filesystem::path(user != nullptr ? user : ".") / ".vcnode";
}

void add_init(CLI::App& app, Command& chosen) {
  static node::InitOptions options;
  static std::string tls;
  static std::string certificate;
  static std::string key;
  static std::string key_cost = "moderate";
  auto* command =
      app.add_subcommand("init", "Create a home: issuer and node keys, certificate, configuration");
  command->add_option("--issuer-name", options.issuer_name, "Name of the issuer in paths")
      ->capture_default_str();
  command->add_option(
      "--domain", options.domain,
      "HOST[:PORT][/PATH] of a did:webvh issuer, whose keys can change (default: a did:key, of "
      "low assurance)");
  command->add_option("--update-keys", options.update_keys,
                      "With --domain: folder for its update keys (default: HOME-update-keys)");
  command->add_option(
      "--update-passphrase", options.update_passphrase,
      "With --domain: passphrase source of its update keys (default: that of the home's keys)");
  command->add_option("--network", options.network_name, "Network name; nodes of other networks are refused")
      ->capture_default_str();
  command->add_option("--listen", options.listen, "ADDRESS:PORT for HTTPS and peer links")
      ->capture_default_str();
  command->add_option("--public-url", options.public_url,
                      "Start of this issuer's list URIs (default https://localhost:PORT)");
  command->add_option("--admit", options.admit, "DID of an issuer to replicate (repeatable)");
  command->add_option("--sponsor", options.sponsors,
                      "DID of a sponsor to replicate, with everybody whom it sponsors (repeatable)");
  command->add_option("--peer-link", options.peers,
                      "wss://HOST:PORT/peer[#NODE-KEY] to connect to (repeatable)");
  command->add_option("--passphrase", options.passphrase,
                      "Passphrase source: file:PATH (from the current folder), fd:N or credential:NAME "
                      "(default: a generated file)");
  command
      ->add_option(
          "--tls", tls,
          "self-signed, or files, which --tls-certificate and --tls-key imply (default: self-signed)")
      ->check(CLI::IsMember({"self-signed", "files"}));
  command->add_option("--tls-certificate", certificate, "PEM certificate chain; with --tls-key");
  command->add_option("--tls-key", key, "PEM private key; with --tls-certificate");
  command
      ->add_option("--key-cost", key_cost,
                   "Cost of opening key files: moderate (256 MiB) or interactive (64 MiB)")
      ->check(CLI::IsMember({"moderate", "interactive"}))
      ->capture_default_str();
  command->callback([&chosen] {
    if (certificate.empty() != key.empty() || (tls == "files" && key.empty()))
      throw CLI::ValidationError("--tls files", "needs both --tls-certificate and --tls-key");
    if (!options.domain && (options.update_keys || options.update_passphrase))
      throw CLI::ValidationError("--update-keys, --update-passphrase",
                                 "are of a did:webvh issuer: give its --domain too");
    if (tls == "self-signed" && !key.empty())
      throw CLI::ValidationError("--tls self-signed", "makes its own --tls-certificate and --tls-key");
    if (!key.empty()) {
      options.tls_certificate = std::filesystem::absolute(certificate);
      options.tls_key = std::filesystem::absolute(key);
    }
    options.fast_key_file = key_cost == "interactive";
    chosen = [](const Global& global) {
      options.home = global.home;
      return init(global, options);
    };
  });
}

void add_run(CLI::App& app, Command& chosen) {
  static RunOptions options;
  auto* command = app.add_subcommand("run", "Run the node until it is told to stop (SIGINT, SIGTERM)");
  command->add_flag("--new-store", options.new_store,
                    "Begin an empty store in place of a lost one; the configured peers give the feeds back");
  command->add_flag("--waive-start-check", options.waive_start_check,
                    "Sign without first comparing this feed with the peers'");
  command->callback([&chosen] { chosen = [](const Global& global) { return run(global, options); }; });
}

void add_issue(CLI::App& app, Command& chosen) {
  static IssueOptions options;
  auto* command = app.add_subcommand("issue", "Issue a credential: adds id, status and proof");
  command->add_option("FILE", options.input, "Unsigned credential (JSON), or - for standard input")
      ->required();
  command->add_option("--issuer", options.issuer, "Which hosted issuer (default: the first)");
  command->add_option("-o,--output", options.output,
                      "Where to write the issued credential (default: standard output)");
  command->callback([&chosen] { chosen = [](const Global& global) { return issue(global, options); }; });
}

void add_status_change(CLI::App& app, Command& chosen, const std::string& name, const std::string& alias,
                       StatusAction action, const std::string& help) {
  auto options = std::make_shared<StatusOptions>();
  options->action = action;
  auto* command = app.add_subcommand(name, help);
  if (!alias.empty()) command->alias(alias);
  auto* input = command->add_option("FILE", options->input, "The issued credential, or - for standard input");
  auto* id = command->add_option("--id", options->id, "The credential's id");
  input->excludes(id);
  command->callback([&chosen, options] {
    if (!options->input && !options->id) throw CLI::RequiredError("FILE or --id");
    chosen = [options](const Global& global) { return change_status(global, *options); };
  });
}

// A hundred years: nothing signed here is older, and sums with times stay far from overflowing.
constexpr std::int64_t kHeadAgeSecondsMax = 3'155'760'000;

// Empty if good; CLI11 puts the option's name before the sentence.
std::string check_head_age(const std::string& text) {
  std::int64_t seconds = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && seconds >= 0 &&
      seconds <= kHeadAgeSecondsMax)
    return {};
  return concat("'", excerpt(text), "' is not a whole number of seconds from 0 to ", kHeadAgeSecondsMax);
}

void add_verify(CLI::App& app, Command& chosen) {
  static VerifyOptions options;
  auto* command =
      app.add_subcommand("verify", "Verify a credential or a presentation; needs no node of one's own");
  command->add_option("FILE", options.input, "The credential or presentation (JSON), or - for standard input")
      ->required();
  command->add_option("--peer", options.peers,
                      "https://HOST:PORT of a node to ask for public evidence (repeatable; answers are "
                      "checked and compared)");
  command->add_option("--trust", options.trust, "DID of an issuer you know to be genuine (repeatable)");
  command->add_option(
      "--policy", options.policy,
      "File that says whom you believe, for what: bodies whose accreditations and recognitions "
      "count (protocol/spec/policy.md; default: nothing is asked of recognition)");
  command
      ->add_option_function<std::string>(
          "--report", [](const std::string&) { options.file_note = true; },
          "recognition: a recognition officer's file note, seven criteria with value, source, date and "
          "strength")
      ->check(CLI::IsMember({"recognition"}));
  auto* observer = command->add_option(
      "--observer", options.observers,
      "DID of an issuer whose observations count where the issuer is a did:web without a node (repeatable)");
  command
      ->add_option("--observers-agreeing", options.observer_quorum,
                   "How many observers have to agree on a key or a status that is clear (default 1)")
      ->needs(observer)
      ->check(CLI::Range(1, 100));
  command->add_option("--network", options.network,
                      "Name of the network whose feed counts, if the issuer has one in several");
  command->add_option("--witness-policy", options.witness_policy,
                      "File with the witnesses whose cosignatures prove when something existed (C2SP "
                      "tlog-policy; default: none)");
  command->add_option("--evidence", options.evidence,
                      "File of public objects (`vcnode evidence export`), checked and compared like a peer's "
                      "answers (repeatable)");
  add_subject_options(*command, options);
  auto* offline = command->add_flag("--offline", options.offline, "Ask nobody");
  offline->excludes("--peer");
  auto* at = command->add_option(
      "--at", options.at, "Judge dates as of this time (RFC 3339; default now); status is always the newest");
  auto* age =
      command
          ->add_option("--max-head-age", options.head_age_max_seconds,
                       "Seconds before now: an older word from the issuer is cannot-tell (default: a warning "
                       "from 48 h); not with --at")
          ->check(check_head_age, "SECONDS");
  command->callback([&chosen, at, age] {
    if (at->count() > 0 && age->count() > 0)
      throw CLI::ValidationError("--max-head-age",
                                 "asks how old the newest word may be now; with --at there is "
                                 "another now, so give one of the two");
    chosen = [](const Global& global) { return verify(global, options); };
  });
}

void add_resolve(CLI::App& app, Command& chosen) {
  static ResolveOptions options;
  auto* command =
      app.add_subcommand("resolve", "Resolve a DID to its document; asks nobody without --fetch or --peer");
  command->add_option("DID", options.did, "The DID")->required();
  auto* log =
      command->add_option("--log", options.log, "did:webvh: its log (did.jsonl), or - for standard input");
  command
      ->add_option("--witness-file", options.witness_file, "did:webvh: its witness proofs (did-witness.json)")
      ->needs(log);
  auto* id = command->add_option("--version-id", options.version_id, "The version with this versionId");
  auto* time = command->add_option("--version-time", options.version_time,
                                   "The version in force at this time (RFC 3339, UTC)");
  auto* number =
      command->add_option("--version-number", options.version_number, "The version of this number");
  id->excludes(time)->excludes(number);
  time->excludes(number);
  command->add_option(
      "--at", options.at,
      "did:webvh: resolve as at this time (RFC 3339; default now): later versions are as if there were none. "
      "Entries of the log dated more than 300 s after the clock are refused, whatever this says");
  auto* fetch = command->add_flag("--fetch", options.fetch,
                                  "did:web, did:webvh: ask the web server that the DID names (https only)");
  fetch->excludes(log);
  auto* peer =
      command->add_option("--peer", options.peers,
                          "did:webvh: https://HOST:PORT of a node to ask for its history (repeatable; "
                          "answers are checked and compared)");
  peer->excludes(log)->excludes(fetch);
  command->add_option("--network", options.network, "With --peer: the network whose feed decides")
      ->needs(peer);
  command
      ->add_option("--ca-file", options.ca_file,
                   "With --fetch: trust the authorities in this PEM file instead of the system's")
      ->needs(fetch);
  command->callback([&chosen] { chosen = [](const Global& global) { return resolve(global, options); }; });
}

void add_facts(CLI::App& app, Command& chosen) {
  static FactsOptions options;
  auto* command = app.add_subcommand(
      "facts",
      "Show what a credential says of the 16 European standard elements, and where it contradicts itself; "
      "verifies nothing");
  command
      ->add_option("FILE", options.input,
                   "The credential, signed or not (JSON or JWS), or - for standard input")
      ->required();
  command->callback([&chosen] { chosen = [](const Global& global) { return show_facts(global, options); }; });
}

void add_feed(CLI::App& app, Command& chosen) {
  static FeedOptions options;
  auto* feed = app.add_subcommand("feed", "Look at an issuer's feed");
  feed->require_subcommand(1);
  const auto add = [](CLI::App* command) {
    command->add_option("ISSUER", options.subject, "DID of the issuer, or the origin of its feed")
        ->required();
    command->add_option("--peer", options.peers,
                        "https://HOST:PORT of a node to ask (repeatable; default: the node of this home)");
    command->add_option("--network", options.network,
                        "Name of the network whose feed counts, if the issuer has one in several");
  };
  auto* show = feed->add_subcommand("show", "Show what the feed holds");
  add(show);
  show->footer("An origin names an epoch: one that is over is shown as the next one sealed it.");
  show->callback([&chosen] { chosen = [](const Global& global) { return feed_show(global, options); }; });
  auto* prove = feed->add_subcommand("prove", "Write a proof that an entry stands in it (.tlog-proof)");
  add(prove);
  prove->footer(
      "An origin names an epoch: in one that is over the entry is proven under its last head, if a peer has "
      "it.");
  prove->add_option("LEAF_INDEX", options.index, "Number of the entry, from 0")->required();
  prove->add_option("-o,--output", options.output, "Where to write the proof (default: standard output)");
  prove->callback([&chosen] { chosen = [](const Global& global) { return feed_prove(global, options); }; });
}

void add_adopt(CLI::App& app, Command& chosen) {
  static AdoptOptions options;
  auto* command = app.add_subcommand(
      "adopt", "Watch an issuer that runs no node: its did:web document and status lists (needs [fetch])");
  command->add_option("DID", options.did, "The issuer: a did:web");
  command->add_option("--status-url", options.status_urls,
                      "https URL of one of its status lists, of at least 10,000 entries (repeatable)");
  command->callback([&chosen] { chosen = [](const Global& global) { return adopt(global, options); }; });
}

void add_simple(CLI::App& app, Command& chosen) {
  app.add_subcommand("status", "Show what the running node holds")->callback([&chosen] { chosen = status; });
  app.add_subcommand("peers", "Show the running node's peers")->callback([&chosen] { chosen = peers; });
  app.add_subcommand("doctor", "Look for what is wrong and say what to do")->callback([&chosen] {
    chosen = doctor;
  });
  app.add_subcommand("version", "Print the version")->callback([&chosen] { chosen = version; });
  auto* config = app.add_subcommand("config", "Read the configuration");
  config->require_subcommand(1);
  config
      ->add_subcommand("check",
                       "Say whether `run` would accept config.toml and the files it names (needs the "
                       "passphrase)")
      ->callback([&chosen] { chosen = config_check; });
  config->add_subcommand("show", "Print the settings in force")->callback([&chosen] {
    chosen = config_show;
  });
}

// What is on the command line and should not be: CLI11 itself would rather speak of what is missing.
std::optional<std::string> stray_word(const CLI::App& app) {
  const auto strays = app.remaining(true);
  if (strays.empty()) return std::nullopt;
  const std::string& word = strays.front();
  const CLI::App* command = &app;
  std::string where;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    where += concat(" ", command->get_name());
  }
  const bool is_option = word.starts_with('-');
  const bool is_command = !is_option && command->get_require_subcommand_min() > 0;
  std::vector<std::string> known;
  if (is_command) {
    for (const CLI::App* one : command->get_subcommands({})) known.push_back(one->get_name());
  } else if (is_option) {
    for (const CLI::App* level : {command, &app}) {
      for (const CLI::Option* one : level->get_options()) {
        for (const std::string& name : one->get_lnames()) known.push_back("--" + name);
      }
    }
  }
  const std::string_view meant = nearest(word, known);
  return concat("`vcnode", where, "` ", is_option || is_command ? "has no " : "takes no further ",
                is_option    ? "option"
                : is_command ? "command"
                             : "argument",
                " '", word, "'", meant.empty() ? "" : "; the nearest is '", meant, meant.empty() ? "" : "'");
}

// The exit code of what has printed its answer. A command that ends with kExitUnavailable has said why.
int finished(int exit_code, const Global& global) {
  const auto written = finish_output();
  if (written || exit_code == kExitUnavailable) return exit_code;
  return report(global, written.error(), kExitUnavailable);
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, const Global& global) {
  if (error.get_exit_code() == 0) return finished(app.exit(error), global);  // --help
  const int exit_code =
      report(global, Error{codes::USAGE, stray_word(app).value_or(error.what())}, kExitUsage);
  if (!global.json) std::cerr << "Run `vcnode --help` or `vcnode COMMAND --help`.\n";
  return exit_code;
}

int run_main(Global& global, int argc, char** argv) {
  CLI::App app{"vcnode: a node that issues, verifies and revokes credentials in a network of peers"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--home", global.home, "The node's folder (default $VCNODE_HOME or ~/.vcnode)");
  app.add_flag("--json", global.json, "Machine-readable output");
  app.set_version_flag("--version", "vcnode " VCNODE_VERSION, "Print the version");
  Command chosen;
  add_init(app, chosen);
  add_run(app, chosen);
  add_keys(app, chosen);
  add_issuers(app, chosen);
  add_witness(app, chosen);
  add_issue(app, chosen);
  add_status_change(app, chosen, "revoke", "", StatusAction::revoke, "Revoke a credential, for ever");
  add_status_change(app, chosen, "suspend", "", StatusAction::suspend,
                    "Suspend a credential until it is reinstated");
  add_status_change(app, chosen, "reinstate", "unsuspend", StatusAction::reinstate,
                    "End the suspension of a credential");
  add_verify(app, chosen);
  add_holder(app, chosen);
  add_facts(app, chosen);
  add_resolve(app, chosen);
  add_publish(app, chosen);
  add_statements(app, chosen);
  add_trqp(app, chosen);
  add_verdict(app, chosen);
  add_policy(app, chosen);
  add_adopt(app, chosen);
  add_feed(app, chosen);
  add_simple(app, chosen);
  app.footer(
      "Exit codes: 0 done or valid, 1 not valid, 2 cannot tell, 3 issuer not confirmed, 64 usage (wrong "
      "arguments, input or configuration), 69 unavailable (a running node, the store or the address is not "
      "there), 70 internal (a fault of this program).");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, global);
  }
  if (global.home.empty())
    return report(global, Error{codes::CONFIG_VALUE, "--home is empty; it must name a folder"}, kExitUsage);
  return finished(chosen(global), global);
}

}  // namespace
}  // namespace vcnode::cli

int main(int argc, char** argv) {
  using namespace vcnode::cli;
  open_standard_streams();
  // Who reads our output may go away: that is an error of writing, for us to report, and no reason for a node
  // to die.
  std::signal(SIGPIPE, SIG_IGN);
  // Read before the rest: wrong arguments too are answered in the form that was asked for.
  const bool json =
      std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
  Global global{default_home(), json};
  try {
    return run_main(global, argc, argv);
  } catch (const std::exception& error) {
    return report(global, vcnode::Error{vcnode::codes::INTERNAL_FAULT, error.what()});
  }
}
