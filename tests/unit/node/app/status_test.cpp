#include "node/app/codes.h"
#include "protocol/feed/codes.h"
#include "protocol/status/codes.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

Answer change(const RunningNode& node, const json& request) {
  return node.post("/credentials/status", request, kIssuerToken);
}

}  // namespace

TEST_CASE("a revoked credential is revoked in the next verdict, for ever") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const json other = issue(node);
  const Answer answer = change(node, revocation_of(credential));
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  CHECK(answer.body().at("credentialStatus") ==
        json::array({{{"statusPurpose", "revocation"}, {"status", true}}}));
  CHECK(answer.body().at("head").at("size") == 3);
  CHECK(answer.body().at("peers") == 0);
  CHECK(answer.body().at("revoked") == true);
  const json verdict = verdict_at(node, credential);
  CHECK(verdict.at("verdict") == "not-valid");
  CHECK(verdict.at("class") == "revoked");
  CHECK(verdict_at(node, other).at("verdict") == "valid");
  CHECK_PROBLEM(change(node, revocation_of(credential, false)), 409, codes::STATUS_REVOCATION_FINAL);
  CHECK(change(node, suspension_of(credential, false)).body().at("revoked") == true);
  CHECK(change(node, suspension_of(other, false)).body().at("revoked") == false);
}

TEST_CASE("a suspension comes and goes, and what is already so costs no head") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const Answer suspended = change(node, suspension_of(credential, true));
  REQUIRE(suspended.status == 200);
  CHECK(verdict_at(node, credential).at("class") == "suspended");
  const Answer again = change(node, suspension_of(credential, true));
  REQUIRE(again.status == 200);
  CHECK(again.body().at("head") == suspended.body().at("head"));
  REQUIRE(change(node, suspension_of(credential, false)).status == 200);
  CHECK(verdict_at(node, credential).at("verdict") == "valid");
}

TEST_CASE("the shapes of the VC API and of list and index name the same credential") {
  const TestHome home;
  const RunningNode node(home);
  const json a = issue(node);
  const json b = issue(node);
  const json c = issue(node);
  const auto revoked = [&](const json& credential) {
    return verdict_at(node, credential).at("class") == "revoked";
  };
  REQUIRE(change(node, {{"credentialId", a.at("id")},
                        {"credentialStatus",
                         {{"type", "BitstringStatusListEntry"}, {"statusPurpose", "revocation"}}},
                        {"status", true}})
              .status == 200);
  CHECK(revoked(a));
  REQUIRE(change(node,
                 {{"list", "main-1"},
                  {"index", std::stoi(b.at("credentialStatus")[0].at("statusListIndex").get<std::string>())},
                  {"credentialStatus", json::array({{{"statusPurpose", "revocation"}, {"status", "1"}}})}})
              .status == 200);
  CHECK(revoked(b));
  json entry = c.at("credentialStatus")[0];
  entry["status"] = true;
  REQUIRE(change(node, {{"credentialStatus", entry}}).status == 200);
  CHECK(revoked(c));
}

TEST_CASE("changes asked for within one second share one head") {
  const TestHome home;
  const RunningNode node(home);
  std::vector<json> credentials;
  for (int i = 0; i < 6; ++i) credentials.push_back(issue(node));
  REQUIRE(change(node, revocation_of(credentials[0])).status == 200);
  std::vector<std::future<json>> running;
  for (std::size_t i = 1; i < credentials.size(); ++i) {
    running.push_back(std::async(std::launch::async, [&node, &credentials, i] {
      const Answer answer = change(node, revocation_of(credentials[i]));
      return answer.status == 200 ? answer.body().at("head") : json(answer.text);
    }));
  }
  std::map<std::string, int> heads;
  for (auto& head : running) ++heads[head.get().dump()];
  CHECK_MESSAGE(heads.size() == 1, heads.begin()->first);
  for (const json& credential : credentials) CHECK(verdict_at(node, credential).at("class") == "revoked");
}

