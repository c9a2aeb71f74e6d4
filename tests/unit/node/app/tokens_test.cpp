#include "node/app/tokens.h"

#include <fstream>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

using node::Role;
using node::TokenTable;

namespace {

std::string entry(std::string_view token, std::string_view role) {
  return concat(R"({"name":"the )", token, R"(","role":")", role, R"(","sha256":")",
                hex_encode(sha256(as_bytes(token)).view()), R"("})");
}

}  // namespace

TEST_CASE("a token has the role its hash stands beside, an unknown one has none") {
  const auto table = TokenTable::parse(concat(R"({"tokens":[)", entry("a", "issuer"), ",",
                                              entry("b", "operator"), ",", entry("c", "read"), "]}"));
  REQUIRE_OK(table);
  CHECK(table->role_of("a") == Role::issuer);
  CHECK(table->role_of("b") == Role::operator_role);
  CHECK(table->role_of("c") == Role::read);
  CHECK(!table->role_of("d"));
  CHECK(!table->role_of(""));
}

TEST_CASE("a malformed tokens file is refused with the token's number") {
  CHECK_CODE_NAMES(TokenTable::parse("{"), codes::TOKENS_FILE_INVALID, "not JSON");
  CHECK_CODE_NAMES(TokenTable::parse("[]"), codes::TOKENS_FILE_INVALID, "\"tokens\"");
  CHECK_CODE_NAMES(
      TokenTable::parse(concat(R"({"tokens":[)", entry("a", "issuer"), ",", entry("b", "king"), "]}")),
      codes::TOKENS_FILE_INVALID, "token 2 has the role \"king\"; it must be issuer, operator or read");
  CHECK_CODE_NAMES(TokenTable::parse(R"({"tokens":[{"role":"read","sha256":"abc"}]})"),
                   codes::TOKENS_FILE_INVALID, "64 hex digits");
  CHECK_CODE_NAMES(TokenTable::parse(R"({"tokens":[7]})"), codes::TOKENS_FILE_INVALID, "token 1");
}

TEST_CASE("a hash or a name that is there twice is refused") {
  const auto parse = [](const std::string& first, const std::string& second) {
    return TokenTable::parse(concat(R"({"tokens":[)", first, ",", second, "]}"));
  };
  const std::string digest = hex_encode(sha256(as_bytes("a")).view());
  CHECK_CODE_NAMES(parse(entry("a", "read"), concat(R"({"role":"operator","sha256":")", digest, R"("})")),
                   codes::TOKENS_FILE_INVALID, concat("token 2 has the sha256 of token 1, ", digest));
  std::string renamed = entry("b", "read");
  renamed.replace(renamed.find("the b"), 5, "the a");
  CHECK_CODE_NAMES(parse(entry("a", "read"), renamed), codes::TOKENS_FILE_INVALID,
                   "token 2 has the name of token 1, \"the a\"");
}

TEST_CASE("no tokens file means no tokens, an unreadable one is an error") {
  const TemporaryDirectory folder;
  const auto absent = TokenTable::load(folder.path() / "tokens.json");
  REQUIRE_OK(absent);
  CHECK(!absent->role_of("anything"));
  CHECK_CODE_NAMES(TokenTable::load(folder.path()), codes::FILE_UNREADABLE, folder.path().string());
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder.path() / name) << text;
    std::filesystem::permissions(folder.path() / name, std::filesystem::perms(0600));
  };
  write("large.json", std::string(300'000, ' '));
  CHECK_CODE_NAMES(TokenTable::load(folder.path() / "large.json"), codes::TOKENS_FILE_INVALID, "262144");
  write("bad.json", "{}");
  CHECK_CODE_NAMES(TokenTable::load(folder.path() / "bad.json"), codes::TOKENS_FILE_INVALID,
                   (folder.path() / "bad.json").string());
  write("tokens.json", concat(R"({"tokens":[)", entry("a", "read"), "]}"));
  const auto loaded = TokenTable::load(folder.path() / "tokens.json");
  REQUIRE_OK(loaded);
  CHECK(loaded->role_of("a") == Role::read);
}

}  // namespace vcnode::test
