#include <CLI/CLI.hpp>

#include <list>

#include "node/cli/arguments.h"
#include "node/cli/statement_words.h"

namespace vcnode::cli {
namespace {

using statement::Kind;

const char* help_of(Kind kind) {
  switch (kind) {
    case Kind::identity:
      return "Who a body is: name in law, country, registers, domains";
    case Kind::sponsorship:
      return "Admit an issuer to the network; that is no accreditation";
    case Kind::trust_list:
      return "Whom to begin with, for a purpose";
    case Kind::accreditation:
      return "Say that a body may issue credentials";
    case Kind::delegation:
      return "Say that a body may accredit";
    case Kind::recognition:
      return "Accept what another authority vouches for";
    case Kind::endorsement:
      return "Vouch for an achievement or a provider";
    case Kind::referencing:
      return "Say which EQF levels the levels of a framework are; --from takes a table, JSON or CSV";
    case Kind::stack_rule:
      return "Say which achievements add up to another";
    case Kind::closed:
      return "Say that a body ended; about the issuer itself: `vcnode issuer close`";
    case Kind::withdrawal:
      break;
  }
  return "End a statement of the same issuer";
}

void add_words(CLI::App* command, PublishOptions& options) {
  for (const Word& word : words_of(options.kind)) {
    const std::string name(word.option);
    const std::string help(word.help);
    std::vector<std::string>& values = options.words[name];
    if (word.form == WordForm::flag || word.form == WordForm::nothing)
      command->add_flag_callback(
          name, [&values] { values = {""}; }, help);
    else if (is_repeatable(word.form))
      command->add_option(name, values, help)->allow_extra_args(false);
    else
      command->add_option(name, values, help)->expected(1);
  }
}

}  // namespace

void add_publish(CLI::App& app, Command& chosen) {
  static std::list<PublishOptions> all;  // one for each kind; their addresses stay
  auto* group = app.add_subcommand(
      "publish", "Sign a statement and put it into the issuer's feed; the node must be running");
  group->require_subcommand(1);
  for (const Kind kind : statement::kKinds) {
    PublishOptions& options = all.emplace_back();
    options.kind = kind;
    auto* command = group->add_subcommand(std::string(statement::name_of(kind)), help_of(kind));
    command->add_option("--from", options.input,
                        "File, or - for standard input: members of credentialSubject, whole statements (also "
                        "signed ones), or an array of them");
    command->add_option("--issuer", options.issuer, "Which hosted issuer (default: the first)");
    if (kind == Kind::withdrawal)
      command->add_option("--statement", options.withdrawn, "Id or SHA-256 of the statement that it ends");
    add_words(command, options);
    command->add_option("--id", options.id, "Its id, urn:uuid: or https: (default: a random one)");
    command->add_option("--since", options.from, "In force from this time on (RFC 3339; default now)");
    command->add_option("--until", options.until, "In force until this time (RFC 3339)");
    command->add_flag("--dry-run", options.dry_run, "Print the unsigned statement and publish nothing");
    command->callback([&chosen, &options] {
      chosen = [&options](const Global& global) { return publish(global, options); };
    });
  }
}

void add_statements(CLI::App& app, Command& chosen) {
  static StatementsOptions options;
  auto* list =
      app.add_subcommand("statements", "List what organisations say: in force, withdrawn, where it stands");
  const auto add_peers = [](CLI::App* command) {
    command->add_option("--peer", options.peers,
                        "https://HOST:PORT of a node to ask (repeatable; default: the node of this home)");
    command->add_option("--network", options.network,
                        "Name of the network whose feeds count, if an issuer has one in several");
    command->add_option("--issuer", options.issuer, "DID of who says it");
  };
  add_peers(list);
  list->add_option("--subject", options.subject, "DID or IRI of what it is about");
  list->add_option("--kind", options.kind, "accreditation, trust-list …");
  list->add_option("--in-force-at", options.in_force_at, "Only those in force at this time (RFC 3339)");
  auto* show = list->add_subcommand("show", "Show one statement");
  add_peers(show);
  show->add_option("STATEMENT", options.name, "Its id or its SHA-256")->required();
  list->callback([&chosen, show] {
    if (show->parsed()) return;
    chosen = [](const Global& global) { return statements_list(global, options); };
  });
  show->callback(
      [&chosen] { chosen = [](const Global& global) { return statements_show(global, options); }; });
}

}  // namespace vcnode::cli
