#include "protocol/issuer/key_at.h"

#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "tests/unit/protocol/issuer/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using issuer::find_key;
using Json = nlohmann::json;

namespace {

constexpr std::int64_t kDay = 86'400;

// Versions are a day apart, the first of day 0.
Timestamp day(std::int64_t number, std::int64_t seconds = 0) {
  return made::kFirstTime.plus_seconds(number * kDay + seconds);
}

Json method_of(const Json& document, const std::string& name, std::uint8_t key) {
  const std::string did = document["id"];
  return {{"id", did + name},
          {"type", "Multikey"},
          {"controller", did},
          {"publicKeyMultibase", made::key(key).multikey}};
}

// Key 101 is #sig1 in versions 1 and 2; version 3 retires it for key 102, #sig2.
struct Rotated {
  Branch branch{false};
  std::string sig1, sig2;

  Rotated() {
    const std::string did = branch.maker().did();
    sig1 = did + "#sig1";
    sig2 = did + "#sig2";
    branch.add();
    made::Making making;
    making.document = branch.maker().document();
    (*making.document)["verificationMethod"] = Json::array({method_of(*making.document, "#sig2", 102)});
    (*making.document)["assertionMethod"] = Json::array({"#sig2"});
    branch.add(making);
  }
  // A further version, in which key 101 is said to be compromised.
  Branch& compromise(const Json& since, const std::string& name = "#sig1") {
    made::Making making;
    making.document = branch.maker().document();
    Json method = method_of(*making.document, name, 101);
    method["revoked"] = since;
    (*making.document)["verificationMethod"].push_back(method);
    return branch.add(making);
  }
  [[nodiscard]] issuer::History history() const { return history_of(branch); }
  static issuer::History history_of(const Branch& branch) {
    auto set = set_of(branch);
    for (std::size_t i = 0; i < branch.size(); ++i) REQUIRE_OK(add(set, branch.body(i)));
    return set.history();
  }
};

}  // namespace

TEST_CASE("a retired key stays good for its time, half-open, start included") {
  const Rotated world;
  const auto history = world.history();
  const auto at = [&](const std::string& method, Timestamp time) {
    return find_key(history, method, {time, {}});
  };
  CHECK_CODE(at(world.sig1, day(0, -1)), codes::KEY_NOT_IN_FORCE);
  for (const auto& [time, version] :
       {std::pair{day(0), 0}, {day(0, kDay - 1), 0}, {day(1), 1}, {day(2, -1), 1}}) {
    const auto found = at(world.sig1, time);
    REQUIRE_OK(found);
    CHECK(found->key == made::key(101).signer.public_key());
    CHECK(found->version == static_cast<std::size_t>(version));
    CHECK(found->retired);
    CHECK_FALSE(found->compromised);
  }
  CHECK_CODE_NAMES(at(world.sig1, day(2)), codes::KEY_NOT_IN_FORCE, "until 2025-01-03T00:00:00Z");
  CHECK_CODE_NAMES(at(world.sig2, day(2, -1)), codes::KEY_NOT_IN_FORCE, "from 2025-01-03T00:00:00Z");
  REQUIRE_OK(at(world.sig2, day(2)));
  CHECK_FALSE(at(world.sig2, day(400)).value().retired);
  CHECK_CODE(at(world.branch.maker().did() + "#sig3", day(1)), codes::VERIFICATION_METHOD_UNKNOWN);
}

