#include "node/app/router.h"

#include <atomic>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/offload.h"
#include "node/app/problem.h"
#include "storage/codes.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

using node::Access;
using node::HttpRequest;
using node::HttpResponse;

// A router with four routes, called without sockets.
struct Bench {
  std::ostringstream lines;
  node::Log log{"info", &lines};
  node::Metrics metrics;
  node::TokenTable tokens = *node::TokenTable::parse(
      concat(R"({"tokens":[{"role":"issuer","sha256":")", hex_encode(sha256(as_bytes("i")).view()),
             R"("},{"role":"operator","sha256":")", hex_encode(sha256(as_bytes("o")).view()),
             R"("},{"role":"read","sha256":")", hex_encode(sha256(as_bytes("r")).view()), R"("}]})"));
  node::Router router{{{"node.test"}, &tokens, &metrics, &log}};

  Bench() {
    add("GET", "/things/{name}", Access::everyone);
    add("POST", "/things/{name}", Access::issuing);
    add("GET", "/rest/{tail...}", Access::everyone);
    add("GET", "/state", Access::operating);
    node::Route broken;
    broken.method = "GET";
    broken.pattern = "/broken";
    broken.handle = [](const node::Call&) { throw std::runtime_error("wires crossed"); };
    router.add(std::move(broken));
  }

  void add(const char* method, const char* pattern, Access access) {
    node::Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = access;
    route.body_bytes_max = 100;
    route.cors = access == Access::everyone;
    route.handle = [pattern](const node::Call& call) {
      std::string text = pattern;
      for (const auto& [name, value] : call.parameters) text += concat(" ", name, "=", value);
      call.respond({200, "text/plain", text, {}});
    };
    router.add(std::move(route));
  }

  Answer ask(HttpRequest request) {
    request.headers.try_emplace("host", "node.test");
    Answer out;
    router.handle(std::move(request), [&](const HttpResponse& response) {
      out = {response.status, response.content_type, std::string(response.content()), {}};
      for (const auto& [name, value] : response.headers) out.headers[name] = value;
    });
    return out;
  }
  Answer get(const std::string& path) { return ask(request("GET", path)); }

  static HttpRequest request(const char* method, const std::string& path, node::HttpHeaders headers = {}) {
    HttpRequest out;
    out.method = method;
    out.path = out.raw_path = path;
    out.headers = std::move(headers);
    return out;
  }
};

}  // namespace

TEST_CASE("a path finds its route and its parameters") {
  Bench bench;
  CHECK(bench.get("/things/a").text == "/things/{name} name=a");
  CHECK(bench.get("/rest/x001/x234/067.p/5").text == "/rest/{tail...} tail=x001/x234/067.p/5");
  CHECK(bench.ask(Bench::request("HEAD", "/things/a")).status == 200);
}

TEST_CASE("a parameter of several segments may have a last segment after it") {
  Bench bench;
  bench.add("GET", "/{path...}/did.json", Access::everyone);
  CHECK(bench.get("/a/did.json").text == "/{path...}/did.json path=a");
  CHECK(bench.get("/a/b/did.json").text == "/{path...}/did.json path=a/b");
  for (const char* path : {"/did.json", "//did.json", "/a/did.jsonl", "/a/xdid.json", "/a/did.json/"})
    CHECK_PROBLEM(bench.get(path), 404, codes::NOT_FOUND);
}

TEST_CASE("a route may take bodies that are no JSON") {
  Bench bench;
  node::Route route;
  route.method = "POST";
  route.pattern = "/notes";
  route.json_body = false;
  route.handle = [](const node::Call& call) { call.respond({200, "text/plain", call.request.body, {}}); };
  bench.router.add(std::move(route));
  for (const char* type : {"text/plain", "", "application/json"}) {
    auto request = Bench::request("POST", "/notes", {{"content-type", type}});
    request.body = "old 0";
    CHECK(bench.ask(std::move(request)).text == "old 0");
  }
  CHECK_PROBLEM(bench.ask(Bench::request("POST", "/things/a", {{"authorization", "Bearer i"}})), 415,
                codes::CONTENT_TYPE_UNSUPPORTED);
}

