#include "crypto/hash.h"

#include <thread>

#include "crypto/base/encoding.h"
#include "tests/support/doctest.h"

using namespace vcnode;

// FIPS 180-2 appendix B and the empty message.
TEST_CASE("SHA-256, published vectors") {
  CHECK(hex_encode(sha256(BytesView{}).view()) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_encode(sha256(as_bytes("abc")).view()) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_encode(sha256(as_bytes(std::string(1'000'000, 'a'))).view()) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("parts are hashed as their concatenation") {
  CHECK(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")}) == sha256(as_bytes("abc")));
  CHECK(sha256({}) == sha256(BytesView{}));
}

TEST_CASE("threads hash independently") {
  Sha256Digest other;
  std::thread([&] { other = sha256(as_bytes("abc")); }).join();
  CHECK(other == sha256(as_bytes("abc")));
}
