#include "crypto/multikey.h"

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/ed25519.h"
#include "tests/support/doctest.h"

using namespace vcnode;

namespace {

std::string multikey_of(std::string_view hex) {
  return multibase_encode(Multibase::base58btc, hex_decode(hex, 200).value());
}

}  // namespace

// The key of did:key's first Ed25519 example.
TEST_CASE("a known key in both directions") {
  constexpr std::string_view kText = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
  const auto key = multikey_decode(kText);
  REQUIRE_OK(key);
  CHECK(hex_encode(key->view()) == "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29");
  CHECK(multikey_encode(*key) == kText);
}

TEST_CASE("malformed keys are refused and named") {
  CHECK_CODE_NAMES(multikey_decode(""), codes::KEY_INVALID, "z...");
  CHECK_CODE_NAMES(multikey_decode("u7QE7aie8zrakLWKjqNAqbw1zZTIVdx3iQ6Y6wEihi1naKQ"), codes::KEY_INVALID,
                   "u7QE7");
  CHECK_CODE_NAMES(multikey_decode("z6Mki0"), codes::KEY_INVALID, "\"0\" at position 4");
  CHECK_CODE_NAMES(multikey_decode("z"), codes::KEY_INVALID, "too short");
  CHECK_CODE_NAMES(multikey_decode(multikey_of("ed01aabb")), codes::KEY_INVALID, "2 bytes, it must have 32");
  CHECK_CODE_NAMES(multikey_decode("z" + std::string(2000, '2')), codes::KEY_INVALID, "more than 600 bytes");
}

TEST_CASE("small-order keys are refused") {
  CHECK_CODE(
      multikey_decode(multikey_of("ed010100000000000000000000000000000000000000000000000000000000000000")),
      codes::KEY_INVALID);
}

TEST_CASE("keys of other types are told apart from malformed ones") {
  // P-256 (0x1200), X25519 (0xec), secp256k1 (0xe7).
  const std::string point = "02" + std::string(64, 'a');
  CHECK_CODE_NAMES(multikey_decode(multikey_of("8024" + point)), codes::KEY_TYPE_UNSUPPORTED, "8024");
  CHECK_CODE_NAMES(multikey_decode(multikey_of("ec01" + std::string(64, 'a'))), codes::KEY_TYPE_UNSUPPORTED,
                   "ec01");
  CHECK_CODE_NAMES(multikey_decode(multikey_of("e701" + point)), codes::KEY_TYPE_UNSUPPORTED,
                   "ed25519-pub (ed01)");
}
