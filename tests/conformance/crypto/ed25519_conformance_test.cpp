#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/base/encoding.h"
#include "crypto/ed25519.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;
using Tree = nlohmann::json;

namespace {

Bytes from_hex(const Tree& text) {
  return hex_decode(text.get_ref<const std::string&>(), 4096).value();
}

// A signature of the wrong length is refused by its type, as every caller does.
bool verifies(const Tree& key, const Tree& message, const Tree& signature) {
  const auto public_key = Ed25519PublicKey::from(from_hex(key));
  const auto fixed = Ed25519Signature::from(from_hex(signature));
  return public_key && fixed && ed25519_verify(*public_key, from_hex(message), *fixed);
}

}  // namespace

TEST_CASE("wycheproof: 88 valid and 63 invalid signatures") {
  const auto path = test::shared_path("wycheproof/ed25519_test.json");
  if (!path) return;
  const auto file = Tree::parse(test::read_file(*path));
  int valid = 0;
  int invalid = 0;
  for (const auto& group : file["testGroups"]) {
    for (const auto& test : group["tests"]) {
      CAPTURE(test["tcId"].get<int>());
      const bool expected = test["result"] == "valid";
      CHECK(verifies(group["publicKey"]["pk"], test["msg"], test["sig"]) == expected);
      ++(expected ? valid : invalid);
    }
  }
  CHECK(valid == 88);
  CHECK(invalid == 63);
}

TEST_CASE("ed25519-speccheck: libsodium's verdicts on the 12 cases where implementations differ") {
  const auto path = test::shared_path("ed25519-speccheck/cases.json");
  if (!path) return;
  constexpr std::array<bool, 12> kAccepted = {false, false, false, true,  false, false,
                                              false, false, false, false, false, false};
  const auto cases = Tree::parse(test::read_file(*path));
  REQUIRE(cases.size() == kAccepted.size());
  for (std::size_t i = 0; i < kAccepted.size(); ++i) {
    CAPTURE(i);
    CHECK(verifies(cases[i]["pub_key"], cases[i]["message"], cases[i]["signature"]) == kAccepted.at(i));
  }
}

TEST_CASE("ed25519-speccheck: the keys of small and mixed order are not admitted as somebody's key") {
  const auto path = test::shared_path("ed25519-speccheck/cases.json");
  if (!path) return;
  const auto cases = Tree::parse(test::read_file(*path));
  // Cases 6 and 7 are about S; their key is an ordinary one.
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const bool ordinary = i == 6 || i == 7;
    CHECK(ed25519_check_public_key(from_hex(cases[i]["pub_key"])).has_value() == ordinary);
  }
  CHECK(cases.size() == 12);
}
