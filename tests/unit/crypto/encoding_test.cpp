#include "crypto/base/encoding.h"

#include <array>
#include <chrono>

#include "crypto/base/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("hex") {
  CHECK(hex_encode(as_bytes("\x01\xab")) == "01ab");
  CHECK(hex_decode("01aB", 2).value() == Bytes{0x01, 0xab});
  CHECK(hex_decode("", 0).value().empty());
  CHECK_CODE_NAMES(hex_decode("abc", 9), codes::ENCODING_INVALID, "3 digits, an odd number");
  CHECK_CODE_NAMES(hex_decode("abxy", 9), codes::ENCODING_INVALID, "\"x\" at position 2");
  CHECK_CODE_NAMES(hex_decode("ababab", 2), codes::ENCODING_INVALID, "more than 2 bytes");
}

// draft-msporny-base58 §5, with the leading zeros of its third vector.
TEST_CASE("base58btc, published vectors") {
  CHECK(base58btc_encode(as_bytes("Hello World!")) == "2NEpo7TZRRrLZSi2U");
  CHECK(base58btc_encode(as_bytes("The quick brown fox jumps over the lazy dog.")) ==
        "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
  const Bytes zeros = {0x00, 0x00, 0x28, 0x7f, 0xb4, 0xcd};
  CHECK(base58btc_encode(zeros) == "11233QC4");
  CHECK(base58btc_decode("11233QC4", 6).value() == zeros);
  CHECK(as_text(base58btc_decode("2NEpo7TZRRrLZSi2U", 12).value()) == "Hello World!");
}

TEST_CASE("base58btc, edges") {
  CHECK(base58btc_encode({}).empty());
  CHECK(base58btc_decode("", 0).value().empty());
  CHECK(base58btc_decode("1", 1).value() == Bytes{0});
  CHECK(base58btc_decode("111", 3).value() == Bytes{0, 0, 0});
  CHECK(base58btc_encode(Bytes{58}) == "21");
  for (const std::string_view text : {"0", "O", "I", "l", "2 2", "2\n", "2\xff"}) {
    CAPTURE(text);
    CHECK_CODE(base58btc_decode(text, 100), codes::ENCODING_INVALID);
  }
  CHECK_CODE_NAMES(base58btc_decode("220", 100), codes::ENCODING_INVALID, "\"0\" at position 2");
}

TEST_CASE("base58btc keeps the caller's limit") {
  const Bytes bytes(64, 0xff);
  const std::string text = base58btc_encode(bytes);
  CHECK(base58btc_decode(text, 64).value() == bytes);
  CHECK_CODE_NAMES(base58btc_decode(text, 63), codes::ENCODING_INVALID, "more than 63 bytes");
  CHECK_CODE_NAMES(base58btc_decode("1111", 3), codes::ENCODING_INVALID, "more than 3 bytes");
}

TEST_CASE("a huge base58btc text is refused before the quadratic work") {
  const std::string huge(10'000'000, 'z');
  const auto start = std::chrono::steady_clock::now();
  CHECK_CODE(base58btc_decode(huge, 64), codes::ENCODING_INVALID);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(100));
}

// RFC 4648 §10.
TEST_CASE("base64 and base64url, published vectors") {
  constexpr std::array<std::array<std::string_view, 3>, 7> kVectors = {{{"", "", ""},
                                                                        {"f", "Zg==", "Zg"},
                                                                        {"fo", "Zm8=", "Zm8"},
                                                                        {"foo", "Zm9v", "Zm9v"},
                                                                        {"foob", "Zm9vYg==", "Zm9vYg"},
                                                                        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                                                        {"foobar", "Zm9vYmFy", "Zm9vYmFy"}}};
  for (const auto& [plain, padded, bare] : kVectors) {
    CHECK(base64_encode(as_bytes(plain)) == padded);
    CHECK(base64url_encode(as_bytes(plain)) == bare);
    CHECK(as_text(base64_decode(padded, 6).value()) == plain);
    CHECK(as_text(base64url_decode(bare, 6).value()) == plain);
  }
  const Bytes high = {0xfb, 0xff};
  CHECK(base64_encode(high) == "+/8=");
  CHECK(base64url_encode(high) == "-_8");
}

