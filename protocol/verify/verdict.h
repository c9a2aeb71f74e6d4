// Verdict: the answer to "is this credential authentic, in force, and issued by somebody I trust?"
// (protocol/spec/verdict.md; design/verification.md).
//
// A plain value. to_jcs() gives the one canonical text: no prose of ours, no peers, sorted arrays, so two
// nodes with the same view, policy and `at` give the same bytes. Prose travels beside it (messages()). Enum
// values appear in stored evidence: never renumber.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/code.h"
#include "crypto/base/time.h"
#include "protocol/observe/seen.h"
#include "protocol/recognition/judge.h"

namespace vcnode::verify {

inline constexpr std::string_view kRuleset = "vcnode-rules/1";

// The values are the exit codes of `vcnode verify`.
enum class Outcome : std::uint8_t { valid = 0, not_valid = 1, cannot_tell = 2, issuer_not_confirmed = 3 };
// clang-format off
enum class Class : std::uint8_t {
  none, altered, issuer_key, expired, not_yet_valid, revoked, suspended, malformed, unsupported
};
enum class CheckName : std::uint8_t {
  format, proof, issuer, key, dates, status, subject, elements, confirmation, recognition
};
// clang-format on
enum class CheckResult : std::uint8_t { pass, fail, warn, unknown, not_applicable };
enum class Tristate : std::uint8_t { no, yes, unknown };
enum class BitState : std::uint8_t { clear, set, unknown };

// The words of to_jcs(): "not-valid", "issuer-key", "proof", "not-applicable" …; "" for Class::none.
[[nodiscard]] std::string_view name_of(Outcome value) noexcept;
[[nodiscard]] std::string_view name_of(Class value) noexcept;
[[nodiscard]] std::string_view name_of(CheckName value) noexcept;
[[nodiscard]] std::string_view name_of(CheckResult value) noexcept;

struct Check {
  CheckName check;
  CheckResult result;
  Code code;
  std::string detail;                  // a sentence naming thing, value, limit; not part of to_jcs()
  std::vector<Sha256Digest> evidence;  // sorted
  std::optional<std::int64_t> age_seconds;
};

struct ViewHead {                  // one row of viewHeads
  std::string origin;              // without a feed the SCID
  bool without_feed = false;       // a history of which no feed is held: no size, root and time
  std::optional<std::string> tip;  // newest version of the issuer's DID that counts; none for did:key
  std::uint64_t size = 0;
  Sha256Digest root;
  Timestamp time;
  // The issuer told two histories: a signed head shows it, or hearsay, or versions of its DID dispute.
  bool contradicted = false;
  std::optional<Sha256Digest> conflict;  // of the conflict object; none is made in this version
  struct Pending {
    std::uint64_t size;
    std::optional<Sha256Digest> root;  // none: known by hearsay only
    std::optional<Timestamp> time;     // as root
  };
  std::optional<Pending> pending;
  std::vector<Sha256Digest> missing_bodies;
};

// What the policy's witnesses say of the checkpoint that proves the time of issue.
enum class Quorum : std::uint8_t { unwitnessed, missed, reached };  // unwitnessed: the policy asks for none

struct Verdict {
  Sha256Digest credential;
  Timestamp at;
  Outcome outcome = Outcome::cannot_tell;
  Class reason_class = Class::none;
  std::optional<Code> code;  // the deciding check's code
  Tristate authentic = Tristate::unknown;
  std::vector<Check> checks;  // in CheckName order
  std::optional<std::string> issuer_did;
  std::optional<std::string> issuer_version_id;
  std::vector<std::pair<std::string, std::optional<std::string>>> issuer_names;  // name, confirmed by
  bool low_assurance = false;
  Quorum quorum = Quorum::unwitnessed;
  std::optional<observe::Seen> issuer_observed;  // the key, where it is known by observation only
  std::uint64_t witnessed = 0;                   // witnesses of the policy that cosigned that checkpoint
  BitState revocation = BitState::unknown;
  BitState suspension = BitState::unknown;
  std::optional<std::string> status_list;        // URI of the deciding list
  std::string status_source = "none";            // feed | stapled | observed | none
  std::optional<observe::Seen> status_observed;  // the deciding list, where it was observed
  std::string subject = "unknown";               // named-only | unknown in this version
  std::optional<Timestamp> issued_at;
  bool issued_at_proven = false;              // else claimed
  recognition::Recognition recognition = {};  // not_asked unless the policy asks
  Sha256Digest policy;
  std::vector<ViewHead> view_heads;  // one per feed read; to_jcs() sorts

  [[nodiscard]] std::string to_jcs() const;
};

// The headline for people: "Genuine and in force", "Do not accept: changed after issue", …
[[nodiscard]] std::string headline(const Verdict& verdict);
// One {"check","code","sentence"} per check; sentence = the check's detail, or the code's sentence.
[[nodiscard]] nlohmann::json messages(const Verdict& verdict);

}  // namespace vcnode::verify
