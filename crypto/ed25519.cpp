#include "crypto/ed25519.h"

#include <sodium.h>

#include <array>
#include <optional>

#include "crypto/base/sodium_ready.h"
#include "crypto/codes.h"

namespace vcnode {
namespace {

static_assert(Ed25519PublicKey::kSize == crypto_sign_PUBLICKEYBYTES);
static_assert(Ed25519Signature::kSize == crypto_sign_BYTES);

// The subgroup check costs as much as verifying a signature, and issuers' keys come again and again: each
// thread remembers which keys passed, one per value of the first byte.
std::optional<Ed25519PublicKey>& passed_before(const Ed25519PublicKey& key) {
  thread_local std::array<std::optional<Ed25519PublicKey>, 256> passed;
  return passed[*key.data()];
}

}  // namespace

bool ed25519_verify(const Ed25519PublicKey& key, BytesView message,
                    const Ed25519Signature& signature) noexcept {
  sodium_ready();
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

Result<Ed25519PublicKey> ed25519_check_public_key(BytesView bytes) {
  const auto key = Ed25519PublicKey::from(bytes);
  if (!key)
    return fail(codes::KEY_INVALID, "the Ed25519 public key has ", bytes.size(), " bytes, it must have ",
                Ed25519PublicKey::kSize);
  auto& passed = passed_before(*key);
  if (passed == key) return *key;
  sodium_ready();
  if (crypto_core_ed25519_is_valid_point(key->data()) != 1)
    return fail(
        codes::KEY_INVALID,
        "the Ed25519 public key is not a canonical point of the prime-order group (small order, mixed "
        "order, or not on the curve)");
  passed = key;
  return *key;
}

Ed25519KeyPair Ed25519KeyPair::generate(Rng& rng) {
  SecretBytes seed(crypto_sign_SEEDBYTES);
  rng.fill(seed.span());
  return from_seed(seed.view()).value();
}

Result<Ed25519KeyPair> Ed25519KeyPair::from_seed(BytesView seed) {
  if (seed.size() != crypto_sign_SEEDBYTES)
    return fail(codes::KEY_INVALID, "the Ed25519 seed has ", seed.size(), " bytes, it must have ",
                std::size_t{crypto_sign_SEEDBYTES});
  sodium_ready();
  Ed25519KeyPair pair;
  pair.secret_ = SecretBytes(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(pair.public_key_.data(), pair.secret_.span().data(), seed.data());
  return pair;
}

Ed25519Signature Ed25519KeyPair::sign(BytesView message) const {
  Ed25519Signature signature;
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_.view().data());
  return signature;
}

}  // namespace vcnode
