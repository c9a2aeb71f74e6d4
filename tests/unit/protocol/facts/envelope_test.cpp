#include "protocol/facts/envelope.h"

#include "crypto/base/encoding.h"
#include "tests/unit/protocol/facts/samples.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

bool holds_badge(const std::string& text) {
  const auto document = facts::open(text);
  REQUIRE_OK(document);
  return test::facts_of(json::to_nlohmann(document->root())) == test::facts_of(test::open_badge());
}

}  // namespace

TEST_CASE("a credential is found in every kind of JWS, and as it is") {
  const std::string badge = test::open_badge().dump();
  const std::string encoded = base64url_encode(as_bytes(badge));
  const std::string claims =
      base64url_encode(as_bytes(Json{{"vc", test::open_badge()}, {"iss", "x"}}.dump()));
  CHECK(holds_badge(badge));
  CHECK(holds_badge("\n" + badge + "\n"));
  CHECK(holds_badge("eyJhbGciOiJFZERTQSJ9." + encoded + ".AAAA\n"));
  CHECK(holds_badge("eyJhbGciOiJFZERTQSJ9." + claims + ".AAAA"));
  CHECK_MESSAGE(holds_badge("eyJhbGciOiJFZERTQSJ9." + encoded + ".AAAA~"), "an SD-JWT without disclosures");
  CHECK(holds_badge(Json{{"payload", encoded}, {"signature", "AAAA"}}.dump()));
  CHECK_MESSAGE(holds_badge(Json{{"payload", badge}, {"signatures", Json::array()}}.dump()), "b64 is false");
}

TEST_CASE("an envelope that holds nothing readable is refused by name") {
  CHECK_CODE_NAMES(facts::open("eyJhbGciOiJFZERTQSJ9.%%%.AAAA"), codes::FACTS_ENVELOPE, "base64url");
  CHECK_CODE_NAMES(facts::open(R"({"payload": 7, "signatures": []})"), codes::FACTS_ENVELOPE, "integer");
  CHECK_CODE(facts::open("eyJhbGciOiJFZERTQSJ9.e30x.AAAA"), codes::JSON_SYNTAX);
  CHECK_CODE(facts::open("not a credential"), codes::JSON_SYNTAX);
  CHECK_CODE(facts::open(""), codes::JSON_SYNTAX);
  CHECK_CODE(facts::open(std::string(facts::kDocumentBytesMax + 1, ' ')), codes::JSON_TOO_LARGE);
}
