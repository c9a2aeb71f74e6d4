#include "node/app/tokens.h"

#include <map>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/descriptor.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/config/private_file.h"

namespace vcnode::node {

namespace {

constexpr std::size_t kFileBytesMax = 256 * 1024;  // a thousand tokens

std::optional<Role> parse_role(std::string_view text) {
  if (text == "read") return Role::read;
  if (text == "issuer") return Role::issuer;
  if (text == "operator") return Role::operator_role;
  return std::nullopt;
}

// Touches every byte of both, so that the time tells nothing about where they differ.
bool equal_in_constant_time(const Sha256Digest& a, const Sha256Digest& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < Sha256Digest::kSize; ++i)
    difference |= static_cast<unsigned>(a.data()[i] ^ b.data()[i]);
  return difference == 0;
}

}  // namespace

Result<TokenTable> TokenTable::parse(std::string_view text) {
  auto document = json::Document::parse(text);
  if (!document)
    return fail(codes::TOKENS_FILE_INVALID, "the tokens file is not JSON: ", document.error().message);
  const json::Value* tokens = document->root().find("tokens");
  if (tokens == nullptr || !tokens->is_array()) {
    return fail(codes::TOKENS_FILE_INVALID, "the tokens file needs a member \"tokens\" that is an array");
  }
  TokenTable out;
  std::size_t number = 0;
  std::map<std::string, std::size_t, std::less<>> names;
  std::map<Sha256Digest, std::size_t> digests;
  for (const json::Value& token : tokens->elements()) {
    ++number;
    const std::string_view written = token.find_string("role").value_or("");
    const auto role = parse_role(written);
    if (!role)
      return fail(codes::TOKENS_FILE_INVALID, "token ", number, " has the role \"", excerpt(written),
                  "\"; it must be issuer, operator or read");
    const auto hex = hex_decode(token.find_string("sha256").value_or(""), Sha256Digest::kSize);
    const auto digest = hex ? Sha256Digest::from(*hex) : std::nullopt;
    if (!digest)
      return fail(codes::TOKENS_FILE_INVALID, "token ", number, " needs a sha256 of 64 hex digits");
    // One hash with two roles, or a name that means two tokens: whoever takes one away leaves the other.
    if (const auto [earlier, is_new] = digests.emplace(*digest, number); !is_new)
      return fail(codes::TOKENS_FILE_INVALID, "token ", number, " has the sha256 of token ", earlier->second,
                  ", ", hex_encode(digest->view()));
    if (const auto name = token.find_string("name")) {
      if (const auto [earlier, is_new] = names.emplace(*name, number); !is_new)
        return fail(codes::TOKENS_FILE_INVALID, "token ", number, " has the name of token ", earlier->second,
                    ", \"", excerpt(*name), "\"");
    }
    out.entries_.push_back({*digest, *role});
  }
  return out;
}

Result<TokenTable> TokenTable::load(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return TokenTable();
  VCNODE_CHECK(check_private(file, "the tokens file"));
  VCNODE_TRY(const auto descriptor, Descriptor::open_regular(file));
  Bytes text(kFileBytesMax + 1);
  VCNODE_TRY(const auto size, descriptor.read_up_to(text));
  if (size > kFileBytesMax) {
    return fail(codes::TOKENS_FILE_INVALID, file.string(), " has more than ", kFileBytesMax, " bytes");
  }
  auto table = parse(as_text(BytesView(text).first(size)));
  if (!table) return fail(table.error().code, file.string(), ": ", table.error().message);
  return table;
}

std::optional<Role> TokenTable::role_of(std::string_view token) const {
  const Sha256Digest digest = sha256(as_bytes(token));
  std::optional<Role> role;
  for (const Entry& entry : entries_) {
    if (equal_in_constant_time(entry.digest, digest)) role = entry.role;
  }
  return role;
}

}  // namespace vcnode::node
