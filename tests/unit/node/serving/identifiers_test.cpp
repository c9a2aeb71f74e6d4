// Resolving a did:webvh from the history held.
#include "node/app/codes.h"
#include "node/app/did_resolution.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/unit/node/serving/bench.h"

using namespace vcnode;
using namespace vcnode::test;
using namespace vcnode::test::serving;

namespace {

void check_error(const HttpResponse& response, unsigned status, const char* error, Code code,
                 const char* metadata = "didResolutionMetadata") {
  CHECK(response.status == status);
  CHECK(response.content_type == "application/did-resolution+json");
  const Json body = json_of(response);
  CHECK(body.at("didDocument").is_null());
  CHECK(body.at(metadata).at("error") == error);
  CHECK(body.at(metadata).at("problemDetails").at("code") == code.slug());
  record_code(code.slug());
}

}  // namespace

TEST_CASE("the newest version resolves, and every other by what names it") {
  Chronicle chronicle;
  chronicle.entry({.parameters = {{"ttl", 60}}});
  Bench bench;
  bench.hold(chronicle);
  const std::string path = "/1.0/identifiers/" + chronicle.did().text();
  const auto newest = bench.get(path);
  REQUIRE(newest.status == 200);
  CHECK(header_of(newest, "Access-Control-Allow-Origin") == "*");
  const Json body = json_of(newest);
  CHECK(body.at("didDocument").at("id") == chronicle.did().text());
  CHECK(body.at("didDocumentMetadata").at("versionId") == chronicle.branch.tip().text());
  CHECK(body.at("didDocumentMetadata").at("ttl") == "60");
  const auto number = [&](const std::map<std::string, std::string>& query) {
    return json_of(bench.get(path, query))
        .at("didDocumentMetadata")
        .at("versionId")
        .get<std::string>()
        .substr(0, 1);
  };
  CHECK(number({{"versionNumber", "1"}}) == "1");
  CHECK(number({{"versionTime", "2025-01-01T23:59:59Z"}}) == "1");
  CHECK(number({{"versionTime", "2025-01-02T00:00:00Z"}}) == "2");
  CHECK(number({{"versionId", chronicle.branch.tip().text()}}) == "2");
  CHECK(json_of(bench.get(path + "?versionNumber=1"))
            .at("didDocumentMetadata")
            .at("versionId")
            .get<std::string>()[0] == '1');
  check_error(bench.get(path, {{"versionNumber", "3"}}), 404, "notFound", codes::WEBVH_NOT_FOUND);
  check_error(bench.get(path, {{"versionTime", "2024-12-31T23:59:59Z"}}), 404, "notFound",
              codes::WEBVH_NOT_FOUND);
  for (const char* bad : {"0", "-1", "1x", ""})
    check_error(bench.get(path, {{"versionNumber", bad}}), 400, "invalidOptions", codes::REQUEST_MALFORMED);
  check_error(bench.get(path, {{"versionTime", "yesterday"}}), 400, "invalidOptions",
              codes::REQUEST_MALFORMED);
  // Once in the DID URL and once in the request: the same is no contradiction.
  check_error(bench.get(path + "?versionNumber=1", {{"versionNumber", "2"}}), 400, "invalidOptions",
              codes::REQUEST_MALFORMED, "didDereferencingMetadata");
  CHECK(bench.get(path + "?versionNumber=1", {{"versionNumber", "1"}}).status == 200);
}

TEST_CASE("a query parameter that a DID URL has twice is refused, whatever it says") {
  Chronicle chronicle;
  chronicle.entry({.parameters = {{"ttl", 60}}});
  Bench bench;
  bench.hold(chronicle);
  const std::string path = "/1.0/identifiers/" + chronicle.did().text();
  for (const char* query : {"?versionNumber=1&versionNumber=2", "?versionNumber=1&versionNumber=zzz",
                            "?versionNumber=1&versionNumber=1", "?versionNumber=1&&versionNumber",
                            "?service=files&relativeRef=/a&relativeRef=/b"})
    check_error(bench.get(path + query), 400, "invalidDidUrl", codes::REQUEST_MALFORMED,
                "didDereferencingMetadata");
  check_error(bench.get(path + "?versionNumber"), 400, "invalidOptions", codes::REQUEST_MALFORMED,
              "didDereferencingMetadata");
}

TEST_CASE("what is not held is not found, what is no DID of the log is invalid") {
  const Chronicle chronicle;
  Bench bench;
  check_error(bench.get("/1.0/identifiers/" + chronicle.did().text()), 404, "notFound",
              codes::WEBVH_NOT_FOUND);
  bench.hold(chronicle);
  check_error(bench.get("/1.0/identifiers/did:webvh:" + chronicle.scid() + ":elsewhere.example"), 400,
              "invalidDid", codes::WEBVH_DID_MISMATCH);
  check_error(bench.get("/1.0/identifiers/did:webvh:Qm:uni.example"), 400, "invalidDid", codes::WEBVH_DID);
  check_error(bench.get("/1.0/identifiers/did:webvh:" + chronicle.scid() + ":127.0.0.1"), 400, "invalidDid",
              codes::WEBVH_HOST);
}

