#include "node/cli/replay_report.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/cli/output.h"
#include "node/cli/row_report.h"

namespace vcnode::cli {
namespace {

using evidence::Replay;

nlohmann::json differences_json(const std::vector<evidence::Difference>& differences) {
  auto out = nlohmann::json::array();
  for (const auto& one : differences)
    out.push_back({{"member", one.member}, {"stated", one.stated}, {"replayed", one.replayed}});
  return out;
}

nlohmann::json rows_json(const Replay& replay) {
  auto out = nlohmann::json::array();
  for (const auto& [row, time] : replay.times) {
    if (!row->origin) continue;
    out.push_back({{"origin", row->origin->text()},
                   {"size", row->tree.size},
                   {"time", row->time->to_string()},
                   {"timeIs", name_of(time)}});
  }
  return out;
}

void add_error(nlohmann::json& out, const std::optional<Error>& why) {
  if (why) out["error"] = {{"code", why->code.slug()}, {"message", why->message}};
}

std::string digest_of_text(const std::string& text) {
  return evidence::digest_text(sha256(as_bytes(text)));
}

std::string headline_of(Replay::Result result, const std::string& same) {
  if (result == Replay::Result::same) return concat("The same bytes", same);
  return result == Replay::Result::differs ? "Another verdict: what it names does not give what it says"
                                           : "Cannot replay: something that the verdict names was not given";
}

void print_why(const std::optional<Error>& why) {
  if (why) print_line(concat("  ", printable(why->message), " [", why->code.slug(), "]"));
}

void print_differences(const std::vector<evidence::Difference>& differences) {
  for (const auto& one : differences)
    print_line(concat("  ", printable(one.member), ": stated ",
                      one.stated.empty() ? "nothing" : printable(excerpt(one.stated)), ", replayed ",
                      one.replayed.empty() ? "nothing" : printable(excerpt(one.replayed))));
}

void print_details(const Replay& replay) {
  print_differences(replay.differences);
  for (const auto& lack : replay.lacking) print_line(concat("  not given: ", printable(lack.name())));
  for (const auto& [row, time] : replay.times) {
    if (!row->origin) continue;
    const std::string_view how = time == evidence::TimeSource::signed_head ? "signed by the issuer"
                                 : time == evidence::TimeSource::bounded
                                     ? "by the verdict's word; a later head of the issuer bounds it"
                                     : "by the verdict's word alone";
    print_line(concat("  ", printable(row->name()), ", head of ", row->time->to_string(), ": ", how));
  }
  if (replay.subject_recorded)
    print_line("  who presented it was checked when the verdict was made, and is taken as it says");
  if (replay.without_earlier_lists)
    print_line(
        "  the status lists before the newest, which are given here, show that the issuer broke its rules; "
        "whoever made the verdict did not have them");
}

}  // namespace

nlohmann::json replay_json(const Replay& replay, const evidence::StatedVerdict& of) {
  nlohmann::json out{{"replay", name_of(replay.result)},
                     {"verdict", digest_of_text(of.text)},
                     {"outcome", of.outcome},
                     {"rows", rows_json(replay)},
                     {"differences", differences_json(replay.differences)},
                     {"missing", lacks_json(replay.lacking)},
                     {"subjectRecorded", replay.subject_recorded},
                     {"withoutEarlierLists", replay.without_earlier_lists}};
  add_error(out, replay.why);
  return out;
}

nlohmann::json replay_json(const evidence::PresentationReplay& replay, const evidence::StatedAnswer& of) {
  auto verdicts = nlohmann::json::array();
  for (std::size_t i = 0; i < replay.verdicts.size(); ++i)
    verdicts.push_back(replay_json(replay.verdicts[i], of.verdicts[i]));
  nlohmann::json out{{"replay", name_of(replay.result)},
                     {"verdict", digest_of_text(of.text)},
                     {"verdicts", std::move(verdicts)},
                     {"differences", differences_json(replay.differences)}};
  add_error(out, replay.why);
  return out;
}

void print_replay(const Replay& replay, const evidence::StatedVerdict& of) {
  print_line(headline_of(replay.result, concat(": ", of.outcome, " at ", of.at.to_string(), " (",
                                               digest_of_text(of.text), ")")));
  print_why(replay.why);
  print_details(replay);
}

void print_replay(const evidence::PresentationReplay& replay, const evidence::StatedAnswer& of) {
  print_line(
      headline_of(replay.result, concat(" of the whole presentation (", digest_of_text(of.text), ")")));
  print_why(replay.why);
  print_differences(replay.differences);
  for (std::size_t i = 0; i < replay.verdicts.size(); ++i) {
    print_line(concat("Credential ", i + 1, " of ", replay.verdicts.size(), ": ", of.verdicts[i].outcome,
                      " at ", of.verdicts[i].at.to_string(), ", ", name_of(replay.verdicts[i].result)));
    print_details(replay.verdicts[i]);
  }
}

int exit_code_of(Replay::Result result) {
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

}  // namespace vcnode::cli