TEST_CASE("an unknown path is 404, another method 405 with the allowed ones") {
  Bench bench;
  for (const char* path : {"/", "/things", "/things/", "/things/a/b", "/rest", "/rest/", "/thingsx/a", ""}) {
    CHECK_PROBLEM(bench.get(path), 404, codes::NOT_FOUND);
  }
  const Answer wrong = bench.ask(Bench::request("DELETE", "/things/a"));
  CHECK_PROBLEM(wrong, 405, codes::METHOD_NOT_ALLOWED, "answers GET, HEAD, POST, not DELETE");
  CHECK(wrong.headers.at("Allow") == "GET, HEAD, POST");
}

TEST_CASE("public objects may be read by any web page, everything else not") {
  Bench bench;
  CHECK(bench.get("/things/a").headers.at("Access-Control-Allow-Origin") == "*");
  const Answer preflight = bench.ask(Bench::request("OPTIONS", "/things/a"));
  CHECK(preflight.status == 204);
  CHECK(preflight.headers.at("Access-Control-Allow-Methods") == "GET");
  const Answer state = bench.ask(Bench::request("GET", "/state", {{"authorization", "Bearer o"}}));
  CHECK(state.status == 200);
  CHECK(!state.headers.contains("Access-Control-Allow-Origin"));
  CHECK_PROBLEM(bench.ask(Bench::request("OPTIONS", "/state")), 405, codes::METHOD_NOT_ALLOWED);
}

TEST_CASE("a host that is not this node's is refused before anything else") {
  Bench bench;
  CHECK_PROBLEM(bench.ask(Bench::request("GET", "/things/a", {{"host", "evil.test"}})), 421,
                codes::HOST_NOT_ALLOWED, "evil.test");
  for (const char* host : {"NODE.test:8443", "node.test", "node.test:", "node.test:65535"})
    CHECK(bench.ask(Bench::request("GET", "/things/a", {{"host", host}})).status == 200);
  for (const char* host :
       {"node.test:abc", "node.test:65536", "node.test:-1", "node.test:000443", "node.test:8443:1"})
    CHECK_PROBLEM(bench.ask(Bench::request("GET", "/things/a", {{"host", host}})), 421,
                  codes::HOST_NOT_ALLOWED, host);
  HttpRequest local = Bench::request("GET", "/things/a", {{"host", "whatever"}});
  local.transport = node::Transport::admin_socket;
  CHECK(bench.ask(local).status == 200);
}

TEST_CASE("what writes needs a token of the right role") {
  Bench bench;
  const auto post = [&](node::HttpHeaders headers) {
    headers.emplace("content-type", "application/json");
    return bench.ask(Bench::request("POST", "/things/a", std::move(headers)));
  };
  const Answer none = post({});
  CHECK_PROBLEM(none, 401, codes::TOKEN_MISSING, "POST /things/{name}");
  CHECK(none.headers.at("WWW-Authenticate") == "Bearer");
  CHECK_PROBLEM(post({{"authorization", "Basic i"}}), 401, codes::TOKEN_MISSING);
  CHECK_PROBLEM(post({{"authorization", "Bearer x"}}), 401, codes::TOKEN_UNKNOWN);
  CHECK_PROBLEM(post({{"authorization", "Bearer r"}}), 403, codes::TOKEN_ROLE, "issuer or operator");
  CHECK(post({{"authorization", "bearer i"}}).status == 200);
  CHECK(post({{"authorization", "Bearer   i"}}).status == 200);  // RFC 9110: one or more spaces
  CHECK_PROBLEM(post({{"authorization", "Bearer  "}}), 401, codes::TOKEN_MISSING);
  CHECK_PROBLEM(post({{"authorization", "Bearer i i"}}), 401, codes::TOKEN_UNKNOWN);
  CHECK(post({{"authorization", "Bearer o"}}).status == 200);
  const auto state = [&](const char* token) {
    return bench.ask(Bench::request("GET", "/state", {{"authorization", concat("Bearer ", token)}}));
  };
  CHECK_PROBLEM(state("i"), 403, codes::TOKEN_ROLE, "read or operator");
  CHECK(state("r").status == 200);
  HttpRequest local = Bench::request("POST", "/things/a", {{"content-type", "application/json"}});
  local.transport = node::Transport::admin_socket;
  CHECK(bench.ask(local).status == 200);
}

