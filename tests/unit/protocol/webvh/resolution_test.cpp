#include "protocol/webvh/resolution.h"

#include <nlohmann/json.hpp>

#include "protocol/webvh/codes.h"
#include "protocol/webvh/did_web.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using Json = nlohmann::json;
using webvh::DidWebvh;
using webvh::Instant;
using webvh::Query;

namespace {

// Versions of 1, 2 and 3 January 2025, at midnight.
LogMaker three() {
  return LogMaker().add().add({.parameters = {{"ttl", 60}}}).add();
}
Result<webvh::Resolution> ask(const LogMaker& maker, const Query& query) {
  return resolve(maker.read(), DidWebvh::parse(maker.did()).value(), query);
}
Query at(std::string_view time) {
  return {.version_time = Instant::parse(time).value()};
}
std::uint32_t number(const Result<webvh::Resolution>& resolution) {
  REQUIRE_OK(resolution);
  return resolution->version.version_id().number();
}

}  // namespace

TEST_CASE("the newest version answers when no other is asked for") {
  CHECK(number(ask(three(), {})) == 3);
}

TEST_CASE("a version is found by its number and by its whole versionId") {
  const auto maker = three();
  CHECK(number(ask(maker, {.version_number = 1})) == 1);
  CHECK(number(ask(maker, {.version_id = maker.version_id()})) == 3);
  CHECK_CODE(ask(maker, {.version_number = 4}), codes::WEBVH_NOT_FOUND);
  CHECK_CODE(ask(maker, {.version_number = 0}), codes::WEBVH_NOT_FOUND);
  CHECK_CODE(ask(maker, {.version_id = "2" + maker.version_id().substr(1)}), codes::WEBVH_NOT_FOUND);
  CHECK_CODE(ask(maker, {.version_id = "3"}), codes::WEBVH_NOT_FOUND);
}

TEST_CASE("a version is in force from its time, included, to the next one's, excluded") {
  const auto maker = three();
  CHECK_CODE(ask(maker, at("2024-12-31T23:59:59.999999999Z")), codes::WEBVH_NOT_FOUND);
  CHECK(number(ask(maker, at("2025-01-01T00:00:00Z"))) == 1);
  CHECK(number(ask(maker, at("2025-01-01T23:59:59.9Z"))) == 1);
  CHECK(number(ask(maker, at("2025-01-02T00:00:00Z"))) == 2);
  CHECK(number(ask(maker, at("2040-01-01T00:00:00Z"))) == 3);
}

TEST_CASE("as of a time later versions are not there") {
  const auto maker = three();
  const auto as_of = [&](std::string_view time, Query query = {}) {
    query.as_of = Instant::parse(time).value();
    return ask(maker, query);
  };
  const auto second = as_of("2025-01-02T12:00:00Z");
  CHECK(number(second) == 2);
  CHECK(metadata_of(*second).at("updated") == "2025-01-02T00:00:00Z");
  CHECK(number(as_of("2025-01-03T00:00:00Z")) == 3);
  CHECK(number(as_of("2040-01-01T00:00:00Z")) == 3);
  CHECK(number(as_of("2025-01-02T12:00:00Z", {.version_number = 1})) == 1);
  CHECK_CODE(as_of("2025-01-02T12:00:00Z", {.version_number = 3}), codes::WEBVH_NOT_FOUND);
  CHECK_CODE(as_of("2024-12-31T23:59:59Z"), codes::WEBVH_NOT_FOUND);
  CHECK(number(as_of("2025-01-01T12:00:00Z", at("2030-01-01T00:00:00Z"))) == 1);
}

TEST_CASE("a fault after versions that were not there yet changes nothing") {
  const auto maker = three().add({.signers = {9}});
  CHECK(number(ask(maker, {.as_of = Instant::parse("2025-01-02T12:00:00Z").value()})) == 2);
  CHECK_CODE(ask(maker, {.as_of = Instant::parse("2025-01-03T12:00:00Z").value()}),
             codes::WEBVH_KEY_NOT_AUTHORISED);
}

TEST_CASE("several conditions must hold of one version") {
  const auto maker = three();
  CHECK(number(ask(maker, {.version_time = Instant::parse("2025-01-02T05:00:00Z").value(),
                           .version_number = 2})) == 2);
  CHECK_CODE(
      ask(maker, {.version_time = Instant::parse("2025-01-02T05:00:00Z").value(), .version_number = 1}),
      codes::WEBVH_NOT_FOUND);
}

