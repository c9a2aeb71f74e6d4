// Origin: the name of one feed: `<network>/<did:key value or scid>/<epoch>` (protocol/spec/feed.md).
//
// One origin has one feed key for its whole life. In paths and frames an origin appears as its SHA-256.
// Errors: ORIGIN_INVALID.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "protocol/did/did.h"

namespace vcnode::feed {

using OriginHash = FixedBytes<struct OriginHashTag, 32>;

inline constexpr std::size_t kNetworkNameBytesMax = 64;

class Origin {
 public:
  [[nodiscard]] static Result<Origin> parse(std::string_view text);
  // The origin of epoch `epoch` of `issuer` on `network` ([a-z0-9.-]{1,64}). For did:key the epoch is
  // always 1.
  [[nodiscard]] static Result<Origin> of(std::string_view network, const Did& issuer,
                                         std::uint64_t epoch = 1);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const OriginHash& hash() const noexcept { return hash_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  friend bool operator==(const Origin& a, const Origin& b) noexcept { return a.text_ == b.text_; }

 private:
  Origin(std::string text, std::uint64_t epoch);
  std::string text_;
  OriginHash hash_;
  std::uint64_t epoch_ = 1;
};

// Where a store keeps, as the note of an origin of its own, that the feed of `origin` was seen to contradict
// itself: SHA-256 of "vcnode contradiction" and the origin's hash. Nothing is ever published under it.
[[nodiscard]] OriginHash contradiction_mark(const OriginHash& origin);

// In the same way, that the store was begun anew although the feed of `origin` may exist: peers are asked
// before anything is signed, at every start until a head is here. SHA-256 of "vcnode new store" and the hash.
[[nodiscard]] OriginHash new_store_mark(const OriginHash& origin);

// In the same way, what the store itself last published for the hosted issuer whose first epoch's feed is
// `origin` (node/app/last_published.h). SHA-256 of "vcnode last published" and the hash.
[[nodiscard]] OriginHash last_published_mark(const OriginHash& origin);

}  // namespace vcnode::feed
