#include "crypto/base/encoding.h"
#include "crypto/base/rng.h"
#include "crypto/base/time.h"
#include "tests/support/property.h"

using namespace vcnode;

TEST_CASE("every encoding gives its bytes back") {
  CHECK_PROPERTY("hex", [](const Bytes& bytes) {
    RC_ASSERT(hex_decode(hex_encode(bytes), bytes.size()).value() == bytes);
  });
  CHECK_PROPERTY("base58btc", [](const Bytes& bytes) {
    RC_ASSERT(base58btc_decode(base58btc_encode(bytes), bytes.size()).value() == bytes);
  });
  CHECK_PROPERTY("base64", [](const Bytes& bytes) {
    RC_ASSERT(base64_decode(base64_encode(bytes), bytes.size()).value() == bytes);
  });
  CHECK_PROPERTY("base64url", [](const Bytes& bytes) {
    RC_ASSERT(base64url_decode(base64url_encode(bytes), bytes.size()).value() == bytes);
  });
  CHECK_PROPERTY("multibase", [](const Bytes& bytes, bool base58) {
    const Multibase base = base58 ? Multibase::base58btc : Multibase::base64url;
    const auto decoded = multibase_decode(multibase_encode(base, bytes), bytes.size());
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(decoded->base == base);
    RC_ASSERT(decoded->bytes == bytes);
  });
}

TEST_CASE("leading zeros survive base58btc") {
  CHECK_PROPERTY("base58btc with leading zeros", [](Bytes bytes) {
    bytes.insert(bytes.begin(), *rc::gen::inRange<std::size_t>(0, 9), 0);
    RC_ASSERT(base58btc_decode(base58btc_encode(bytes), bytes.size()).value() == bytes);
  });
}

TEST_CASE("every accepted text is the one text of its bytes") {
  CHECK_PROPERTY("decoders are canonical", [](std::uint64_t seed) {
    constexpr std::string_view kDigits = "ABCDEFabcdefz0123456789+/-_=1l";
    SeededRng rng(seed);
    std::string text;
    for (std::uint64_t left = rng.below(12); left > 0; --left)
      text.push_back(kDigits[rng.below(kDigits.size())]);
    if (const auto bytes = base58btc_decode(text, 99)) RC_ASSERT(base58btc_encode(*bytes) == text);
    if (const auto bytes = base64_decode(text, 99)) RC_ASSERT(base64_encode(*bytes) == text);
    if (const auto bytes = base64url_decode(text, 99)) RC_ASSERT(base64url_encode(*bytes) == text);
  });
}

TEST_CASE("no decoder exceeds the caller's limit") {
  CHECK_PROPERTY("limits hold", [](const Bytes& bytes) {
    RC_PRE(!bytes.empty());
    const std::size_t less = bytes.size() - 1;
    RC_ASSERT(!hex_decode(hex_encode(bytes), less).has_value());
    RC_ASSERT(!base58btc_decode(base58btc_encode(bytes), less).has_value());
    RC_ASSERT(!base64_decode(base64_encode(bytes), less).has_value());
    RC_ASSERT(!base64url_decode(base64url_encode(bytes), less).has_value());
  });
}

TEST_CASE("an excerpt is UTF-8 of bounded size, whatever it is made from") {
  CHECK_PROPERTY("excerpts", [](const Bytes& bytes, std::uint8_t limit) {
    const std::string out = excerpt(as_text(bytes), limit);
    RC_ASSERT(is_utf8(out));
    RC_ASSERT(out.size() <= std::size_t{limit} + 3);
  });
}

TEST_CASE("a time comes back from its text") {
  CHECK_PROPERTY("time", [] {
    const Timestamp time(*rc::gen::inRange<std::int64_t>(-62'135'596'800, 253'402'300'800));
    RC_ASSERT(Timestamp::parse(time.to_string()).value() == time);
  });
}
