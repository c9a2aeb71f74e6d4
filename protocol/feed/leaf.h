// Leaf: one entry of an issuer feed. Leaf data = JCS of {"t":type,"k":key,"d":digest}
// (protocol/spec/feed.md).
//
// `status`: k = list URI + "#" + sequence, d = sha256 (hex) of the signed list.
// `statement`: k = statement id, d = sha256 (hex) of the signed statement.
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

namespace vcnode::feed {

struct Leaf {
  std::string type;
  std::string key;
  std::string digest;  // lower-case hex, or empty where the type has no body

  [[nodiscard]] static Result<Leaf> parse(BytesView data);
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] Sha256Digest body_digest()
      const;  // REQUIRES: a leaf that parse() gave, of a type with a body
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

inline constexpr std::string_view kStatusLeaf = "status";
inline constexpr std::string_view kStatementLeaf = "statement";

struct StatusLeafKey {
  std::string uri;
  std::uint64_t sequence = 0;  // the first list of a URI has sequence 1
  [[nodiscard]] static Result<StatusLeafKey> parse(std::string_view key);
  [[nodiscard]] std::string text() const;
};

}  // namespace vcnode::feed
