// Life: when a statement was in force, whatever ended it.
//
// A statement holds from `from` to `until`, apart from the spans in which it was withdrawn or suspended; a
// void one never held. A Withdrawal can itself be withdrawn: then what it ended is in force again from there
// on; one that voids has no date, so only voiding it takes it back. Where there are more of them than
// kWithdrawalsMax, whether the statement holds is unknown.
//
// Two questions. `holds_at`: at a moment that the verifier names. `holds_at_issue`: at the moment a
// credential was issued, of which often only the issuer speaks. The credential is known to exist at the end
// of [time, exists_by]; the time itself may be a lie. So a Withdrawal that begins inside makes the answer
// unknown, or whoever lost an accreditation would go on with yesterday's date; a mere expiry, which nobody
// was punished with, makes a warning.
//
// Threading: plain values, pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "crypto/base/code.h"
#include "crypto/base/time.h"
#include "protocol/statement/log.h"

namespace vcnode::recognition {

// Withdrawals of one statement, and of those, and so on. A suspension lifted, and that a mistake: three.
inline constexpr std::size_t kWithdrawalsMax = 256;

inline constexpr Timestamp kBeginning{std::numeric_limits<std::int64_t>::min()};
inline constexpr Timestamp kNever{std::numeric_limits<std::int64_t>::max()};

struct Span {  // [from, to)
  Timestamp from = kBeginning;
  Timestamp to = kNever;
  friend bool operator==(const Span&, const Span&) = default;
};

// A set of moments. Spans are sorted, disjoint and not adjacent.
class Spans {
 public:
  void add(Span span);
  void add(const Spans& other);
  void remove(const Spans& other);
  [[nodiscard]] bool contains(Timestamp moment) const noexcept;
  // Some moment of [first, last].
  [[nodiscard]] bool meets(Timestamp first, Timestamp last) const noexcept;
  [[nodiscard]] bool covers(const Spans& other) const noexcept;
  [[nodiscard]] const std::vector<Span>& all() const noexcept { return spans_; }
  friend bool operator==(const Spans&, const Spans&) = default;

 private:
  std::vector<Span> spans_;
};

// What an issuer and the verifier know of the time of issue.
struct IssueTime {
  std::optional<Timestamp> claimed;
  std::optional<Timestamp> proven;  // it existed by then
};

enum class Grade : std::uint8_t { no, unknown, yes };

struct Judged {
  Grade grade = Grade::yes;
  std::optional<Code> code = std::nullopt;  // of no and unknown, and of a yes with a warning
};

struct Life {
  Span span;
  Spans out;
  bool voided = false;
  bool cut_short = false;  // there are more withdrawals than are read: `out` and `voided` may be anything

  [[nodiscard]] Judged holds_at(Timestamp at) const;
  // `at`: the verifier's moment; the credential exists then. `proven_only`: expiry asks for proof too.
  [[nodiscard]] Judged holds_at_issue(const IssueTime& when, Timestamp at, bool proven_only) const;
  // Both hold.
  void meet(const Life& other);
  // The moments around `at` between which holds_at does not change.
  [[nodiscard]] Span steady_around(Timestamp at) const noexcept;
};

// Whenever `narrow` holds, `wide` does.
[[nodiscard]] bool covers(const Life& wide, const Life& narrow) noexcept;

// The life that `log`, of the statement's issuer, gives it.
[[nodiscard]] Life life_of(const statement::StatementLog& log, const statement::Statement& statement);

// When the credential is taken to be issued: the earlier of what is claimed and proven.
[[nodiscard]] std::optional<Timestamp> issue_moment(const IssueTime& when) noexcept;
// When it surely existed, for one that is taken to be issued at `moment`.
[[nodiscard]] Timestamp exists_by(Timestamp moment, const IssueTime& when, Timestamp at) noexcept;

}  // namespace vcnode::recognition
