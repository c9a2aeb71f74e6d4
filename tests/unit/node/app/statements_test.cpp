// Statements of a hosted issuer: published through the admin socket, listed for everybody.
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/app/statement_orders.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/statement/codes.h"
#include "protocol/statement/statement.h"
#include "tests/support/check.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

const std::string kBody = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG";

json accreditation_draft() {
  return {{"kind", "accreditation"},
          {"credentialSubject",
           {{"id", kBody},
            {"decision", "positive"},
            {"standing", "obligatory"},
            {"scope", {{"country", {"EE"}}}}}}};
}

json withdrawal_draft(const json& published) {
  const auto digest = Sha256Digest::from(*hex_decode(published.at("digest").get<std::string>(), 32));
  return {{"kind", "withdrawal"},
          {"credentialSubject",
           {{"id", published.at("id")},
            {"digestMultibase", statement::digest_multibase(*digest)},
            {"effect", "ends"},
            {"effectiveFrom", "2027-01-01T00:00:00Z"}}}};
}

Answer say(const RunningNode& node, const json& wanted) {
  return node.ask({.method = "POST",
                   .path = "/admin/issuers/main/statements",
                   .body = json{{"statement", wanted}}.dump(),
                   .admin = true});
}

json said(const RunningNode& node, const json& wanted) {
  const Answer answer = say(node, wanted);
  REQUIRE_MESSAGE(answer.status == 201, answer.text);
  return answer.body().at("published");
}

json listed(const RunningNode& node, const std::string& query) {
  const Answer answer = node.get("/statements" + query);
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  return answer.body();
}

}  // namespace

TEST_CASE("a statement is signed, published and listed, and its body is there for everybody") {
  const TestHome home;
  const RunningNode node(home);
  const Answer answer = say(node, accreditation_draft());
  REQUIRE_MESSAGE(answer.status == 201, answer.text);
  CHECK(answer.body().at("peers") == 0);
  const json one = answer.body().at("published").at(0);
  const json statement = one.at("statement");
  CHECK(statement.at("issuer") == home.did().text());
  CHECK(statement.at("type") == json{"VerifiableCredential", "Accreditation"});
  CHECK(one.at("place").at("epoch") == 1);
  CHECK(answer.body().at("head").at("size") == one.at("place").at("index").get<int>() + 1);
  const Answer body = node.get("/bodies/" + one.at("digest").get<std::string>());
  CHECK(body.status == 200);
  CHECK(json::parse(body.text) == statement);
  const auto parsed = vcnode::json::Document::parse(body.text);
  REQUIRE_OK(parsed);
  const auto proof = credential::verify_proofs(parsed->root(), "assertionMethod", DidKeyResolver());
  REQUIRE_OK(proof);
  CHECK(proof->verified);
  const json row = listed(node, "").at("statements").at(0);
  CHECK(row.at("id") == one.at("id"));
  CHECK(row.at("digest") == one.at("digest"));
  CHECK(row.at("place") == one.at("place"));
  CHECK(row.at("kind") == "accreditation");
  CHECK(row.at("subject") == kBody);
  CHECK(row.at("validUntil") == nullptr);
}

TEST_CASE("several statements share one head, or none of them is published") {
  const TestHome home;
  const RunningNode node(home);
  json good = accreditation_draft();
  json bad = accreditation_draft();
  bad["credentialSubject"]["decision"] = "perhaps";
  CHECK_PROBLEM(say(node, {good, bad}), 400, codes::STATEMENT_MALFORMED, "statement 2 of 2");
  CHECK(listed(node, "").at("statements").empty());
  const json rows = said(node, {good, good, good});
  REQUIRE(rows.size() == 3);
  for (std::size_t i = 1; i < rows.size(); ++i)
    CHECK(rows[i].at("place").at("index") == rows[i - 1].at("place").at("index").get<int>() + 1);
  CHECK_PROBLEM(say(node, json(std::vector<json>(101, good))), 400, codes::REQUEST_TOO_MANY, "101");
  CHECK_PROBLEM(say(node, json::array()), 400, codes::REQUEST_MALFORMED);
}

