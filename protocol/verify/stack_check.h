// What several verified credentials of one person add up to under a rule that a body published
// (protocol/spec/recognition.md, "Stacking"): each verdict becomes a part that counts, does not count, or
// cannot be told, and protocol/recognition adds them.
//
// A rule is taken out of its signer's feed: one that is not there, or was withdrawn, adds up nothing.
// Whom to believe about a rule is not asked: the verifier chose it.
//
// Threading: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/recognition/stacking.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

inline constexpr std::size_t kComponentsMax = recognition::kPartsMax;

// A rule by what people have of it: the id or the SHA-256 of its statement.
struct RuleName {
  std::optional<std::string> id;
  std::optional<Sha256Digest> digest;
  [[nodiscard]] std::string text() const;
};

// The StackRule in this feed; nullptr if it has none of this name.
[[nodiscard]] std::shared_ptr<const statement::Statement> rule_in(const feed::FeedSnapshot& feed,
                                                                  const RuleName& name);

struct StackQuestion {
  std::shared_ptr<const statement::Statement> rule;  // a StackRule, of its signer's feed in the view
  std::vector<std::string> components;               // texts, at most kComponentsMax
  std::string learner;                               // id, or "": that of the first component that has one
  std::optional<Timestamp> awarded;                  // when the whole was; none: still to be
  Timestamp at;
};

struct StackVerdict {
  std::shared_ptr<const statement::Statement> rule;
  Check rule_check;                 // pass, fail, unknown: can the rule be relied on
  recognition::Stack stack;         // parts by digest
  std::vector<Verdict> components;  // as given
  std::optional<Timestamp> awarded;
  Timestamp at;

  // complete: valid; complete if what is unknown counts: cannot-tell, or issuer-not-confirmed if that is all
  // that is unknown; else not-valid.
  [[nodiscard]] Outcome outcome() const;
  // "Complete: 12 of 12 ECTS"
  [[nodiscard]] std::string headline() const;
  // {"at","awarded","clauses","components","ects","outcome","rule","summary", …}
  [[nodiscard]] nlohmann::json to_json() const;
  // [{"code","sentence"}]: what decides first.
  [[nodiscard]] nlohmann::json messages() const;
};

// REQUIRES: question.rule says a StackRule; at most kComponentsMax components.
[[nodiscard]] Result<StackVerdict> verify_stack(const StackQuestion& question, const View& view,
                                                const Policy& policy);

}  // namespace vcnode::verify
