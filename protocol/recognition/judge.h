// Judging: whether bodies that the verifier named stand behind an issuer for what a credential says
// (protocol/spec/recognition.md).
//
// A pure function of its arguments. Chains are found in the closure and matched with the issuer's
// accreditations: one lookup per body that the anchors lead to, whatever strangers wrote. Each candidate is
// yes, no or unknown; unknown (a fact, a body or a time that is not there) is never good news and never bad
// news. The winner is the chain with the best outcome, then effect, then the shortest, then the smallest
// digests: two nodes with one view give the same bytes. Never a legal decision.
//
// Threading: pure; any number of judgements at once.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/facts/facts.h"
#include "protocol/recognition/closure.h"
#include "protocol/recognition/fit.h"
#include "protocol/recognition/levels.h"

namespace vcnode::recognition {

// Accreditations of one body for one issuer that are compared with what the credential says, and those of
// them that may matter; mandates of one body. A large university has some hundreds of programmes.
inline constexpr std::size_t kAccreditationsReadMax = 10'000;
inline constexpr std::size_t kAccreditationsPerPairMax = 1024;
// Chains looked at in one query. A mean query of 120,000 statements looks at some hundreds.
inline constexpr std::size_t kQueryStepsMax = 50'000;

// Ascending: the order of winners.
enum class Outcome : std::uint8_t { not_asked, not_established, cannot_tell, partly_recognised, recognised };
[[nodiscard]] std::string_view name_of(Outcome outcome) noexcept;  // "partly-recognised"

struct Link {
  Sha256Digest statement;
  statement::Kind kind;
  std::string from;  // as written
  std::string to;
  friend bool operator==(const Link&, const Link&) = default;
};

struct HeadAge {
  std::string body;  // lookup name
  std::int64_t seconds;
};

struct Recognition {
  Outcome outcome = Outcome::not_asked;
  std::string effect;       // "" unless (partly) recognised
  std::vector<Link> chain;  // of the winner; of the best candidate where it cannot be told
  // The first decides, the others are worth knowing; never empty.
  std::vector<Note> notes;
  std::vector<HeadAge> ages;           // of the bodies on the chain that age
  std::vector<Sha256Digest> evidence;  // every statement that the answer rests on; sorted
  // Lookup names of every body whose statements could have made a difference and that was asked for.
  std::vector<std::string> authorities_read;  // sorted
  // Lookup names of the bodies that vouch, where the policy asks for endorsements; beside the verdict.
  // Sorted.
  std::vector<std::string> endorsed_by;
  std::size_t steps = 0;  // chains looked at

  [[nodiscard]] Code code() const { return notes.front().code; }
};

struct Query {
  const facts::Facts& facts;
  std::string_view issuer;  // lookup name
  IssueTime when;
  Timestamp at;
};

// REQUIRES: closure.holds_at(query.at), `world` is the closure's and `levels` of its policy and world.
[[nodiscard]] Recognition judge(const Closure& closure, const Levels& levels, const Query& query,
                                const World& world);
// The same with everything made for this one question.
[[nodiscard]] Recognition judge(std::shared_ptr<const Policy> policy, const Query& query, const World& world);

// The member `recognition` of a verdict: {"outcome", "effect", "chain"}.
[[nodiscard]] nlohmann::json to_json(const Recognition& recognition);

// The elements that the policy asks for and the credential lacks, ascending.
[[nodiscard]] std::vector<int> missing_elements(const Policy& policy, const facts::Facts& facts);

}  // namespace vcnode::recognition
