// Bitstring Status List v1.0 (W3C REC): the bitmap and its encoding.
//
// Index 0 is the most significant bit of the first byte. encodedList = 'u' + base64url(gzip(bitmap)).
// Encoding is fixed so that every vcnode writes the same bytes for the same bits: zlib level 6, gzip header
// with mtime 0 and OS 255, id "zlib-6". Decoding accepts any gzip, streams, and stops at the declared size:
// a list that inflates beyond it is refused before more memory is used.
// Errors: STATUS_LIST_ENCODING, STATUS_LIST_SIZE, STATUS_INDEX_RANGE.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/strong.h"

namespace vcnode::status {

inline constexpr std::uint64_t kListEntriesMin = 131'072;     // the standard's minimum (herd privacy)
inline constexpr std::uint64_t kListEntriesMax = 16'777'216;  // 2 MiB of bits; larger issuers open more lists
inline constexpr std::string_view kEncoderId = "zlib-6";

using StatusIndex = Strong<struct StatusIndexTag, std::uint64_t>;
// Canonical decimal ("0", "94567"; no sign, no leading zero). Errors: STATUS_INDEX_INVALID.
[[nodiscard]] Result<StatusIndex> parse_status_index(std::string_view text);

class Bitmap {
 public:
  // REQUIRES: entries is a multiple of 8 within [kListEntriesMin, kListEntriesMax].
  [[nodiscard]] static Bitmap zero(std::uint64_t entries);
  // Any multiple of 8 up to `entries_max` is accepted and at least `entries_min` is required.
  [[nodiscard]] static Result<Bitmap> decode(std::string_view encoded_list,
                                             std::uint64_t entries_min = kListEntriesMin,
                                             std::uint64_t entries_max = kListEntriesMax);
  [[nodiscard]] std::string encode() const;

  [[nodiscard]] std::uint64_t entries() const noexcept { return bits_.size() * 8; }
  [[nodiscard]] Result<bool> get(StatusIndex index) const;  // STATUS_INDEX_RANGE
  [[nodiscard]] Result<void> set(StatusIndex index, bool value);
  [[nodiscard]] BytesView bytes() const noexcept { return bits_; }
  // True if a bit set in `older` is clear here (a revocation that disappeared).
  [[nodiscard]] bool clears_any_of(const Bitmap& older) const noexcept;
  friend bool operator==(const Bitmap&, const Bitmap&) = default;

 private:
  explicit Bitmap(Bytes bits) : bits_(std::move(bits)) {}
  Bytes bits_;
};

}  // namespace vcnode::status
