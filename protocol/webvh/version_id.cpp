#include "protocol/webvh/version_id.h"

#include <array>
#include <charconv>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/webvh/codes.h"

namespace vcnode::webvh {
namespace {

constexpr std::array<std::uint8_t, 2> kSha256Multihash = {0x12, 0x20};  // code of SHA2-256, length 32
constexpr std::size_t kMultihashBytes = kSha256Multihash.size() + Sha256Digest::kSize;
constexpr std::size_t kMultihashTextBytes = 46;

}  // namespace

std::string multihash_of(std::string_view text) {
  const auto digest = sha256(as_bytes(text));
  Bytes bytes(kSha256Multihash.begin(), kSha256Multihash.end());
  bytes.insert(bytes.end(), digest.view().begin(), digest.view().end());
  return base58btc_encode(bytes);
}

bool is_multihash(std::string_view text) {
  if (text.size() != kMultihashTextBytes) return false;
  const auto bytes = base58btc_decode(text, kMultihashBytes);
  return bytes && bytes->size() == kMultihashBytes && (*bytes)[0] == kSha256Multihash[0] &&
         (*bytes)[1] == kSha256Multihash[1];
}

Result<VersionId> VersionId::parse(std::string_view text) {
  const auto malformed = [text](std::string_view rule) {
    return fail(codes::WEBVH_VERSION_ID, "the versionId \"", excerpt(text), "\" ", rule);
  };
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return malformed("has no dash between number and hash");
  const std::string_view digits = text.substr(0, dash);
  if (digits.empty() || digits.front() == '0')
    return malformed("does not start with a number from 1 without leading zeros");
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number > kNumberMax)
    return malformed(concat("does not start with a number up to ", kNumberMax));
  if (!is_multihash(text.substr(dash + 1)))
    return malformed("does not end with the base58btc form of a SHA-256 multihash");
  return VersionId(number, std::string(text));
}

VersionId VersionId::of(std::uint32_t number, std::string_view entry_hash) {
  VCNODE_ASSERT(number > 0 && number <= kNumberMax && is_multihash(entry_hash));
  return {number, concat(number, "-", entry_hash)};
}

std::string_view VersionId::entry_hash() const noexcept {
  const std::string_view text = text_;
  return text.substr(text.find('-') + 1);
}

}  // namespace vcnode::webvh
