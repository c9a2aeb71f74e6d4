// The worked examples of protocol/spec/facts.md and micro-credential.md are true.
#include "protocol/credential/credential.h"
#include "tests/support/spec_page.h"
#include "tests/unit/protocol/facts/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

TEST_CASE("the report of facts.md is what its credential gives") {
  const auto read = test::facts_of(Json::parse(test::spec_example("facts.md", "credential")));
  CHECK(facts::report(read) == Json::parse(test::spec_example("facts.md", "report")));
}

TEST_CASE("the codes in facts.md are those of the table") {
  const std::string page = test::read_file(test::source_dir() / "protocol" / "spec" / "facts.md");
#define VCNODE_CODE(name, sentence) CHECK_MESSAGE(page.find(#name) != std::string::npos, #name);
#include "protocol/facts/codes.def"
#undef VCNODE_CODE
}

TEST_CASE("the example of micro-credential.md is a credential with every element, and agrees with itself") {
  const std::string text = test::spec_example("micro-credential.md", "credential");
  const auto parsed = credential::Credential::parse(text);
  REQUIRE_OK(parsed);
  CHECK(parsed->root().find("@context")->elements()[1].string() == facts::kMicroCredentialContext);
  const auto read = test::facts_of(Json::parse(text));
  CHECK(read.profile == facts::Profile::plain);
  for (const auto& element : read.elements) {
    CAPTURE(element.number);
    CHECK(element.state == facts::ElementState::present);
  }
  CHECK(facts::check_consistency(read).empty());
  CHECK(read.components.size() == 1);
  CHECK(read.components[0].digest.has_value());
}
