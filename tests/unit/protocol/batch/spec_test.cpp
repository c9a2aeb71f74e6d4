// protocol/spec/time-batch.md: its worked example is what the code does.
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "tests/support/spec_page.h"
#include "tests/unit/protocol/batch/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using Json = nlohmann::json;

namespace {

constexpr std::string_view kPage = "time-batch.md";

}  // namespace

TEST_CASE("the page's document, batch, proof and policy give the page's entry and time") {
  const Json document = Json::parse(spec_example(kPage, "document"));
  std::vector<NamedKey> keys;
  keys.emplace_back(std::uint8_t{1}, "ministry");
  keys.emplace_back(std::uint8_t{2}, "abroad");
  BatchFeed feed("demo.example/QmauHQJG84P2YNVEoUFYTbiYHRAUcwBijZtUDiX41JSyd6/1");
  CountingRng rng;
  const std::vector<Json> given = {document, plain_document(1), plain_document(2)};
  const auto made = batch::TimeBatch::of(given, rng).value();
  const auto number = feed.publish(made);
  CHECK(std::string(as_text(batch::leaf_of(number, made.root()))) == spec_example(kPage, "leaf"));
  const auto checkpoint = feed.checkpoint({{&keys[0], 1'795'355'400}, {&keys[1], 1'795'355'407}});
  const auto with = made.with_entry(document, 0, number, feed.proof(checkpoint)).value();
  CHECK(with["evidence"][0].dump() == spec_example(kPage, "entry"));

  const std::string policy_text = quorum_text(keys, 2);
  CHECK(policy_text == spec_example(kPage, "policy") + "\n");
  const auto read = json::Document::parse(with.dump()).value();
  const auto entry = batch::entry_of(read.root()).value();
  const auto finding = batch::check_entry(read.root(), *entry, feed.feeds(),
                                          witness::WitnessPolicy::parse(policy_text).value());
  REQUIRE_OK(finding);
  CHECK(finding->quorum_at->to_string() == "2026-11-22T13:50:07Z");
  const auto digest = batch::salted_digest(entry->salt, read.root());
  CHECK(hex_encode(digest.view()) == spec_example(kPage, "digest"));
}

TEST_CASE("the page names every code of this module") {
  const std::string page = read_file(source_dir() / "protocol/spec" / kPage);
#define VCNODE_CODE(name, sentence) CHECK_MESSAGE(page.find("`" #name "`") != std::string::npos, #name);
#include "protocol/batch/codes.def"
#undef VCNODE_CODE
}
