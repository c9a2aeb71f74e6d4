// Head: the issuer's signed statement "my feed has this size and root, at this time".
//
// A checkpoint note with the feed key's Ed25519 signature and exactly one cosignature/v1 by the feed key,
// which carries the time T; both under the name = origin. T is strictly increasing in the issuer's durable
// state. Lines of other keys (witnesses) are dropped on reading: a head has one form, so nobody can make it
// grow. Errors: HEAD_INVALID (wrong origin, missing or doubled lines, bad signature), NOTE_*.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/time.h"
#include "crypto/merkle.h"
#include "crypto/signer.h"
#include "protocol/feed/note.h"
#include "protocol/feed/origin.h"

namespace vcnode::feed {

struct Head {
  merkle::TreeHead tree;
  Timestamp time;
  std::string note;  // text, empty line, the feed key's signature line and cosignature line, in this order
};

[[nodiscard]] Result<Head> verify_head(std::string_view note, const Origin& origin,
                                       const Ed25519PublicKey& feed_key);
// Errors: HEAD_INVALID (a time before 1970 or after the year 9999), those of the signer.
[[nodiscard]] Result<Head> sign_head(const Origin& origin, const merkle::TreeHead& tree, Timestamp time,
                                     Signer& feed_key);

// Which of two heads of one feed the record keeps (design/network.md, "Head"): the larger size; for one
// (size, root) the greatest T that is ≡ offset(origin) mod 3,600, else the smallest T.
inline constexpr std::int64_t kReassertPeriodSeconds = 3600;
[[nodiscard]] std::int64_t reassert_offset(const OriginHash& origin) noexcept;  // in [0, 3600)
[[nodiscard]] bool time_supersedes(Timestamp candidate, Timestamp held, const OriginHash& origin) noexcept;

}  // namespace vcnode::feed
