// StatedVerdict: what a verdict says of itself and of what it was made of, read from its text.
//
// Everything a replay needs to know stands in there: whose credential bytes, which policy, which time, and
// one row for every feed that was read. Whether it is true is what a replay finds out.
//
// Errors: JSON_*, VERDICT_MALFORMED, VERDICT_RULESET_UNKNOWN. Threading: a plain value.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/merkle.h"
#include "protocol/feed/origin.h"
#include "protocol/verify/verdict.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::evidence {

// A policy of a thousand bodies makes rows of 300 bytes; answers carry sentences besides.
inline constexpr std::size_t kVerdictBytesMax = 8 * 1024 * 1024;
inline constexpr json::Limits kVerdictLimits{.size_max = kVerdictBytesMax, .depth_max = 32};

struct StatedRow {
  std::string issuer;                            // lookup name
  std::optional<feed::Origin> origin;            // none: a history of which no feed was held
  std::optional<webvh::VersionId> tip;           // of issuers with a history
  merkle::TreeHead tree = {};                    // size 0 without an origin
  std::optional<Timestamp> time = std::nullopt;  // none without an origin
  bool contradicted = false;
  std::optional<verify::ViewHead::Pending> pending = std::nullopt;
  std::set<Sha256Digest> missing = {};  // of all that were, the first feed::kMissingShownMax

  [[nodiscard]] std::string name() const;  // "the feed … at size 7"
};

struct StatedVerdict {
  std::string text;  // JCS
  Sha256Digest credential;
  Sha256Digest policy;
  Timestamp at;
  std::string outcome;   // "valid" …
  std::string subject;   // code of the subject check, "" if there is none
  bool stapled = false;  // status.source
  std::vector<StatedRow> rows;

  // `text`: a verdict, or an object that has one as its member "verdict" (the answers of `vcnode verify
  // --json` and of POST /verdict).
  [[nodiscard]] static Result<StatedVerdict> parse(std::string_view text);
};

// Whatever a question was answered with: the verdict of one credential, or that of a presentation, which has
// the checks of its holder and a verdict of each credential in it.
struct StatedAnswer {
  struct Holder {
    std::string checks;     // JCS: [{"check", "code", "result"}…]
    std::string challenge;  // code of that check, "" if there is none
  };
  std::string text;                     // JCS
  std::vector<StatedVerdict> verdicts;  // one, or all of a presentation, of one time and one policy
  std::optional<Holder> holder;         // of a presentation

  // `text` and errors as above.
  [[nodiscard]] static Result<StatedAnswer> parse(std::string_view text);
};

[[nodiscard]] std::string digest_text(const Sha256Digest& digest);  // "sha256:…"

}  // namespace vcnode::evidence
