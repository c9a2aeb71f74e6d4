// Replay: making a verdict again from what it names, and comparing the bytes (protocol/spec/replay.md).
//
// A verdict is a function of the credential, a policy, a time and what its rows state. All rows are rebuilt
// out of the bundle, nothing else is held, and the verdict is made as it always is. Same bytes mean: whoever
// made it, had that view, applied that policy and followed the rules; not that the view was the newest.
//
// Threading: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/evidence/rebuild.h"
#include "protocol/evidence/stated.h"
#include "protocol/verify/presentation.h"
#include "protocol/verify/verify.h"

namespace vcnode::evidence {

inline constexpr std::size_t kDifferencesMax = 16;

struct Difference {
  std::string member;    // JSON Pointer
  std::string stated;    // JCS; empty: not there
  std::string replayed;  // as above
};

struct Replay {
  enum class Result : std::uint8_t { same, differs, cannot_replay };
  Result result = Result::cannot_replay;
  std::optional<Error> why;             // REPLAY_DIFFERS, REPLAY_ROW_FALSE, CANNOT_REPLAY
  std::vector<Lack> lacking;            // whether or not the bytes are the same without it
  std::vector<Sha256Digest> helpful;    // earlier lists that are not there
  std::vector<Difference> differences;  // the first kDifferencesMax
  std::vector<std::pair<const StatedRow*, TimeSource>> times;
  // The lists before the newest were left out to get the same bytes: with them a list is bad.
  bool without_earlier_lists = false;
  // The subject check rests on what somebody typed, or on a presentation that is not at hand: it is taken as
  // it stands.
  bool subject_recorded = false;
};
[[nodiscard]] std::string_view name_of(Replay::Result result) noexcept;  // "cannot-replay"

// What the rows need and `bundle` does not have, each once; earlier lists in `helpful`.
struct Wanted {
  std::vector<Lack> lacking;
  std::vector<Sha256Digest> helpful;
};
[[nodiscard]] Wanted wanted(const StatedVerdict& stated, const Bundle& bundle, Timestamp now);

// `stated` outlives the answer. `credential`: the presented bytes, or for JSON any other writing of the same.
// Errors: REPLAY_CREDENTIAL_DIFFERS, REPLAY_POLICY_DIFFERS: what was given is not what was asked about.
// `holder`: what the presentation that it came in shows; nullptr: nothing is known of one.
[[nodiscard]] Result<Replay> replay(const StatedVerdict& stated, std::string_view credential,
                                    const verify::Policy& policy, const Bundle& bundle, Timestamp now,
                                    const verify::Holder* holder = nullptr);

// The verdict of a presentation, made again of the presentation itself and the challenge that was stated.
struct PresentationReplay {
  Replay::Result result = Replay::Result::cannot_replay;
  std::optional<Error> why;             // as above; CANNOT_REPLAY also for a challenge, or a holder's keys
  std::vector<Difference> differences;  // of the checks of the holder
  std::vector<Replay> verdicts;         // in the order of the credentials
};
// `stated` is of a presentation, and outlives the answer. That a challenge had been answered before
// (CHALLENGE_USED) only who judged it could know: it is taken as it stands; `asked.is_first` is not used.
// Errors: REPLAY_CREDENTIAL_DIFFERS, REPLAY_POLICY_DIFFERS.
[[nodiscard]] Result<PresentationReplay> replay_presentation(const StatedAnswer& stated,
                                                             std::string_view presentation,
                                                             const verify::HolderQuestion& asked,
                                                             const verify::Policy& policy,
                                                             const Bundle& bundle, Timestamp now);

// Members in which two JSON texts differ, the first kDifferencesMax. REQUIRES: both are JSON.
[[nodiscard]] std::vector<Difference> differences(std::string_view stated, std::string_view replayed);

}  // namespace vcnode::evidence
