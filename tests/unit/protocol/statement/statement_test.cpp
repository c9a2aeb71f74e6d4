#include "protocol/statement/statement.h"

#include "tests/unit/protocol/statement/fixtures.h"

using namespace vcnode;
using namespace vcnode::statement;
using statement::test::example;
using statement::test::Json;
using statement::test::parse_json;
using statement::test::parsed;

TEST_CASE("kinds have one name in credentials and one in commands") {
  for (const Kind kind : kKinds) {
    CHECK(kind_of_type(type_of(kind)) == kind);
    CHECK(kind_named(name_of(kind)) == kind);
  }
  CHECK(type_of(Kind::stack_rule) == "StackRule");
  CHECK(name_of(Kind::stack_rule) == "stack-rule");
  CHECK_FALSE(kind_of_type("Transcription"));
  CHECK_FALSE(kind_named("StackRule"));
}

TEST_CASE("two DIDs of one SCID are one body, everybody else is its DID") {
  Statement statement;
  statement.issuer_did = "did:webvh:QmScid:old.example";
  statement.subject_id = "did:web:uni.example";
  CHECK(statement.issuer() == "QmScid");
  CHECK(statement.subject() == "did:web:uni.example");
  statement.issuer_did = "did:webvh:QmScid:new.example:path";
  CHECK(statement.issuer() == "QmScid");
}

TEST_CASE("a statement is in force from validFrom, included, to validUntil, excluded") {
  const auto accreditation = parsed(example(Kind::accreditation));
  const auto time = [](std::string_view text) { return Timestamp::parse(text).value(); };
  CHECK_FALSE(accreditation.in_force(time("2023-12-31T23:59:59Z")));
  CHECK(accreditation.in_force(time("2024-01-01T00:00:00Z")));
  CHECK(accreditation.in_force(time("2030-12-31T23:59:59Z")));
  CHECK_FALSE(accreditation.in_force(time("2031-01-01T00:00:00Z")));
  CHECK(parsed(example(Kind::sponsorship)).in_force(time("2099-01-01T00:00:00Z")));
}

TEST_CASE("credentials of other contexts and types are no statements") {
  auto document = example(Kind::accreditation);
  document["@context"] = Json::array({credential::kContextV2, "https://other.example/v1"});
  CHECK_CODE_NAMES(parse_json(document), codes::STATEMENT_KIND_UNKNOWN, kRecognitionContext);
  document = example(Kind::accreditation);
  document["type"] = Json::array({"VerifiableCredential", "Transcription"});
  CHECK_CODE(parse_json(document), codes::STATEMENT_KIND_UNKNOWN);
  document["type"] = Json::array({"VerifiableCredential", "Accreditation", "Delegation"});
  CHECK_CODE_NAMES(parse_json(document), codes::STATEMENT_MALFORMED, "names 2 kinds");
}

TEST_CASE("members of the subject that are not known are passed over") {
  auto document = example(Kind::accreditation);
  document["credentialSubject"]["colour"] = {{"of", "the seal"}};
  document["name"] = "An accreditation";
  CHECK(parsed(document).as<Accreditation>() != nullptr);
}

TEST_CASE("what may be left out has the value that the page says") {
  auto document = example(Kind::recognition);
  document["credentialSubject"].erase("agreement");
  document["credentialSubject"].erase("transitive");
  const auto recognition = parsed(document);
  CHECK_FALSE(recognition.as<Recognition>()->transitive);
  CHECK(recognition.as<Recognition>()->agreement == nullptr);

  document = example(Kind::stack_rule);
  document["credentialSubject"]["rule"] = {{"clauses", document["credentialSubject"]["rule"]["clauses"]}};
  const auto stacking = parsed(document);
  const auto& rule = *stacking.as<StackRule>();
  CHECK(rule.overlap);
  CHECK_FALSE(rule.min_ects);
  CHECK_FALSE(rule.min_ects_at_level);
  CHECK_FALSE(rule.issuers);
  CHECK_FALSE(rule.max_age_months);

  document = example(Kind::closed);
  document.erase("id");
  document["credentialSubject"] = {{"id", document["credentialSubject"]["id"]}};
  const auto ended = parsed(document);
  CHECK(ended.id.empty());
  CHECK(ended.as<Closed>()->final_head == nullptr);
  CHECK(ended.as<Closed>()->successor.empty());
}

TEST_CASE("a digest is a SHA-256 multihash in either base") {
  const auto digest = sha256(as_bytes("x"));
  const std::string text = digest_multibase(digest);
  CHECK(text.starts_with("uEi"));
  CHECK(read_digest_multibase(text) == digest);
  Bytes multihash{0x12, 0x20};
  multihash.insert(multihash.end(), digest.view().begin(), digest.view().end());
  CHECK(read_digest_multibase(multibase_encode(Multibase::base58btc, multihash)) == digest);
  multihash[0] = 0x13;
  CHECK_FALSE(read_digest_multibase(multibase_encode(Multibase::base58btc, multihash)));
  multihash.pop_back();
  CHECK_FALSE(read_digest_multibase(multibase_encode(Multibase::base64url, multihash)));
  CHECK_FALSE(read_digest_multibase("sha256-abc"));
}

// Also validated against the JSON Schemas: tests/conformance/statement/schemas.py.
TEST_CASE("what a kind does not allow is refused, naming the member") {
  const auto cases = Json::parse(
      vcnode::test::read_file(vcnode::test::source_dir() / "tests/unit/protocol/statement/malformed.json"));
  std::size_t refused = 0;
  for (const Json& one : cases) {
    const auto kind = kind_named(one["kind"].get<std::string>());
    REQUIRE(kind.has_value());
    Json document = example(*kind);
    if (one.contains("set"))
      document[Json::json_pointer(one["at"].get<std::string>())] = one["set"];
    else
      document = document.patch(Json::array({{{"op", "remove"}, {"path", one["at"]}}}));
    CAPTURE(one.dump());
    CHECK_CODE_NAMES(parse_json(document), codes::STATEMENT_MALFORMED, one["names"].get<std::string>());
    ++refused;
  }
  CHECK(refused == cases.size());
  CHECK(refused >= 60);
}
