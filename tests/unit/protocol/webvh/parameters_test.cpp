// Rules of "did:webvh DID Method Parameters": each log breaks the one rule it is named after.
#include "protocol/webvh/parameters.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/webvh/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using Json = nlohmann::json;

namespace {

struct Rule {
  std::string name;
  Json parameters;
  Code code = codes::WEBVH_PARAMETER;
};

Bytes long_key() {
  Bytes bytes = {0xed, 0x01};
  bytes.resize(35, 7);
  return bytes;
}
Result<void> as_first(const Json& parameters) {
  const auto log = LogMaker().add({.parameters = parameters}).read();
  if (log.fault()) return Failure{log.fault()->error};
  return {};
}
Result<void> as_second(const Json& parameters, const Json& first = Json::object()) {
  const auto log = LogMaker().add({.parameters = first}).add({.parameters = parameters}).read();
  if (!log.fault()) return {};
  CHECK(log.fault()->index == 1);
  return Failure{log.fault()->error};
}
webvh::Parameters after(LogMaker& maker) {
  const auto log = maker.read();
  REQUIRE_FALSE(log.fault());
  return log.versions().back().parameters();
}

}  // namespace

TEST_CASE("parameters that a first entry must have or may not have") {
  const auto without = [](const char* name) {
    LogMaker maker;
    maker.add({.before_scid = [name](Json& entry) { entry["parameters"].erase(name); }});
    return maker.read().fault().value().error;
  };
  CHECK_CODE_NAMES(Result<void>(Failure{without("method")}), codes::WEBVH_PARAMETER, "method");
  CHECK_CODE_NAMES(Result<void>(Failure{without("updateKeys")}), codes::WEBVH_PARAMETER, "updateKeys");
  CHECK_CODE_NAMES(Result<void>(Failure{without("scid")}), codes::WEBVH_PARAMETER, "scid");
}

