#include "protocol/status/bitstring.h"

#include <algorithm>

#include "protocol/status/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/status/gzip.h"

using namespace vcnode;
using status::Bitmap;
using status::StatusIndex;

namespace {

constexpr std::size_t kBytesMin = status::kListEntriesMin / 8;

// Bits that do not compress, so that the gzip stream is as long as it gets.
Bytes noise(std::size_t size) {
  Bytes bytes(size);
  std::uint64_t state = 1;
  for (auto& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(state >> 56);
  }
  return bytes;
}

}  // namespace

TEST_CASE("index 0 is the most significant bit of the first byte") {
  auto bitmap = Bitmap::zero(status::kListEntriesMin);
  CHECK(bitmap.set(StatusIndex(0), true).has_value());
  CHECK(bitmap.set(StatusIndex(15), true).has_value());
  CHECK(bitmap.bytes()[0] == 0x80);
  CHECK(bitmap.bytes()[1] == 0x01);
  CHECK(*bitmap.get(StatusIndex(0)));
  CHECK_FALSE(*bitmap.get(StatusIndex(1)));
  CHECK(bitmap.set(StatusIndex(0), false).has_value());
  CHECK(bitmap.bytes()[0] == 0);
}

TEST_CASE("an index beyond the list is refused with the list's size") {
  auto bitmap = Bitmap::zero(status::kListEntriesMin);
  CHECK(bitmap.get(StatusIndex(131'071)).has_value());
  CHECK_CODE_NAMES(bitmap.get(StatusIndex(131'072)), codes::STATUS_INDEX_RANGE, "131072");
  CHECK_CODE_NAMES(bitmap.set(StatusIndex(~0ull), true), codes::STATUS_INDEX_RANGE, "18446744073709551615");
}

TEST_CASE("an index is a plain decimal number") {
  CHECK(*status::parse_status_index("0") == StatusIndex(0));
  CHECK(*status::parse_status_index("94567") == StatusIndex(94567));
  CHECK(*status::parse_status_index("18446744073709551615") == StatusIndex(~0ull));
  for (const auto* text :
       {"", "-1", "+1", "01", "1.0", "1e3", " 1", "1 ", "0x10", "18446744073709551616", "one"}) {
    CAPTURE(text);
    CHECK_CODE_NAMES(status::parse_status_index(text), codes::STATUS_INDEX_INVALID, concat("\"", text, "\""));
  }
}

TEST_CASE("the encoder's header is fixed: no time, no flags, operating system unknown") {
  const auto encoded = Bitmap::zero(status::kListEntriesMin).encode();
  REQUIRE(encoded.starts_with('u'));
  const auto bytes = base64url_decode(encoded.substr(1), 1024).value();
  CHECK(hex_encode(BytesView(bytes).first(10)) == "1f8b08000000000000ff");
}

TEST_CASE("the encoder's bytes are zlib's at level 6") {
  auto bitmap = Bitmap::zero(status::kListEntriesMin);
  CHECK(bitmap.set(StatusIndex(94567), true).has_value());
  const auto expected = test::gzip(bitmap.bytes(), {.level = 6});
  const auto bytes = base64url_decode(bitmap.encode().substr(1), 1024).value();
  CHECK(hex_encode(BytesView(bytes).subspan(10)) == hex_encode(BytesView(expected).subspan(10)));
}

TEST_CASE("any gzip is decoded, whatever wrote it") {
  const auto plain = noise(kBytesMin);
  for (const int level : {0, 1, 9}) {
    for (const bool with_name : {false, true}) {
      CAPTURE(level);
      const auto bitmap =
          Bitmap::decode(test::encoded_list(test::gzip(plain, {.level = level, .with_name = with_name})));
      REQUIRE_OK(bitmap);
      CHECK(std::equal(plain.begin(), plain.end(), bitmap->bytes().begin(), bitmap->bytes().end()));
    }
  }
}

TEST_CASE("the largest list allowed passes even if its bits do not compress") {
  const auto plain = noise(status::kListEntriesMax / 8);
  const auto bitmap = Bitmap::decode(test::encoded_list(test::gzip(plain)));
  REQUIRE_OK(bitmap);
  CHECK(bitmap->entries() == status::kListEntriesMax);
}

TEST_CASE("what is not one whole gzip stream in base64url multibase is refused") {
  const auto good = test::gzip(noise(kBytesMin));
  const auto text = test::encoded_list(good);
  auto truncated = good;
  truncated.resize(truncated.size() - 9);
  auto without_trailer = good;
  without_trailer.resize(without_trailer.size() - 1);
  auto bad_crc = good;
  bad_crc.at(bad_crc.size() - 8) ^= 1;
  auto bad_size = good;
  bad_size.at(bad_size.size() - 1) ^= 1;
  auto garbage_after = good;
  garbage_after.push_back(0);
  auto second_member = good;
  second_member.insert(second_member.end(), good.begin(), good.end());
  for (const auto& bytes : {truncated, without_trailer, bad_crc, bad_size, garbage_after, second_member,
                            Bytes{}, Bytes{0x78, 0x9c}, Bytes(good.begin(), good.begin() + 5)}) {
    CAPTURE(bytes.size());
    CHECK_CODE(Bitmap::decode(test::encoded_list(bytes)), codes::STATUS_LIST_ENCODING);
  }
  CHECK_CODE_NAMES(Bitmap::decode(test::encoded_list(garbage_after)), codes::STATUS_LIST_ENCODING,
                   "1 bytes after");
  CHECK_CODE_NAMES(Bitmap::decode(text.substr(1)), codes::STATUS_LIST_ENCODING, "u...");
  CHECK_CODE(Bitmap::decode("z" + text.substr(1)), codes::STATUS_LIST_ENCODING);
  CHECK_CODE(Bitmap::decode(text + "="), codes::STATUS_LIST_ENCODING);
  CHECK_CODE(Bitmap::decode(text + "+"), codes::STATUS_LIST_ENCODING);
  CHECK_CODE(Bitmap::decode(""), codes::STATUS_LIST_ENCODING);
}

TEST_CASE("a list that inflates beyond its limit is refused, and the sentence names the limit") {
  const Bytes one_more(kBytesMin + 1, 0);
  const auto encoded = test::encoded_list(test::gzip(one_more));
  CHECK_CODE_NAMES(Bitmap::decode(encoded, status::kListEntriesMin, status::kListEntriesMin),
                   codes::STATUS_LIST_SIZE, "131072");
  CHECK(Bitmap::decode(encoded).has_value());
  const Bytes bomb(64 * 1024 * 1024, 0);
  CHECK_CODE_NAMES(Bitmap::decode(test::encoded_list(test::gzip(bomb))), codes::STATUS_LIST_SIZE, "16777216");
}

TEST_CASE("text too long for any list is refused before it is decoded") {
  CHECK_CODE_NAMES(Bitmap::decode("u" + std::string(4 * 1024 * 1024, 'A')), codes::STATUS_LIST_SIZE,
                   "16777216");
}

TEST_CASE("a list with fewer entries than required is refused") {
  const auto encoded = test::encoded_list(test::gzip(Bytes(kBytesMin - 1, 0)));
  CHECK_CODE_NAMES(Bitmap::decode(encoded), codes::STATUS_LIST_SIZE, "131072");
  const auto smaller = Bitmap::decode(encoded, 100'000);
  REQUIRE_OK(smaller);
  CHECK(smaller->entries() == 131'064);
}

TEST_CASE("a bit that was set and is clear now is found, also where the list became shorter") {
  auto older = Bitmap::zero(2 * status::kListEntriesMin);
  auto newer = Bitmap::zero(2 * status::kListEntriesMin);
  const auto shorter = Bitmap::zero(status::kListEntriesMin);
  CHECK_FALSE(newer.clears_any_of(older));
  CHECK_FALSE(shorter.clears_any_of(older));
  CHECK(newer.set(StatusIndex(7), true).has_value());
  CHECK_FALSE(newer.clears_any_of(older));
  CHECK(older.set(StatusIndex(200'000), true).has_value());
  CHECK(newer.clears_any_of(older));
  CHECK(shorter.clears_any_of(older));
  CHECK(newer.set(StatusIndex(200'000), true).has_value());
  CHECK_FALSE(newer.clears_any_of(older));
}
