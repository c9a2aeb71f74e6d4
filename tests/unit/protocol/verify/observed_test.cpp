// Issuers without a node: did:web, as observers saw them.
#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/did/key.h"
#include "protocol/issuer/codes.h"
#include "protocol/observe/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/observe/web_issuer.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;
using Json = nlohmann::json;

const test::WebIssuer kWeb;

Timestamp day(std::int64_t n) {  // of kNow
  return kNow.plus_seconds(86'400 * n);
}

// Signed by the web issuer at `created`, with an entry in its list where `index` is given.
std::string web_badge(Timestamp created, std::optional<std::uint64_t> index = {},
                      status::Purpose purpose = status::Purpose::revocation) {
  Json credential = {{"@context", Json::array({"https://www.w3.org/ns/credentials/v2"})},
                     {"type", Json::array({"VerifiableCredential"})},
                     {"issuer", kWeb.did().text()},
                     {"validFrom", created.to_string()},
                     {"credentialSubject", {{"name", "Maria Example"}}}};
  if (index) credential["credentialStatus"] = status_entry(purpose, kWeb.list_url(), *index);
  return test::WebIssuer::signed_text(std::move(credential), kWeb.method().text(), 1, created);
}

// One observer and what it saw.
struct Observing {
  std::shared_ptr<const Issuer> issuer;
  test::ObserverFeed seen;

  explicit Observing(std::uint8_t seed) : issuer(std::make_shared<const Issuer>(seed)) {}
  Observing& document(Timestamp at, std::uint8_t key_seed = 1) {
    seen.see(kWeb.document_url(), at, kWeb.document({{"k", key_seed}}));
    return *this;
  }
  Observing& changed(Timestamp at, const char* member, const Json& value) {
    Json document = Json::parse(kWeb.document());
    document["verificationMethod"][0][member] = value;
    seen.see(kWeb.document_url(), at, document.dump());
    return *this;
  }
  Observing& list(Timestamp at, const test::WebIssuer::List& list) {
    seen.see(kWeb.list_url(), at, kWeb.list(list));
    return *this;
  }
  [[nodiscard]] std::shared_ptr<feed::FeedSnapshot> snapshot() {
    auto snapshot = feed_of(*issuer);
    snapshot->observations = seen.observations().shown();
    return snapshot;
  }
};

// Looked at the document 20 days ago and again yesterday.
Observing watching(std::uint8_t seed = 7) {
  Observing out(seed);
  out.document(day(-20)).document(day(-1));
  return out;
}

Verdict verdict_of(const std::string& text, std::vector<Observing> observers, std::uint32_t quorum = 1,
                   std::optional<std::int64_t> age_max = {}) {
  SnapshotView view;
  Policy::Values values;
  for (Observing& observer : observers) {
    view.put(observer.snapshot());
    values.observers.insert(observer.issuer->did());
  }
  values.observer_quorum = quorum;
  values.head_age_max_seconds = age_max;
  values.trust = {kWeb.did()};
  return verify_credential(text, view, Policy(values), kNow).value();
}

TEST_CASE("a credential of a did:web is answered by the key that was seen when it was signed") {
  const Verdict verdict = verdict_of(web_badge(day(-10)), {watching()});
  CHECK(verdict.outcome == Outcome::valid);
  CHECK_STEP(verdict, CheckName::key, CheckResult::warn, codes::KEY_OBSERVED);
  CHECK_DETAIL(verdict, CheckName::key, day(-20).to_string());
  CHECK(verdict.low_assurance);
  CHECK(verdict.issuer_observed == observe::Seen{1, day(-20), day(-1)});
  CHECK(verdict.status_source == "none");
  REQUIRE(verdict.view_heads.size() == 1);  // the observer's
  const Json json = Json::parse(verdict.to_jcs());
  CHECK(json["issuer"]["observed"] ==
        Json{{"observers", 1}, {"firstSeen", day(-20).to_string()}, {"lastSeen", day(-1).to_string()}});
  CHECK(json["status"]["observed"].is_null());
}

TEST_CASE("what was signed before the first look cannot be told") {
  const Verdict verdict = verdict_of(web_badge(day(-21)), {watching()});
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::KEY_NOT_OBSERVED);
  CHECK_STEP(verdict, CheckName::proof, CheckResult::unknown, codes::KEY_NOT_OBSERVED);
  CHECK(verdict.view_heads.size() == 1);
  CHECK(headline(verdict).find("Cannot tell") == 0);
}

