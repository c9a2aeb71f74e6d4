// Who presents a credential, over HTTP: what was typed, presentations, challenges, stacking.
#include "crypto/base/codes.h"
#include "crypto/jcs.h"
#include "crypto/signer.h"
#include "node/app/challenge_ledger.h"
#include "node/app/codes.h"
#include "node/net/codes.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/recognition/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/presentation.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

struct Learner {
  KeyPairSigner signer;
  Did did;
  Learner() : signer(make()), did(did_key::did_of(signer.public_key())) {}
  static Ed25519KeyPair make() {
    SystemRng rng;
    return Ed25519KeyPair::generate(rng);
  }
};

json certificate_of(const Learner& learner) {
  json document = sample_credential();
  document["credentialSubject"]["id"] = learner.did.text();
  return document;
}

json presented(Learner& learner, const json& credential, const std::string& challenge) {
  auto draft = verify::draft_presentation({credential.dump()}, learner.did);
  REQUIRE_OK(draft);
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(learner.signer.public_key());
  options.created = node::SystemClock().now().wall;
  options.proof_purpose = "authentication";
  options.challenge = challenge;
  options.domain = "desk.example";
  auto made = credential::add_proof(*draft, options, learner.signer);
  REQUIRE_OK(made);
  return *made;
}

std::string fresh_challenge() {
  SystemRng rng;
  return verify::new_challenge(node::SystemClock().now().wall, rng);
}

std::string subject_code_in(const json& verdict) {
  for (const json& check : verdict.at("checks"))
    if (check.at("check") == "subject") return check.at("code");
  return {};
}

Answer judge(const RunningNode& node, const json& request) {
  return node.post("/verdict", request);
}

}  // namespace

TEST_CASE("what the asker types of the person is compared, and is in no byte of the answer") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const json trust = json::array({home.did().text()});
  const Answer same =
      judge(node, {{"credential", credential}, {"trust", trust}, {"subject", {{"name", "AOIFE"}}}});
  REQUIRE(same.status == 200);
  CHECK(subject_code_in(same.body().at("verdict")) == "SUBJECT_NAME_MATCHED");
  CHECK(same.text.find("AOIFE") == std::string::npos);
  const Answer other = judge(node, {{"credential", credential},
                                    {"trust", trust},
                                    {"subject", {{"name", "Niamh"}, {"birthDate", "1999-10-02"}}}});
  CHECK(other.body().at("verdict").at("code") == "SUBJECT_NAME_DIFFERS");
  CHECK(other.body().at("verdict").at("verdict") == "cannot-tell");
  CHECK(other.text.find("Niamh") == std::string::npos);
  const auto bad = [&](const json& subject, Code code) {
    CHECK_PROBLEM(judge(node, {{"credential", credential}, {"subject", subject}}), 400, code);
  };
  bad("Aoife", codes::REQUEST_MALFORMED);
  bad(json::object(), codes::SUBJECT_STATED_MALFORMED);
  bad({{"name", 7}}, codes::REQUEST_MALFORMED);
  bad({{"name", "Aoife"}, {"birthDate", "1999-02-30"}}, codes::SUBJECT_STATED_MALFORMED);
  bad({{"name", "Aoife"}, {"height", "1.80"}}, codes::REQUEST_UNKNOWN_MEMBER);
}