TEST_CASE("base64 is strict") {
  CHECK_CODE_NAMES(base64_decode("Zg", 9), codes::ENCODING_INVALID, "not a multiple of 4");
  for (const std::string_view text : {"Zg=a", "Z===", "====", "Zg==\n", "Zm9v====", "Zm-v", "Zm 9", "=Zm9"}) {
    CAPTURE(text);
    CHECK_CODE(base64_decode(text, 99), codes::ENCODING_INVALID);
  }
  CHECK_CODE_NAMES(base64_decode("Zh==", 9), codes::ENCODING_INVALID, "not canonical");
  CHECK_CODE_NAMES(base64_decode("Zm9=", 9), codes::ENCODING_INVALID, "not canonical");
  CHECK_CODE_NAMES(base64_decode("Zm9vYmFy", 5), codes::ENCODING_INVALID, "more than 5 bytes");
}

TEST_CASE("base64url is strict") {
  CHECK_CODE_NAMES(base64url_decode("Zg==", 9), codes::ENCODING_INVALID, "\"=\" at position 2");
  CHECK_CODE_NAMES(base64url_decode("Zm9v+", 9), codes::ENCODING_INVALID, "\"+\" at position 4");
  CHECK_CODE_NAMES(base64url_decode("Z", 9), codes::ENCODING_INVALID, "1 characters");
  CHECK_CODE_NAMES(base64url_decode("Zh", 9), codes::ENCODING_INVALID, "not canonical");
  CHECK_CODE_NAMES(base64url_decode("Zm9vYmFy", 5), codes::ENCODING_INVALID, "more than 5 bytes");
}

TEST_CASE("multibase names its base by the first letter") {
  const Bytes bytes = {1, 2, 3};
  CHECK(multibase_encode(Multibase::base58btc, bytes) == "zLdp");
  CHECK(multibase_encode(Multibase::base64url, bytes) == "uAQID");
  const auto base58 = multibase_decode("zLdp", 3);
  REQUIRE_OK(base58);
  CHECK(base58->base == Multibase::base58btc);
  CHECK(base58->bytes == bytes);
  const auto base64url = multibase_decode("uAQID", 3);
  REQUIRE_OK(base64url);
  CHECK(base64url->base == Multibase::base64url);
  CHECK(base64url->bytes == bytes);
  CHECK_CODE_NAMES(multibase_decode("", 9), codes::ENCODING_INVALID, "empty");
  CHECK_CODE_NAMES(multibase_decode("f010203", 9), codes::ENCODING_INVALID, "\"f\"");
  CHECK_CODE_NAMES(multibase_decode("zLdp", 2), codes::ENCODING_INVALID, "more than 2 bytes");
  CHECK_CODE_NAMES(multibase_decode("uAQID", 2), codes::ENCODING_INVALID, "more than 2 bytes");
}

TEST_CASE("UTF-8") {
  for (const std::string_view good :
       {"", "a", "é", "€", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    CHECK(is_utf8(good));
  for (const std::string_view bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("an excerpt is short, printable and whole in its characters") {
  CHECK(excerpt("plain é") == "plain é");
  CHECK(excerpt("line\nbreak\x7f\x1b[0m") == "line?break??[0m");
  CHECK(excerpt("bad \xff\xc3 bytes") == "bad ?? bytes");
  CHECK(excerpt("aé€", 2) == "a...");
  CHECK(excerpt("aé€", 3) == "aé...");
  CHECK(excerpt("abc", 3) == "abc");
  CHECK(excerpt(std::string(1000, 'x')).size() == 83);
}