TEST_CASE("one refused change takes no other down, and a request's changes happen together or not at all") {
  const TestHome home;
  const RunningNode node(home);
  const json a = issue(node);
  const json b = issue(node);
  REQUIRE(change(node, revocation_of(a)).status == 200);
  auto refused = std::async(std::launch::async, [&] {
    return change(
        node, {{"credentialId", a.at("id")},
               {"credentialStatus", json::array({{{"statusPurpose", "suspension"}, {"status", true}},
                                                 {{"statusPurpose", "revocation"}, {"status", false}}})}});
  });
  CHECK(change(node, revocation_of(b)).status == 200);
  CHECK_PROBLEM(refused.get(), 409, codes::STATUS_REVOCATION_FINAL);
  CHECK(verdict_at(node, b).at("class") == "revoked");
  CHECK(verdict_at(node, a).at("status").at("suspension") == "clear");
}

TEST_CASE("a publication that cannot be made is refused alone") {
  TestHome home;
  json credential;
  {
    const RunningNode node(home);
    credential = issue(node);
  }
  home.config.public_url =
      concat("https://issuer.test/", std::string(2'000, 'a'));  // too long for a list's URI
  const RunningNode node(home);
  REQUIRE(change(node, suspension_of(credential, true)).status == 200);
  // The next head is due in a second; until then both wait in one batch.
  auto issued = std::async(std::launch::async, [&] {
    return node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken);
  });
  const Answer revoked = change(node, revocation_of(credential));
  CHECK_MESSAGE(revoked.status == 200, revoked.text);
  CHECK_PROBLEM(issued.get(), 400, codes::LEAF_MALFORMED);
}

TEST_CASE("what was not issued here cannot be changed") {
  const TestHome home;
  const RunningNode node(home);
  json stranger = sample_credential();
  stranger["id"] = "urn:example:unknown";
  CHECK_PROBLEM(change(node, revocation_of(stranger)), 404, codes::CREDENTIAL_UNKNOWN, "urn:example:unknown");
  const json by_index{
      {"list", "main-1"},
      {"index", 131'072},
      {"credentialStatus", json::array({{{"statusPurpose", "revocation"}, {"status", true}}})}};
  CHECK_PROBLEM(change(node, by_index), 404, codes::CREDENTIAL_UNKNOWN, "index 131072 of list 'main-1'");
  json other_list = by_index;
  other_list["list"] = "https://elsewhere.test/status-lists/1";
  CHECK_PROBLEM(change(node, other_list), 404, codes::CREDENTIAL_UNKNOWN, "elsewhere.test");
}

TEST_CASE("malformed status requests are refused by name") {
  const TestHome home;
  const RunningNode node(home);
  const json entry{{"statusPurpose", "revocation"}, {"status", true}};
  const auto with = [&](json e) {
    return json{{"credentialId", "urn:example:1"}, {"credentialStatus", json::array({std::move(e)})}};
  };
  CHECK_PROBLEM(change(node, {{"credentialId", "urn:example:1"}}), 400, codes::REQUEST_MALFORMED,
                "\"credentialStatus\"");
  json word = with(entry);
  word["credentialStatus"][0]["status"] = "true";
  CHECK_PROBLEM(change(node, word), 400, codes::REQUEST_MALFORMED, "\"1\" or \"0\"");
  json two = with(entry);
  two["status"] = false;
  CHECK_PROBLEM(change(node, two), 400, codes::REQUEST_MALFORMED, "another in an entry");
  json both = with(entry);
  both["credentialStatus"].push_back({{"statusPurpose", "revocation"}, {"status", false}});
  CHECK_PROBLEM(change(node, both), 400, codes::REQUEST_MALFORMED, "both sets and clears revocation");
  CHECK_PROBLEM(change(node, {{"credentialStatus", json::array()}}), 400, codes::REQUEST_MALFORMED, "empty");
  CHECK_PROBLEM(change(node, {{"credentialStatus", json::array({entry})}}), 400, codes::REQUEST_MALFORMED,
                "\"credentialId\"");
  CHECK_PROBLEM(change(node, {{"credentialId", 7}, {"credentialStatus", entry}}), 400,
                codes::REQUEST_MALFORMED, "string");
  CHECK_PROBLEM(
      change(
          node,
          {{"credentialId", "urn:example:1"}, {"list", "main-1"}, {"index", 1}, {"credentialStatus", entry}}),
      400, codes::REQUEST_MALFORMED, "not both");
  CHECK_PROBLEM(change(node, {{"list", "main-1"}, {"index", true}, {"credentialStatus", entry}}), 400,
                codes::REQUEST_MALFORMED, "\"index\"");
  CHECK_PROBLEM(change(node, {{"list", "main-1"}, {"index", "007"}, {"credentialStatus", entry}}), 400,
                codes::STATUS_INDEX_INVALID);
  const std::string huge(30, '9');
  CHECK_PROBLEM(change(node, {{"list", "main-1"}, {"index", huge}, {"credentialStatus", entry}}), 400,
                codes::STATUS_INDEX_INVALID, "is beyond any list; the largest has 16777216 entries");
  CHECK_PROBLEM(change(node, with(7)), 400, codes::REQUEST_MALFORMED, "object");
  CHECK_PROBLEM(change(node, with({{"status", true}})), 400, codes::REQUEST_MALFORMED, "\"statusPurpose\"");
  CHECK_PROBLEM(change(node, with({{"statusPurpose", "revocation"}})), 400, codes::REQUEST_MALFORMED,
                "\"status\"");
  CHECK_PROBLEM(change(node, with({{"statusPurpose", "revocation"}, {"status", "maybe"}})), 400,
                codes::REQUEST_MALFORMED, "\"1\"");
  CHECK_PROBLEM(change(node, with({{"statusPurpose", "gossip"}, {"status", true}})), 400,
                codes::STATUS_PURPOSE_UNSUPPORTED);
  CHECK_PROBLEM(change(node, with({{"type", "Other"}, {"statusPurpose", "revocation"}, {"status", true}})),
                400, codes::STATUS_TYPE_UNSUPPORTED);
  CHECK_PROBLEM(change(node, {{"credentialId", "urn:example:1"}, {"credentialStatus", entry}, {"why", "x"}}),
                400, codes::REQUEST_UNKNOWN_MEMBER, "\"why\"");
}

TEST_CASE("a revocation survives a restart, and so does the pace of heads") {
  const TestHome home;
  json credential;
  json head;
  {
    const RunningNode node(home);
    credential = issue(node);
    const Answer answer = change(node, revocation_of(credential));
    REQUIRE(answer.status == 200);
    head = answer.body().at("head");
  }
  const RunningNode node(home);
  CHECK(verdict_at(node, credential).at("class") == "revoked");
  const Answer next = change(node, revocation_of(issue(node)));
  REQUIRE(next.status == 200);
  CHECK(next.body().at("head").at("size") == head.at("size").get<int>() + 1);
  CHECK(next.body().at("head").at("time").get<std::string>() > head.at("time").get<std::string>());
}

TEST_CASE("with a clock that stepped back an hour, heads still go out within a second or two") {
  const TestHome home;
  const auto clock = std::make_shared<ShiftedClock>();
  node::NodeOptions options;
  options.clock = clock;
  const RunningNode node(home, options);
  const json credential = issue(node);
  REQUIRE(change(node, suspension_of(credential, true)).status == 200);
  clock->shift_ms = -3'600'000;
  const Answer answer = change(node, suspension_of(credential, false));
  REQUIRE(answer.status == 200);
  CHECK(verdict_at(node, credential).at("status").at("suspension") == "clear");
}

}  // namespace vcnode::test