TEST_CASE("without a claimed time only the newest version answers") {
  const Rotated world;
  REQUIRE_OK(find_key(world.history(), world.sig2, {}));
  CHECK(find_key(world.history(), world.sig2, {})->version == 2);
  CHECK_CODE(find_key(world.history(), world.sig1, {}), codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK_CODE(find_key(issuer::History(), world.sig1, {}), codes::VERIFICATION_METHOD_UNKNOWN);
}

TEST_CASE("a method that expires is not in force from then on, nor for a signature of no time") {
  Branch branch(false);
  branch.add();
  made::Making making;
  making.document = branch.maker().document();
  (*making.document)["verificationMethod"][0]["expires"] = day(3).to_string();
  branch.add(making);
  const auto history = Rotated::history_of(branch);
  const std::string method = branch.maker().did() + "#sig1";
  REQUIRE_OK(find_key(history, method, {day(3, -1), {}}));
  CHECK_CODE_NAMES(find_key(history, method, {day(3), {}}), codes::KEY_NOT_IN_FORCE, "expires at");
  CHECK_CODE_NAMES(find_key(history, method, {{}, {}}), codes::KEY_NOT_IN_FORCE, "claims no time");
}

TEST_CASE("a method of a type that is not read says nothing, and only of its time") {
  Branch branch(false);
  branch.add();
  made::Making making;
  making.document = branch.maker().document();
  (*making.document)["verificationMethod"][0]["type"] = "Foo";
  branch.add(making);
  const auto history = Rotated::history_of(branch);
  const std::string method = branch.maker().did() + "#sig1";
  REQUIRE_OK(find_key(history, method, {day(2, -1), {}}));
  CHECK_CODE_NAMES(find_key(history, method, {day(2), {}}), codes::VERIFICATION_METHOD_UNREAD, "Foo");
  CHECK_CODE(find_key(history, method, {}), codes::VERIFICATION_METHOD_UNREAD);
  CHECK_CODE(find_key(history, method, {day(0, -1), {}}), codes::KEY_NOT_IN_FORCE);
  CHECK_CODE(find_key(history, branch.maker().did() + "#sig2", {day(2), {}}),
             codes::VERIFICATION_METHOD_UNKNOWN);
  const std::string never = concat("did:webvh:", branch.maker().scid(), ":evil.example#sig1");
  CHECK_CODE(find_key(history, never, {day(2), {}}), codes::VERIFICATION_METHOD_UNKNOWN);
}

TEST_CASE("a name with new key bytes is a new interval, and gaps are said") {
  Branch branch(false);
  const std::string sig1 = branch.maker().did() + "#sig1";
  made::Making gone;
  gone.document = branch.maker().document();
  (*gone.document)["assertionMethod"] = Json::array();
  branch.add(gone);
  made::Making again;
  again.document = branch.maker().document();
  (*again.document)["verificationMethod"] = Json::array({method_of(*again.document, "#sig1", 102)});
  (*again.document)["assertionMethod"] = Json::array({"#sig1"});
  branch.add(again);
  const auto history = Rotated::history_of(branch);
  CHECK(find_key(history, sig1, {day(0), {}})->key == made::key(101).signer.public_key());
  CHECK_CODE_NAMES(find_key(history, sig1, {day(1), {}}), codes::KEY_NOT_IN_FORCE, "with gaps");
  CHECK(find_key(history, sig1, {day(2), {}})->key == made::key(102).signer.public_key());
}

TEST_CASE("a compromised key is good for what is proven older, and for nothing else") {
  for (const std::string name : {"#sig1", "#another-name"}) {
    CAPTURE(name);
    Rotated world;
    world.compromise(day(1, 100).to_string(), name);
    const auto history = world.history();
    const auto at = [&](std::optional<Timestamp> proven) {
      return find_key(history, world.sig1, {day(0, 5), proven});
    };
    CHECK_CODE_NAMES(at(std::nullopt), codes::KEY_COMPROMISED, "nothing proves when the signature was made");
    CHECK_CODE_NAMES(at(day(1, 100)), codes::KEY_COMPROMISED, "2025-01-02T00:01:40Z");
    CHECK_CODE(at(day(9)), codes::KEY_COMPROMISED);
    REQUIRE_OK(at(day(1, 99)));
    CHECK(at(day(1, 99))->compromised);
    // Other keys are not touched.
    REQUIRE_OK(find_key(history, world.sig2, {day(3), {}}));
    CHECK_FALSE(find_key(history, world.sig2, {day(3), {}})->compromised);
  }
}

TEST_CASE("a declaration of compromise is never taken back, and one that names no time covers all") {
  Rotated world;
  world.compromise(day(1).to_string());
  made::Making silent;
  silent.document = world.branch.maker().document();
  (*silent.document)["verificationMethod"].erase(1);
  world.branch.add(silent);
  CHECK_CODE(find_key(world.history(), world.sig1, {day(0), {}}), codes::KEY_COMPROMISED);
  world.compromise(day(400).to_string());  // later: does not help
  CHECK_CODE(find_key(world.history(), world.sig1, {day(0), day(2)}), codes::KEY_COMPROMISED);
  for (const Json& since : {Json("soon"), Json(true), Json()}) {
    CAPTURE(since.dump());
    Rotated other;
    other.compromise(since);
    CHECK_CODE(find_key(other.history(), other.sig1, {day(0), day(0)}), codes::KEY_COMPROMISED);
  }
}

TEST_CASE("a deactivated DID has no keys, whatever its last document lists") {
  Rotated world;
  made::Making making;
  making.parameters = {{"deactivated", true}};
  world.branch.add(making);
  const auto history = world.history();
  REQUIRE_OK(find_key(history, world.sig2, {day(3, -1), {}}));
  CHECK_CODE_NAMES(find_key(history, world.sig2, {day(3), {}}), codes::KEY_NOT_IN_FORCE, "deactivated");
  CHECK_CODE(find_key(history, world.sig2, {}), codes::KEY_NOT_IN_FORCE);
  REQUIRE_OK(find_key(history, world.sig1, {day(0), {}}));
}

TEST_CASE("where histories part, later times cannot be told") {
  Rotated world;
  Branch other = world.branch;
  made::Making early;
  early.time = day(2, 50).to_string();
  world.branch.add();  // day 3
  other.add(early);    // 50 s after version 3
  auto set = set_of(world.branch);
  for (std::size_t i = 0; i < 4; ++i) REQUIRE_OK(add(set, world.branch.body(i)));
  REQUIRE_OK(add(set, other.newest()));
  const auto history = set.history();
  REQUIRE(history.dispute.has_value());
  REQUIRE_OK(find_key(history, world.sig1, {day(1), {}}));
  REQUIRE_OK(find_key(history, world.sig2, {day(2, 49), {}}));
  CHECK_CODE_NAMES(find_key(history, world.sig2, {day(2, 50), {}}), codes::DID_DISPUTED, other.tip().text());
  CHECK_CODE_NAMES(find_key(history, world.sig2, {day(2, 50), {}}), codes::DID_DISPUTED,
                   world.branch.tip().text());
  CHECK_CODE(find_key(history, world.sig1, {day(2, 50), {}}), codes::DID_DISPUTED);
  CHECK_CODE(find_key(history, world.sig2, {}), codes::DID_DISPUTED);
}

TEST_CASE("what one side of a dispute says of a key makes it unknown, never good") {
  Rotated world;
  Branch other = world.branch;
  world.compromise(day(1).to_string());
  other.add();
  auto set = set_of(other);
  for (std::size_t i = 0; i < 4; ++i) REQUIRE_OK(add(set, world.branch.body(i)));
  REQUIRE_OK(add(set, other.newest()));
  const auto history = set.history();
  REQUIRE(history.dispute.has_value());
  CHECK_CODE_NAMES(find_key(history, world.sig1, {day(0), {}}), codes::DID_DISPUTED,
                   "declares this key compromised");
  CHECK_CODE(find_key(history, world.sig1, {day(0), day(1)}), codes::DID_DISPUTED);
  REQUIRE_OK(find_key(history, world.sig1, {day(0), day(1, -1)}));
  REQUIRE_OK(find_key(history, world.sig2, {day(2), {}}));
}
