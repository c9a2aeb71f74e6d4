// stack: what several credentials of one person add up to under a rule that a body has published.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "node/app/codes.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/cli/statement_finder.h"
#include "node/cli/verify_question.h"
#include "node/codes/cli_codes.h"
#include "protocol/verify/stack_check.h"

namespace vcnode::cli {
namespace {

// The rule that was named, and who may have signed it.
struct WantedRule {
  verify::RuleName name;
  std::vector<Did> signers;
  std::vector<std::pair<std::string, Error>> silent;  // peers that gave no listing
};

// A file says who signed it; whether that is so, and whether it still counts, the signer's feed says.
Result<WantedRule> rule_of_file(const std::string& text) {
  VCNODE_TRY(const auto document, json::Document::parse(text, {.size_max = limits::kBodyBytesMax}));
  const json::Value* issuer = document.root().find("issuer");
  const auto id = issuer == nullptr     ? std::nullopt
                  : issuer->is_string() ? std::optional(issuer->string())
                                        : issuer->find_string("id");
  VCNODE_TRY(auto signer, Did::parse(id.value_or("")));
  WantedRule out;
  out.name.digest = sha256(as_bytes(jcs::canonicalize(document.root())));
  out.signers.push_back(std::move(signer));
  return out;
}

bool is_file(const std::string& rule) {
  std::error_code ignored;
  return rule == "-" || std::filesystem::exists(rule, ignored);
}

Result<WantedRule> wanted_rule(const StackOptions& options, const VerifyQuestion& question) {
  if (is_file(options.rule)) {
    VCNODE_TRY(const auto text, read_input(options.rule, limits::kBodyBytesMax));
    auto rule = rule_of_file(text);
    if (!rule) return fail(rule.error().code, options.rule, ": ", rule.error().message);
    return rule;
  }
  const StatementName name = statement_name(options.rule);
  StatementFilter filter;
  filter.kind = std::string(statement::name_of(statement::Kind::stack_rule));
  filter.name = name;
  const auto found = find_issuers(question.peers, filter);
  WantedRule out{{name.id, name.digest}, {}, found.silent};
  for (const auto& [lookup, did] : found.dids)
    if (auto signer = Did::parse(did)) out.signers.push_back(*std::move(signer));
  return out;
}

Result<std::vector<std::string>> read_components(const std::vector<std::string>& files) {
  if (files.size() > verify::kComponentsMax)
    return fail(codes::REQUEST_TOO_MANY, files.size(), " components were given, the limit is ",
                verify::kComponentsMax);
  std::vector<std::string> out;
  for (const std::string& file : files) {
    VCNODE_TRY(auto text, read_input(file, limits::kCredentialBytesMax * 4));
    out.push_back(std::move(text));
  }
  return out;
}

// Out of the feeds of those who may have signed it. Errors: STATEMENT_UNKNOWN, USAGE.
Result<std::shared_ptr<const statement::Statement>> find_rule(const WantedRule& wanted, Gathered& gathered) {
  std::shared_ptr<const statement::Statement> rule;
  for (const Did& signer : wanted.signers) {
    gathered.gather_body(signer);
    const auto feed = gathered.view().feed_of(signer.text());
    auto found = feed == nullptr ? nullptr : verify::rule_in(*feed, wanted.name);
    if (found != nullptr && rule != nullptr)
      return fail(codes::USAGE, "several issuers have a stack rule ", excerpt(wanted.name.text()),
                  "; name one by its SHA-256");
    if (found != nullptr) rule = std::move(found);
  }
  if (rule == nullptr)
    return fail(codes::STATEMENT_UNKNOWN, "no feed that the peers gave holds a stack rule ",
                excerpt(wanted.name.text()));
  return rule;
}

std::string_view grade_in_words(const nlohmann::json& component) {
  const auto& result = component.at("result").get_ref<const std::string&>();
  return result == "pass" ? "counts" : result == "fail" ? "does not count" : "cannot be told";
}

// The file whose credential has this digest.
std::string file_of(const StackOptions& options, const verify::StackVerdict& verdict,
                    const Sha256Digest& digest) {
  for (std::size_t i = 0; i < verdict.components.size(); ++i)
    if (verdict.components[i].credential == digest) return options.components[i];
  return {};
}

void print_stack(const StackOptions& options, const verify::StackVerdict& verdict) {
  const auto json = verdict.to_json();
  print_line(verdict.headline());
  print_line(concat("  Rule ", printable(verdict.rule->id), " by ", printable(verdict.rule->issuer_did),
                    ", for ", printable(json.at("rule").at("target").get_ref<const std::string&>())));
  for (std::size_t i = 0; i < verdict.stack.parts.size(); ++i) {
    const auto& part = verdict.stack.parts[i];
    print_line(concat("  ", printable(file_of(options, verdict, part.digest)), ": ", part.ects.text(),
                      " ECTS, ", grade_in_words(json.at("components").at(i))));
    for (const auto& note : part.notes)
      print_line(concat("    ", printable(note.sentence.empty() ? note.code.sentence() : note.sentence), " [",
                        note.code.slug(), "]"));
  }
  if (verdict.rule_check.result != verify::CheckResult::pass)
    print_line(
        concat("  Rule: ", verdict.rule_check.code.sentence(), " [", verdict.rule_check.code.slug(), "]"));
  print_line("  Not a legal decision.");
}

void print_stack_json(const verify::StackVerdict& verdict, const std::vector<SourceReport>& sources) {
  std::string verdicts;
  for (const auto& one : verdict.components) verdicts += concat(verdicts.empty() ? "" : ",", one.to_jcs());
  print_line(concat(R"({"stack":)", json_text(verdict.to_json()), R"(,"headline":)",
                    json_text(verdict.headline()), R"(,"messages":)", json_text(verdict.messages()),
                    R"(,"verdicts":[)", verdicts, R"(],"sources":)", json_text(sources_json(sources)), "}"));
}

Result<verify::StackQuestion> read_stack_question(const StackOptions& options,
                                                  const VerifyQuestion& question) {
  verify::StackQuestion out;
  out.at = question.at;
  out.learner = options.learner.value_or("");
  if (options.awarded) {
    const auto awarded = Timestamp::parse(*options.awarded);
    if (!awarded)
      return fail(awarded.error().code, "--awarded '", excerpt(*options.awarded),
                  "': ", awarded.error().message);
    out.awarded = *awarded;
  }
  VCNODE_TRY(out.components, read_components(options.components));
  return out;
}

}  // namespace

int stack(const Global& global, const StackOptions& options) {
  const auto question = read_verify_question(global, options.how);
  if (!question) return report(global, question.error(), kExitUsage);
  auto stacking = read_stack_question(options, *question);
  if (!stacking) return report(global, stacking.error(), kExitUsage);
  const auto wanted = wanted_rule(options, *question);
  if (!wanted) return report(global, wanted.error(), kExitUsage);
  for (const auto& [peer, error] : wanted->silent)
    print_warning({error.code, concat("the peer ", printable(peer), " gave no list of statements")});
  Gathered gathered(*question);
  auto rule = find_rule(*wanted, gathered);
  if (!rule)
    return report(global, rule.error(),
                  rule.error().code == Code(codes::USAGE) ? kExitUsage : kExitCannotTell);
  stacking->rule = *std::move(rule);
  for (const std::string& component : stacking->components) gathered.gather(component);
  const auto verdict = verify::verify_stack(*stacking, gathered.view(), question->policy);
  if (!verdict) return report(global, verdict.error(), kExitInternal);
  if (global.json)
    print_stack_json(*verdict, gathered.sources());
  else
    print_stack(options, *verdict);
  return static_cast<int>(verdict->outcome());
}

}  // namespace vcnode::cli
