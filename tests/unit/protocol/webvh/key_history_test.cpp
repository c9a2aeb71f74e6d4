#include "protocol/webvh/key_history.h"

#include <nlohmann/json.hpp>

#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using Json = nlohmann::json;

namespace {

webvh::Instant day(int n) {
  return webvh::Instant(kFirstTime.plus_seconds((n - 1) * 86'400));
}

}  // namespace

TEST_CASE("a method's intervals are those of the versions that assert with the same key") {
  LogMaker maker;
  maker.add();  // 1 January: #sig1 with key 101
  maker.add();
  auto rotated = document_with(maker.did(), 102);
  maker.add({.document = rotated});  // 3 January: key 102
  auto without = rotated;
  without["assertionMethod"] = Json::array();
  maker.add({.document = without});  // 4 January: listed, but not for assertions
  maker.add({.document = rotated});  // 5 January: again
  const auto log = maker.read();
  const auto intervals = key_intervals(log.versions(), maker.did() + "#sig1");
  REQUIRE(intervals.size() == 3);
  CHECK(intervals[0].key == key(101).signer.public_key());
  CHECK(intervals[0].first == 0);
  CHECK(intervals[0].last == 1);
  CHECK(intervals[0].from == day(1));
  CHECK(intervals[0].until == day(3));
  CHECK(intervals[1].key == key(102).signer.public_key());
  CHECK(intervals[1].from == day(3));
  CHECK(intervals[1].until == day(4));
  CHECK(intervals[2].first == 4);
  CHECK_FALSE(intervals[2].until);
  CHECK(key_intervals(log.versions(), maker.did() + "#sig2").empty());
  CHECK(key_intervals(log.versions(), "did:web:uni.example#sig1").empty());
}

TEST_CASE("an interval holds its start and not its end") {
  LogMaker maker;
  maker.add();
  maker.add({.document = document_with(maker.did(), 102)});
  const auto log = maker.read();
  const auto intervals = key_intervals(log.versions(), maker.did() + "#sig1");
  REQUIRE(intervals.size() == 2);
  CHECK(intervals[0].holds(day(1)));
  CHECK_FALSE(intervals[0].holds(day(2)));
  CHECK(intervals[1].holds(day(2)));
  CHECK(intervals[1].holds(day(5000)));
  CHECK_FALSE(intervals[0].holds(webvh::Instant(kFirstTime.plus_seconds(-1), 999'999'999)));
}

TEST_CASE("a method may be relative or embedded, but not ambiguous") {
  LogMaker maker;
  auto document = maker.document();
  document["verificationMethod"][0]["id"] = "#sig1";
  document["assertionMethod"] = Json::array({"#sig1"});
  maker.add({.document = document});
  const std::string method = maker.did() + "#sig1";
  auto embedded = maker.document();
  embedded["assertionMethod"] = embedded["verificationMethod"];
  embedded["verificationMethod"] = Json::array();
  maker.add({.document = embedded});
  CHECK(key_intervals(maker.read().versions(), method).size() == 1);
  auto twice = maker.document();
  twice["verificationMethod"] = {{{"id", method}, {"publicKeyMultibase", key(102).multikey}}};
  maker.add({.document = twice});
  const auto intervals = key_intervals(maker.read().versions(), method);
  REQUIRE(intervals.size() == 1);
  CHECK(intervals[0].until == day(3));
}

TEST_CASE("a method under the control of somebody else is not the DID's") {
  LogMaker maker;
  maker.add();
  const std::string method = maker.did() + "#sig1";
  const auto controlled_by = [&](const Json& controller) {
    auto document = maker.document();
    document["verificationMethod"][0]["controller"] = controller;
    maker.add({.document = document});
    const auto intervals = key_intervals(maker.read().versions(), method);
    return !intervals.back().until.has_value();
  };
  CHECK_FALSE(controlled_by("did:web:evil.example"));
  CHECK(controlled_by(concat("did:webvh:", maker.scid(), ":before.example")));  // it moved
  CHECK_FALSE(controlled_by(Json::array({maker.did()})));
  CHECK(controlled_by(maker.did()));
}

TEST_CASE("a method that expires is there until then, excluded") {
  LogMaker maker;
  const auto with_end = [&](const Json& time) {
    auto document = maker.document();
    document["verificationMethod"][0]["expires"] = time;
    maker.add({.document = document});
    return key_intervals(maker.read().versions(), maker.did() + "#sig1");
  };
  const auto one = with_end("2025-01-05T00:00:00Z");
  REQUIRE(one.size() == 1);
  CHECK_FALSE(one[0].until);
  CHECK(one[0].expires == day(5));
  CHECK(one[0].holds(day(1)));
  CHECK(one[0].holds(webvh::Instant(kFirstTime.plus_seconds(4 * 86'400 - 1))));
  CHECK_FALSE(one[0].holds(day(5)));
  const auto longer = with_end("2025-01-09T00:00:00Z");  // from 2 January on
  REQUIRE(longer.size() == 2);
  CHECK_FALSE(longer[0].holds(day(2)));
  CHECK(longer[1].holds(day(8)));
  CHECK_FALSE(with_end("soon").back().holds(day(4)));
}

TEST_CASE("keys of another form or type are not there") {
  LogMaker maker;
  auto document = maker.document();
  document["verificationMethod"][0]["publicKeyMultibase"] =
      "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169";
  maker.add({.document = document});
  CHECK(key_intervals(maker.read().versions(), maker.did() + "#sig1").empty());
  auto jwk = maker.document();
  jwk["verificationMethod"][0].erase("publicKeyMultibase");
  maker.add({.document = jwk});
  auto dangling = maker.document();
  dangling["verificationMethod"] = "nothing";
  maker.add({.document = dangling});
  CHECK(key_intervals(maker.read().versions(), maker.did() + "#sig1").empty());
}

TEST_CASE("a key is revoked since the earliest time that any version states, and that is not taken back") {
  LogMaker maker;
  maker.add();
  const auto compromised = key(101).signer.public_key();
  CHECK_FALSE(revoked_since(maker.read().versions(), compromised));
  const auto revoke = [&](const Json& time) {
    auto document = document_with(maker.did(), 101);
    document["verificationMethod"][0]["revoked"] = time;
    document["assertionMethod"] = Json::array();
    maker.add({.document = document});
    return revoked_since(maker.read().versions(), compromised);
  };
  CHECK(revoke("2025-01-05T00:00:00Z") == day(5));
  CHECK(revoke("2025-01-09T00:00:00Z") == day(5));
  CHECK(revoke("2025-01-03T00:00:00+00:00") == day(3));
  maker.add({.document = document_with(maker.did(), 101)});
  CHECK(revoked_since(maker.read().versions(), compromised) == day(3));
  CHECK_FALSE(revoked_since(maker.read().versions(), key(102).signer.public_key()));
  CHECK(revoke("some day") == webvh::Instant());
  CHECK(revoke(true) == webvh::Instant());
}
