#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "node/app/codes.h"
#include "protocol/did/codes.h"
#include "protocol/evidence/codes.h"
#include "protocol/evidence/stated.h"
#include "protocol/evidence/verdict_signature.h"
#include "protocol/witness/codes.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

Answer ask(const RunningNode& node, const json& request) {
  return node.post("/verdict", request);
}

Result<evidence::VerdictSignature> signature_of(const std::string& answer) {
  const auto document = vcnode::json::Document::parse(answer, evidence::kVerdictLimits);
  REQUIRE_OK(document);
  return evidence::check_signature(document->root(), node::SystemClock().now().wall);
}

}  // namespace

TEST_CASE("the verdict stands in the answer as its exact JCS text, beside headline, messages and sources") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const std::string at = node::SystemClock().now().wall.to_string();  // not before the signature
  const Answer answer = ask(node, {{"credential", credential}, {"trust", {home.did().text()}}, {"at", at}});
  REQUIRE(answer.status == 200);
  const json body = answer.body();
  CHECK(body.at("headline") == "Genuine and in force");
  CHECK(body.at("verdict").at("at") == at);
  CHECK(body.at("messages").size() == body.at("verdict").at("checks").size());
  CHECK(body.at("sources")[0].at("kind") == "feed");
  const auto canonical = jcs::canonicalize(body.at("verdict"));
  REQUIRE_OK(canonical);
  CHECK(answer.text.starts_with(concat(R"({"verdict":)", *canonical, ",")));
  const auto presented = jcs::canonicalize(credential);
  REQUIRE_OK(presented);
  CHECK(body.at("verdict").at("credential") ==
        concat("sha256:", hex_encode(sha256(as_bytes(*presented)).view())));
}

TEST_CASE("how the credential was laid out in the request does not reach the verdict") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const json question{{"at", "2026-11-22T13:50:00Z"}, {"credential", credential}};
  const Answer dense = node.ask({.method = "POST", .path = "/verdict", .body = question.dump()});
  const Answer spaced = node.ask({.method = "POST", .path = "/verdict", .body = question.dump(4)});
  CHECK(dense.text == spaced.text);
}

TEST_CASE("without trust an authentic credential is issuer-not-confirmed, whatever it is the answer is 200") {
  const TestHome home;
  const RunningNode node(home);
  CHECK(ask(node, {{"credential", issue(node)}}).body().at("verdict").at("verdict") ==
        "issuer-not-confirmed");
  CHECK(ask(node, {{"credential", json::object()}}).body().at("verdict").at("class") == "malformed");
  CHECK(ask(node, {{"credential", "eyJ.a.b"}}).status == 200);
}

TEST_CASE("the asker may name witnesses, which becomes part of the policy") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const json plain = ask(node, {{"credential", credential}}).body().at("verdict");
  CHECK(plain.at("issuer").at("quorum") == "unwitnessed");
  const std::string policy = "witness w w+10043a1a+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\nquorum w\n";
  const json asked = ask(node, {{"credential", credential}, {"witnessPolicy", policy}}).body().at("verdict");
  CHECK(asked.at("issuer").at("quorum") == "missed");
  CHECK(asked.at("policy") != plain.at("policy"));
}

TEST_CASE("facts about an issuer that nobody confirms stand beside the verdict, and never in its bytes") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const std::string at = node::SystemClock().now().wall.to_string();
  const json alone = ask(node, {{"credential", credential}, {"at", at}}).body();
  CHECK(alone.at("known").at("issuer") == home.did().text());
  CHECK(alone.at("known").at("domain").is_null());
  CHECK(alone.at("known").at("statements").empty());
  CHECK_FALSE(alone.at("verdict").contains("known"));
  const json confirmed =
      ask(node, {{"credential", credential}, {"at", at}, {"trust", {home.did().text()}}}).body();
  CHECK(confirmed.at("known").is_null());
  CHECK(ask(node, {{"credential", json::object()}}).body().at("known").is_null());
}

TEST_CASE("an array of questions is answered in order") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const Answer answer = ask(node, json::array({{{"credential", credential}, {"trust", {home.did().text()}}},
                                               {{"credential", json::object()}},
                                               {{"credential", credential}}}));
  REQUIRE(answer.status == 200);
  const json body = answer.body();
  REQUIRE(body.size() == 3);
  CHECK(body[0].at("verdict").at("verdict") == "valid");
  CHECK(body[1].at("verdict").at("verdict") == "not-valid");
  CHECK(body[2].at("verdict").at("verdict") == "issuer-not-confirmed");
  CHECK(ask(node, json::array()).text == "[]");
}