TEST_CASE("a fault hides the newest version and nothing that is certain") {
  const auto maker = three().add({.signers = {9}});
  CHECK_CODE(ask(maker, {}), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK(number(ask(maker, {.version_number = 3})) == 3);
  CHECK(number(ask(maker, {.version_number = 1})) == 1);
  CHECK(number(ask(maker, at("2025-01-02T05:00:00Z"))) == 2);
  CHECK_CODE(ask(maker, at("2025-01-03T05:00:00Z")), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(
      ask(maker, {.version_time = Instant::parse("2025-01-03T05:00:00Z").value(), .version_number = 3}),
      codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(ask(maker, at("2024-01-01T00:00:00Z")), codes::WEBVH_NOT_FOUND);
  CHECK_CODE(ask(maker, {.version_number = 4}), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(ask(maker, {.version_id = maker.version_id()}), codes::WEBVH_KEY_NOT_AUTHORISED);
}

TEST_CASE("a log answers for the DIDs it names and no other") {
  const auto maker = three();
  const auto log = maker.read();
  const auto other_host = DidWebvh::parse("did:webvh:" + maker.scid() + ":other.example").value();
  CHECK_CODE_NAMES(resolve(log, other_host), codes::WEBVH_DID_MISMATCH, "other.example");
  const auto other_scid = DidWebvh::parse("did:webvh:" + key(1).hash + ":uni.example").value();
  CHECK_CODE_NAMES(resolve(log, other_scid), codes::WEBVH_DID_MISMATCH, key(1).hash);
  CHECK_CODE(resolve(webvh::Log(), other_host), codes::WEBVH_NOT_FOUND);
}

TEST_CASE("a DID that moved resolves by its old and its new name") {
  LogMaker maker("old.example");
  maker.add({.parameters = {{"portable", true}}});
  const std::string old_did = maker.did();
  const std::string new_did = "did:webvh:" + maker.scid() + ":new.example";
  maker.add({.before_hash = [&](Json& entry) {
    entry["state"]["id"] = new_did;
    entry["state"]["alsoKnownAs"] = Json::array({old_did});
  }});
  const auto log = maker.read();
  for (const auto& did : {old_did, new_did})
    CHECK(resolve(log, DidWebvh::parse(did).value()).value().version.did().text() == new_did);
}

TEST_CASE("a deactivated DID has no document, but its history has") {
  const auto maker =
      LogMaker().add().add({.parameters = {{"deactivated", true}, {"updateKeys", Json::array()}}});
  const auto now = resolution_result(ask(maker, {}));
  CHECK(now["didDocument"].is_null());
  CHECK(now["didDocumentMetadata"]["deactivated"] == true);
  CHECK_FALSE(now["didResolutionMetadata"].contains("error"));
  const auto then = resolution_result(ask(maker, {.version_number = 1}));
  CHECK(then["didDocument"]["id"] == maker.did());
  CHECK(then["didDocumentMetadata"]["deactivated"] == true);
}

TEST_CASE("metadata says what is asked for and what is true now, numbers as text") {
  LogMaker maker;
  maker.add({.parameters = {{"portable", true}, {"ttl", 60}, {"watchers", {"https://w.example"}}}})
      .add({.parameters = {{"witness", witness_rule(1, {11})}}})
      .witness(11);
  const auto resolution = ask(maker, {.version_number = 1});
  const auto metadata = metadata_of(resolution.value());
  const Json expected = {{"versionId", resolution->version.version_id().text()},
                         {"versionTime", "2025-01-01T00:00:00Z"},
                         {"created", "2025-01-01T00:00:00Z"},
                         {"updated", "2025-01-02T00:00:00Z"},
                         {"scid", maker.scid()},
                         {"portable", true},
                         {"deactivated", false},
                         {"ttl", "60"},
                         {"witness", {{"threshold", "1"}, {"witnesses", {{{"id", key(11).did}}}}}},
                         {"watchers", {"https://w.example"}}};
  CHECK(metadata == expected);
  CHECK(metadata_of(ask(three(), {}).value())["witness"] == Json::object());
}

TEST_CASE("errors are the two of the method, with the problem in detail") {
  const auto maker = three();
  const auto missing = resolution_result(ask(maker, {.version_number = 9}))["didResolutionMetadata"];
  CHECK(missing["error"] == "notFound");
  CHECK(missing["problemDetails"]["type"] == "https://www.w3.org/ns/did#NOT_FOUND");
  const auto bad = resolution_result(ask(three().add({.signers = {9}}), {}))["didResolutionMetadata"];
  CHECK(bad["error"] == "invalidDid");
  CHECK(bad["problemDetails"]["type"] == "https://www.w3.org/ns/did#INVALID_DID");
  CHECK(bad["problemDetails"]["title"] == codes::WEBVH_KEY_NOT_AUTHORISED.sentence);
  CHECK(bad["problemDetails"]["detail"].get<std::string>().starts_with("WEBVH_KEY_NOT_AUTHORISED: "));
}

TEST_CASE("implicit services are added unless the document has its own") {
  LogMaker maker("uni.example:vet");
  const auto plain = document_of(maker.add().read().versions()[0]);
  REQUIRE(plain["service"].size() == 2);
  CHECK(plain["service"][0] ==
        Json({{"id", "#files"}, {"type", "relativeRef"}, {"serviceEndpoint", "https://uni.example/vet/"}}));
  CHECK(plain["service"][1]["serviceEndpoint"] == "https://uni.example/vet/whois.vp");
  auto document = maker.document();
  document["service"] = {{{"id", "#whois"}, {"type", "x"}}, {{"id", maker.did() + "#files"}, {"type", "y"}}};
  maker.add({.document = document});
  CHECK(document_of(maker.read().versions()[1])["service"] == document["service"]);
  document["service"] = {{"id", "#other"}};
  maker.add({.document = document});
  CHECK(document_of(maker.read().versions()[2])["service"].size() == 3);
}

TEST_CASE("the parallel did:web document names the did:webvh and itself never") {
  LogMaker maker("uni.example%3A8443:vet");
  auto document = maker.document();
  document["alsoKnownAs"] = {"did:web:uni.example%3A8443:vet", "https://uni.example", "https://uni.example",
                             "did:webvh:{SCID}:uni.example%3A8443:vet"};
  const auto version = maker.add({.document = document}).read().versions()[0];
  const auto web = webvh::did_web_document(version);
  REQUIRE_OK(web);
  const std::string id = "did:web:uni.example%3A8443:vet";
  CHECK((*web)["id"] == id);
  CHECK((*web)["verificationMethod"][0]["id"] == id + "#sig1");
  CHECK((*web)["alsoKnownAs"] == Json({"https://uni.example", maker.did()}));
  REQUIRE((*web)["service"].size() == 2);
  CHECK((*web)["service"][0]["serviceEndpoint"] == "https://uni.example:8443/vet/");
}