TEST_CASE("a presentation that answers the challenge is key-bound, once") {
  const TestHome home;
  const RunningNode node(home);
  Learner learner;
  const json credential = issue(node, certificate_of(learner));
  const std::string challenge = fresh_challenge();
  const json question{{"presentation", presented(learner, credential, challenge)},
                      {"challenge", challenge},
                      {"domain", "desk.example"},
                      {"trust", json::array({home.did().text()})}};
  const Answer first = judge(node, question);
  REQUIRE_MESSAGE(first.status == 200, first.text);
  const json body = first.body();
  CHECK(body.at("headline") == "Genuine and in force");
  CHECK(body.at("verdict").at("verdicts").at(0).at("subject") == "key-bound");
  CHECK(body.at("verdict").at("holder").back().at("code") == "CHALLENGE_ANSWERED");
  CHECK(body.at("credentials").at(0).at("sources").at(0).at("kind") == "feed");
  CHECK(first.text.starts_with(concat(R"({"verdict":)", *jcs::canonicalize(body.at("verdict")), ",")));
  const json again = judge(node, question).body();
  CHECK(again.at("verdict").at("holder").back().at("code") == "CHALLENGE_USED");
  CHECK(again.at("verdict").at("verdicts").at(0).at("verdict") == "not-valid");
  const json both = judge(node, json::array({{{"credential", credential}}, question})).body();
  REQUIRE(both.size() == 2);
  CHECK(both[1].at("verdict").contains("holder"));

  CHECK_PROBLEM(judge(node, {{"presentation", json::object()}, {"challenge", "x"}}), 400,
                codes::REQUEST_MALFORMED, "belong together");
  CHECK_PROBLEM(judge(node, {{"presentation", json::object()}, {"credential", credential}}), 400,
                codes::REQUEST_MALFORMED, "not both");
  CHECK_PROBLEM(judge(node, {{"credential", credential}, {"challenge", "x"}, {"domain", "y"}}), 400,
                codes::REQUEST_MALFORMED, "presentation");
  const json broken = judge(node, {{"presentation", json::object()}}).body();
  CHECK(broken.at("verdict").at("holder").at(0).at("code") == "PRESENTATION_MALFORMED");
  CHECK(broken.at("verdict").at("verdicts").empty());
}

TEST_CASE("challenges are remembered as long as they can be good, and a crowd of them is refused") {
  node::ChallengeLedger ledger(2);
  const Timestamp now{1'795'355'400};
  CHECK(ledger.take("a", now).value());
  CHECK_FALSE(ledger.take("a", now).value());
  CHECK(ledger.take("b", now).value());
  CHECK_CODE(ledger.take("c", now.plus_seconds(1'200)), codes::SERVER_BUSY);
  CHECK(ledger.take("c", now.plus_seconds(1'201)).value());
  CHECK(ledger.take("a", now.plus_seconds(1'201)).value());
}

TEST_CASE("stacking needs a rule that is held, and components in bounds") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const auto ask = [&](const json& request) { return node.post("/stack", request); };
  CHECK_PROBLEM(ask({{"rule", "urn:uuid:none"}, {"components", json::array({credential})}}), 404,
                codes::STATEMENT_UNKNOWN, "urn:uuid:none");
  CHECK_PROBLEM(ask({{"rule", {{"issuer", home.did().text()}}}, {"components", json::array({credential})}}),
                404, codes::STATEMENT_UNKNOWN);
  CHECK_PROBLEM(
      ask({{"rule", "x"}, {"ruleIssuer", home.did().text()}, {"components", json::array({credential})}}), 404,
      codes::STATEMENT_UNKNOWN);
  CHECK_PROBLEM(ask({{"components", json::array({credential})}}), 400, codes::REQUEST_MALFORMED, "\"rule\"");
  CHECK_PROBLEM(ask({{"rule", 7}, {"components", json::array({credential})}}), 400, codes::REQUEST_MALFORMED,
                "\"rule\"");
  CHECK_PROBLEM(ask({{"rule", "x"}}), 400, codes::REQUEST_MALFORMED, "\"components\"");
  CHECK_PROBLEM(ask({{"rule", "x"}, {"components", json::array()}}), 400, codes::REQUEST_MALFORMED);
  CHECK_PROBLEM(ask({{"rule", "x"}, {"components", json(std::vector<json>(97, credential))}}), 400,
                codes::REQUEST_TOO_MANY, "96");
  CHECK_PROBLEM(ask({{"rule", "x"}, {"components", json::array({credential})}, {"colour", 1}}), 400,
                codes::REQUEST_UNKNOWN_MEMBER);
  CHECK_PROBLEM(ask({{"rule", "x"}, {"components", json::array({credential})}, {"awarded", "soon"}}), 400,
                codes::TIME_INVALID);
}

}  // namespace vcnode::test
