#include "crypto/multikey.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/ed25519.h"

namespace vcnode {
namespace {

// Multicodec ed25519-pub (0xed) as an unsigned varint.
constexpr std::array<std::uint8_t, 2> kEd25519Prefix = {0xed, 0x01};
// An RSA-4096 key takes 528 bytes: enough to name the types we do not use, little enough for base58.
constexpr std::size_t kMultikeyBytesMax = 600;

}  // namespace

std::string multikey_encode(const Ed25519PublicKey& key) {
  std::array<std::uint8_t, kEd25519Prefix.size() + Ed25519PublicKey::kSize> bytes{};
  const auto rest = std::copy(kEd25519Prefix.begin(), kEd25519Prefix.end(), bytes.begin());
  std::copy(key.view().begin(), key.view().end(), rest);
  return multibase_encode(Multibase::base58btc, bytes);
}

Result<Ed25519PublicKey> multikey_decode(std::string_view text) {
  if (!text.starts_with('z'))
    return fail(codes::KEY_INVALID, "the public key \"", excerpt(text),
                "\" is not base58btc multibase text (z...)");
  const auto decoded = base58btc_decode(text.substr(1), kMultikeyBytesMax);
  if (!decoded)
    return fail(codes::KEY_INVALID, "the public key \"", excerpt(text),
                "\" is malformed: ", decoded.error().message);
  const BytesView bytes = *decoded;
  if (bytes.size() < kEd25519Prefix.size())
    return fail(codes::KEY_INVALID, "the public key \"", excerpt(text), "\" is too short to name its type");
  const BytesView prefix = bytes.first(kEd25519Prefix.size());
  if (!std::equal(prefix.begin(), prefix.end(), kEd25519Prefix.begin()))
    return fail(codes::KEY_TYPE_UNSUPPORTED, "the public key \"", excerpt(text),
                "\" has the multicodec prefix ", hex_encode(prefix),
                ", only ed25519-pub (ed01) is used here");
  return ed25519_check_public_key(bytes.subspan(kEd25519Prefix.size()));
}

}  // namespace vcnode
