// verdict replay: a verdict made again on the objects that peers or files give, and compared byte for byte.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/cli/bundle_peer.h"
#include "node/cli/collect_rows.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/row_report.h"
#include "node/cli/verify_question.h"
#include "node/codes/cli_codes.h"
#include "protocol/evidence/replay.h"

namespace vcnode::cli {
namespace {

using evidence::Replay;

constexpr std::size_t kCredentialInputBytesMax = limits::kCredentialBytesMax * 4;

struct ReplayQuestion {
  evidence::StatedVerdict stated;
  std::string credential;
  VerifyQuestion how;
  std::vector<EvidenceFile> files;
};

Result<ReplayQuestion> read_replay_question(const Global& global, const ReplayOptions& options) {
  if (options.verdict == "-" && options.credential == "-")
    return fail(codes::USAGE, "VERDICT and --credential cannot both be standard input");
  VCNODE_TRY(const auto text, read_input(options.verdict, evidence::kVerdictBytesMax));
  auto stated = evidence::StatedVerdict::parse(text);
  if (!stated)
    return fail(stated.error().code, "VERDICT '", excerpt(options.verdict), "': ", stated.error().message);
  VCNODE_TRY(auto credential, read_input(options.credential, kCredentialInputBytesMax));
  VCNODE_TRY(auto files, read_evidence(options.how.evidence));
  // A file is there to be enough; nobody is asked unless named.
  VerifyOptions how = options.how;
  how.evidence.clear();
  how.offline = how.peers.empty() && !files.empty();
  VCNODE_TRY(auto question, read_verify_question(global, how));
  return ReplayQuestion{*std::move(stated), std::move(credential), std::move(question), std::move(files)};
}

nlohmann::json json_of(const Replay& replay, const ReplayQuestion& question,
                       const std::vector<RowSource>& sources) {
  auto rows = nlohmann::json::array();
  for (const auto& [row, time] : replay.times) {
    if (!row->origin) continue;
    rows.push_back({{"origin", row->origin->text()},
                    {"size", row->tree.size},
                    {"time", row->time->to_string()},
                    {"timeIs", name_of(time)}});
  }
  auto differences = nlohmann::json::array();
  for (const auto& one : replay.differences)
    differences.push_back({{"member", one.member}, {"stated", one.stated}, {"replayed", one.replayed}});
  nlohmann::json out{{"replay", name_of(replay.result)},
                     {"verdict", evidence::digest_text(sha256(as_bytes(question.stated.text)))},
                     {"outcome", question.stated.outcome},
                     {"rows", std::move(rows)},
                     {"differences", std::move(differences)},
                     {"missing", lacks_json(replay.lacking)},
                     {"subjectRecorded", replay.subject_recorded},
                     {"withoutEarlierLists", replay.without_earlier_lists},
                     {"sources", row_sources_json(sources)}};
  if (replay.why) out["error"] = {{"code", replay.why->code.slug()}, {"message", replay.why->message}};
  return out;
}

void print_rows(const Replay& replay) {
  for (const auto& [row, time] : replay.times) {
    if (!row->origin) continue;
    const std::string_view how = time == evidence::TimeSource::signed_head ? "signed by the issuer"
                                 : time == evidence::TimeSource::bounded
                                     ? "by the verdict's word; a later head of the issuer bounds it"
                                     : "by the verdict's word alone";
    print_line(concat("  ", printable(row->name()), ", head of ", row->time->to_string(), ": ", how));
  }
}

void print_replay(const Replay& replay, const ReplayQuestion& question,
                  const std::vector<RowSource>& sources) {
  const std::string digest = evidence::digest_text(sha256(as_bytes(question.stated.text)));
  if (replay.result == Replay::Result::same)
    print_line(concat("The same bytes: ", question.stated.outcome, " at ", question.stated.at.to_string(),
                      " (", digest, ")"));
  else if (replay.result == Replay::Result::differs)
    print_line("Another verdict: what it names does not give what it says");
  else
    print_line("Cannot replay: something that the verdict names was not given");
  if (replay.why)
    print_line(concat("  ", printable(replay.why->message), " [", replay.why->code.slug(), "]"));
  for (const auto& one : replay.differences)
    print_line(concat("  ", printable(one.member), ": stated ", printable(excerpt(one.stated)), ", replayed ",
                      one.replayed.empty() ? "nothing" : printable(excerpt(one.replayed))));
  for (const auto& lack : replay.lacking) print_line(concat("  not given: ", printable(lack.name())));
  print_rows(replay);
  if (replay.subject_recorded)
    print_line("  who presented it was checked when the verdict was made, and is taken as it says");
  if (replay.without_earlier_lists)
    print_line(
        "  the status lists before the newest, which are given here, show that the issuer broke its rules; "
        "whoever made the verdict did not have them");
  print_row_sources(sources);
}

int replay_exit_code(Replay::Result result) {
  switch (result) {
    case Replay::Result::same:
      return kExitOk;
    case Replay::Result::differs:
      return kExitNotValid;
    case Replay::Result::cannot_replay:
      break;
  }
  return kExitCannotTell;
}

}  // namespace

int verdict_replay(const Global& global, const ReplayOptions& options) {
  const auto question = read_replay_question(global, options);
  if (!question) return report(global, question.error(), kExitUsage);
  evidence::Bundle bundle;
  for (const EvidenceFile& file : question->files) bundle.add(*file.bundle);
  // Said before anybody is asked.
  if (const auto first = evidence::replay(question->stated, question->credential, question->how.policy,
                                          bundle, question->how.now);
      !first)
    return report(global, first.error(), kExitUsage);
  const auto sources = collect_rows(question->stated, question->how.peers, question->how.now, bundle);
  const auto replay = evidence::replay(question->stated, question->credential, question->how.policy, bundle,
                                       question->how.now);
  if (!replay) return report(global, replay.error(), kExitInternal);
  if (global.json)
    print_json(json_of(*replay, *question, sources));
  else
    print_replay(*replay, *question, sources);
  return replay_exit_code(replay->result);
}

}  // namespace vcnode::cli