TEST_CASE("nobody's observations count unless the policy names them") {
  SnapshotView view;
  Observing observer = watching();
  view.put(observer.snapshot());
  const Verdict verdict = verify_credential(web_badge(day(-10)), view, Policy(), kNow).value();
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::unsupported, codes::DID_METHOD_UNSUPPORTED);
  CHECK(verdict.view_heads.empty());
  // Named, and not held here.
  Policy::Values values;
  values.observers = {Issuer(9).did()};
  CHECK_DECIDED(verify_credential(web_badge(day(-10)), view, Policy(values), kNow).value(),
                Outcome::cannot_tell, Class::none, codes::KEY_NOT_OBSERVED);
}

TEST_CASE("a credential that was changed, or signed by another key than was seen, is not valid") {
  std::string changed = web_badge(day(-10));
  changed.replace(changed.find("Maria"), 5, "Maria Anna");
  CHECK_DECIDED(verdict_of(changed, {watching()}), Outcome::not_valid, Class::altered,
                codes::PROOF_SIGNATURE);
  Observing other(7);
  other.document(day(-20), 2);
  CHECK_DECIDED(verdict_of(web_badge(day(-10)), {other}), Outcome::not_valid, Class::altered,
                codes::PROOF_SIGNATURE);
}

TEST_CASE("a key that the website ended or revoked is not the issuer's any more") {
  Observing ending(7);
  ending.changed(day(-20), "expires", day(-12).to_string());
  CHECK(verdict_of(web_badge(day(-13)), {ending}).outcome == Outcome::valid);
  const Verdict ended = verdict_of(web_badge(day(-10)), {ending});
  CHECK_DECIDED(ended, Outcome::not_valid, Class::issuer_key, codes::KEY_NOT_IN_FORCE);
  CHECK_STEP(ended, CheckName::proof, CheckResult::pass, codes::PROOF_OK);
  CHECK_STEP(ended, CheckName::key, CheckResult::fail, codes::KEY_NOT_IN_FORCE);

  Observing revoking(7);
  revoking.document(day(-20)).changed(day(-2), "revoked", day(-5).to_string());
  for (const std::int64_t signed_on : {-10, -3}) {  // a thief writes whatever date
    const Verdict revoked = verdict_of(web_badge(day(signed_on)), {revoking});
    CHECK_DECIDED(revoked, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
    CHECK_STEP(revoked, CheckName::key, CheckResult::fail, codes::KEY_COMPROMISED);
    CHECK(headline(revoked) == "Do not accept: signed with a key that the issuer declared stolen");
  }
  std::string altered = web_badge(day(-10));
  altered.replace(altered.find("Maria"), 5, "Mario");
  CHECK_DECIDED(verdict_of(altered, {revoking}), Outcome::not_valid, Class::altered, codes::PROOF_SIGNATURE);
  Observing unread(7);
  unread.changed(day(-20), "type", "Foo");
  CHECK_DECIDED(verdict_of(web_badge(day(-10)), {unread}), Outcome::cannot_tell, Class::unsupported,
                codes::VERIFICATION_METHOD_UNREAD);
}

TEST_CASE("observers that saw different keys leave the answer open") {
  Observing other(8);
  other.document(day(-15), 2);
  const Verdict verdict = verdict_of(web_badge(day(-10)), {watching(), other});
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::OBSERVERS_DIFFER);
  CHECK(verdict.view_heads.size() == 2);
  const Verdict alone = verdict_of(web_badge(day(-10)), {watching()}, 2);
  CHECK_DECIDED(alone, Outcome::cannot_tell, Class::none, codes::OBSERVERS_DIFFER);
  CHECK(verdict_of(web_badge(day(-10)), {watching(), watching(8)}, 2).issuer_observed->observers == 2);
}

