// TokenTable: who may write through the HTTP interface.
//
// `<home>/tokens.json`: {"tokens":[{"name":"…","role":"issuer|operator|read","sha256":"hex of SHA-256 of the
// token"}]}. Only hashes are kept; comparison takes the same time whatever the token. A missing file means no
// tokens: then only the admin socket writes. No hash and no name may be there twice; a name may be absent.
// Errors: TOKENS_FILE_INVALID, FILE_UNREADABLE. Threading: immutable after load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode::node {

enum class Role : std::uint8_t { read, issuer, operator_role };

class TokenTable {
 public:
  [[nodiscard]] static Result<TokenTable> load(const std::filesystem::path& file);
  [[nodiscard]] static Result<TokenTable> parse(std::string_view text);
  [[nodiscard]] std::optional<Role> role_of(std::string_view token) const;

 private:
  struct Entry {
    Sha256Digest digest;
    Role role;
  };
  std::vector<Entry> entries_;
};

}  // namespace vcnode::node
