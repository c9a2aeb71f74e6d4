// Rules of one entry after its parent: place, time, hash, SCID, document, proof, authorisation.
#include "protocol/webvh/state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using Json = nlohmann::json;

namespace {

struct Bad {
  std::string name;
  Code code;
  Making making;
};

// Whether the log's last entry is refused, with its code; earlier ones are good.
Result<void> last_of(const LogMaker& maker) {
  const auto log = maker.read();
  if (!log.fault()) return {};
  CHECK(log.fault()->index + 1 == maker.lines().size());
  return Failure{log.fault()->error};
}
Result<void> second(const Making& making) {
  return last_of(LogMaker().add().add(making));
}
Result<void> first(const Making& making) {
  return last_of(LogMaker().add(making));
}

Json proof_of(const Json& entry) {
  return entry["proof"][0];
}

}  // namespace

TEST_CASE("a good log of one and of two entries") {
  REQUIRE_OK(first({}));
  REQUIRE_OK(second({}));
  const auto log = LogMaker().add().add().read();
  const auto& state = log.versions()[1];
  CHECK(state.parent() == log.versions()[0].version_id().text());
  CHECK(log.versions()[0].parent().empty());
  CHECK(state.signers() == multikeys({1}));
  CHECK_FALSE(state.deactivated());
}

TEST_CASE("entries that are not in their place") {
  const auto renumbered = [](std::string number) {
    return [number](Json& entry) {
      const std::string id = entry["versionId"];
      entry["versionId"] = number + id.substr(id.find('-'));
    };
  };
  CHECK_CODE(second({.before_sign = renumbered("3")}), codes::WEBVH_VERSION_ID);
  CHECK_CODE(second({.before_sign = renumbered("1")}), codes::WEBVH_VERSION_ID);
  CHECK_CODE(first({.before_sign = renumbered("2")}), codes::WEBVH_VERSION_ID);
  CHECK_CODE(second({.before_sign = renumbered("02")}), codes::WEBVH_VERSION_ID);
  LogMaker other("other.example");
  other.add().add();
  CHECK_CODE(last_of(LogMaker().add().line(other.lines()[1])), codes::WEBVH_ENTRY_HASH);
  CHECK_CODE(last_of(LogMaker().add().line(other.lines()[0])), codes::WEBVH_VERSION_ID);
}

TEST_CASE("versionTime rises strictly and is not in the future") {
  CHECK_CODE(second({.time = "2025-01-01T00:00:00Z"}), codes::WEBVH_VERSION_TIME);
  CHECK_CODE(second({.time = "2024-12-31T23:59:59.999Z"}), codes::WEBVH_VERSION_TIME);
  CHECK_CODE(second({.time = "2025-01-01T00:00:00.000+00:00"}), codes::WEBVH_VERSION_TIME);
  REQUIRE_OK(second({.time = "2025-01-01T00:00:00.000000001Z"}));
  const auto limit = kNow.plus_seconds(300);
  REQUIRE_OK(second({.time = limit.to_string()}));
  CHECK_CODE(second({.time = limit.plus_seconds(1).to_string()}), codes::WEBVH_TIME_FUTURE);
  CHECK_CODE(first({.time = "9999-12-31T23:59:59Z"}), codes::WEBVH_TIME_FUTURE);
}

TEST_CASE("the SCID is the hash of the first entry") {
  const auto claimed = [](const Json& scid) {
    return [scid](Json& entry) { entry["parameters"]["scid"] = scid; };
  };
  CHECK_CODE(first({.before_hash = [](Json& entry) { entry["state"]["note"] = "added"; }}),
             codes::WEBVH_SCID);
  CHECK_CODE(first({.before_hash = claimed(5)}), codes::WEBVH_SCID);
  CHECK_CODE(first({.before_hash = claimed("Qm")}), codes::WEBVH_SCID);
  CHECK_CODE(first({.before_hash = claimed(key(1).hash)}), codes::WEBVH_SCID);
  CHECK_CODE(first({.time = "2025-01-01T00:00:00Z",
                    .before_hash = [](Json& entry) { entry["versionTime"] = "2025-01-01T00:00:00.0Z"; }}),
             codes::WEBVH_SCID);
}

TEST_CASE("the entry hash covers all but the proof") {
  CHECK_CODE(second({.before_sign = [](Json& entry) { entry["state"]["note"] = 1; }}),
             codes::WEBVH_ENTRY_HASH);
  CHECK_CODE(second({.before_sign = [](Json& entry) { entry["parameters"]["ttl"] = 1; }}),
             codes::WEBVH_ENTRY_HASH);
  CHECK_CODE(second({.before_sign = [](Json& entry) { entry["versionTime"] = "2025-01-03T00:00:00Z"; }}),
             codes::WEBVH_ENTRY_HASH);
  CHECK_CODE(first({.before_sign = [](Json& entry) { entry["versionId"] = "1-" + key(1).hash; }}),
             codes::WEBVH_ENTRY_HASH);
}

