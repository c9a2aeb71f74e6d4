// Text forms of bytes: what is decoded encodes to the same text, and base58 agrees with long division by
// hand.
#include <algorithm>
#include <string>

#include "crypto/base/encoding.h"
#include "crypto/multikey.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kNaiveBytesMax = 300;  // the naive way is quadratic with a large constant

std::string naive_base58(Bytes bytes) {
  std::string out;
  const auto first = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b != 0; });
  const auto zeros = static_cast<std::size_t>(first - bytes.begin());
  bytes.erase(bytes.begin(), first);
  while (!bytes.empty()) {
    unsigned remainder = 0;
    for (std::uint8_t& byte : bytes) {
      const unsigned value = remainder * 256 + byte;
      byte = static_cast<std::uint8_t>(value / 58);
      remainder = value % 58;
    }
    out.insert(out.begin(), kBase58[remainder]);
    if (bytes.front() == 0) bytes.erase(bytes.begin());
  }
  return std::string(zeros, kBase58[0]) + out;
}

void check_bytes(BytesView bytes) {
  const Bytes expected(bytes.begin(), bytes.end());
  VCNODE_ASSERT(hex_decode(hex_encode(bytes), bytes.size()).value() == expected);
  VCNODE_ASSERT(base64_decode(base64_encode(bytes), bytes.size()).value() == expected);
  VCNODE_ASSERT(base64url_decode(base64url_encode(bytes), bytes.size()).value() == expected);
  for (const Multibase base : {Multibase::base58btc, Multibase::base64url}) {
    const auto decoded = multibase_decode(multibase_encode(base, bytes), bytes.size());
    VCNODE_ASSERT(decoded.value().base == base && decoded->bytes == expected);
  }
  if (bytes.size() <= kNaiveBytesMax) VCNODE_ASSERT(base58btc_encode(bytes) == naive_base58(expected));
}

template <class Decode, class Encode>
void check_text(std::string_view text, std::size_t cap, Decode decode, Encode encode) {
  const Result<Bytes> decoded = decode(text, cap);
  fuzz::check(decoded);
  if (!decoded) return;
  VCNODE_ASSERT(decoded->size() <= cap);
  VCNODE_ASSERT(encode(*decoded) == text);
  if (cap > 0 && decoded->size() == cap) VCNODE_ASSERT(!decode(text, cap - 1));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  const std::size_t cap = recipe.byte() == 0 ? size : recipe.byte();
  const std::string_view text = recipe.rest();
  check_bytes(as_bytes(text));
  check_text(text, cap, base58btc_decode, base58btc_encode);
  check_text(text, cap, base64_decode, base64_encode);
  check_text(text, cap, base64url_decode, base64url_encode);
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  check_text(lower, cap, hex_decode, hex_encode);
  VCNODE_ASSERT(hex_decode(text, cap).has_value() == hex_decode(lower, cap).has_value());

  const auto tagged = multibase_decode(text, cap);
  fuzz::check(tagged);
  if (tagged) VCNODE_ASSERT(multibase_encode(tagged->base, tagged->bytes) == text);
  const auto key = multikey_decode(text);
  fuzz::check(key);
  if (key) VCNODE_ASSERT(multikey_encode(*key) == text);
  const std::string shown = excerpt(text, cap);
  VCNODE_ASSERT(is_utf8(shown) && shown.size() <= cap + 3);
  return 0;
}
