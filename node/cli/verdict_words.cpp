#include "node/cli/verdict_words.h"

#include <array>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/fact_words.h"
#include "node/cli/output.h"
#include "protocol/did/lookup_name.h"
#include "protocol/facts/envelope.h"
#include "protocol/facts/facts.h"
#include "protocol/recognition/report.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;

struct EffectInWords {
  std::string_view effect;
  std::string_view words;
};
constexpr std::array kEffects = {
    EffectInWords{"direct", "accredited without a recognition between"},
    EffectInWords{"level-automatic", "its level is taken as it is"},
    EffectInWords{"presumption", "taken for equal unless a substantial difference is shown"},
    EffectInWords{"employer-accepted", "accepted by employers"},
    EffectInWords{"identity-only", "only who issued it is vouched for"},
};

std::string effect_in_words(std::string_view effect) {
  for (const EffectInWords& one : kEffects)
    if (one.effect == effect) return concat(one.words, " (", effect, ")");
  return std::string(effect);
}

std::string_view verb_of(statement::Kind kind) {
  switch (kind) {
    case statement::Kind::recognition:
      return " accepts what is vouched for by ";
    case statement::Kind::delegation:
      return " delegates to ";
    default:
      return " accredits ";
  }
}

void print_chain(const std::vector<recognition::Link>& chain) {
  for (const auto& link : chain)
    print_line(concat("  Chain: ", printable(link.from), verb_of(link.kind), printable(link.to)));
}

std::string_view outcome_in_words(recognition::Outcome outcome) {
  switch (outcome) {
    case recognition::Outcome::recognised:
      return "bodies you named stand behind the issuer for this";
    case recognition::Outcome::partly_recognised:
      return "bodies you named stand behind the issuer, but not for all you ask";
    case recognition::Outcome::cannot_tell:
      return "whether bodies you named stand behind the issuer cannot be told";
    case recognition::Outcome::not_established:
    case recognition::Outcome::not_asked:
      break;
  }
  return "no body you named is known to stand behind the issuer for this";
}

std::string text_or(const Json& value, std::string_view otherwise) {
  return value.is_string() ? printable(value.get_ref<const std::string&>()) : std::string(otherwise);
}

void print_criterion(std::size_t number, const Json& line) {
  print_line(concat("  ", number, ". ", line.at("criterion").get_ref<const std::string&>(), " [",
                    line.at("strength").get_ref<const std::string&>(), "]: ",
                    line.at("value").is_null()
                        ? std::string("nothing")
                        : printable(excerpt(value_in_words(line.at("value")), kValueBytesMax)),
                    line.contains("doubt") ? concat(" [", line.at("doubt").get_ref<const std::string&>(), "]")
                                           : std::string()));
  if (line.at("source").is_null()) return;
  print_line(concat("     source: ", text_or(line.at("source"), "none"),
                    "; date: ", text_or(line.at("date"), "none")));
}

void print_standing(const Json& issuer) {
  print_line(
      concat("  Issuer when it issued this, ", text_or(issuer.at("on"), "at a time that is not known"),
             issuer.at("proven").get<bool>() ? " (proven): " : " (only the issuer says so): ",
             issuer.at("outcome").get_ref<const std::string&>(),
             issuer.at("effect").is_string()
                 ? concat("; ", printable(effect_in_words(issuer.at("effect").get_ref<const std::string&>())))
                 : std::string()));
  if (issuer.at("awarded").is_string() && issuer.at("awarded") != issuer.at("on"))
    print_line(
        concat("     the award is dated ", text_or(issuer.at("awarded"), ""), ", by the issuer's word"));
  for (const Json& name : issuer.at("names"))
    print_line(concat("     name: \"", text_or(name.at("name"), ""), "\", ",
                      name.at("confirmedBy").is_null()
                          ? std::string("by its own word")
                          : concat("confirmed by ", text_or(name.at("confirmedBy"), ""))));
  for (const Json& link : issuer.at("chain"))
    print_line(concat("     ", text_or(link.at("kind"), ""), " by ", text_or(link.at("from"), ""), " for ",
                      text_or(link.at("to"), ""), ", ", text_or(link.at("statement"), "")));
  for (const Json& body : issuer.at("endorsedBy")) print_line(concat("     endorsed by ", text_or(body, "")));
  for (const Json& code : issuer.at("codes"))
    print_line(concat("     ", text_or(code.at("sentence"), ""), " [", text_or(code.at("code"), ""), "]"));
}

}  // namespace

void print_issuer(const verify::Verdict& verdict) {
  for (const auto& [name, confirmed_by] : verdict.issuer_names)
    print_line(concat(
        "  Issuer's name: \"", printable(name), "\", ",
        confirmed_by ? concat("confirmed by ", printable(*confirmed_by)) : std::string("by its own word")));
  const recognition::Recognition& recognition = verdict.recognition;
  if (recognition.outcome == recognition::Outcome::not_asked) return;
  print_line(concat("  By your policy: ", outcome_in_words(recognition.outcome)));
  if (!recognition.effect.empty())
    print_line(concat("  Effect: ", printable(effect_in_words(recognition.effect))));
  print_chain(recognition.chain);
  for (const std::string& body : recognition.endorsed_by)
    print_line(concat("  Endorsed by ", printable(body)));
  print_line("  Not a legal decision.");
}

void print_known(const verify::KnownIssuer& known) {
  print_line("  Facts about the issuer, for you to judge; nobody you named stands behind it:");
  for (const std::string& sentence : verify::sentences_of(known))
    print_line(concat("    ", printable(sentence)));
}

Result<Json> file_note_of(std::string_view credential, const verify::Verdict& verdict) {
  VCNODE_TRY(const auto document, facts::open(credential));
  VCNODE_TRY(const auto facts, facts::read_facts(document.root()));
  const recognition::IssueTime when{
      verdict.issued_at, verdict.issued_at_proven ? verdict.issued_at : std::optional<Timestamp>()};
  const std::string issuer = verdict.issuer_did.value_or("");
  return recognition::officer_report(verdict.recognition, {facts, lookup_name_of(issuer), when, verdict.at},
                                     {std::string(verify::name_of(verdict.outcome)),
                                      verdict.code ? std::string(verdict.code->slug()) : std::string(),
                                      verdict.subject, verdict.issuer_did, verdict.issuer_names});
}

void print_file_note(const Json& note) {
  print_line(concat("File note of ", text_or(note.at("at"), ""), ". ", text_or(note.at("note"), "")));
  std::size_t number = 0;
  for (const Json& line : note.at("criteria")) print_criterion(++number, line);
  print_standing(note.at("issuer"));
}

}  // namespace vcnode::cli