TEST_CASE("the document's id is the bare DID with the SCID of the log") {
  const auto id = [](const Json& value) { return [value](Json& entry) { entry["state"]["id"] = value; }; };
  const auto appended = [](std::string suffix) {
    return [suffix](Json& entry) { entry["state"]["id"] = entry["state"]["id"].get<std::string>() + suffix; };
  };
  CHECK_CODE(second({.before_hash = [](Json& entry) { entry["state"].erase("id"); }}), codes::WEBVH_STATE);
  CHECK_CODE(second({.before_hash = id(5)}), codes::WEBVH_STATE);
  CHECK_CODE(second({.before_hash = id("did:webvh:" + key(1).hash + ":uni.example")}), codes::WEBVH_STATE);
  CHECK_CODE(first({.before_scid = id("did:webvh:" + key(1).hash + ":uni.example")}), codes::WEBVH_STATE);
  CHECK_CODE(second({.before_hash = id("did:web:uni.example")}), codes::WEBVH_DID);
  CHECK_CODE(second({.before_hash = appended(":..")}), codes::WEBVH_DID);
  CHECK_CODE(second({.before_hash = appended("#k")}), codes::DID_INVALID);
  CHECK_CODE(last_of(LogMaker("localhost%3A8080").add()), codes::WEBVH_HOST);
}

TEST_CASE("a DID moves only while portable, and names where it comes from") {
  const auto moved = [](std::string location, bool also_known_as) {
    return [location, also_known_as](Json& entry) {
      const std::string old = entry["state"]["id"];
      entry["state"]["id"] = old.substr(0, old.rfind(':') + 1) + location;
      if (also_known_as) entry["state"]["alsoKnownAs"] = {"https://uni.example", old};
    };
  };
  const auto log = [&](bool portable, const Making& move) {
    return last_of(LogMaker().add({.parameters = {{"portable", portable}}}).add(move));
  };
  REQUIRE_OK(log(true, {.before_hash = moved("new.example", true)}));
  CHECK_CODE(log(false, {.before_hash = moved("new.example", true)}), codes::WEBVH_NOT_PORTABLE);
  CHECK_CODE(log(true, {.before_hash = moved("new.example", false)}), codes::WEBVH_NOT_PORTABLE);
  CHECK_CODE(log(true, {.before_hash = moved("UNI.example", false)}), codes::WEBVH_NOT_PORTABLE);
  CHECK_CODE(log(true, {.parameters = {{"portable", false}}, .before_hash = moved("new.example", true)}),
             codes::WEBVH_NOT_PORTABLE);
  CHECK_CODE(log(true, {.before_hash = moved("127.0.0.1", true)}), codes::WEBVH_HOST);
}

TEST_CASE("proofs that prove nothing") {
  const auto proof = [](const char* member, const Json& value) {
    return [member, value](Json& entry) { entry["proof"][0][member] = value; };
  };
  const auto swapped = key(1).did + "#" + key(2).multikey;
  const Bad logs[] = {
      {"no proof in the list", codes::WEBVH_PROOF, {.signers = {}}},
      {"proof is null", codes::WEBVH_PROOF, {.after_sign = [](Json& entry) { entry["proof"] = nullptr; }}},
      {"proof is a string", codes::WEBVH_PROOF, {.after_sign = [](Json& entry) { entry["proof"] = "x"; }}},
      {"another type", codes::WEBVH_PROOF, {.after_sign = proof("type", "Ed25519Signature2020")}},
      {"another cryptosuite", codes::WEBVH_PROOF, {.after_sign = proof("cryptosuite", "eddsa-rdfc-2022")}},
      {"another purpose", codes::WEBVH_PROOF, {.after_sign = proof("proofPurpose", "authentication")}},
      {"created changed after signing",
       codes::WEBVH_PROOF,
       {.after_sign = proof("created", "2025-01-05T00:00:00Z")}},
      {"fragment of another key", codes::WEBVH_PROOF, {.after_sign = proof("verificationMethod", swapped)}},
      {"method without fragment",
       codes::WEBVH_PROOF,
       {.after_sign = proof("verificationMethod", key(1).did)}},
      {"method is a bare multikey",
       codes::WEBVH_PROOF,
       {.after_sign = proof("verificationMethod", key(1).multikey)}},
      {"another key's method",
       codes::WEBVH_PROOF,
       {.after_sign = proof("verificationMethod", key(2).method)}},
      {"proofValue cut", codes::WEBVH_PROOF, {.after_sign = proof("proofValue", "z3")}},
      {"a member added to the proof", codes::WEBVH_PROOF, {.after_sign = proof("nonce", "x")}},
      {"one good and one broken proof",
       codes::WEBVH_PROOF,
       {.after_sign =
            [](Json& entry) {
              auto broken = proof_of(entry);
              broken["created"] = "2025-01-05T00:00:00Z";
              entry["proof"].push_back(broken);
            }}},
  };
  for (const Bad& bad : logs) {
    CAPTURE(bad.name);
    CHECK_CODE(second(bad.making), bad.code);
    CHECK_CODE(first(bad.making), bad.code);
  }
}

