#include <iostream>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/cmd_verify_networks.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/cli/verdict_words.h"
#include "node/cli/verify_presentation.h"
#include "node/cli/verify_question.h"
#include "node/cli/vouchers.h"
#include "node/codes/cli_codes.h"
#include "protocol/verify/known_issuer.h"
#include "protocol/verify/presentation.h"
#include "protocol/verify/verify.h"

namespace vcnode::cli {
namespace {

// What a presentation may have, and many times what a credential may: that one is too large is for the
// verdict to say, with its limit.
constexpr std::size_t kInputBytesMax = verify::kPresentationBytesMax;

void print_verdict(const verify::Verdict& verdict, const std::string& headline,
                   const std::vector<SourceReport>& sources, Timestamp now) {
  print_line(headline);
  for (const auto& row : verify::messages(verdict)) {
    print_line(concat("  ", row.at("check").get_ref<const std::string&>(), ": ",
                      printable(row.at("sentence").get_ref<const std::string&>()), " [",
                      row.at("code").get_ref<const std::string&>(), "]"));
  }
  print_issuer(verdict);
  print_sources(sources, now);
}

void print_hint(const verify::Verdict& verdict, const VerifyQuestion& question) {
  if (verdict.outcome == verify::Outcome::issuer_not_confirmed && verdict.issuer_did) {
    print_line(concat("  If you know this issuer to be genuine: --trust ", printable(*verdict.issuer_did)));
  }
  if (verdict.outcome == verify::Outcome::cannot_tell && question.peers.empty()) {
    print_line("  Nothing was asked of the network; name a node with --peer https://HOST:PORT");
  }
}

// Facts about an issuer that nobody confirms; nullopt where none belong beside the verdict.
std::optional<verify::KnownIssuer> known_beside(const verify::Verdict& verdict,
                                                const VerifyQuestion& question, const Gathered& gathered) {
  if (!verify::wants_known_issuer(verdict)) return std::nullopt;
  const auto issuer = Did::parse(*verdict.issuer_did);
  if (!issuer) return std::nullopt;
  FeedLibrary library(question.peers, question.now, {.network = gathered.network_of_feed(*issuer)});
  for (const auto& [body, collected] : gathered.bodies()) library.keep(body, collected);
  const auto speakers = library.about(*issuer);
  const auto history = gathered.view().history_of(issuer->text());
  return verify::known_issuer({issuer->text(), verdict.at, history.get(), verdict.issuer_observed}, speakers);
}

}  // namespace

int verify(const Global& global, const VerifyOptions& options) {
  const auto question = read_verify_question(global, options);
  if (!question) return report(global, question.error(), kExitUsage);
  const auto text = read_input(options.input, kInputBytesMax);
  if (!text) return report(global, text.error(), kExitUsage);
  const auto stated = read_stated(options);
  if (!stated) return report(global, stated.error(), kExitUsage);
  if (verify::is_presentation(*text)) return judge_presentation(global, options, *question, *text, *stated);
  if (options.challenge)
    return report(global,
                  {codes::USAGE,
                   "--challenge is for a presentation, and FILE is none; `vcnode present` "
                   "makes one of a credential"},
                  kExitUsage);
  Gathered gathered(*question);
  gathered.gather(*text);
  auto verdict = verify::verify_credential(*text, gathered.view(), question->policy, question->at,
                                           verify::Scope::full, {.stated = *stated ? &**stated : nullptr});
  if (!verdict) return report(global, verdict.error(), kExitInternal);
  const std::string headline = explain_networks(*verdict, gathered.networks());
  const auto known = known_beside(*verdict, *question, gathered);
  std::optional<nlohmann::json> note;
  if (options.file_note) {
    auto made = file_note_of(*text, *verdict);
    if (made)
      note = *std::move(made);
    else
      print_warning(made.error());
  }
  if (global.json) {
    // The verdict's own bytes are canonical and stay as they are.
    print_line(concat(R"({"verdict":)", verdict->to_jcs(), R"(,"headline":)", nlohmann::json(headline).dump(),
                      R"(,"messages":)", json_text(verify::messages(*verdict)), R"(,"known":)",
                      known ? json_text(verify::to_json(*known)) : "null",
                      note ? concat(R"(,"report":)", json_text(*note)) : std::string(), R"(,"sources":)",
                      json_text(sources_json(gathered.sources())), "}"));
  } else {
    print_verdict(*verdict, headline, gathered.sources(), question->now);
    if (known) print_known(*known);
    print_hint(*verdict, *question);
    if (note) print_file_note(*note);
  }
  if (const auto finished = finish_output(); !finished)
    return report(global, finished.error(), kExitUnavailable);
  return static_cast<int>(verdict->outcome);
}

}  // namespace vcnode::cli
