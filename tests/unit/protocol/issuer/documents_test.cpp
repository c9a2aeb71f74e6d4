// What an issuer writes into its log, read back the way a peer reads it.
#include "protocol/issuer/documents.h"

#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/endpoints.h"
#include "protocol/issuer/key_at.h"
#include "protocol/webvh/codes.h"
#include "tests/unit/protocol/issuer/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

constexpr Timestamp kStart = made::kFirstTime;
constexpr std::uint8_t kAssertion = 101, kFeed = 50;

Ed25519PublicKey public_key(std::uint8_t number) {
  return made::key(number).signer.public_key();
}

// Entry n is signed by update key n, which the one before committed to, n days after the start.
struct Issuer {
  std::vector<issuer::EntryBody> bodies;
  std::uint8_t spent = 0;

  [[nodiscard]] issuer::Hand hand() const {
    const auto number = static_cast<std::uint8_t>(spent + 1);
    return {made::key(number).signer,
            public_key(static_cast<std::uint8_t>(number + 1)),
            kStart.plus_seconds(spent * std::int64_t{86'400}),
            {}};
  }
  [[nodiscard]] issuer::OwnLog log() const { return *issuer::OwnLog::read(kNetwork, bodies, made::kNow); }
  Issuer& take(const Result<issuer::EntryBody>& body) {
    REQUIRE_OK(body);
    bodies.push_back(*body);
    ++spent;
    return *this;
  }
  [[nodiscard]] std::string did() const { return log().newest().did().text(); }
  [[nodiscard]] nlohmann::json document() const { return json::to_nlohmann(log().newest().document()); }
  [[nodiscard]] const issuer::History history() const {
    issuer::EntrySet set(std::string(log().newest().did().scid()), kNetwork);
    std::uint64_t index = 0;
    for (const issuer::EntryBody& body : bodies) {
      if (const auto history = set.history(); !history.versions.empty() && history.versions.back().feed)
        set.commit(history.versions.back().feed->epoch, index++,
                   vcnode::webvh::Entry::parse(body.line)->version_id());
      REQUIRE_OK(set.add(body, made::rules()));
    }
    return set.history();
  }
  [[nodiscard]] Result<issuer::KeyFinding> find(std::string_view method, Timestamp claimed) const {
    return issuer::find_key(history(), method, {claimed, std::nullopt});
  }
};

issuer::Genesis genesis() {
  return {"uni.example", kNetwork, "https://uni.example", public_key(kAssertion), public_key(kFeed)};
}

Issuer begun() {
  Issuer out;
  out.take(issuer::write_genesis(genesis(), out.hand()));
  return out;
}

}  // namespace

TEST_CASE("a first document names an assertion key, a feed of epoch 1, and is bound to the next update key") {
  const Issuer issuer = begun();
  const auto log = issuer.log();
  CHECK(log.newest().did().text().ends_with(":uni.example"));
  REQUIRE(log.feed());
  CHECK(log.feed()->epoch == 1);
  CHECK(log.feed()->key == public_key(kFeed));
  CHECK_FALSE(log.feed()->seal);
  const auto methods = issuer::assertion_methods(log.newest());
  REQUIRE(methods.size() == 1);
  CHECK(methods.front().id == issuer.did() + "#assertion-1");
  CHECK(methods.front().key == public_key(kAssertion));
  CHECK(log.newest().parameters().portable);
  CHECK(log.newest().parameters().next_key_hashes == made::hashes({2}));
  CHECK(log.may_be_signed_by(public_key(2)));
  CHECK_FALSE(log.may_be_signed_by(public_key(1)));
  CHECK(issuer.document()["service"][0]["serviceEndpoint"] == "https://uni.example");
  CHECK(issuer.document()["service"][1]["type"] == "TRQP");
  CHECK(issuer.document()["service"][1]["serviceEndpoint"] == "https://uni.example");
}

TEST_CASE("a rotated assertion key leaves the document, and what it signed in its time stays good") {
  Issuer issuer = begun();
  const std::string old_method = issuer.did() + "#assertion-1";
  issuer.take(issuer::rotate_assertion_key(issuer.log(), public_key(102), issuer.hand()));
  const auto methods = issuer::assertion_methods(issuer.log().newest());
  REQUIRE(methods.size() == 1);
  CHECK(methods.front().id == issuer.did() + "#assertion-2");
  CHECK(issuer.document().dump().find("#assertion-1") == std::string::npos);
  CHECK(issuer.log().feed() == begun().log().feed());
  REQUIRE_OK(issuer.find(old_method, kStart.plus_seconds(3'600)));
  CHECK_CODE(issuer.find(old_method, kStart.plus_seconds(90'000)), codes::KEY_NOT_IN_FORCE);
  issuer.take(issuer::rotate_assertion_key(issuer.log(), public_key(103), issuer.hand()));
  CHECK(issuer::assertion_methods(issuer.log().newest()).front().id == issuer.did() + "#assertion-3");
}

TEST_CASE("a new feed key opens the next epoch from a seal, whether the old one was rotated or lost") {
  Issuer issuer = begun();
  issuer.take(issuer::rotate_feed_key(issuer.log(), public_key(51), seal_at(9), issuer.hand()));
  const auto feed = issuer.log().feed();
  REQUIRE(feed);
  CHECK(feed->epoch == 2);
  CHECK(feed->key == public_key(51));
  CHECK(feed->seal == seal_at(9));
  CHECK(issuer.document()["capabilityInvocation"] == nlohmann::json::array({issuer.did() + "#feed-2"}));
  CHECK(issuer.document().dump().find(made::key(kFeed).multikey) == std::string::npos);
  // Without a single leaf that commits to it, as when the old key is lost.
  issuer::EntrySet set(std::string(issuer.log().newest().did().scid()), kNetwork);
  for (const auto& body : issuer.bodies) REQUIRE_OK(set.add(body, made::rules()));
  CHECK(set.history().epochs.size() == 2);
  CHECK_CODE(issuer::rotate_feed_key(issuer.log(), public_key(kFeed), seal_at(1), issuer.hand()),
             codes::KEY_REUSED);
}

TEST_CASE("a compromised key says since when, is no assertion key any more, and has a successor") {
  Issuer issuer = begun();
  const std::string method = issuer.did() + "#assertion-1";
  CHECK(*issuer::is_in_force(issuer.log(), method));
  CHECK(*issuer::is_in_force(issuer.log(), "#assertion-1"));
  const Timestamp since = kStart.plus_seconds(3'600);
  const auto declare = [&](Timestamp time, std::optional<std::uint8_t> successor) {
    issuer::Compromise compromise{method, time, std::nullopt};
    if (successor) compromise.replacement = public_key(*successor);
    return issuer::declare_compromised(issuer.log(), compromise, issuer.hand());
  };
  CHECK_CODE_NAMES(declare(kStart.plus_seconds(86'401), 102), codes::COMPROMISE_TIME, "later than now");
  issuer.take(declare(since, 102));
  CHECK_FALSE(*issuer::is_in_force(issuer.log(), method));
  const auto methods = issuer::assertion_methods(issuer.log().newest());
  REQUIRE(methods.size() == 1);
  CHECK(methods.front().key == public_key(102));
  CHECK(issuer.document()["verificationMethod"].size() == 3);
  CHECK_CODE(issuer.find(method, kStart.plus_seconds(60)), codes::KEY_COMPROMISED);
  REQUIRE_OK(issuer::find_key(issuer.history(), method, {kStart.plus_seconds(60), since.plus_seconds(-1)}));

  CHECK_CODE_NAMES(declare(since, std::nullopt), codes::COMPROMISE_TIME, "already");
  issuer.take(declare(kStart, std::nullopt));
  CHECK(issuer.document()["verificationMethod"].size() == 3);
  CHECK_CODE(issuer::find_key(issuer.history(), method, {kStart.plus_seconds(60), since.plus_seconds(-1)}),
             codes::KEY_COMPROMISED);
}

TEST_CASE("a key that was retired long ago can still be declared compromised") {
  Issuer issuer = begun();
  issuer.take(issuer::rotate_assertion_key(issuer.log(), public_key(102), issuer.hand()));
  CHECK_FALSE(*issuer::is_in_force(issuer.log(), "#assertion-1"));
  issuer.take(issuer::declare_compromised(
      issuer.log(), {"#assertion-1", kStart.plus_seconds(60), std::nullopt}, issuer.hand()));
  CHECK(issuer::assertion_methods(issuer.log().newest()).front().key == public_key(102));
  CHECK_CODE(issuer.find(issuer.did() + "#assertion-1", kStart.plus_seconds(10)), codes::KEY_COMPROMISED);
  CHECK_CODE(issuer::is_in_force(issuer.log(), "#assertion-7"), codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK_CODE_NAMES(issuer::is_in_force(issuer.log(), "#feed-1"), codes::VERIFICATION_METHOD_UNKNOWN,
                   "new epoch");
}

TEST_CASE("an issuer moves and stays the same; its methods are found under their old names") {
  Issuer issuer = begun();
  const std::string old_did = issuer.did();
  issuer.take(
      issuer::move_to(issuer.log(), *issuer::location_of("new.example:8443/credentials/x"), issuer.hand()));
  CHECK(issuer.did().ends_with(":new.example%3A8443:credentials:x"));
  CHECK(issuer.document()["alsoKnownAs"] == nlohmann::json::array({old_did}));
  CHECK(issuer.log().feed() == begun().log().feed());
  CHECK(*issuer::is_in_force(issuer.log(), old_did + "#assertion-1"));
  issuer.take(issuer::rotate_assertion_key(issuer.log(), public_key(102), issuer.hand()));
  issuer.take(issuer::rotate_feed_key(issuer.log(), public_key(51), seal_at(3), issuer.hand()));
  CHECK(issuer.history().versions.size() == 4);
}

namespace {

// The endpoints that the newest document gives for its services, by their fragment.
std::map<std::string, std::string> endpoints_of(const Issuer& issuer) {
  std::map<std::string, std::string> out;
  const auto document = issuer.document();
  for (const auto& service : document.at("service")) {
    const auto id = service.at("id").get<std::string>();
    out[id.substr(id.find('#'))] = service.at("serviceEndpoint").get<std::string>();
  }
  return out;
}
using Endpoints = std::map<std::string, std::string>;

issuer::Hand hand_at(const Issuer& issuer, std::string public_url) {
  issuer::Hand hand = issuer.hand();
  hand.public_url = std::move(public_url);
  return hand;
}

}  // namespace

TEST_CASE("no service of the node points to a host that the DID has left") {
  Issuer issuer = begun();
  REQUIRE(endpoints_of(issuer) ==
          Endpoints{{"#feed", "https://uni.example"}, {"#trqp", "https://uni.example"}});
  // The configuration still names the old host.
  issuer.take(
      issuer::move_to(issuer.log(), "new.example%3A8443:law", hand_at(issuer, "https://uni.example")));
  const Endpoints moved{{"#feed", "https://new.example:8443"}, {"#trqp", "https://new.example:8443"}};
  CHECK(endpoints_of(issuer) == moved);
  issuer.take(
      issuer::rotate_assertion_key(issuer.log(), public_key(102), hand_at(issuer, "https://uni.example")));
  CHECK(endpoints_of(issuer) == moved);
  // Somebody else's host is the operator's choice, and so is the first one once the DID is there again.
  const std::string elsewhere = "https://node.example:9443/a";
  issuer.take(issuer::rotate_feed_key(issuer.log(), public_key(51), seal_at(3), hand_at(issuer, elsewhere)));
  CHECK(endpoints_of(issuer) == Endpoints{{"#feed", elsewhere}, {"#trqp", elsewhere}});
  issuer.take(issuer::move_to(issuer.log(), "third.example", hand_at(issuer, elsewhere)));
  CHECK(endpoints_of(issuer) == Endpoints{{"#feed", elsewhere}, {"#trqp", elsewhere}});
  issuer.take(issuer::move_to(issuer.log(), "uni.example", hand_at(issuer, "https://uni.example")));
  CHECK(endpoints_of(issuer) == endpoints_of(begun()));
  const auto left = issuer::left_hosts(issuer.log().versions(), issuer.log().newest().did().location());
  CHECK(left == std::set<std::string>{"new.example", "third.example"});
}

TEST_CASE("services of others stay where they are when an issuer moves") {
  const Issuer issuer = begun();
  auto document = issuer.document();
  const auto service = [](const char* id, const char* type, const char* endpoint) {
    return nlohmann::json{
        {"id", id}, {"type", type}, {"network", "other.example"}, {"serviceEndpoint", endpoint}};
  };
  document["service"].push_back(service("#a", "IssuerFeed", "https://uni.example"));
  document["service"].push_back(service("#b", "TRQP", "https://registry.example"));
  document["service"].push_back(service("#c", "TRQP", "https://UNI.example:9000/registry?x"));
  document["service"].push_back(service("#d", "LinkedDomains", "https://uni.example"));
  document["service"].push_back(service("#e", "TRQP", "https://me@uni.example"));
  const auto place = WebLocation::parse("new.example%3A8443").value();
  const auto log = issuer.log();
  issuer::renew_endpoints(document, {log.versions(), place, kNetwork, ""});
  std::vector<std::string> endpoints;
  for (const auto& one : document["service"])
    endpoints.push_back(one.at("serviceEndpoint").get<std::string>());
  CHECK(endpoints == std::vector<std::string>{"https://new.example:8443", "https://new.example:8443",
                                              "https://uni.example", "https://registry.example",
                                              "https://new.example:9000/registry?x", "https://uni.example",
                                              "https://me@uni.example"});
}

TEST_CASE("a place is a fully qualified host, perhaps with a port and a path") {
  CHECK(*issuer::location_of("uni.example") == "uni.example");
  CHECK(*issuer::location_of("uni.example:8443") == "uni.example%3A8443");
  CHECK(*issuer::location_of("uni.example/a/b") == "uni.example:a:b");
  for (const char* host :
       {"", "localhost", "127.0.0.1", "uni", "uni.example:0", "0x7f.1", "[::1]", "uni..example"}) {
    CAPTURE(host);
    const auto location = issuer::location_of(host);
    REQUIRE_FALSE(location.has_value());
    const bool expected = location.error().code == Code(codes::WEBVH_HOST) ||
                          location.error().code == Code(codes::WEBVH_DID) ||
                          location.error().code == Code(codes::DID_INVALID);
    CHECK(expected);
  }
  CHECK_CODE(issuer::location_of("127.0.0.1"), codes::WEBVH_HOST);
  for (const char* place : {"a b.example", "uni.example/a b", "uni.example/\xc3\xbc"}) {  // no SCID was given
    CAPTURE(place);
    const auto location = issuer::location_of(place);
    REQUIRE_FALSE(location.has_value());
    CHECK(location.error().message.find("Qm") == std::string::npos);
  }
  for (const char* place : {"uni.example:8443/a", "uni.example%3A8443/a", "uni.example%3a8443"})
    CHECK(issuer::authority_of(*issuer::location_of(place)) == "uni.example:8443");
  CHECK(issuer::authority_of(*issuer::location_of("uni.example/a")) == "uni.example");
  CHECK_FALSE(issuer::location_of("uni.example/../x").has_value());
  CHECK_CODE_NAMES(issuer::location_of("uni.example/"), codes::WEBVH_DID, "ends with '/'");
}

TEST_CASE("deactivation takes two entries, and none follows") {
  Issuer issuer = begun();
  const auto last = issuer::deactivate(issuer.log(), issuer.hand());
  REQUIRE_OK(last);
  REQUIRE(last->size() == 2);
  // The second alone, as after a stop in between.
  issuer.bodies.push_back(last->front());
  const auto again = issuer::deactivate(issuer.log(), issuer.hand());
  REQUIRE_OK(again);
  REQUIRE(again->size() == 1);
  issuer.bodies.push_back(again->front());
  CHECK(issuer.log().newest().deactivated());
  CHECK(issuer.history().deactivated());
  CHECK_CODE(issuer::deactivate(issuer.log(), issuer.hand()), codes::WEBVH_DEACTIVATED);
  CHECK_CODE(issuer::rotate_assertion_key(issuer.log(), public_key(102), issuer.hand()),
             codes::WEBVH_DEACTIVATED);
  CHECK_CODE(issuer::rotate_feed_key(issuer.log(), public_key(51), seal_at(3), issuer.hand()),
             codes::WEBVH_DEACTIVATED);
  CHECK_CODE(issuer::move_to(issuer.log(), "other.example", issuer.hand()), codes::WEBVH_DEACTIVATED);
  CHECK_CODE(issuer::declare_compromised(issuer.log(), {"#assertion-1", kStart, std::nullopt}, issuer.hand()),
             codes::WEBVH_DEACTIVATED);
}

TEST_CASE("one key has one purpose") {
  const issuer::Hand hand = Issuer().hand();
  const auto refused = [&](std::uint8_t assertion, std::uint8_t feed, std::uint8_t next,
                           std::set<Ed25519PublicKey> taken = {}) {
    issuer::Genesis one = genesis();
    one.assertion_key = public_key(assertion);
    one.feed_key = public_key(feed);
    return issuer::write_genesis(one, {hand.signer, public_key(next), hand.now, std::move(taken)});
  };
  CHECK_CODE(refused(101, 101, 2), codes::KEY_REUSED);
  CHECK_CODE(refused(1, 50, 2), codes::KEY_REUSED);
  CHECK_CODE(refused(101, 2, 2), codes::KEY_REUSED);
  CHECK_CODE(refused(101, 50, 1), codes::KEY_REUSED);
  CHECK_CODE_NAMES(refused(101, 50, 2, {public_key(50)}), codes::KEY_REUSED, "the feed key");
  CHECK_CODE_NAMES(refused(101, 50, 2, {public_key(1)}), codes::KEY_REUSED, "the update key");
  REQUIRE_OK(refused(101, 50, 2, {public_key(7)}));

  Issuer issuer = begun();
  const auto rotated = [&](std::uint8_t key) {
    return issuer::rotate_assertion_key(issuer.log(), public_key(key), issuer.hand());
  };
  for (const std::uint8_t used : {kAssertion, kFeed, std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
    CAPTURE(used);
    CHECK_CODE(rotated(used), codes::KEY_REUSED);
  }
  issuer.take(rotated(102));
  CHECK_CODE_NAMES(rotated(kAssertion), codes::KEY_REUSED, "log already");  // of an earlier version
  issuer::Hand spent = issuer.hand();
  spent.next = public_key(2);
  CHECK_CODE_NAMES(issuer::move_to(issuer.log(), "new.example", spent), codes::KEY_REUSED,
                   "the next update key");
}

TEST_CASE("an entry needs the key that the newest version committed to, and rises in time") {
  Issuer issuer = begun();
  const issuer::Hand wrong{made::key(7).signer, public_key(8), made::kNow, {}};
  CHECK_CODE(issuer::rotate_assertion_key(issuer.log(), public_key(102), wrong), codes::WEBVH_PRE_ROTATION);
  issuer::Hand early = issuer.hand();
  early.now = kStart.plus_seconds(-5);
  issuer.take(issuer::rotate_assertion_key(issuer.log(), public_key(102), early));
  CHECK(issuer.log().newest().version_time() == vcnode::webvh::Instant(kStart.plus_seconds(1)));
}

TEST_CASE("a log that is not whole, or has no feed to change, is refused") {
  Issuer issuer = begun();
  issuer.take(issuer::rotate_assertion_key(issuer.log(), public_key(102), issuer.hand()));
  CHECK_CODE(issuer::OwnLog::read(kNetwork, {}, made::kNow), codes::WEBVH_LOG_SIZE);
  CHECK_FALSE(issuer::OwnLog::read(kNetwork, std::span(issuer.bodies).subspan(1), made::kNow).has_value());
  const auto elsewhere = issuer::OwnLog::read("other.example", std::span(issuer.bodies).first(1), made::kNow);
  REQUIRE_OK(elsewhere);
  CHECK_FALSE(elsewhere->feed());
  Issuer one = begun();
  CHECK_CODE(issuer::rotate_feed_key(*elsewhere, public_key(51), seal_at(3), one.hand()),
             codes::FEED_SERVICE_INVALID);
}