TEST_CASE("values that no parameter may have, in first and later entries") {
  const Rule rules[] = {
      {"unknown parameter", {{"prerotation", true}}},
      {"parameter in another case", {{"TTL", 5}}},
      {"method of another version", {{"method", "did:webvh:1.1"}}, codes::WEBVH_METHOD},
      {"method before 1.0", {{"method", "did:webvh:0.5"}}, codes::WEBVH_METHOD},
      {"method is not a string", {{"method", 1}}, codes::WEBVH_METHOD},
      {"method null", {{"method", nullptr}}, codes::WEBVH_METHOD},
      {"updateKeys is not an array", {{"updateKeys", key(1).multikey}}},
      {"updateKeys holds a number", {{"updateKeys", {1}}}},
      {"update key is a did:key", {{"updateKeys", {key(1).did}}}},
      {"update key in another base", {{"updateKeys", {"uAQ"}}}},
      {"update key is not base58", {{"updateKeys", {"z6Mk0"}}}},
      {"update key is too short", {{"updateKeys", {"z6M"}}}},
      {"update key is an Ed25519 key of 33 bytes",
       {{"updateKeys", {multibase_encode(Multibase::base58btc, long_key())}}}},
      {"nextKeyHashes is not an array", {{"nextKeyHashes", "x"}}},
      {"nextKeyHashes holds an object", {{"nextKeyHashes", {Json::object()}}}},
      {"nextKeyHashes holds what no key has", {{"nextKeyHashes", {"Qm"}}}},
      {"nextKeyHashes holds nothing", {{"nextKeyHashes", {hashes({2})[0], ""}}}},
      {"nextKeyHashes holds a multibase hash", {{"nextKeyHashes", {"z" + hashes({2})[0]}}}},
      {"watchers is not an array", {{"watchers", "https://w.example"}}},
      {"watcher is not a URL", {{"watchers", {"w.example"}}}},
      {"portable is not a boolean", {{"portable", "true"}}},
      {"deactivated is not a boolean", {{"deactivated", 1}}},
      {"ttl is negative", {{"ttl", -1}}},
      {"ttl is a string", {{"ttl", "3600"}}},
      {"ttl is a fraction", {{"ttl", 1.5}}},
      {"ttl is beyond 2^31", {{"ttl", 2'147'483'649}}},
      {"witness is an array", {{"witness", Json::array()}}},
      {"witness without threshold", {{"witness", {{"witnesses", witness_rule(1, {11})["witnesses"]}}}}},
      {"witness without list", {{"witness", {{"threshold", 1}}}}},
      {"witness list is empty", {{"witness", {{"threshold", 1}, {"witnesses", Json::array()}}}}},
      {"witness threshold 0", {{"witness", witness_rule(0, {11})}}},
      {"witness threshold beyond the list", {{"witness", witness_rule(2, {11})}}},
      {"witness threshold is a string",
       {{"witness", {{"threshold", "1"}, {"witnesses", {{{"id", key(11).did}}}}}}}},
      {"witness threshold is a fraction",
       {{"witness", {{"threshold", 1.5}, {"witnesses", {{{"id", key(11).did}}}}}}}},
      {"witness named twice", {{"witness", witness_rule(1, {11, 11})}}},
      {"witness is a bare multikey",
       {{"witness", {{"threshold", 1}, {"witnesses", {{{"id", key(11).multikey}}}}}}}},
      {"witness is a did:web",
       {{"witness", {{"threshold", 1}, {"witnesses", {{{"id", "did:web:w.example"}}}}}}}},
      {"witness has a P-256 key",
       {{"witness",
         {{"threshold", 1},
          {"witnesses", {{{"id", "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"}}}}}}}},
      {"witness with another member",
       {{"witness", {{"threshold", 1}, {"witnesses", {{{"id", key(11).did}, {"weight", 1}}}}}}}},
      {"witness rule with another member",
       {{"witness", {{"threshold", 1}, {"witnesses", {{{"id", key(11).did}}}}, {"selfWeight", 1}}}}},
  };
  for (const Rule& rule : rules) {
    CAPTURE(rule.name);
    CHECK_CODE(as_first(rule.parameters), rule.code);
    CHECK_CODE(as_second(rule.parameters), rule.code);
  }
}

TEST_CASE("values that parameters may have") {
  const Rule rules[] = {
      {"ttl 0", {{"ttl", 0}}},
      {"ttl 2^31", {{"ttl", 2'147'483'648}}},
      {"method again", {{"method", "did:webvh:1.0"}}},
      {"watchers of any scheme", {{"watchers", {"https://w.example/webvh", "did:key:z6Mk"}}}},
      {"no watchers", {{"watchers", Json::array()}}},
      {"witness {}", {{"witness", Json::object()}}},
      {"portable false", {{"portable", false}}},
      {"deactivated false", {{"deactivated", false}}},
      {"update key of a type that cannot sign",
       {{"updateKeys", {key(1).multikey, "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"}}}},
      {"null for a default",
       {{"ttl", nullptr}, {"watchers", nullptr}, {"witness", nullptr}, {"nextKeyHashes", nullptr}}},
  };
  for (const Rule& rule : rules) {
    CAPTURE(rule.name);
    REQUIRE_OK(as_first(rule.parameters));
    REQUIRE_OK(as_second(rule.parameters));
  }
}

TEST_CASE("a DID names at most 100 witnesses") {
  std::vector<std::uint8_t> numbers;
  for (std::uint8_t number = 1; number <= webvh::kWitnessesMax; ++number) numbers.push_back(number);
  const auto most = LogMaker().add({.parameters = {{"witness", witness_rule(100, numbers)}}});
  CHECK(webvh::apply(nullptr, webvh::Entry::parse(most.lines()[0]).value(), rules()).has_value());
  numbers.push_back(101);
  CHECK_CODE_NAMES(as_first({{"witness", witness_rule(1, numbers)}}), codes::WEBVH_PARAMETER, "100");
}

TEST_CASE("a later entry does not set the SCID") {
  CHECK_CODE_NAMES(as_second({{"scid", "x"}}), codes::WEBVH_PARAMETER, "scid");
  CHECK_CODE_NAMES(as_second({{"scid", nullptr}}), codes::WEBVH_PARAMETER, "scid");
}

TEST_CASE("portable is set to true in the first entry or never") {
  CHECK_CODE_NAMES(as_second({{"portable", true}}), codes::WEBVH_PARAMETER, "portable");
  CHECK_CODE_NAMES(as_second({{"portable", true}}, {{"portable", true}}), codes::WEBVH_PARAMETER, "portable");
  LogMaker maker;
  maker.add({.parameters = {{"portable", true}}}).add();
  CHECK(after(maker).portable);
  maker.add({.parameters = {{"portable", false}}}).add();
  CHECK_FALSE(after(maker).portable);
}

TEST_CASE("what an entry does not set stays, what it sets replaces, null is the default") {
  LogMaker maker;
  maker.add(
      {.parameters = {{"ttl", 60}, {"watchers", {"https://a.example"}}, {"nextKeyHashes", hashes({2})}}});
  CHECK(after(maker).pre_rotation());
  maker.add(
      {.parameters = {{"updateKeys", multikeys({2})}, {"nextKeyHashes", Json::array()}}, .signers = {2}});
  CHECK(after(maker).ttl_seconds == 60);
  CHECK(after(maker).watchers == std::vector<std::string>{"https://a.example"});
  CHECK(after(maker).update_keys == multikeys({2}));
  maker.add({.parameters = {{"ttl", nullptr}, {"watchers", {"https://b.example"}}}, .signers = {2}});
  CHECK(after(maker).ttl_seconds == 3600);
  CHECK(after(maker).watchers == std::vector<std::string>{"https://b.example"});
}

TEST_CASE("entries that change no parameter share their memory") {
  LogMaker maker;
  const auto log = maker.add().add().add({.parameters = {{"ttl", 3600}}}).read();
  const auto versions = log.versions();
  REQUIRE(versions.size() == 3);
  CHECK(&versions[0].parameters() == &versions[1].parameters());
  CHECK(&versions[0].parameters() == &versions[2].parameters());
}

TEST_CASE("pre-rotation: the next entry reveals keys the parent committed to") {
  const Json first = {{"nextKeyHashes", hashes({2, 3})}};
  const auto second = [&](const Json& parameters, std::uint8_t signer) {
    const auto log =
        LogMaker().add({.parameters = first}).add({.parameters = parameters, .signers = {signer}}).read();
    if (log.fault()) return Result<void>(Failure{log.fault()->error});
    return Result<void>();
  };
  const auto next = hashes({4});
  REQUIRE_OK(second({{"updateKeys", multikeys({2})}, {"nextKeyHashes", next}}, 2));
  REQUIRE_OK(second({{"updateKeys", multikeys({3, 2})}, {"nextKeyHashes", Json::array()}}, 3));
  CHECK_CODE(second(Json::object(), 1), codes::WEBVH_PRE_ROTATION);
  CHECK_CODE(second({{"updateKeys", multikeys({2})}}, 2), codes::WEBVH_PRE_ROTATION);
  CHECK_CODE(second({{"nextKeyHashes", next}}, 1), codes::WEBVH_PRE_ROTATION);
  CHECK_CODE(second({{"updateKeys", multikeys({4})}, {"nextKeyHashes", next}}, 4), codes::WEBVH_PRE_ROTATION);
  CHECK_CODE(second({{"updateKeys", multikeys({2, 4})}, {"nextKeyHashes", next}}, 2),
             codes::WEBVH_PRE_ROTATION);
  CHECK_CODE(second({{"updateKeys", multikeys({2})}, {"nextKeyHashes", next}}, 1),
             codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(second({{"updateKeys", multikeys({2})}, {"nextKeyHashes", next}}, 3),
             codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(second({{"updateKeys", Json::array()}, {"nextKeyHashes", Json::array()}}, 2),
             codes::WEBVH_KEY_NOT_AUTHORISED);
}

TEST_CASE("pre-rotation that is switched off binds that entry and no later one") {
  LogMaker maker;
  maker.add({.parameters = {{"nextKeyHashes", hashes({2})}}})
      .add({.parameters = {{"updateKeys", multikeys({2})}, {"nextKeyHashes", Json::array()}}, .signers = {2}})
      .add({.signers = {2}});
  CHECK_FALSE(after(maker).pre_rotation());
}
