// Bundle: public objects of feeds in one file, for whoever verifies or replays without asking anybody
// (protocol/spec/evidence.md).
//
// Nothing in it is believed for being there: heads are signed, leaves lead to them, log entries are hashed
// into their versionIds, bodies are named by leaves. Reading checks the form only.
//
// Threading: a plain value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/feed/origin.h"

namespace vcnode::evidence {

// What the strict reader takes: the feeds of a verdict by a policy of some hundred bodies, or one feed of
// 50,000 leaves. Of more there are several files.
inline constexpr std::size_t kBundleBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kFeedsMax = 4'096;
inline constexpr std::size_t kHistoriesMax = 4'096;
inline constexpr std::size_t kLeavesMax = 200'000;  // of all feeds together
inline constexpr std::size_t kBodiesMax = 20'000;

// One epoch of an issuer's feed, as somebody held it.
struct Feed {
  feed::Origin origin;
  std::optional<std::string> head;  // signed note; none: only the next epoch's seal covers these leaves
  std::vector<Bytes> leaves;        // from the first on
};

// Log entries of a did:webvh issuer, in any order; disputed ones too.
struct History {
  std::string scid;
  std::string network;
  std::vector<std::string> entries;  // entry bodies (protocol/spec/issuer.md)
};

struct Bundle {
  std::vector<Feed> feeds;         // of one origin there may be several
  std::vector<History> histories;  // of one issuer there may be several
  std::map<Sha256Digest, Bytes> bodies;

  // Errors: JSON_*, EVIDENCE_MALFORMED, EVIDENCE_TOO_LARGE.
  [[nodiscard]] static Result<Bundle> parse(std::string_view text);
  // JCS; the same for the same objects, whatever order they came in.
  [[nodiscard]] std::string text() const;
  void add(Bundle other);
  void add_body(Bytes bytes);
};

}  // namespace vcnode::evidence
