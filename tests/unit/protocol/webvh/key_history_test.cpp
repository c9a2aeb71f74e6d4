#include "protocol/webvh/key_history.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
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
  twice["verificationMethod"] =
      Json::array({{{"id", method}, {"type", "Multikey"}, {"publicKeyMultibase", key(102).multikey}}});
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

TEST_CASE("keys of another form or type are not there, and why is told") {
  LogMaker maker;
  const auto changed = [&](const char* member, const Json& value) {
    auto document = maker.document();
    document["verificationMethod"][0][member] = value;
    maker.add({.document = document});
    const auto log = maker.read();
    const std::string method = maker.did() + "#sig1";
    CHECK(key_intervals(log.versions(), method).empty());
    const auto fault = method_fault(log.versions().back(), method);
    REQUIRE(fault.has_value());
    return Result<void>(Failure{*fault});
  };
  CHECK_CODE(changed("publicKeyMultibase", "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"),
             codes::DID_KEY_TYPE_UNSUPPORTED);
  CHECK_CODE(changed("type", "Foo"), codes::VERIFICATION_METHOD_UNREAD);
  const auto quiet = [&](const Json& document) {
    maker.add({.document = document});
    const auto log = maker.read();
    CHECK(key_intervals(log.versions(), maker.did() + "#sig1").empty());
    return !method_fault(log.versions().back(), maker.did() + "#sig1");
  };
  auto foreign = maker.document();
  foreign["verificationMethod"][0]["controller"] = "did:web:evil.example";
  CHECK(quiet(foreign));
  auto unlisted = maker.document();
  unlisted["assertionMethod"] = Json::array();
  CHECK(quiet(unlisted));
  auto dangling = maker.document();
  dangling["verificationMethod"] = "nothing";
  CHECK(quiet(dangling));
}

TEST_CASE("an issuer that moved has its methods under every name it had") {
  LogMaker maker;
  maker.add({.parameters = {{"portable", true}}});
  const std::string old = maker.did();
  const std::string moved = concat("did:webvh:", maker.scid(), ":new.example");
  const auto move = [&](const Json& methods, const Json& assertions) {
    LogMaker later = maker;
    later.add({.document = Json{{"id", moved},
                                {"alsoKnownAs", Json::array({old})},
                                {"verificationMethod", methods},
                                {"assertionMethod", assertions}}});
    return later.read();
  };
  const auto method = [](const std::string& id, std::uint8_t number) {
    return Json{{"id", id}, {"type", "Multikey"}, {"publicKeyMultibase", key(number).multikey}};
  };
  const auto log = move(Json::array({method("#sig1", 101)}), Json::array({"#sig1"}));
  for (const std::string& did : {old, moved}) {
    const auto intervals = key_intervals(log.versions(), did + "#sig1");
    REQUIRE(intervals.size() == 1);
    CHECK(intervals[0].from == day(1));
    CHECK_FALSE(intervals[0].until);
  }
  const auto never = concat("did:webvh:", maker.scid(), ":evil.example#sig1");
  CHECK(key_intervals(log.versions(), never).empty());
  CHECK_FALSE(is_of_history(log.versions(), never));
  // Where a version has the very name, it means that one.
  const auto both = move(Json::array({method(old + "#sig1", 101), method(moved + "#sig1", 102)}),
                         Json::array({old + "#sig1", moved + "#sig1"}));
  CHECK(key_intervals(both.versions(), old + "#sig1").size() == 1);
  const auto renamed = key_intervals(both.versions(), moved + "#sig1");
  REQUIRE(renamed.size() == 2);
  CHECK(renamed[0].key == key(101).signer.public_key());
  CHECK(renamed[1].key == key(102).signer.public_key());
  // A name that is there and asserts nothing any more is not found elsewhere.
  const auto kept = move(Json::array({method(old + "#sig1", 101), method(moved + "#sig1", 102)}),
                         Json::array({moved + "#sig1"}));
  CHECK(key_intervals(kept.versions(), old + "#sig1").back().until == day(2));
}

TEST_CASE("a key is revoked in whatever form, type and relationship the declaration stands") {
  const auto compromised = key(101).signer.public_key();
  const auto since = [&](const Json& method, const char* member) {
    LogMaker maker;
    maker.add();
    auto document = document_with(maker.did(), 102);
    document["verificationMethod"][0]["id"] = maker.did() + "#sig2";
    document["assertionMethod"] = Json::array({maker.did() + "#sig2"});
    document[member].push_back(method);
    maker.add({.document = document});
    return revoked_since(maker.read().versions(), compromised);
  };
  const std::string time = "2025-01-03T00:00:00Z";
  const Json multikey = {{"id", "#other"}, {"publicKeyMultibase", key(101).multikey}, {"revoked", time}};
  const Json jwk = {
      {"id", "#sig1"},
      {"type", "JsonWebKey2020"},
      {"publicKeyJwk", {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url_encode(compromised.view())}}},
      {"revoked", time}};
  for (const char* member : {"verificationMethod", "assertionMethod", "authentication", "keyAgreement",
                             "capabilityDelegation", "capabilityInvocation"}) {
    CHECK(since(multikey, member) == day(3));
    CHECK(since(jwk, member) == day(3));
  }
  // The name is all that such a method shares with the key.
  const Json opaque = {{"id", "#sig1"}, {"type", "Foo"}, {"publicKeyPem", "-----"}, {"revoked", time}};
  CHECK(since(opaque, "verificationMethod") == day(3));
  Json other = opaque;
  other["id"] = "#sig3";
  CHECK_FALSE(since(other, "verificationMethod"));
  other = multikey;
  other["publicKeyMultibase"] = key(103).multikey;
  CHECK_FALSE(since(other, "verificationMethod"));
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
