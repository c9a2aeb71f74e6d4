// Policy: whom one verifier believes, for what, and what it asks for (protocol/spec/policy.md).
//
// A JSON file. Strict: a member that is not known is refused, since it would be a wish that is passed over.
// There is no built-in anchor: what is not named here counts for nothing. canonical() writes every default
// out, so digest() is over everything that can change an answer.
//
// Errors: POLICY_MALFORMED, naming member, value and limit; POLICY_WITHOUT_ANCHORS. Threading: a plain value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "protocol/did/did.h"
#include "protocol/statement/statement.h"

namespace vcnode::recognition {

inline constexpr std::size_t kPolicyBytesMax = 1024 * 1024;  // a witness policy is at most a quarter of that
// Ministries and quality agencies of the world are a few hundred.
inline constexpr std::size_t kPolicyAnchorsMax = 512;
inline constexpr std::size_t kPolicyNamesMax = 1024;  // of any other list of DIDs
inline constexpr std::size_t kPolicyIdBytesMax = 256;
inline constexpr int kMaxRecognition = 3;
inline constexpr int kMaxDelegation = 4;
// Ten years: a policy that tolerates more wants no limit.
inline constexpr std::int64_t kHeadAgeSecondsMax = 10LL * 366 * 86'400;
inline constexpr std::int64_t kEndorsementsMax = 64;
inline constexpr int kElements = 16;  // of the EU standard
// Annex I of the Council Recommendation: 1 to 11 are mandatory.
inline constexpr int kMandatoryElements = 11;

struct Policy {
  std::string id;                      // a URI for people to refer to, or ""
  std::optional<std::string> country;  // of the verifier
  std::vector<statement::Anchor> anchors;
  std::set<Did> referencing_from;  // whose level tables count
  // Proven for everything that has ended, not only for what was withdrawn.
  bool issue_time_proven = false;
  std::set<statement::Decision> decisions = {statement::Decision::positive,
                                             statement::Decision::positive_with_conditions};
  std::set<statement::Standing> standing = {statement::Standing::obligatory, statement::Standing::voluntary};
  std::set<int> elements;  // numbers that have to be present
  std::int64_t endorsements_at_least = 0;
  std::set<Did> endorsements_from;
  bool one_sided_agreements = false;
  bool unknown_is_no = false;  // onUnknown: "not-established"
  // Of a verification as a whole.
  std::set<Did> trust;
  std::string witnesses;  // C2SP tlog-policy, or ""
  std::set<Did> observers;
  std::uint32_t observer_quorum = 1;
  std::int64_t head_age_warn_seconds = 48 * 3600;
  std::optional<std::int64_t> head_age_max_seconds;

  [[nodiscard]] static Result<Policy> parse(std::string_view text);
  // What somebody published as a TrustList, with every default: the anchors are its author's choice. Chains
  // that are longer than a policy may allow are cut to what it may.
  [[nodiscard]] static Policy of(const statement::TrustList& list);
  // The order of anchors means nothing: by their text, each once. parse() has done it.
  void sort_anchors();
  // Whether it asks anything of recognition; without anchors it does not.
  [[nodiscard]] bool asks() const noexcept { return !anchors.empty(); }
  // JCS, every default written out. parse() reads it back.
  [[nodiscard]] std::string canonical() const;
  [[nodiscard]] Sha256Digest digest() const;
};

}  // namespace vcnode::recognition
