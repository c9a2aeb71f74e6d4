// The interface as a whole: its specification, its OpenAPI document, its state, what the socket itself
// refuses.
#include <fstream>
#include <regex>
#include <set>

#include "crypto/base/json.h"
#include "node/app/all_codes.h"
#include "node/app/codes.h"
#include "node/net/codes.h"
#include "protocol/did/codes.h"
#include "protocol/feed/codes.h"
#include "tests/support/shared_data.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

std::string specification() {
  return read_file(source_dir() / "protocol/spec/http-api.md");
}

// "POST /credentials/issue", from the route table of the specification.
std::set<std::string> specified_routes() {
  const std::string text = specification();
  const std::regex row(R"(\n\| `((GET|POST) [^`]+)` \|)");
  std::set<std::string> out;
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it) {
    out.insert(std::regex_replace((*it)[1].str(), std::regex(R"(\.\.\.\})"), "}"));
  }
  return out;
}

json example(const std::string& name) {
  const std::string text = specification();
  const std::string fence = "```json example=" + name + "\n";
  const auto start = text.find(fence);
  REQUIRE(start != std::string::npos);
  const auto begin = start + fence.size();
  return json::parse(text.substr(begin, text.find("```", begin) - begin));
}

// The names of all members, at every depth: "feeds[].pending.size". An empty array has none.
void add_members(const json& value, const std::string& path, std::set<std::string>& out) {
  if (value.is_array()) {
    for (const json& element : value) add_members(element, path + "[]", out);
  }
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    const std::string below = path.empty() ? name : path + "." + name;
    out.insert(below);
    add_members(member, below, out);
  }
}

std::set<std::string> members(const json& value) {
  std::set<std::string> out;
  add_members(value, "", out);
  return out;
}

}  // namespace

TEST_CASE("the specification and OpenAPI list the same routes") {
  TestHome home(0);
  const RunningNode node(home.add_witness().add_verdict_key());
  const json openapi = node.get("/openapi.json").body();
  CHECK(openapi.at("openapi") == "3.1.0");
  std::set<std::string> served;
  for (const auto& [path, operations] : openapi.at("paths").items()) {
    for (const auto& [method, operation] : operations.items())
      served.insert(concat(method == "get" ? "GET " : "POST ", path));
  }
  CHECK(served == specified_routes());
  CHECK(served.size() == 44);
  CHECK(openapi.at("x-reason-codes").size() == node::all_codes().size());
  CHECK(openapi.at("paths").at("/feeds/{hash}/tile/entries/{tile}").at("get").at("parameters").size() == 2);
  CHECK(openapi.at("paths").at("/credentials/issue").at("post").at("x-roles") == json{"issuer", "operator"});
}

TEST_CASE("the table of codes is sorted and has each once") {
  const auto codes = node::all_codes();
  CHECK(codes.size() > 100);
  for (std::size_t i = 1; i < codes.size(); ++i) CHECK(codes[i - 1]->slug < codes[i]->slug);
  for (const CodeInfo* code : codes) CHECK_MESSAGE(code->sentence.ends_with('.'), code->slug);
}

TEST_CASE("the specification's examples are answered as it says") {
  const TestHome home;
  const RunningNode node(home);
  const Answer issued = node.post("/credentials/issue", example("issue-request"), kIssuerToken);
  REQUIRE_MESSAGE(issued.status == 201, issued.text);
  const json id = issued.body().at("verifiableCredential").at("id");
  for (const char* name : {"status-request", "status-request-vcalm"}) {
    json request = example(name);
    CHECK_PROBLEM(node.post("/credentials/status", request, kIssuerToken), 404, codes::CREDENTIAL_UNKNOWN);
    request["credentialId"] = id;
    CHECK(node.post("/credentials/status", request, kIssuerToken).status == 200);
  }
  const Answer verdict = node.post("/verdict", example("verdict-request"));
  REQUIRE_MESSAGE(verdict.status == 200, verdict.text);
  CHECK(verdict.body().at("verdict").at("at") == "2026-11-22T13:50:00Z");
}