TEST_CASE("an id is spent once, in the feed and within a request") {
  const TestHome home;
  const RunningNode node(home);
  json named = accreditation_draft();
  named["id"] = "urn:uuid:00000000-0000-4000-8000-000000000001";
  CHECK_PROBLEM(say(node, {named, named}), 409, codes::STATEMENT_ID_USED);
  CHECK(said(node, named).at(0).at("id") == named.at("id"));
  CHECK_PROBLEM(say(node, named), 409, codes::STATEMENT_ID_USED, "main");
}

TEST_CASE("a withdrawal names a statement of the same issuer by id and digest") {
  const TestHome home;
  const RunningNode node(home);
  const json one = said(node, accreditation_draft()).at(0);
  const json other = said(node, accreditation_draft()).at(0);
  json wrong = withdrawal_draft(one);
  wrong["credentialSubject"]["digestMultibase"] =
      withdrawal_draft(other).at("credentialSubject").at("digestMultibase");
  CHECK_PROBLEM(say(node, wrong), 404, codes::STATEMENT_UNKNOWN, one.at("digest").get<std::string>());
  wrong["credentialSubject"]["id"] = "urn:uuid:00000000-0000-4000-8000-000000000002";
  CHECK_PROBLEM(say(node, wrong), 404, codes::STATEMENT_UNKNOWN);
  said(node, withdrawal_draft(one));
  const json rows = listed(node, "?kind=withdrawal").at("statements");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("subject") == one.at("id"));
}

TEST_CASE("what was signed elsewhere with the issuer's key is taken as it is, and nothing else") {
  const TestHome home;
  const RunningNode node(home);
  const json one = said(node, accreditation_draft()).at(0).at("statement");
  json forged = one;
  forged["id"] = "urn:uuid:00000000-0000-4000-8000-000000000003";
  CHECK_PROBLEM(say(node, forged), 400, codes::STATEMENT_INVALID, "proof");
  CHECK_PROBLEM(say(node, one.dump()), 409, codes::STATEMENT_ID_USED);
  json unsigned_text = one;
  unsigned_text.erase("proof");
  CHECK_PROBLEM(say(node, unsigned_text.dump()), 400, codes::REQUEST_MALFORMED, "no proof");
  SeededRng rng(7);
  KeyPairSigner stranger(Ed25519KeyPair::generate(rng));
  unsigned_text["id"] = "urn:uuid:00000000-0000-4000-8000-000000000004";
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(stranger.public_key());
  const auto elsewhere = credential::add_proof(unsigned_text, options, stranger);
  REQUIRE_OK(elsewhere);
  CHECK_PROBLEM(say(node, *elsewhere), 400, codes::STATEMENT_INVALID);
}

TEST_CASE("a whole unsigned statement is filled in and checked") {
  const TestHome home;
  const RunningNode node(home);
  json whole = said(node, accreditation_draft()).at(0).at("statement");
  for (const char* member : {"proof", "id", "issuer", "validFrom"}) whole.erase(member);
  CHECK(said(node, whole).at(0).at("statement").at("issuer") == home.did().text());
  whole["issuer"] = kBody;
  CHECK_PROBLEM(say(node, whole), 400, codes::ISSUER_MISMATCH);
  whole.erase("issuer");
  whole["type"] = {"VerifiableCredential", "Diploma"};
  CHECK_PROBLEM(say(node, whole), 400, codes::STATEMENT_KIND_UNKNOWN);
  CHECK_PROBLEM(say(node, {{"kind", "diploma"}, {"credentialSubject", {{"id", kBody}}}}), 400,
                codes::STATEMENT_KIND_UNKNOWN, "accreditation");
  CHECK_PROBLEM(say(node, 7), 400, codes::REQUEST_MALFORMED);
  CHECK_PROBLEM(say(node, {{"kind", "closed"}, {"credentialSubject", {{"id", home.did().text()}}}}), 400,
                codes::REQUEST_UNSUPPORTED, "issuer close");
  json extra = accreditation_draft();
  extra["scope"] = json::object();
  CHECK_PROBLEM(say(node, extra), 400, codes::REQUEST_UNKNOWN_MEMBER);
}

