// versionId of a log entry: "N-H", N from 1 without leading zeros, H the entry hash.
//
// H, the SCID and the hashes of committed keys share one form: base58btc of a SHA-256 multihash (0x12 0x20
// and 32 bytes), always 46 characters. Threading: plain values and pure functions.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::webvh {

// base58btc(multihash(sha2-256, text)).
[[nodiscard]] std::string multihash_of(std::string_view text);
// True for text of the form above; the only hash that did:webvh 1.0 permits.
[[nodiscard]] bool is_multihash(std::string_view text);

class VersionId {
 public:
  // More versions than a log of 5 MiB can hold by far.
  static constexpr std::uint32_t kNumberMax = 999'999'999;

  // Errors: WEBVH_VERSION_ID.
  [[nodiscard]] static Result<VersionId> parse(std::string_view text);
  // REQUIRES: 0 < number <= kNumberMax; is_multihash(entry_hash).
  [[nodiscard]] static VersionId of(std::uint32_t number, std::string_view entry_hash);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] std::string_view entry_hash() const noexcept;
  friend bool operator==(const VersionId&, const VersionId&) = default;
  friend auto operator<=>(const VersionId&, const VersionId&) = default;

 private:
  VersionId(std::uint32_t number, std::string text) : number_(number), text_(std::move(text)) {}
  std::uint32_t number_;
  std::string text_;
};

}  // namespace vcnode::webvh