TEST_CASE("a verdict is signed beside its bytes, where that is asked for and by a key of its own") {
  TestHome home;
  home.add_verdict_key();
  const RunningNode node(home);
  const json credential = issue(node);
  const std::string at = node::SystemClock().now().wall.to_string();
  const json question{{"credential", credential}, {"trust", {home.did().text()}}, {"at", at}};
  json asked = question;
  asked["sign"] = true;
  const Answer answer = ask(node, asked);
  const json unsigned_answer = ask(node, question).body();
  CHECK_FALSE(unsigned_answer.contains("signature"));
  CHECK(answer.body().at("verdict") == unsigned_answer.at("verdict"));

  const auto signature = signature_of(answer.text);
  REQUIRE_OK(signature);
  const json key = node.get("/verdict/key").body();
  CHECK(signature->signer.text() == key.at("signer"));
  CHECK(signature->node == key.at("node"));
  CHECK(signature->network == "vcnode-test");
  CHECK(key.at("signer") != concat("did:key:", node.info().node_key));
  CHECK(key.at("signer") != home.did().text());

  asked["sign"] = false;
  CHECK_FALSE(ask(node, asked).body().contains("signature"));
  asked["sign"] = 1;
  CHECK_PROBLEM(ask(node, asked), 400, codes::REQUEST_MALFORMED, "\"sign\"");
}

TEST_CASE("each verdict of an array and that of a presentation has its own signature") {
  TestHome home;
  home.add_verdict_key();
  const RunningNode node(home);
  const Answer answer = ask(node, json::array({{{"credential", json::object()}, {"sign", true}},
                                               {{"credential", json::object()}},
                                               {{"presentation", json::object()}, {"sign", true}}}));
  REQUIRE(answer.status == 200);
  const json body = answer.body();
  REQUIRE_OK(signature_of(body[0].dump()));
  CHECK_CODE(signature_of(body[1].dump()), codes::VERDICT_UNSIGNED);
  REQUIRE_OK(signature_of(body[2].dump()));
  json swapped = body[0];
  swapped["signature"] = body[2].at("signature");
  CHECK_CODE(signature_of(swapped.dump()), codes::VERDICT_SIGNATURE_OTHER);
}

TEST_CASE("a node without a key for it refuses to sign, before it judges anything") {
  const TestHome home(0);
  const RunningNode node(home);
  CHECK_PROBLEM(ask(node, {{"credential", json::object()}, {"sign", true}}), 501, codes::VERDICT_SIGNING_OFF,
                "verdict signer new");
  CHECK(ask(node, {{"credential", json::object()}, {"sign", false}}).status == 200);
  CHECK(node.get("/verdict/key").status == 404);
}

TEST_CASE("malformed questions are refused and the element is named") {
  const TestHome home(0);
  const RunningNode node(home);
  const json good{{"credential", json::object()}};
  const auto with = [&](const char* member, json value) {
    json question = good;
    question[member] = std::move(value);
    return question;
  };
  CHECK_PROBLEM(ask(node, 7), 400, codes::REQUEST_MALFORMED);
  CHECK_PROBLEM(ask(node, json::object()), 400, codes::REQUEST_MALFORMED, "\"credential\"");
  CHECK_PROBLEM(ask(node, with("trust", "did:key:x")), 400, codes::REQUEST_MALFORMED, "array of DIDs");
  CHECK_PROBLEM(ask(node, with("trust", {7})), 400, codes::REQUEST_MALFORMED, "array of DIDs");
  CHECK_PROBLEM(ask(node, with("trust", {"nonsense"})), 400, codes::DID_INVALID);
  CHECK_PROBLEM(ask(node, with("trust", json(std::vector<std::string>(1001, "did:key:x")))), 400,
                codes::REQUEST_TOO_MANY, "1000");
  CHECK_PROBLEM(ask(node, with("witnessPolicy", 7)), 400, codes::REQUEST_MALFORMED, "tlog-policy");
  CHECK_PROBLEM(ask(node, with("witnessPolicy", "quorum nobody\n")), 400, codes::WITNESS_POLICY_MALFORMED);
  CHECK_PROBLEM(ask(node, with("at", 7)), 400, codes::REQUEST_MALFORMED, "\"at\"");
  CHECK_PROBLEM(ask(node, with("at", "yesterday")), 400, codes::TIME_INVALID);
  CHECK_PROBLEM(ask(node, with("colour", "blue")), 400, codes::REQUEST_UNKNOWN_MEMBER, "\"colour\"");
  CHECK_PROBLEM(ask(node, with("evidence", json::object())), 400, codes::EVIDENCE_MALFORMED, "\"type\"");
  CHECK_PROBLEM(ask(node, with("evidence", 7)), 400, codes::EVIDENCE_MALFORMED);
  CHECK_PROBLEM(ask(node, json::array({good, with("colour", 1)})), 400, codes::REQUEST_UNKNOWN_MEMBER,
                "element 1");
  CHECK_PROBLEM(ask(node, json(std::vector<json>(101, good))), 400, codes::REQUEST_TOO_MANY,
                "the limit is 100");
}

}  // namespace vcnode::test