TEST_CASE("a body must be declared as JSON") {
  Bench bench;
  const auto post = [&](const char* type) {
    return bench.ask(
        Bench::request("POST", "/things/a", {{"authorization", "Bearer i"}, {"content-type", type}}));
  };
  for (const char* type : {"application/json", "application/json; charset=utf-8", "Application/JSON ;x",
                           "application/json;charset=\"UTF-8\"", "application/ld+json;profile=\"charset\""}) {
    CHECK(post(type).status == 200);
  }
  for (const char* type :
       {"text/plain", "", "text/json", "application/jsonx", "application/x-www-form-urlencoded",
        "application/+json", "application/json; charset=utf-16", "application/json;x;Charset=latin1"}) {
    CHECK_PROBLEM(post(type), 415, codes::CONTENT_TYPE_UNSUPPORTED, concat("in UTF-8, not '", type, "'"));
  }
}

TEST_CASE("a body must not be compressed") {
  Bench bench;
  const auto post = [&](const char* encoding) {
    return bench.ask(Bench::request("POST", "/things/a",
                                    {{"authorization", "Bearer i"},
                                     {"content-type", "application/json"},
                                     {"content-encoding", encoding}}));
  };
  CHECK(post("Identity").status == 200);
  for (const char* encoding : {"gzip", "br", "identity, gzip", ""})
    CHECK_PROBLEM(post(encoding), 415, codes::CONTENT_ENCODING_UNSUPPORTED,
                  concat("must be identity or absent, not '", encoding, "'"));
}

TEST_CASE("a fault in a handler is answered and logged, not spread") {
  Bench bench;
  CHECK_PROBLEM(bench.get("/broken"), 500, codes::INTERNAL_FAULT);
  CHECK(bench.lines.str().find("wires crossed") != std::string::npos);
}

TEST_CASE("the body limit is the route's, and small where there is no route") {
  Bench bench;
  CHECK(bench.router.body_bytes_max("POST", "/things/a") == 100);
  CHECK(bench.router.body_bytes_max("POST", "/nowhere") == node::kUnroutedBodyBytesMax);
}

TEST_CASE("a refusal of the server itself is a problem with its code") {
  Bench bench;
  const HttpResponse response = bench.router.refuse(413, "HTTP_BODY_TOO_LARGE", "too long");
  CHECK(response.content_type == "application/problem+json");
  const json body = nlohmann::json::parse(response.body);
  CHECK(body.at("code") == "HTTP_BODY_TOO_LARGE");
  CHECK(body.at("title") == codes::HTTP_BODY_TOO_LARGE.sentence);
  CHECK(body.at("detail") == "too long");
}

TEST_CASE("what a store says of its disk reaches the log and the admin socket, nobody else") {
  Bench bench;
  const char* secret = "/srv/place/store.sqlite: SELECT bytes FROM bodies: disk I/O error";
  node::Route route;
  route.method = "GET";
  route.pattern = "/stored";
  route.handle = [secret](const node::Call& call) {
    call.respond(node::problem(Error{codes::STORE_FAILED, secret}));
  };
  bench.router.add(std::move(route));
  const Answer stranger = bench.get("/stored");
  CHECK_PROBLEM(stranger, 503, codes::STORE_FAILED, codes::STORE_FAILED.sentence);
  CHECK(stranger.text.find("sqlite") == std::string::npos);
  CHECK(bench.lines.str().find("disk I/O error") != std::string::npos);
  HttpRequest local = Bench::request("GET", "/stored");
  local.transport = node::Transport::admin_socket;
  CHECK_PROBLEM(bench.ask(std::move(local)), 503, codes::STORE_FAILED, "SELECT bytes");
}

TEST_CASE("OpenAPI names what the router and the server refuse, and the form of each answer") {
  Bench bench;
  node::Route route;
  route.method = "POST";
  route.pattern = "/judge";
  route.answers = {{200, "good"}, {400, "bad, in a form of its own"}};
  route.answer_types = {{400, "application/json"}};
  bench.router.add(std::move(route));
  const json paths = json::parse(node::openapi_of(bench.router)).at("paths");
  const auto types = [&](const char* path, const char* method, const char* status) {
    std::string out;
    const json& answers = paths.at(path).at(method).at("responses");
    if (!answers.contains(status)) return out;
    for (const auto& [type, form] : answers.at(status).at("content").items()) out += type + " ";
    return out;
  };
  const std::string a_problem = "application/problem+json ";
  CHECK(types("/judge", "post", "200") == "application/json ");
  CHECK(types("/judge", "post", "400") == "application/json " + a_problem);
  for (const char* status : {"408", "413", "415", "421", "431", "500", "503"})
    CHECK(types("/judge", "post", status) == a_problem);
  for (const char* status : {"401", "403"}) {
    CHECK(types("/judge", "post", status).empty());
    CHECK(types("/things/{name}", "post", status) == a_problem);
  }
  CHECK(types("/things/{name}", "get", "415").empty());
}