TEST_CASE("the listing has pages, filters, a tag, and no place for what it does not know") {
  const TestHome home;
  const RunningNode node(home);
  json sponsorship{{"kind", "sponsorship"}, {"credentialSubject", {{"id", kBody}, {"quota", 3}}}};
  const json rows = said(node, {accreditation_draft(), sponsorship, accreditation_draft()});
  const json first = listed(node, "?limit=2");
  CHECK(first.at("statements").size() == 2);
  REQUIRE(first.at("next").is_string());
  const json rest = listed(node, "?limit=2&after=" + first.at("next").get<std::string>());
  REQUIRE(rest.at("statements").size() == 1);
  CHECK(rest.at("statements").at(0).at("id") == rows[2].at("id"));
  CHECK(rest.at("next") == nullptr);
  CHECK(listed(node, "?limit=3").at("next") == nullptr);
  CHECK(listed(node, "?kind=sponsorship").at("statements").size() == 1);
  CHECK(listed(node, "?subject=" + kBody).at("statements").size() == 3);
  CHECK(listed(node, "?subject=" + kBody + "&kind=accreditation").at("statements").size() == 2);
  CHECK(listed(node, "?issuer=" + home.did().text()).at("statements").size() == 3);
  CHECK(listed(node, "?issuer=" + kBody).at("statements").empty());
  CHECK(listed(node, "?id=" + rows[1].at("id").get<std::string>()).at("statements").size() == 1);
  CHECK(listed(node, "?digest=" + rows[1].at("digest").get<std::string>()).at("statements").size() == 1);
  CHECK_PROBLEM(node.get("/statements?kind=diploma"), 400, codes::STATEMENT_KIND_UNKNOWN);
  for (const char* bad : {"?limit=0", "?limit=1001", "?digest=12", "?after=a~b", "?after=a~1~b"})
    CHECK_PROBLEM(node.get(std::string("/statements") + bad), 400, codes::REQUEST_MALFORMED);
  CHECK_PROBLEM(node.get("/statements?suject=x"), 400, codes::REQUEST_UNKNOWN_MEMBER);
  CHECK(node.get("/statements").headers.at("cache-control") == "public, no-cache");
  CHECK(node.get("/statements").headers.contains("etag"));
}

TEST_CASE("only the admin socket publishes, for issuers hosted here, until the feed is closed") {
  const TestHome home;
  const RunningNode node(home);
  CHECK(node.post("/admin/issuers/main/statements", {{"statement", accreditation_draft()}}, kOperatorToken)
            .status == 404);
  CHECK_PROBLEM(node.ask({.method = "POST",
                          .path = "/admin/issuers/nobody/statements",
                          .body = json{{"statement", accreditation_draft()}}.dump(),
                          .admin = true}),
                404, codes::ISSUER_UNKNOWN);
  REQUIRE(eventually([&] {
    return node.ask({.method = "POST",
                     .path = "/admin/issuers/main/close",
                     .body = json{{"date", node::SystemClock().now().wall.to_string()}}.dump(),
                     .admin = true})
               .status == 200;
  }));
  CHECK_PROBLEM(say(node, accreditation_draft()), 409, codes::FEED_CLOSED);
}

TEST_CASE("what a publication says survives a restart") {
  const TestHome home;
  json rows;
  {
    RunningNode node(home);
    rows = said(node, accreditation_draft());
    node.stop();
  }
  const RunningNode again(home);
  CHECK(listed(again, "").at("statements").at(0).at("id") == rows.at(0).at("id"));
  json same = accreditation_draft();
  same["id"] = rows.at(0).at("id");
  CHECK_PROBLEM(say(again, same), 409, codes::STATEMENT_ID_USED);
}

}  // namespace vcnode::test
