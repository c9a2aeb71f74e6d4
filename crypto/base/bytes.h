// Byte sequences and fixed-size byte values that do not mix.
//
// `Bytes` owns, `BytesView` looks. `FixedBytes<Tag, N>` gives each kind of digest, key and signature a type
// of its own: passing a key where a digest is wanted does not compile.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vcnode {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

[[nodiscard]] inline BytesView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(BytesView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes to_bytes(std::string_view text) {
  return Bytes(text.begin(), text.end());
}
[[nodiscard]] inline std::string to_text(BytesView bytes) {
  return std::string(as_text(bytes));
}

template <class Tag, std::size_t N>
class FixedBytes {
 public:
  static constexpr std::size_t kSize = N;
  constexpr FixedBytes() noexcept : bytes_{} {}
  constexpr explicit FixedBytes(const std::array<std::uint8_t, N>& bytes) noexcept : bytes_(bytes) {}

  // nullopt unless `bytes` has exactly N bytes.
  [[nodiscard]] static std::optional<FixedBytes> from(BytesView bytes) noexcept {
    if (bytes.size() != N) return std::nullopt;
    FixedBytes out;
    std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
    return out;
  }
  [[nodiscard]] constexpr BytesView view() const noexcept { return {bytes_.data(), N}; }
  [[nodiscard]] constexpr const std::uint8_t* data() const noexcept { return bytes_.data(); }
  [[nodiscard]] constexpr std::uint8_t* data() noexcept { return bytes_.data(); }
  friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) noexcept = default;

 private:
  std::array<std::uint8_t, N> bytes_;
};

using Sha256Digest = FixedBytes<struct Sha256DigestTag, 32>;
using Ed25519PublicKey = FixedBytes<struct Ed25519PublicKeyTag, 32>;
using Ed25519Signature = FixedBytes<struct Ed25519SignatureTag, 64>;

}  // namespace vcnode