TEST_CASE("a proof with an expiry date is refused, history does not lapse") {
  Making making{.signers = {}};
  making.after_sign = [](Json& entry) {
    Json unsigned_entry = entry;
    unsigned_entry.erase("proof");
    entry["proof"] = Json::array({expiring_proof(unsigned_entry, 1)});
  };
  CHECK_CODE_NAMES(second(making), codes::WEBVH_PROOF, "expiry");
}

TEST_CASE("a proof may stand alone, outside of a list") {
  REQUIRE_OK(second({.after_sign = [](Json& entry) { entry["proof"] = proof_of(entry); }}));
}

TEST_CASE("several proofs are good if all are, by active keys") {
  const Json two = {{"updateKeys", multikeys({1, 2})}};
  REQUIRE_OK(last_of(LogMaker().add({.parameters = two, .signers = {1, 2}}).add({.signers = {2, 1}})));
  CHECK_CODE(last_of(LogMaker().add({.parameters = two}).add({.signers = {1, 3}})),
             codes::WEBVH_KEY_NOT_AUTHORISED);
}

TEST_CASE("keys that may not sign") {
  CHECK_CODE(first({.signers = {2}}), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(second({.signers = {2}}), codes::WEBVH_KEY_NOT_AUTHORISED);
  const Making rotation{.parameters = {{"updateKeys", multikeys({2})}}};
  REQUIRE_OK(second(rotation));
  Making by_new = rotation;
  by_new.signers = {2};
  CHECK_CODE(second(by_new), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(last_of(LogMaker().add().add(rotation).add()), codes::WEBVH_KEY_NOT_AUTHORISED);
  REQUIRE_OK(last_of(LogMaker().add().add(rotation).add({.signers = {2}})));
  const Making freeze{.parameters = {{"updateKeys", Json::array()}}};
  CHECK_CODE(last_of(LogMaker().add().add(freeze).add()), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(first({.parameters = {{"updateKeys", Json::array()}}}), codes::WEBVH_KEY_NOT_AUTHORISED);
}

// Whoever multiplies such a key gets the neutral point, so that R = B, S = 1 fits any message where nobody
// asks for the order of the key.
TEST_CASE("a small-order update key authorises nothing, though a signature fits everything") {
  Bytes multikey(34, 0);
  multikey[0] = 0xed;
  multikey[1] = 0x01;
  multikey[2] = 0x01;  // the neutral point
  const std::string neutral = "z" + base58btc_encode(multikey);
  Bytes forged(64, 0x66);  // the base point's encoding …
  forged[0] = 0x58;
  std::fill(forged.begin() + 32, forged.end(), std::uint8_t{0});
  forged[32] = 1;  // … and S = 1
  Making making{.parameters = {{"updateKeys", Json::array({neutral})}}};
  making.after_sign = [&](Json& entry) {
    entry["proof"][0]["verificationMethod"] = "did:key:" + neutral + "#" + neutral;
    entry["proof"][0]["proofValue"] = "z" + base58btc_encode(forged);
  };
  CHECK_CODE_NAMES(first(making), codes::WEBVH_PROOF, "proofValue does not match");
}

TEST_CASE("nothing follows a deactivation, even with live keys") {
  const Making deactivation{.parameters = {{"deactivated", true}}};
  REQUIRE_OK(second(deactivation));
  CHECK_CODE(last_of(LogMaker().add().add(deactivation).add()), codes::WEBVH_DEACTIVATED);
  CHECK_CODE(last_of(LogMaker().add(deactivation).add({.parameters = {{"deactivated", false}}})),
             codes::WEBVH_DEACTIVATED);
}

TEST_CASE("siblings on one parent are each judged from its state, in any order") {
  LogMaker left;
  left.add();
  LogMaker right = left;
  left.add({.parameters = {{"ttl", 1}}});
  right.add({.parameters = {{"ttl", 2}}});
  const auto parent = webvh::apply(nullptr, webvh::Entry::parse(left.lines()[0]).value(), rules()).value();
  for (int round = 0; round < 2; ++round) {
    const auto a = webvh::apply(&parent, webvh::Entry::parse(left.lines()[1]).value(), rules());
    const auto b = webvh::apply(&parent, webvh::Entry::parse(right.lines()[1]).value(), rules());
    REQUIRE_OK(a);
    REQUIRE_OK(b);
    CHECK(a->parameters().ttl_seconds == 1);
    CHECK(b->parameters().ttl_seconds == 2);
    CHECK(parent.parameters().ttl_seconds == 3600);
  }
}
