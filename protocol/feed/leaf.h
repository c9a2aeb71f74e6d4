// Leaf: one entry of an issuer feed. Leaf data = JCS of {"t":type,"k":key,"d":digest}
// (protocol/spec/feed.md).
//
// `status`: k = list URI + "#" + sequence, d = sha256 (hex) of the signed list.
// `statement`: k = statement id, d = sha256 (hex) of the signed statement.
// `webvh`: k = version number, d = versionId.
// `seal`: k = origin of the epoch before, d = its root (hex).
// `close`: k = date YYYY-MM-DDTHH:MM:SSZ, d = sha256 (hex) of the signed Closed statement.
// `list-key`: k = id of a delegation, d = sha256 (hex) of the signed delegation, or "" which ends it.
// `state`: k = number, d = root (hex) of what the feed says, see state_map.h.
// `time-batch`: k = number, d = root (hex) over digests of credentials.
// `observation`: k = URL + "#" + sequence + "#" + date, d = sha256 (hex) of the bytes seen.
// A leaf of a type this version does not know is kept and hashed like any other and acts on nothing.
// Only the canonical bytes are accepted: parse(encode(x)) == x and encode(parse(b)) == b.
// Errors: LEAF_MALFORMED.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "protocol/statement/place.h"

namespace vcnode::feed {

struct Leaf {
  std::string type;
  std::string key;
  std::string digest;  // lower-case hex, or empty where the type has no body

  [[nodiscard]] static Result<Leaf> parse(BytesView data);
  // The same into `leaf`, whose memory is used again: for readers of a million leaves. After an error `leaf`
  // is of no meaning.
  [[nodiscard]] static Result<void> parse_into(Leaf& leaf, BytesView data);
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] Sha256Digest body_digest()
      const;  // REQUIRES: a leaf that parse() gave, of a type with a body
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

inline constexpr std::string_view kStatusLeaf = "status";
inline constexpr std::string_view kStatementLeaf = "statement";
inline constexpr std::string_view kWebvhLeaf = "webvh";
inline constexpr std::string_view kSealLeaf = "seal";
inline constexpr std::string_view kCloseLeaf = "close";
inline constexpr std::string_view kListKeyLeaf = "list-key";
inline constexpr std::string_view kStateLeaf = "state";
inline constexpr std::string_view kTimeBatchLeaf = "time-batch";
inline constexpr std::string_view kObservationLeaf = "observation";

// Where a leaf stands in all that its issuer ever said: time inside a feed.
using LeafPlace = statement::Place;

struct StatusLeafKey {
  std::string uri;
  std::uint64_t sequence = 0;  // the first list of a URI has sequence 1, whatever epoch it began in
  [[nodiscard]] static Result<StatusLeafKey> parse(std::string_view key);
  [[nodiscard]] std::string text() const;
};

// The key of a `status` leaf in its parts, without checks and copies.
struct StatusKeyParts {
  std::string_view uri;
  std::uint64_t sequence = 0;
};
[[nodiscard]] StatusKeyParts split_status_key(std::string_view key);  // REQUIRES: of a leaf that parse() gave

}  // namespace vcnode::feed
