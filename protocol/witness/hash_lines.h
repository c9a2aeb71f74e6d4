// The lines of base64 hashes that tlog-proof and tlog-witness share.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/encoding.h"
#include "crypto/base/result.h"

namespace vcnode::witness {

// No tree of at most 2^63 entries has a longer proof.
inline constexpr std::size_t kHashLinesMax = 63;

// Takes a line off the front of `rest`; nullopt if no newline ends it.
[[nodiscard]] inline std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

// Takes hash lines and the empty line that ends them off the front of `rest`. Errors: `code`.
[[nodiscard]] Result<std::vector<Sha256Digest>> take_hash_lines(std::string_view& rest, Code code);
[[nodiscard]] std::string hash_lines(const std::vector<Sha256Digest>& hashes);

}  // namespace vcnode::witness
