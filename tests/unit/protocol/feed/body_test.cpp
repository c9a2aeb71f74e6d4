#include "protocol/feed/codes.h"
#include "protocol/status/codes.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::test::Entry;
using feed::test::Issuer;

namespace {

feed::CheckedBody checked(const Entry& entry, const Issuer& issuer) {
  return feed::check_body(entry.need, entry.body, issuer.did, issuer.resolver);
}

// The body is bad with this code, and the sentence names `part`.
void bad(const Entry& entry, const Issuer& issuer, Code code, std::string_view part) {
  const auto body = checked(entry, issuer);
  REQUIRE(body.bad.has_value());
  CAPTURE(body.bad->message);
  CHECK(test::same_code(body.bad->code, code));
  CHECK(body.bad->message.find(part) != std::string::npos);
  CHECK_FALSE(body.list);
}

}  // namespace

TEST_CASE("a signed status list is a good body") {
  Issuer issuer;
  const auto entry = list_entry(issuer, {.set = {5}});
  const auto body = checked(entry, issuer);
  CHECK_FALSE(body.bad);
  REQUIRE(body.list);
  CHECK(body.need == entry.need);
  CHECK(body.list->bitmap.get(status::StatusIndex(5)).value());
}

TEST_CASE("a status list under another list's key, of another issuer or altered is bad") {
  Issuer issuer, other(2);
  const auto entry = list_entry(issuer, {});
  bad(feed::test::entry_of(feed::kStatusLeaf, "https://issuer.example/other#1", as_text(entry.body)), issuer,
      codes::STATUS_LIST_MALFORMED, "id");
  bad(entry, other, codes::STATUS_LIST_MALFORMED, "issuer");
  std::string text = to_text(entry.body);
  text.replace(text.find("2026-01-01"), 10, "2025-01-01");
  bad(feed::test::entry_of(feed::kStatusLeaf, entry.need.key, text), issuer, codes::STATUS_LIST_PROOF,
      "is not good");
}

TEST_CASE("a credential signed by the feed's issuer is a good statement") {
  Issuer issuer;
  const auto body = checked(statement_entry(issuer, "urn:statement:1"), issuer);
  CHECK_FALSE(body.bad);
  CHECK_FALSE(body.list);
}

TEST_CASE("a statement that is not strict JSON or not a credential is bad") {
  Issuer issuer;
  const auto bad_text = [&](std::string_view text, std::string_view part) {
    bad(feed::test::entry_of(feed::kStatementLeaf, "urn:statement:1", text), issuer, codes::STATEMENT_INVALID,
        part);
  };
  bad_text("garbage", "not a credential");
  bad_text("{\"a\":1,\"a\":2}", "not a credential");
  bad_text("{}", "not a credential");
  bad_text(std::string(1024 * 1024 + 1, ' '), "1048576");
}

TEST_CASE(
    "a statement is bad unless its id is its key and its issuer the feed's, and it is signed by that "
    "issuer") {
  Issuer issuer, other(2);
  const std::string id = "urn:statement:1";
  const auto as_statement = [&](std::string_view text) {
    return feed::test::entry_of(feed::kStatementLeaf, id, text);
  };
  const auto document = feed::test::statement_document(issuer, id);

  bad(as_statement(signed_text(feed::test::statement_document(issuer, "urn:statement:2"), issuer)), issuer,
      codes::STATEMENT_INVALID, "urn:statement:2");
  auto anonymous = document;
  anonymous.erase("id");
  bad(as_statement(signed_text(anonymous, issuer)), issuer, codes::STATEMENT_INVALID, "id");
  bad(as_statement(signed_text(feed::test::statement_document(other, id), other)), issuer,
      codes::STATEMENT_INVALID, other.did.text().substr(0, 40));
  bad(as_statement(signed_text(document, other)), issuer, codes::STATEMENT_INVALID, "no proof by a key of");
  bad(as_statement(document.dump()), issuer, codes::STATEMENT_INVALID, "cannot be checked");

  auto altered = nlohmann::json::parse(signed_text(document, issuer));
  altered["credentialSubject"]["id"] = "did:example:somebody-else";
  bad(as_statement(altered.dump()), issuer, codes::STATEMENT_INVALID, "fails");
}

TEST_CASE("a body of a type to come is neither list nor bad") {
  Issuer issuer;
  const auto body = checked(feed::test::entry_of("offering", "urn:offering#1", "anything"), issuer);
  CHECK_FALSE(body.bad);
  CHECK_FALSE(body.list);
}