TEST_CASE("over the socket: hosts, tokens, methods and sizes") {
  const TestHome home;
  const RunningNode node(home);
  CHECK_PROBLEM(node.ask_raw("GET", "/livez", {{"Host", "evil.test"}}), 421, codes::HOST_NOT_ALLOWED);
  CHECK(node.ask_raw("GET", "/livez", {{"Host", "issuer.test"}}).status == 200);
  CHECK(node.ask_raw("HEAD", "/livez", {{"Host", "127.0.0.1:1"}}).status == 200);
  CHECK_PROBLEM(node.ask_raw("DELETE", "/livez", {{"Host", "issuer.test"}}), 405, codes::METHOD_NOT_ALLOWED);
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}), 401,
                codes::TOKEN_MISSING);
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}, kReadToken), 403,
                codes::TOKEN_ROLE);
  CHECK_PROBLEM(node.post("/credentials/status", json::object(), "guess"), 401, codes::TOKEN_UNKNOWN);
  const Answer large =
      node.ask({.method = "POST", .path = "/credentials/verify", .body = std::string(300'000, ' ')});
  CHECK_PROBLEM(large, 413, codes::HTTP_BODY_TOO_LARGE);
}

TEST_CASE("the admin socket needs no token") {
  const TestHome home;
  const RunningNode node(home);
  CHECK(node.ask({.method = "POST",
                  .path = "/credentials/issue",
                  .body = json{{"credential", sample_credential()}}.dump(),
                  .admin = true})
            .status == 201);
  CHECK(node.ask({.path = "/status", .admin = true}).status == 200);
}

TEST_CASE("the state of the node is for read and operator tokens") {
  const TestHome home;
  const RunningNode node(home);
  (void)issue(node);
  CHECK_PROBLEM(node.get("/status"), 401, codes::TOKEN_MISSING);
  const Answer answer = node.ask({.path = "/status", .token = kReadToken});
  REQUIRE(answer.status == 200);
  const json status = answer.body();
  CHECK(status.at("ready") == true);
  CHECK(status.at("nodeKey") == node.info().node_key);
  const json& issuer = status.at("issuers").at(0);
  CHECK(issuer.at("maySign") == true);
  CHECK(issuer.at("lists") == json::array({{{"pair", "main-1"}, {"entries", 131'072}, {"taken", 1}}}));
  REQUIRE(issuer.at("warnings").size() == 1);
  CHECK(issuer.at("warnings")[0].at("code") == codes::STATUS_HERD_SMALL.slug);
  record_code(codes::STATUS_HERD_SMALL.slug);
  CHECK(status.at("feeds").at(0).at("issuer") == home.did().text());
  CHECK(node.ask({.path = "/peers", .token = kOperatorToken}).body() == json{{"peers", json::array()}});
  CHECK(node.get("/livez").body() == json{{"alive", true}});
  CHECK(node.get("/readyz").body() == json{{"ready", true}, {"reasons", json::array()}});
}

TEST_CASE("metrics count requests, verdicts and issued credentials") {
  const TestHome home;
  const RunningNode node(home);
  (void)verdict_at(node, issue(node));
  const Answer metrics = node.get("/metrics");
  CHECK(metrics.type.starts_with("text/plain; version=0.0.4"));
  for (const char* line :
       {"vcnode_credentials_issued_total 1\n", "vcnode_verdicts_total{outcome=\"valid\"} 1\n",
        "vcnode_feeds 1\n", "vcnode_ready 1\n", "vcnode_publications_total 1\n"}) {
    CHECK_MESSAGE(metrics.text.find(line) != std::string::npos, line, " is not in\n", metrics.text);
  }
}

TEST_CASE("the specification's answers have the members of the real ones") {
  const TestHome home;
  const RunningNode node(home);
  TestHome peer_home(0);
  peer_home.config.admit.push_back(home.did());
  peer_home.config.peers.push_back({node.peer_url(), std::nullopt});
  const RunningNode peer(peer_home);
  const json credential = issue(node);
  const auto shown = [](const RunningNode& of, const char* path) {
    return of.ask({.path = path, .token = kOperatorToken}).body();
  };
  REQUIRE(eventually([&] { return shown(node, "/status").at("issuers")[0].at("peers") == 1; }));
  const Answer changed = node.post("/credentials/status", revocation_of(credential), kIssuerToken);
  CHECK(members(changed.body()) == members(example("status-answer")));
  // `pending` is null while nothing is missing, `reasons` empty while nothing is wrong, and nobody is asked
  // to cosign.
  auto expected = members(example("state-answer"));
  for (const char* absent :
       {"reasons[].code", "reasons[].sentence", "feeds[].pending.size", "feeds[].pending.time",
        "issuers[].witnesses[].name", "issuers[].witnesses[].url", "issuers[].witnesses[].cosigned",
        "issuers[].witnesses[].problem"})
    CHECK_MESSAGE(expected.erase(absent) == 1, absent);
  CHECK(members(shown(node, "/status")) == expected);
  REQUIRE(eventually([&] { return members(shown(peer, "/peers")) == members(example("peers-answer")); }));
  auto feeds = members(example("feeds-answer"));
  for (const char* absent : {"[].pending.size", "[].pending.root", "[].pending.time"})
    CHECK_MESSAGE(feeds.erase(absent) == 1, absent);
  CHECK(members(node.get("/feeds").body()) == feeds);
  const json sponsorship{{"kind", "sponsorship"},
                         {"credentialSubject", {{"id", home.did().text()}, {"quota", 1}}}};
  REQUIRE(node.ask({.method = "POST",
                    .path = "/admin/issuers/main/statements",
                    .body = json{{"statement", sponsorship}}.dump(),
                    .admin = true})
              .status == 201);
  CHECK(members(node.get("/statements").body()) == members(example("statements-answer")));
}

}  // namespace vcnode::test
