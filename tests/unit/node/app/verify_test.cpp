#include "crypto/base/codes.h"
#include "node/app/codes.h"
#include "protocol/credential/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

Answer verify(const RunningNode& node, const json& credential, json options = json::object()) {
  return node.post("/credentials/verify",
                   {{"verifiableCredential", credential}, {"options", std::move(options)}});
}

json altered(json credential) {
  credential["credentialSubject"]["name"] = "Mallory";
  return credential;
}

}  // namespace

TEST_CASE("an authentic credential in force is verified without any trust") {
  const TestHome home;
  const RunningNode node(home);
  const Answer answer = verify(node, issue(node));
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  CHECK(answer.body().at("verified") == true);
  CHECK(answer.body().at("outcome") == "issuer-not-confirmed");
  CHECK(!answer.body().contains("problemDetails"));
}

TEST_CASE("altered, revoked and malformed credentials are 400 with distinct problem types") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  CHECK_PROBLEM(verify(node, altered(credential)), 400, codes::PROOF_SIGNATURE);
  CHECK(verify(node, altered(credential)).body().at("outcome") == "not-valid");
  CHECK_PROBLEM(verify(node, {{"type", json::array({"NonconformingDocument"})}}), 400,
                codes::CREDENTIAL_CONTEXT);
  REQUIRE(node.post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
  const Answer revoked = verify(node, credential);
  CHECK_PROBLEM(revoked, 400, codes::STATUS_REVOKED);
  CHECK(revoked.body().at("problemDetails").size() == 1);
}

TEST_CASE("what cannot be checked is 400 and says cannot-tell, never verified") {
  const TestHome issuer_home;
  const RunningNode issuer(issuer_home);
  const TestHome home(0);
  const RunningNode stranger(home);
  const Answer answer = verify(stranger, issue(issuer));
  CHECK_PROBLEM(answer, 400, codes::STATUS_FEED_NOT_HELD);
  CHECK(answer.body().at("verified") == false);
  CHECK(answer.body().at("outcome") == "cannot-tell");
}

TEST_CASE("the proof alone is checked by path or by option") {
  const TestHome issuer_home;
  const RunningNode issuer(issuer_home);
  const TestHome home(0);
  const RunningNode stranger(home);
  const json credential = issue(issuer);
  CHECK(verify(stranger, credential, {{"checks", {"proof"}}}).status == 200);
  CHECK(verify(stranger, credential, {{"checks", {"proof", "credentialStatus"}}}).status == 400);
  CHECK(verify(stranger, credential, {{"checks", json::array()}, {"returnResults", true}}).status == 400);
  const auto proof = [&](const json& c) {
    return stranger.post("/proof/credentials/verify", {{"verifiableCredential", c}});
  };
  CHECK(proof(credential).status == 200);
  CHECK_PROBLEM(proof(altered(credential)), 400, codes::PROOF_SIGNATURE);
}

TEST_CASE("malformed requests to verify are answered as unverified") {
  const TestHome home(0);
  const RunningNode node(home);
  const auto post = [&](std::string body) {
    return node.ask({.method = "POST", .path = "/credentials/verify", .body = std::move(body)});
  };
  const Answer no_json = post("nonsense");
  CHECK_PROBLEM(no_json, 400, codes::JSON_SYNTAX);
  CHECK(no_json.body().at("verified") == false);
  CHECK(no_json.body().at("outcome") == "malformed-request");
  CHECK_PROBLEM(post("{}"), 400, codes::REQUEST_MALFORMED, "verifiableCredential");
  CHECK_PROBLEM(post(R"({"verifiableCredential":{},"options":[]})"), 400, codes::REQUEST_MALFORMED,
                "options");
  CHECK_PROBLEM(post(R"({"verifiableCredential":{},"options":{"checks":"proof"}})"), 400,
                codes::REQUEST_MALFORMED, "checks");
  CHECK_PROBLEM(post(R"({"verifiableCredential":{},"options":{"checks":[1]}})"), 400,
                codes::REQUEST_MALFORMED, "checks");
  CHECK(post(R"({"verifiableCredential":"eyJ.a.b"})").status == 400);
  CHECK(post(R"({"verifiableCredential":null})").status == 400);
}

TEST_CASE("a busy node refuses instead of answering late") {
  const TestHome home(0);
  node::NodeOptions options;
  options.worker_queue_max = 0;
  const RunningNode node(home, options);
  const Answer answer = verify(node, sample_credential());
  CHECK_PROBLEM(answer, 503, codes::SERVER_BUSY);
  CHECK(answer.headers.at("retry-after") == "1");
  CHECK(node.get("/livez").status == 200);
}

TEST_CASE("what is sent to be verified is not in the log") {
  const TestHome home;
  RunningNode node(home);
  json credential = issue(node);
  const auto index = [&] {
    return credential.at("credentialStatus")[0].at("statusListIndex").get<std::string>();
  };
  while (index().size() < 5) credential = issue(node);  // a shorter one stands in any time stamp
  const auto id = credential.at("id").get<std::string>();
  CHECK(verify(node, credential).status == 200);
  CHECK(node.post("/verdict", {{"credential", altered(credential)}}).status == 200);
  CHECK(node.post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
  node.stop();
  const std::string log = node.log();
  CHECK(log.find("category=app event=ready") != std::string::npos);
  for (const std::string& secret :
       {id, std::string("Aoife"), std::string("learner"), std::string(kIssuerToken), index()}) {
    CHECK_MESSAGE(log.find(secret) == std::string::npos, secret, " is in\n", log);
  }
}

}  // namespace vcnode::test
