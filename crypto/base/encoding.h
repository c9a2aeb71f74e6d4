// Text forms of bytes: hex, base58btc, base64, base64url, multibase (draft-multiformats-multibase).
//
// Every decoder is strict: exact alphabet, no whitespace, canonical trailing bits, and a caller-set cap on
// the decoded size because base58 decoding is quadratic. Errors: ENCODING_INVALID, naming what was wrong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode {

[[nodiscard]] std::string hex_encode(BytesView bytes);                                 // lower case
[[nodiscard]] Result<Bytes> hex_decode(std::string_view text, std::size_t bytes_max);  // either case

[[nodiscard]] std::string base58btc_encode(BytesView bytes);
[[nodiscard]] Result<Bytes> base58btc_decode(std::string_view text, std::size_t bytes_max);

[[nodiscard]] std::string base64_encode(BytesView bytes);  // RFC 4648 §4, padded
[[nodiscard]] Result<Bytes> base64_decode(std::string_view text, std::size_t bytes_max);

[[nodiscard]] std::string base64url_encode(BytesView bytes);  // RFC 4648 §5, without padding
[[nodiscard]] Result<Bytes> base64url_decode(std::string_view text, std::size_t bytes_max);

enum class Multibase : char { base58btc = 'z', base64url = 'u' };
[[nodiscard]] std::string multibase_encode(Multibase base, BytesView bytes);
struct MultibaseDecoded {
  Multibase base;
  Bytes bytes;
};
[[nodiscard]] Result<MultibaseDecoded> multibase_decode(std::string_view text, std::size_t bytes_max);

// True if `text` is well-formed UTF-8 without surrogates or overlong forms.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// A piece of foreign text for a message: at most `bytes_max` bytes, cut between characters and then marked
// with "...", control characters and bytes that are not UTF-8 replaced by '?'.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t bytes_max = 80);

}  // namespace vcnode