TEST_CASE("a feed that contradicts itself observes nothing") {
  SnapshotView view;
  Observing observer = watching();
  auto snapshot = observer.snapshot();
  snapshot->contradicted = true;
  view.put(snapshot);
  Policy::Values values;
  values.observers = {observer.issuer->did()};
  CHECK_DECIDED(verify_credential(web_badge(day(-10)), view, Policy(values), kNow).value(),
                Outcome::cannot_tell, Class::none, codes::KEY_NOT_OBSERVED);
}

TEST_CASE("an observed list answers with the times at which it was seen") {
  auto clear = watching();
  clear.list(day(-5), {.valid_from = day(-6)}).list(day(-2), {.valid_from = day(-6)});
  const Verdict verdict = verdict_of(web_badge(day(-10), 7), {clear});
  CHECK(verdict.outcome == Outcome::valid);
  CHECK_STEP(verdict, CheckName::status, CheckResult::warn, codes::STATUS_OBSERVED);
  CHECK(verdict.revocation == BitState::clear);
  CHECK(verdict.status_source == "observed");
  CHECK(verdict.status_observed == observe::Seen{1, day(-5), day(-2)});
  CHECK(find(verdict, CheckName::status)->age_seconds == 2 * 86'400);
  CHECK(find(verdict, CheckName::status)->evidence.size() == 1);
  CHECK(Json::parse(verdict.to_jcs())["status"]["observed"]["lastSeen"] == day(-2).to_string());
  CHECK(verdict.view_heads.size() == 1);

  auto set = watching(8);
  set.list(day(-5), {.set_bits = {7}, .valid_from = day(-6)});
  const Verdict revoked = verdict_of(web_badge(day(-10), 7), {set, clear});
  CHECK_DECIDED(revoked, Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
  CHECK(revoked.status_source == "observed");
  auto suspended = watching();
  suspended.list(day(-5), {.set_bits = {7}, .valid_from = day(-6), .purpose = status::Purpose::suspension});
  CHECK_DECIDED(verdict_of(web_badge(day(-10), 7, status::Purpose::suspension), {suspended}),
                Outcome::not_valid, Class::suspended, codes::STATUS_SUSPENDED);
}

TEST_CASE("a list that nobody saw, or that is older than the policy likes, cannot be told") {
  const Verdict unseen = verdict_of(web_badge(day(-10), 7), {watching()});
  CHECK_DECIDED(unseen, Outcome::cannot_tell, Class::none, codes::STATUS_NOT_OBSERVED);
  CHECK(unseen.status_source == "none");
  auto seen = watching();
  seen.list(day(-5), {.valid_from = day(-6)});
  CHECK_DECIDED(verdict_of(web_badge(day(-10), 7), {seen}, 1, 86'400), Outcome::cannot_tell, Class::none,
                codes::HEAD_OLD);
  CHECK(verdict_of(web_badge(day(-10), 7), {seen}, 1, 6 * 86'400).outcome == Outcome::valid);
  CHECK_DECIDED(verdict_of(web_badge(day(-10), 7), {seen, watching(8)}, 2), Outcome::cannot_tell, Class::none,
                codes::OBSERVERS_DIFFER);
}

TEST_CASE("an issuer that can have a feed is never answered from the web") {
  const Issuer issuer(3);
  auto observer = watching();
  Json list = Json::parse(kWeb.list({.valid_from = day(-6), .issuer = issuer.did().text()}));
  list.erase("proof");
  observer.seen.see(kWeb.list_url(), day(-5),
                    test::WebIssuer::signed_text(list, issuer.method(), 3, day(-6)));
  Json credential = badge(issuer);
  credential["credentialStatus"] = status_entry(status::Purpose::revocation, kWeb.list_url(), 7);
  CHECK_DECIDED(verdict_of(sign(issuer, credential), {observer}), Outcome::cannot_tell, Class::none,
                codes::STATUS_FEED_NOT_HELD);
}

}  // namespace
}  // namespace vcnode::verify
