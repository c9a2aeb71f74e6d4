#include "crypto/ed25519.h"

#include <array>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/signer.h"
#include "tests/support/doctest.h"

using namespace vcnode;

namespace {

Bytes from_hex(std::string_view text) {
  return hex_decode(text, 64).value();
}

}  // namespace

// RFC 8032 §7.1, tests 1 and 3.
TEST_CASE("keys and signatures of RFC 8032") {
  const auto empty =
      Ed25519KeyPair::from_seed(from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  REQUIRE_OK(empty);
  CHECK(hex_encode(empty->public_key().view()) ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(hex_encode(empty->sign({}).view()) ==
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25b"
        "f5f0595bbe24655141438e7a100b");
  const auto two =
      Ed25519KeyPair::from_seed(from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
  REQUIRE_OK(two);
  const Bytes message = {0xaf, 0x82};
  CHECK(hex_encode(two->sign(message).view()) ==
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c"
        "15e9716ed28dc027beceea1ec40a");
  CHECK(ed25519_verify(two->public_key(), message, two->sign(message)));
}

TEST_CASE("a signature holds for its message and key only") {
  SeededRng rng(7);
  const auto key = Ed25519KeyPair::generate(rng);
  const auto other = Ed25519KeyPair::generate(rng);
  const auto signature = key.sign(as_bytes("message"));
  CHECK(ed25519_verify(key.public_key(), as_bytes("message"), signature));
  CHECK_FALSE(ed25519_verify(key.public_key(), as_bytes("messagf"), signature));
  CHECK_FALSE(ed25519_verify(other.public_key(), as_bytes("message"), signature));
  for (std::size_t i = 0; i < Ed25519Signature::kSize; ++i) {
    auto flipped = signature;
    flipped.data()[i] ^= 1;
    CHECK_FALSE(ed25519_verify(key.public_key(), as_bytes("message"), flipped));
  }
}

TEST_CASE("a key comes back from its seed") {
  SeededRng rng(8);
  const auto key = Ed25519KeyPair::generate(rng);
  CHECK(Ed25519KeyPair::from_seed(key.seed())->public_key() == key.public_key());
  CHECK_CODE_NAMES(Ed25519KeyPair::from_seed(key.seed().first(31)), codes::KEY_INVALID,
                   "31 bytes, it must have 32");
}

TEST_CASE("an honest key passes, again and again") {
  SeededRng rng(9);
  for (int i = 0; i < 300; ++i) {
    const auto key = Ed25519KeyPair::generate(rng);
    CHECK(ed25519_check_public_key(key.public_key().view()).value() == key.public_key());
    CHECK(ed25519_check_public_key(key.public_key().view()).value() == key.public_key());
  }
}

TEST_CASE("points of small order, mixed order, non-canonical and off the curve are no keys") {
  constexpr auto kBad = std::to_array<std::string_view>({
      // The eight points of small order …
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
      // … other spellings of them (y >= p, or the sign of zero set) …
      "0100000000000000000000000000000000000000000000000000000000000080",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      // … a point of order 8·L (ed25519-speccheck, case 3) and a y with no x.
      "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
      "0200000000000000000000000000000000000000000000000000000000000000",
  });
  for (const std::string_view text : kBad) {
    CAPTURE(text);
    CHECK_CODE_NAMES(ed25519_check_public_key(from_hex(text)), codes::KEY_INVALID, "prime-order group");
  }
  CHECK_CODE_NAMES(ed25519_check_public_key(Bytes(33)), codes::KEY_INVALID, "33 bytes, it must have 32");
}

TEST_CASE("a key pair signs through the signer port") {
  SeededRng rng(10);
  KeyPairSigner signer(Ed25519KeyPair::generate(rng));
  const auto signature = signer.sign(as_bytes("port"));
  REQUIRE_OK(signature);
  CHECK(ed25519_verify(signer.public_key(), as_bytes("port"), *signature));
}