TEST_CASE("a host header is read without its port and in lower case") {
  CHECK(node::host_name_of("LocalHost:8443") == "localhost");
  CHECK(node::host_name_of("[::1]:8443") == "[::1]");
  CHECK(node::host_name_of("[::1]") == "[::1]");
  CHECK(node::host_name_of("node.test") == "node.test");
}

TEST_CASE("metrics are counted once a second however often anybody asks, for the operator at once") {
  const TestHome home(0);
  const RunningNode node(home);
  CHECK(eventually([&] {  // on a busy machine two questions may be more than a second apart
    const Answer first = node.get("/metrics");
    const Answer second = node.get("/metrics");
    return first.status == 200 && first.text == second.text;
  }));
  const Answer fresh = node.ask({.path = "/metrics", .admin = true});
  CHECK(fresh.text != node.ask({.path = "/metrics", .admin = true}).text);
}

TEST_CASE("more waiting work than the limit is refused at once") {
  std::ostringstream lines;
  node::Log log("info", &lines);
  node::WorkerPool workers(1);
  node::Offload offload(workers, 0, log);
  Answer answer;
  offload.answer(
      [&](const HttpResponse& r) {
        answer = {r.status, r.content_type, r.body, {{"x", r.headers.back().second}}};
      },
      [] { return HttpResponse{}; });
  CHECK_PROBLEM(answer, 503, codes::SERVER_BUSY, "the limit is 0");
}

TEST_CASE(
    "waiting bodies have a limit of their own, a lone large one and those being worked on do not count") {
  std::ostringstream lines;
  node::Log log("info", &lines);
  std::promise<void> gate;
  std::promise<void> begun;
  std::atomic<int> answered{0};
  Answer refused;
  node::WorkerPool workers(1);
  node::Offload offload(workers, 100, log);
  const auto count = [&](const HttpResponse&) { ++answered; };
  const auto quick = [] { return HttpResponse{}; };
  offload.answer(
      count,
      [&] {
        begun.set_value();
        gate.get_future().wait();
        return HttpResponse{};
      },
      node::kWorkerQueueBytesMax);
  begun.get_future().wait();
  offload.answer(count, quick, node::kWorkerQueueBytesMax + 1);
  offload.answer([&](const HttpResponse& r) { refused = {r.status, r.content_type, r.body, {}}; }, quick, 7);
  CHECK_PROBLEM(refused, 503, codes::SERVER_BUSY, "7 more are over the limit of 33554432");
  gate.set_value();
  CHECK(eventually([&] { return answered == 2; }));
  offload.answer(count, quick, 7);
  CHECK(eventually([&] { return answered == 3; }));
}

TEST_CASE("what is dropped with its queue waits no more") {
  std::ostringstream lines;
  node::Log log("info", &lines);
  std::promise<void> gate;
  std::promise<void> begun;
  std::atomic<int> answered{0};
  node::WorkerPool workers(1);
  node::Offload offload(workers, 100, log);
  const auto count = [&](const HttpResponse&) { ++answered; };
  offload.answer(count, [&] {
    begun.set_value();
    gate.get_future().wait();
    return HttpResponse{};
  });
  begun.get_future().wait();
  offload.answer(
      count, [] { return HttpResponse{}; }, node::kWorkerQueueBytesMax);
  workers.discard();
  offload.answer(
      count, [] { return HttpResponse{}; }, node::kWorkerQueueBytesMax);
  gate.set_value();
  CHECK(eventually([&] { return answered == 2; }));
}

TEST_CASE("a fault in a worker is answered") {
  std::ostringstream lines;
  node::Log log("info", &lines);
  std::promise<unsigned> status;
  {
    node::WorkerPool workers(1);
    node::Offload(workers, 1, log)
        .answer([&](const HttpResponse& r) { status.set_value(r.status); },
                []() -> HttpResponse { throw std::runtime_error("boom"); });
  }
  CHECK(status.get_future().get() == 500);
}

}  // namespace vcnode::test
