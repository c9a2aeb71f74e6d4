#include "protocol/issuer/codes.h"
#include "tests/unit/protocol/issuer/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using issuer::EntryBody;

TEST_CASE("a body is read as it was written, with and without witness proofs") {
  made::LogMaker maker;
  made::Making making;
  making.parameters = {{"witness", made::witness_rule(1, {20, 21})}};
  maker.add(making).witness(20).witness(21);
  for (const auto& proofs : {std::vector<vcnode::webvh::WitnessProof>{}, maker.proofs()}) {
    const EntryBody body{maker.lines()[0], proofs};
    const auto read = EntryBody::parse(body.text());
    REQUIRE_OK(read);
    CHECK(read->line == body.line);
    CHECK(read->proofs == proofs);
    CHECK(read->text() == body.text());
  }
}

TEST_CASE("malformed bodies are refused with the reason") {
  const auto malformed = [](const std::string& text, std::string_view why) {
    CAPTURE(text);
    CHECK_CODE_NAMES(EntryBody::parse(text), codes::ENTRY_BODY_MALFORMED, why);
  };
  malformed("", "does not begin with a line");
  malformed("{}", "does not begin with a line");
  malformed("\n[]\n", "does not begin with a line");
  malformed("{}\n[]", "more than a line");
  malformed("{}\n[]\n\n", "more than a line");
  malformed("{}\n[]\n[]\n", "more than a line");
  malformed("{}\n[]\n", "another form");  // no proofs have no line
  malformed("{}\n[ ]\n", "another form");
  malformed("{}\n[{\"versionId\":\"nonsense\",\"proof\":[]}]\n", "another form");
  CHECK_FALSE(EntryBody::parse("{}\nnot json\n").has_value());
}

TEST_CASE("a body has a limit") {
  CHECK_CODE_NAMES(EntryBody::parse(std::string(issuer::kEntryBodyBytesMax, 'x') + "\n"),
                   codes::ENTRY_BODY_MALFORMED, "over the limit of 262144");
}
