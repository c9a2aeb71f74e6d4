// verdict and evidence.
#include <CLI/CLI.hpp>

#include "node/cli/arguments.h"

namespace vcnode::cli {
namespace {

constexpr const char* kVerdictHelp =
    "The verdict: its own text, or the answer of `vcnode verify --json` or POST /verdict; - for standard "
    "input";

void add_replay(CLI::App& verdict, Command& chosen) {
  static ReplayOptions options;
  auto* command = verdict.add_subcommand(
      "replay", "Make a verdict again from what it names, and compare the bytes; the credential stays here");
  command->add_option("VERDICT", options.verdict, kVerdictHelp)->required();
  command
      ->add_option("--credential", options.credential,
                   "The credential or the presentation that it is about (JSON), or - for standard input")
      ->required();
  auto* challenge = command->add_option("--challenge", options.how.challenge,
                                        "Of a presentation: the challenge that its holder was to sign");
  auto* domain =
      command->add_option("--domain", options.how.domain, "Of a presentation: for whom")->needs(challenge);
  challenge->needs(domain);
  command->add_option("--peer", options.how.peers,
                      "https://HOST:PORT of a node to ask for public objects (repeatable; default, without "
                      "--evidence: the node of this home)");
  command->add_option("--evidence", options.how.evidence,
                      "File of public objects (`vcnode evidence export`; repeatable)");
  command->add_option("--policy", options.how.policy, "The policy file that made it");
  command->add_option("--trust", options.how.trust, "A DID that was trusted when it was made (repeatable)");
  auto* observer = command->add_option("--observer", options.how.observers,
                                       "A DID that was an observer when it was made (repeatable)");
  command
      ->add_option("--observers-agreeing", options.how.observer_quorum,
                   "How many observers had to agree (default 1)")
      ->needs(observer)
      ->check(CLI::Range(1, 100));
  command->add_option("--witness-policy", options.how.witness_policy,
                      "The file of witnesses that it was made with");
  command->add_option("--max-head-age", options.how.head_age_max_seconds,
                      "The seconds that it was made with");
  command->footer(
      "Exit codes: 0 the same bytes, 1 another verdict, 2 CANNOT_REPLAY: something it names was not given, "
      "64 "
      "another credential or policy than the one it was made of.");
  command->callback(
      [&chosen] { chosen = [](const Global& global) { return verdict_replay(global, options); }; });
}

void add_check(CLI::App& verdict, Command& chosen) {
  static SignatureOptions options;
  auto* command =
      verdict.add_subcommand("check", "Say who signed a verdict, and whether the signature holds");
  command
      ->add_option("ANSWER", options.answer,
                   "The answer of POST /verdict with \"sign\": true; - for standard input")
      ->required();
  command->add_option("--signer", options.signers,
                      "did:key of the node that should have signed it, as its operator publishes it "
                      "(repeatable: one of them)");
  command->footer(
      "A signature shows who said it, not that it is right: that is what `vcnode verdict replay` shows.\n"
      "Exit codes: 0 signed with the key of a --signer, 1 not signed, altered, or signed with another key, 2 "
      "cannot tell, 3 the signature holds and no --signer was given, 64 no verdict.");
  command->callback(
      [&chosen] { chosen = [](const Global& global) { return verdict_check(global, options); }; });
}

void add_signer(CLI::App& verdict, Command& chosen) {
  auto* signer = verdict.add_subcommand("signer", "Let this node sign the verdicts that it gives");
  signer->require_subcommand(1);
  auto* made = signer->add_subcommand("new", "Make a key for it and add [verdict] to config.toml");
  made->callback([&chosen] { chosen = [](const Global& global) { return verdict_signer_new(global); }; });
  auto* show = signer->add_subcommand("show", "Print the DID of that key, which signatures name");
  show->callback([&chosen] { chosen = [](const Global& global) { return verdict_signer_show(global); }; });
}

void add_export(CLI::App& evidence, Command& chosen) {
  static EvidenceOptions options;
  auto* command = evidence.add_subcommand(
      "export", "Write what a verdict was made of into one file, to replay it later without asking anybody");
  command->add_option("--verdict", options.verdict, kVerdictHelp)->required();
  command->add_option("--peer", options.peers,
                      "https://HOST:PORT of a node to ask (repeatable; default: the node of this home)");
  command->add_option("-o,--output", options.output, "Where to write it (default: standard output)");
  command->footer(
      "The file holds public objects of organisations only: heads, leaves, DID logs, status lists, "
      "statements. "
      "Exit code 2: something was not given; what was is written.");
  command->callback(
      [&chosen] { chosen = [](const Global& global) { return evidence_export(global, options); }; });
}

}  // namespace

void add_verdict(CLI::App& app, Command& chosen) {
  auto* verdict = app.add_subcommand("verdict", "Check a verdict that somebody else made, or sign one's own");
  verdict->require_subcommand(1);
  add_replay(*verdict, chosen);
  add_check(*verdict, chosen);
  add_signer(*verdict, chosen);
  auto* evidence = app.add_subcommand("evidence", "Keep what verdicts are made of");
  evidence->require_subcommand(1);
  add_export(*evidence, chosen);
}

}  // namespace vcnode::cli
