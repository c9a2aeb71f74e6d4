#include "crypto/base/codes.h"
#include "node/app/codes.h"
#include "protocol/credential/codes.h"
#include "protocol/status/status_list.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

TEST_CASE("a credential is issued with 201, both status entries and a proof that verifies") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  CHECK(credential.at("issuer") == home.did().text());
  CHECK(credential.at("id").get<std::string>().starts_with("urn:uuid:"));
  CHECK(credential.at("credentialSubject") == sample_credential().at("credentialSubject"));
  const json& entries = credential.at("credentialStatus");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].at("statusListCredential") == "https://issuer.test/status-lists/main-1-revocation");
  CHECK(entries[1].at("statusListCredential") == "https://issuer.test/status-lists/main-1-suspension");
  CHECK(entries[0].at("statusListIndex") == entries[1].at("statusListIndex"));
  const json verdict = verdict_at(node, credential);
  CHECK_MESSAGE(verdict.at("verdict") == "valid", verdict.dump());
}

TEST_CASE("each hosted issuer has its own path, key and lists") {
  const TestHome home(2);
  const RunningNode node(home);
  const Answer answer =
      node.post("/issuers/second/credentials/issue", {{"credential", sample_credential()}}, kOperatorToken);
  REQUIRE(answer.status == 201);
  const json credential = answer.body().at("verifiableCredential");
  CHECK(credential.at("issuer") == home.did(1).text());
  CHECK(credential.at("credentialStatus")[0].at("statusListCredential") ==
        "https://issuer.test/status-lists/second-1-revocation");
  CHECK(verdict_at(node, credential).at("verdict") == "valid");
  CHECK_PROBLEM(
      node.post("/issuers/nobody/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken),
      404, codes::ISSUER_UNKNOWN, "'nobody'");
}

TEST_CASE("a node without issuers says so") {
  const TestHome home(0);
  const RunningNode node(home);
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 404,
                codes::ISSUER_UNKNOWN);
  CHECK(node.get("/readyz").status == 200);
}

TEST_CASE("bad requests to issue are refused with their code") {
  const TestHome home;
  const RunningNode node(home);
  const auto post = [&](const json& body) { return node.post("/credentials/issue", body, kIssuerToken); };
  const auto text = [&](std::string body) {
    return node.ask(
        {.method = "POST", .path = "/credentials/issue", .body = std::move(body), .token = kIssuerToken});
  };
  CHECK_PROBLEM(text("{"), 400, codes::JSON_SYNTAX);
  CHECK_PROBLEM(text(R"({"credential":{},"credential":{}})"), 400, codes::JSON_DUPLICATE_MEMBER);
  CHECK_PROBLEM(text(R"({"credential":9007199254740993})"), 400, codes::JSON_NUMBER_RANGE);
  CHECK_PROBLEM(text("\xef\xbb\xbf{}"), 400, codes::JSON_BOM);
  CHECK_PROBLEM(text("[]"), 400, codes::REQUEST_MALFORMED, "must be a JSON object");
  CHECK_PROBLEM(post(json::object()), 400, codes::REQUEST_MALFORMED, "\"credential\"");
  CHECK_PROBLEM(post({{"credential", sample_credential()}, {"options", 7}}), 400, codes::REQUEST_MALFORMED,
                "\"options\"");
  CHECK_PROBLEM(post({{"credential", sample_credential()}, {"fast", true}}), 400,
                codes::REQUEST_UNKNOWN_MEMBER, "\"fast\"");
  json foreign = sample_credential();
  foreign["issuer"] = "did:example:somebody";
  CHECK_PROBLEM(post({{"credential", foreign}}), 400, codes::ISSUER_MISMATCH, home.did().text());
  json no_subject = sample_credential();
  no_subject.erase("credentialSubject");
  CHECK_PROBLEM(post({{"credential", no_subject}}), 400, codes::CREDENTIAL_SUBJECT);
}

TEST_CASE("an id is used once, also after a restart") {
  const TestHome home;
  json credential = sample_credential();
  credential["id"] = "urn:example:diploma-7";
  {
    const RunningNode node(home);
    CHECK(issue(node, credential).at("id") == "urn:example:diploma-7");
    CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", credential}}, kIssuerToken), 409,
                  codes::CREDENTIAL_ID_USED);
  }
  const RunningNode again(home);
  CHECK_PROBLEM(again.post("/credentials/issue", {{"credential", credential}}, kIssuerToken), 409,
                codes::CREDENTIAL_ID_USED);
  CHECK(issue(again).at("credentialStatus")[0].at("statusListCredential") ==
        "https://issuer.test/status-lists/main-1-revocation");
}

TEST_CASE("when a list pair is full, the next one is published and requests wait for it") {
  const TestHome home;
  { const RunningNode first(home); }
  {
    auto store = storage::open_sqlite_store(home.config.store_path);
    REQUIRE_OK(store);
    StoreBatch batch;
    const std::uint64_t full = status::kListEntriesMin * status::kFillMaxPercent / 100 + 1;
    for (std::uint64_t i = 0; i < full; ++i) {
      batch.allocations.push_back({"main-1", i, concat("urn:example:", i), Timestamp(1)});
    }
    REQUIRE_OK((*store)->commit(batch));
  }
  const RunningNode node(home);
  CHECK(issue(node).at("credentialStatus")[0].at("statusListCredential") ==
        "https://issuer.test/status-lists/main-2-revocation");
  CHECK(node.get("/status-lists/main-2-suspension").status == 200);
  const json old_one{
      {"credentialId", "urn:example:7"},
      {"credentialStatus", json::array({{{"statusPurpose", "revocation"}, {"status", true}}})}};
  CHECK(node.post("/credentials/status", old_one, kIssuerToken).status == 200);
}

TEST_CASE("many at once get different indexes") {
  const TestHome home;
  const RunningNode node(home);
  std::vector<std::future<std::string>> running;
  for (int i = 0; i < 8; ++i) {
    running.push_back(std::async(std::launch::async, [&] {
      std::string indexes;
      for (int k = 0; k < 10; ++k) {
        const Answer answer =
            node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken);
        indexes += answer.status == 201
                       ? answer.body()["verifiableCredential"]["credentialStatus"][0]["statusListIndex"]
                                 .get<std::string>() +
                             " "
                       : "refused ";
      }
      return indexes;
    }));
  }
  std::istringstream all([&] {
    std::string text;
    for (auto& part : running) text += part.get();
    return text;
  }());
  std::map<std::string, int> seen;
  for (std::string index; all >> index;) ++seen[index];
  CHECK(seen.size() == 80);
  CHECK(!seen.contains("refused"));
}

}  // namespace vcnode::test