TEST_CASE("a deactivated DID has no document, its earlier versions do") {
  Chronicle chronicle;
  chronicle.entry({.parameters = {{"deactivated", true}, {"updateKeys", Json::array()}}});
  Bench bench;
  bench.hold(chronicle);
  bench.hosted = {chronicle.did()};
  const std::string path = "/1.0/identifiers/" + chronicle.did().text();
  const auto gone = bench.get(path);
  CHECK(gone.status == 410);
  CHECK(json_of(gone).at("didDocument").is_null());
  CHECK(json_of(gone).at("didDocumentMetadata").at("deactivated") == true);
  const auto earlier = bench.get(path, {{"versionNumber", "1"}});
  CHECK(earlier.status == 200);
  CHECK(json_of(earlier).at("didDocumentMetadata").at("deactivated") == true);
  CHECK(bench.get(path + "#sig1").status == 410);
  check_problem(bench.get("/.well-known/did.json"), 404, codes::NOT_FOUND);
  CHECK(bench.get("/.well-known/did.jsonl").status == 200);
}

TEST_CASE("a disputed history answers up to where it parts") {
  Chronicle chronicle;
  test::Branch other = chronicle.branch;
  chronicle.entry();
  other.add({.parameters = {{"ttl", 60}}});
  chronicle.leaf("webvh", "2", other.tip().text());
  Bench bench;
  REQUIRE(bench.hold(chronicle, {other.newest()}).dispute);
  const std::string path = "/1.0/identifiers/" + chronicle.did().text();
  check_error(bench.get(path), 400, "invalidDid", codes::DID_DISPUTED);
  check_error(bench.get(path, {{"versionTime", "2025-01-02T00:00:00Z"}}), 400, "invalidDid",
              codes::DID_DISPUTED);
  CHECK(bench.get(path, {{"versionNumber", "1"}}).status == 200);
}

TEST_CASE("DID URLs name parts of the document and places beside the log") {
  Chronicle chronicle;
  auto document = chronicle.branch.maker().document();
  document["service"].push_back({{"id", "#whois"},
                                 {"type", "LinkedVerifiablePresentation"},
                                 {"serviceEndpoint", "https://vp.example/w.vp"}});
  chronicle.entry({.document = document});
  Bench bench;
  bench.hold(chronicle);
  const std::string did = chronicle.did().text();
  const std::string path = "/1.0/identifiers/" + did;
  const Json method = json_of(bench.get(path + "#sig1"));
  CHECK(method.at("didDocument").at("id") == did + "#sig1");
  CHECK(method.at("didDereferencingMetadata").at("contentType") == "application/did");
  CHECK(json_of(bench.get(path + "#feed")).at("didDocument").at("type") == "IssuerFeed");
  check_error(bench.get(path + "#nothing"), 404, "notFound", codes::VERIFICATION_METHOD_UNKNOWN,
              "didDereferencingMetadata");
  const auto place = [&](const std::string& url, const std::map<std::string, std::string>& query = {}) {
    const auto answer = bench.get("/1.0/identifiers/" + url, query);
    CHECK(answer.status == 303);
    CHECK(answer.content_type == "text/uri-list");
    CHECK(text_of(answer) == header_of(answer, "Location") + "\r\n");
    return header_of(answer, "Location");
  };
  CHECK(place(did + "/governance/issuers.json") == "https://uni.example/governance/issuers.json");
  CHECK(place(did + "?service=files&relativeRef=/a.json") == "https://uni.example/a.json");
  CHECK(place(did + "/whois") == "https://vp.example/w.vp");
  CHECK(place(did + "/whois", {{"versionNumber", "1"}}) == "https://uni.example/whois.vp");
  check_error(bench.get(path + "/a/../b"), 400, "invalidDidUrl", codes::WEBVH_RESOURCE_PATH,
              "didDereferencingMetadata");
  check_error(bench.get(path + "?service=mail"), 404, "notFound", codes::WEBVH_NOT_FOUND,
              "didDereferencingMetadata");
  check_error(bench.get(path + "#a#b"), 400, "invalidDidUrl", codes::URL_INVALID, "didDereferencingMetadata");
}

TEST_CASE("an endpoint that no browser may be sent to is refused") {
  for (const char* endpoint :
       {"http://uni.example/", "javascript:alert(1)", "https://uni.example/\r\nX: y"}) {
    Chronicle chronicle;
    auto document = chronicle.branch.maker().document();
    document["service"].push_back({{"id", "#files"}, {"type", "relativeRef"}, {"serviceEndpoint", endpoint}});
    chronicle.entry({.document = document});
    Bench bench;
    bench.hold(chronicle);
    check_error(bench.get("/1.0/identifiers/" + chronicle.did().text() + "/a"), 400, "invalidDidUrl",
                codes::WEBVH_RESOURCE_PATH, "didDereferencingMetadata");
  }
}

TEST_CASE("of a history that is held in part, only what the rest cannot change is answered") {
  Chronicle chronicle;
  chronicle.entry();
  Bench bench;
  const auto history = bench.hold(chronicle);
  const auto did = vcnode::webvh::DidWebvh::parse(chronicle.did().text()).value();
  const Error gap{codes::WEBVH_NOT_FOUND, "the rest is elsewhere"};
  CHECK_CODE_NAMES(node::resolve_held(history, did, {}, gap), codes::WEBVH_NOT_FOUND, "elsewhere");
  CHECK(node::resolve_held(history, did, {.version_number = 2}, gap).has_value());
  CHECK(node::resolve_held(history, did, node::query_of({{}, "2025-01-01T12:00:00Z", {}}).value(), gap)
            .has_value());
  CHECK(node::resolve_held(history, did, {}).has_value());
}
