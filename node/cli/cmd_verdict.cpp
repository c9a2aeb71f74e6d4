// verdict replay: a verdict made again on the objects that peers or files give, and compared byte for byte.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/bundle_peer.h"
#include "node/cli/collect_rows.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/replay_report.h"
#include "node/cli/row_report.h"
#include "node/cli/signature_report.h"
#include "node/cli/verify_question.h"
#include "node/codes/cli_codes.h"
#include "protocol/evidence/replay.h"

namespace vcnode::cli {
namespace {

struct ReplayQuestion {
  evidence::StatedAnswer stated;
  std::string presented;  // the credential, or the presentation
  verify::HolderQuestion holder;
  VerifyQuestion how;
  std::vector<EvidenceFile> files;
  std::optional<Result<evidence::VerdictSignature>> signature;  // beside the verdict; none: there is none
};

Result<ReplayQuestion> read_replay_question(const Global& global, const ReplayOptions& options) {
  if (options.verdict == "-" && options.credential == "-")
    return fail(codes::USAGE, "VERDICT and --credential cannot both be standard input");
  VCNODE_TRY(const auto text, read_input(options.verdict, evidence::kVerdictBytesMax));
  auto stated = evidence::StatedAnswer::parse(text);
  if (!stated)
    return fail(stated.error().code, "VERDICT '", excerpt(options.verdict), "': ", stated.error().message);
  if (!stated->holder && options.how.challenge)
    return fail(codes::USAGE, "--challenge belongs to the verdict of a presentation; '",
                excerpt(options.verdict), "' is that of a credential");
  VCNODE_TRY(auto presented, read_input(options.credential, verify::kPresentationBytesMax));
  VCNODE_TRY(auto files, read_evidence(options.how.evidence));
  // A file is there to be enough; nobody is asked unless named.
  VerifyOptions how = options.how;
  how.evidence.clear();
  how.offline = how.peers.empty() && !files.empty();
  VCNODE_TRY(auto question, read_verify_question(global, how));
  auto signature = signature_in(text, question.now);
  return ReplayQuestion{
      *std::move(stated),  std::move(presented), {options.how.challenge, options.how.domain, {}},
      std::move(question), std::move(files),     std::move(signature)};
}

Result<evidence::Replay> replay_of(const ReplayQuestion& question, const evidence::Bundle& bundle) {
  return evidence::replay(question.stated.verdicts.front(), question.presented, question.how.policy, bundle,
                          question.how.now);
}

Result<evidence::PresentationReplay> presentation_replay_of(const ReplayQuestion& question,
                                                            const evidence::Bundle& bundle) {
  return evidence::replay_presentation(question.stated, question.presented, question.holder,
                                       question.how.policy, bundle, question.how.now);
}

void print_signature(const std::optional<Result<evidence::VerdictSignature>>& signature) {
  if (!signature) return;
  if (*signature) return print_line(concat("  the verdict was ", signature_line(**signature)));
  print_line(concat("  the signature beside it does not hold: ", printable(signature->error().message), " [",
                    signature->error().code.slug(), "]"));
}

// `make` replays from what is in the bundle: a credential, or a presentation.
template <class Make, class Of>
int replay_with(const Global& global, const ReplayQuestion& question, const Make& make, const Of& of) {
  evidence::Bundle bundle;
  for (const EvidenceFile& file : question.files) bundle.add(*file.bundle);
  // Said before anybody is asked.
  if (const auto first = make(question, bundle); !first) return report(global, first.error(), kExitUsage);
  const auto sources =
      collect_all_rows(question.stated.verdicts, question.how.peers, question.how.now, bundle);
  const auto replay = make(question, bundle);
  if (!replay) return report(global, replay.error(), kExitInternal);
  if (global.json) {
    nlohmann::json out = replay_json(*replay, of);
    out["signature"] = signature_json(question.signature);
    out["sources"] = row_sources_json(sources);
    print_json(out);
  } else {
    print_replay(*replay, of);
    print_signature(question.signature);
    print_row_sources(sources);
  }
  return exit_code_of(replay->result);
}

}  // namespace

int verdict_replay(const Global& global, const ReplayOptions& options) {
  const auto question = read_replay_question(global, options);
  if (!question) return report(global, question.error(), kExitUsage);
  const evidence::StatedAnswer& stated = question->stated;
  return stated.holder ? replay_with(global, *question, presentation_replay_of, stated)
                       : replay_with(global, *question, replay_of, stated.verdicts.front());
}

}  // namespace vcnode::cli
