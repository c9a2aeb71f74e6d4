// CosignRound: one checkpoint of a log on its way past the witnesses of a policy (C2SP tlog-witness, the
// log's side).
//
// Sans-IO: due() says whom to ask now, what came of it is told by answered() or failed(), wake_ms() says when
// to look again. All witnesses are asked at once. Who could not be reached, or says "later" (404: a log it
// does not know yet; 429; 5xx), is asked again with doubling pauses; who says that another size was cosigned
// last, at once and from that size; who refuses otherwise, or answers with what does not verify, is not asked
// again in this round. Nobody is asked more than kAsksMax times, so a witness that always names another size
// ends too.
//
// A cosignature whose time is more than kClockSecondsMax away from the clock here is refused: a proof that
// says when must not carry a date that the log itself knows to be wrong.
//
// The quorum ends the round once everybody has answered, or kStragglersMs after it was reached: a verifier's
// policy may be another than the log's. Without it the round ends at its deadline, or as soon as nobody is
// left to be asked.
//
// Times are milliseconds of a clock that never goes back, unless they say otherwise. Threading: a plain
// value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/witness/policy.h"

namespace vcnode::witness {

// Pauses of 0.5, 1, 2, 4 … seconds: more often is pestering, and the deadline comes first.
inline constexpr int kAsksMax = 6;
inline constexpr std::int64_t kAskPauseMs = 500;
inline constexpr std::int64_t kStragglersMs = 1'000;
// As gossip holds back heads from the future.
inline constexpr std::int64_t kClockSecondsMax = 300;
// Lines of a signed note, and nothing else.
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024;

inline constexpr std::string_view kSizeType = "text/x.tlog.size";

class CosignRound {
 public:
  // `sizes`: of which size each witness of the policy cosigned this log last, as far as is known; 0: not.
  // REQUIRES: one for each witness. Errors: NOTE_MALFORMED.
  [[nodiscard]] static Result<CosignRound> of(WitnessPolicy policy, std::string checkpoint,
                                              std::vector<std::uint64_t> sizes, std::int64_t now_ms,
                                              std::int64_t deadline_ms);

  struct Ask {
    std::size_t witness = 0;  // of the policy
    std::uint64_t old_size = 0;
  };
  // Each is on its way from now on.
  [[nodiscard]] std::vector<Ask> due(std::int64_t now_ms);

  struct Answer {
    unsigned status = 0;
    std::string_view content_type;
    std::string_view body;
  };
  // What came of an Ask. `wall`: the time of day.
  void answered(std::size_t witness, const Answer& answer, std::int64_t now_ms, Timestamp wall);
  void failed(std::size_t witness, const Error& why, std::int64_t now_ms);

  enum class State : std::uint8_t { asking, reached, missed };
  [[nodiscard]] State state(std::int64_t now_ms) const;
  // When due() or state() says something new by itself at the latest.
  [[nodiscard]] std::int64_t wake_ms() const;

  // With the cosignatures that came.
  [[nodiscard]] const std::string& checkpoint() const noexcept { return checkpoint_; }
  [[nodiscard]] const std::vector<std::uint64_t>& sizes() const noexcept { return sizes_; }
  [[nodiscard]] bool has_cosigned(std::size_t witness) const;
  // Why the witness has not cosigned; none: it has, or nothing is known yet.
  [[nodiscard]] const std::optional<Error>& why_not(std::size_t witness) const;
  // WITNESS_QUORUM_MISSED, naming who did not cosign and why.
  [[nodiscard]] Error missed() const;

 private:
  enum class Stand : std::uint8_t { waiting, asked, cosigned, refused };
  struct Standing {
    Stand stand = Stand::waiting;
    int asks = 0;
    std::int64_t due_ms = 0;
    std::optional<Error> why_not;
  };
  CosignRound(WitnessPolicy policy, std::string checkpoint, merkle::TreeHead tree,
              std::vector<std::uint64_t> sizes, std::int64_t now_ms, std::int64_t deadline_ms);
  void take_cosignature(std::size_t witness, std::string_view body, std::int64_t now_ms, Timestamp wall);
  void take_size(std::size_t witness, std::string_view body, std::int64_t now_ms);
  void ask_again(std::size_t witness, Error why, std::int64_t due_ms);
  void refuse(std::size_t witness, Error why);
  [[nodiscard]] bool all_settled() const;

  WitnessPolicy policy_;
  std::string checkpoint_;
  merkle::TreeHead tree_;
  std::vector<std::uint64_t> sizes_;
  std::vector<Standing> standings_;
  std::int64_t deadline_ms_ = 0;
  std::optional<std::int64_t> reached_ms_;
};

}  // namespace vcnode::witness
