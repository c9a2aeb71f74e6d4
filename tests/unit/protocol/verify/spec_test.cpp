// protocol/spec/verdict.md: its worked example is what the code does.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "tests/support/shared_data.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;

const std::string& page() {
  static const std::string text = test::read_file(test::source_dir() / "protocol/spec/verdict.md");
  return text;
}

// The one line of the block ```json example=NAME.
std::string example(std::string_view name) {
  const std::string fence = concat("```json example=", name, "\n");
  const auto at = page().find(fence);
  REQUIRE_MESSAGE(at != std::string::npos, "no example ", std::string(name));
  const auto start = at + fence.size();
  return page().substr(start, page().find('\n', start) - start);
}

std::string digest_text(std::string_view text) {
  return concat("sha256:", hex_encode(sha256(as_bytes(text)).view()));
}

TEST_CASE("the page's credential, policy and view give the page's verdict, byte for byte") {
  const Issuer issuer(1);
  const Policy policy = trusting(issuer);
  const auto snapshot = feed_of(issuer, {.revoked = {kIndex}, .suspended = {}});
  const auto verdict = verify_credential(example("credential"), view_of(snapshot), policy, kNow);
  REQUIRE_OK(verdict);
  CHECK(verdict->to_jcs() == example("verdict"));
  CHECK(sign(issuer, badge(issuer)) == example("credential"));
  CHECK(policy.digest() == sha256(as_bytes(example("policy"))));
}

TEST_CASE("the page's digests are those of its own blocks") {
  const auto verdict = nlohmann::json::parse(example("verdict"));
  CHECK(verdict["credential"] == digest_text(example("credential")));
  CHECK(verdict["policy"] == digest_text(example("policy")));
  CHECK(verdict["view"] == digest_text(example("viewHeads")));
  CHECK(verdict["viewHeads"].dump() == example("viewHeads"));
}

TEST_CASE("the page names every code of this module") {
#define VCNODE_CODE(name, sentence) CHECK_MESSAGE(page().find("`" #name "`") != std::string::npos, #name);
#include "protocol/verify/codes.def"
#undef VCNODE_CODE
}

}  // namespace
}  // namespace vcnode::verify
