// Closure: every body whose accreditations a policy believes, and how far, found forward from its anchors
// (protocol/spec/recognition.md).
//
// The grammar is  anchor Recognition{0,r} Delegation{0,d}  and then, at query time, one Accreditation.
// Searching forward reads only what bodies said that the verifier's own anchors lead to: statements of
// strangers, however many, are never looked at. Searching backward from an issuer would read whatever
// anybody wrote about it.
//
// A body may be reached in several ways. A way that allows no more than another one, and does not go before
// it in the order of winners, is dropped: what is kept is an antichain, small in practice, and no query can
// tell the difference (a property test compares with an exhaustive search). Statements are taken in the order
// of their digests, so the order in which they arrived does not matter unless a cap is reached; the caps keep
// the oldest.
//
// Recognitions are judged at `at`, so a closure holds for the span steady(); Delegations are judged at the
// time of issue, so their lives are kept for the query.
//
// Threading: immutable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/recognition/life.h"
#include "protocol/recognition/policy.h"
#include "protocol/recognition/world.h"

namespace vcnode::recognition {

// Edges looked at in one closure: 500 anchors with 200 edges each; a tenth of a second.
inline constexpr std::size_t kSearchStepsMax = 100'000;
// Recognitions and Delegations of one body that are read, the oldest first. There are 249 countries.
inline constexpr std::size_t kEdgesPerBodyMax = 4096;
// Ways to one body that are kept, and those whose last link one other body made: no delegate crowds out the
// rest with scopes that do not cover each other.
inline constexpr std::size_t kWaysPerBodyMax = 64;
inline constexpr std::size_t kWaysPerPairMax = 16;
// Edges looked at beyond those that are good, only to say why an answer is no.
inline constexpr std::size_t kExplainStepsMax = 2'000;

// What makes a chain unknown that would be good.
enum class Doubt : std::uint8_t { contradicted, newer_head, missing_statements, one_sided, limit };
class Doubts {
 public:
  void add(Doubt doubt) noexcept { bits_ |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(doubt)); }
  void add(Doubts other) noexcept { bits_ |= other.bits_; }
  [[nodiscard]] bool any() const noexcept { return bits_ != 0; }
  [[nodiscard]] bool has(Doubt doubt) const noexcept {
    return (bits_ >> static_cast<unsigned>(doubt) & 1u) != 0;
  }
  [[nodiscard]] std::vector<Code> codes() const;
  friend bool operator==(Doubts, Doubts) = default;

 private:
  std::uint8_t bits_ = 0;
};

// The effect of a chain without a Recognition: the anchor itself, or whom it delegated to, accredited.
inline constexpr std::string_view kDirectEffect = "direct";
inline constexpr std::string_view kIdentityOnly = "identity-only";
// direct > level-automatic > presumption > employer-accepted > identity-only > any other word, which is 0:
// what it means is not known.
[[nodiscard]] int rank_of_effect(std::string_view effect) noexcept;
[[nodiscard]] inline bool is_known_effect(std::string_view effect) noexcept {
  return rank_of_effect(effect) > 0;
}

// One way to a body. What it says is the meet of everything on it.
struct Way {
  std::vector<const statement::Statement*> path;  // from the anchor on
  std::size_t anchor = 0;                         // of the policy's, in canonical order
  statement::Scope scope;
  Life life;  // of its Delegations
  std::string effect = std::string(kDirectEffect);
  int recognitions_used = 0;  // 0 again behind a Delegation, where no further one is allowed
  int recognitions_left = 0;
  int delegations_left = 0;
  Doubts doubts;                   // also of the body itself
  Timestamp oldest_head = kNever;  // of the bodies on it
  Timestamp closed = kNever;       // when the body ended its work, by the word of those on the way
  bool over_closed = false;        // a body before it has ended its work since
};

struct Body {
  std::string name;                                           // lookup name
  std::string did;                                            // as the statement or the policy writes it
  std::shared_ptr<const statement::StatementLog> statements;  // nullptr: not held
  Doubts doubts;
  std::optional<Timestamp> head_time;
  std::vector<Way> ways;  // in the order of winners
};

// An edge that was not taken, and what it would have led to: only to say why an answer is no.
struct Blocked {
  Code code;
  const statement::Statement* statement;
};
struct Behind {
  std::shared_ptr<const statement::StatementLog> statements;
  std::size_t blocked;
};

class Closure {
 public:
  [[nodiscard]] static std::shared_ptr<const Closure> of(std::shared_ptr<const Policy> policy,
                                                         const World& world, Timestamp at);

  [[nodiscard]] const Policy& policy() const noexcept { return *policy_; }
  [[nodiscard]] const std::map<std::string, Body, std::less<>>& bodies() const noexcept { return bodies_; }
  [[nodiscard]] const std::vector<Blocked>& blocked() const noexcept { return blocked_; }
  [[nodiscard]] const std::map<std::string, Behind, std::less<>>& behind() const noexcept { return behind_; }
  // Lookup names of all that were asked for, held or not.
  [[nodiscard]] const std::set<std::string, std::less<>>& read() const noexcept { return read_; }
  // A cap was reached: a chain that is not found may be there.
  [[nodiscard]] bool cut_short() const noexcept { return cut_short_; }
  // Some body said that one has ended its work.
  [[nodiscard]] bool some_closed() const noexcept { return some_closed_; }
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
  // For any `at` in here the closure of one world is the same.
  [[nodiscard]] const Span& steady() const noexcept { return steady_; }
  [[nodiscard]] bool holds_at(Timestamp at) const noexcept { return steady_.from <= at && at < steady_.to; }

 private:
  friend class Search;
  std::shared_ptr<const Policy> policy_;
  std::map<std::string, Body, std::less<>> bodies_;
  std::vector<Blocked> blocked_;
  std::map<std::string, Behind, std::less<>> behind_;
  std::set<std::string, std::less<>> read_;
  Span steady_;
  std::size_t steps_ = 0;
  bool cut_short_ = false;
  bool some_closed_ = false;
};

// The order of winners among chains of one outcome and effect: the shortest, then the smallest digests.
[[nodiscard]] bool goes_before(const std::vector<const statement::Statement*>& a,
                               const std::vector<const statement::Statement*>& b) noexcept;

// What is held of a body, as doubts.
[[nodiscard]] Doubts doubts_of(const Holding& holding) noexcept;
// The first component of the scope that allows nothing.
[[nodiscard]] std::optional<Code> empty_component(const statement::Scope& scope);
// Whether the other side signed the same agreement; `life`: of its statement.
struct OtherSide {
  Grade grade = Grade::no;
  Span steady;
};
[[nodiscard]] OtherSide other_side(const statement::Statement& recognition, const World& world, Timestamp at);

}  // namespace vcnode::recognition
