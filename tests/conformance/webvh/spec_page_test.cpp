// The worked example of protocol/spec/did-webvh.md.
#include "tests/support/spec_page.h"
#include "protocol/webvh/author.h"
#include "tests/conformance/webvh/vectors.h"

using namespace vcnode;

namespace {

std::string example(std::string_view name) {
  return test::spec_example("did-webvh.md", name);
}

}  // namespace

TEST_CASE("the page's entry is valid, and its DID, version, place and commitment are what the page says") {
  const auto log = webvh::Log::read(example("line"), std::nullopt, test::vectors::rules());
  REQUIRE_FALSE(log.fault());
  const auto& version = log.versions()[0];
  CHECK(version.did().text() == example("did"));
  CHECK(version.version_id().text() == example("version-id"));
  CHECK(https_url(version.did(), webvh::File::log) == example("url"));
  CHECK(webvh::key_hash(example("next-key")) == example("next-key-hash"));
  CHECK(version.parameters().next_key_hashes == std::vector<std::string>{example("next-key-hash")});
}
