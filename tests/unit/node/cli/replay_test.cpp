// A verdict made again: from a peer that knows more by now, from a file, and from too little.
#include "protocol/evidence/replay.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/jcs.h"
#include "node/cli/bundle_peer.h"
#include "node/cli/collect_policy.h"
#include "node/cli/collect_rows.h"
#include "node/cli/verify_question.h"
#include "protocol/evidence/codes.h"
#include "tests/support/check.h"
#include "tests/unit/node/cli/chronicle.h"

namespace vcnode::cli::replay_tests {

using evidence::digest_text;
using evidence::Replay;
using evidence::StatedVerdict;
using namespace vcnode::cli::lying_peers;
using Json = nlohmann::json;

constexpr Timestamp kAt = world::kNow;

// A badge of `did` with one entry in the list of this URI.
Json badge_of(const std::string& did, const std::string& list) {
  Json document = world::badge(one_issuer());
  document["issuer"]["id"] = did;
  document["credentialStatus"] =
      Json::array({world::status_entry(status::Purpose::revocation, list, world::kIndex)});
  return document;
}

std::string badge_of_key() {
  return world::sign(one_issuer(), badge_of(one_issuer().did().text(), "https://issuer.example/1"));
}

std::string badge_of(const Chronicle& chronicle) {
  credential::ProofOptions options;
  options.verification_method = chronicle.did().text() + "#sig1";
  options.created = made::kFirstTime.plus_seconds(60);
  Json document = badge_of(chronicle.did().text(), "https://uni.example/1");
  document["validFrom"] = made::kFirstTime.to_string();
  return credential::add_proof(document, options, made::key(101).signer).value().dump();
}

// What a verifier without a node says, having asked this peer.
std::string verdict_by(Peer peer, const std::string& credential, const Did& issuer,
                       const verify::Policy& policy = {}) {
  verify::SnapshotView view;
  put(view, ask({&peer}, issuer));
  return verify::verify_credential(credential, view, policy, kAt).value().to_jcs();
}

std::vector<RowSource> collect_from(Peer& peer, const StatedVerdict& stated, evidence::Bundle& bundle) {
  CollectOptions options;
  options.clock_ms = [] { return 0; };
  options.connect_to = [&](const PeerSource&) -> Get {
    return [&](const std::string& path, std::int64_t) -> Result<node::HttpResponse> {
      peer.asked.push_back(path);
      const auto found = peer.objects.find(path);
      node::HttpResponse response;
      response.status = found == peer.objects.end() ? 404 : 200;
      if (response.status == 200) response.body = found->second;
      return response;
    };
  };
  return collect_rows(stated, {{"a", "https://unused", std::nullopt}}, kAt.plus_seconds(86'400), bundle,
                      options);
}

struct Case {
  StatedVerdict stated;
  std::string credential;
  verify::Policy policy = {};
  evidence::Bundle bundle = {};

  Case(const std::string& verdict, std::string of)
      : stated(StatedVerdict::parse(verdict).value()), credential(std::move(of)) {}
  Case& with(Peer peer) {
    collect_from(peer, stated, bundle);
    return *this;
  }
  [[nodiscard]] Result<Replay> replay() const {
    return evidence::replay(stated, credential, policy, bundle, kAt.plus_seconds(86'400));
  }
};

void check_same(const Case& one) {
  const auto replay = one.replay();
  REQUIRE_OK(replay);
  CAPTURE(replay->why ? replay->why->message : "");
  CHECK(name_of(replay->result) == "same");
  CHECK(replay->differences.empty());
}

void check_not(const Case& one, std::string_view result, Code code, std::string_view part) {
  const auto replay = one.replay();
  REQUIRE_OK(replay);
  CHECK(name_of(replay->result) == result);
  REQUIRE(replay->why);
  CHECK_CODE_NAMES(Result<void>(Failure{*replay->why}), code, part);
}

Log two_lists() {
  return Log().list("1", {3}).list("2");
}

// Two more leaves, one of them a newer version of the list, under a later head.
Log later(Log log) {
  log.list("1", {3, world::kIndex}, 2).list("3");
  log.time = world::kHeadAt.plus_seconds(600);
  return log;
}

std::string one_verdict() {
  return verdict_by(Peer(two_lists()), badge_of_key(), one_issuer().did());
}

std::string changed(std::string text, std::string_view part, std::string_view other) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), other);
}

TEST_CASE("a peer that knows more by now gives the same bytes") {
  const std::string verdict = one_verdict();
  REQUIRE(verdict.find("issuer-not-confirmed") != std::string::npos);
  Case one(verdict, badge_of_key());
  one.with(Peer(later(two_lists())));
  check_same(one);
  const auto replay = one.replay();
  CHECK(name_of(replay->times.at(0).second) == "bounded");
  // Judged today it is revoked.
  CHECK(verdict_by(Peer(later(two_lists())), badge_of_key(), one_issuer().did()).find("revoked") !=
        std::string::npos);
}

TEST_CASE("where the head itself is there, its time is signed") {
  Case one(one_verdict(), badge_of_key());
  one.with(Peer(two_lists()));
  check_same(one);
  CHECK(name_of(one.replay()->times.at(0).second) == "signed");
}

TEST_CASE("the answer of verify --json is read, and JSON in another writing is the same credential") {
  const std::string answer = concat(R"({"verdict": )", one_verdict(), R"(, "headline": "x"})");
  Case one(answer, badge_of_key());
  one.with(Peer(two_lists()));
  check_same(one);
  const std::string text = badge_of_key();
  const std::string canonical = jcs::canonicalize(json::Document::parse(text).value().root());
  Case two(verdict_by(Peer(two_lists()), canonical, one_issuer().did()), Json::parse(text).dump(2));
  two.with(Peer(two_lists()));
  check_same(two);
}

TEST_CASE("a peer is asked for public objects only, whatever credential it is about") {
  const StatedVerdict stated = StatedVerdict::parse(one_verdict()).value();
  Peer peer(two_lists());
  evidence::Bundle bundle;
  const auto sources = collect_from(peer, stated, bundle);
  CHECK(sources.at(0).given == 3);
  for (const std::string& path : peer.asked)
    CHECK((path.starts_with("/feeds/") || path.starts_with("/bodies/")));
}

TEST_CASE("a body that nobody gives is named") {
  const Log log = two_lists();
  const std::string path = log.body_of("1", 1);
  Peer peer(later(log));
  peer.objects.erase(path);
  Case one(one_verdict(), badge_of_key());
  one.with(peer);
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, path.substr(path.rfind('/') + 1));
  CHECK(one.replay()->lacking.size() == 1);
}

TEST_CASE("a feed that nobody gives, or only an older one, is named with its size") {
  Case one(one_verdict(), badge_of_key());
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, "the 2 leaves of test/");
  one.with(Peer(Log().list("1", {3})));
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, "the 2 leaves of test/");
}

TEST_CASE("another root at that size is the verdict's or the issuer's doing, and said so") {
  Case one(one_verdict(), badge_of_key());
  one.with(Peer(Log().list("1", {3}).list("9").list("2")));
  check_not(one, "differs", codes::REPLAY_ROW_FALSE, "signed the root");
}

TEST_CASE("a head later than the stated one cannot be older") {
  std::string verdict = one_verdict();
  verdict = changed(verdict, world::kHeadAt.to_string(), world::kHeadAt.plus_seconds(700).to_string());
  Case one(verdict, badge_of_key());
  one.with(Peer(later(two_lists())));
  check_not(one, "differs", codes::REPLAY_ROW_FALSE, "later head");
}

TEST_CASE("a changed verdict gives other bytes, and what differs is listed") {
  Case one(changed(one_verdict(), "\"verdict\":\"issuer-not-confirmed\"", "\"verdict\":\"valid\""),
           badge_of_key());
  one.with(Peer(two_lists()));
  check_not(one, "differs", codes::REPLAY_DIFFERS, "/verdict");
  const auto differences = one.replay()->differences;
  REQUIRE(differences.size() == 1);
  CHECK(differences[0].stated == "\"valid\"");
  CHECK(differences[0].replayed == "\"issuer-not-confirmed\"");
}

TEST_CASE("another policy and another credential are named with both digests") {
  Case one(one_verdict(), badge_of_key());
  one.with(Peer(two_lists()));
  one.policy = world::trusting(one_issuer());
  CHECK_CODE_NAMES(one.replay(), codes::REPLAY_POLICY_DIFFERS, digest_text(one.policy.digest()));
  CHECK_CODE_NAMES(one.replay(), codes::REPLAY_POLICY_DIFFERS, digest_text(verify::Policy().digest()));
  one.policy = {};
  one.credential = "{}";
  CHECK_CODE_NAMES(one.replay(), codes::REPLAY_CREDENTIAL_DIFFERS, digest_text(sha256(as_bytes("{}"))));
}

TEST_CASE("what was not held then is not there now") {
  const Log log = two_lists();
  Peer then(log);
  then.objects.erase(log.body_of("1", 1));
  const std::string verdict = verdict_by(then, badge_of_key(), one_issuer().did());
  REQUIRE(verdict.find("BODY_MISSING") != std::string::npos);
  Case one(verdict, badge_of_key());
  one.with(Peer(log));
  check_same(one);
}

TEST_CASE("no feed held then is no feed held now") {
  const std::string verdict = verdict_by(Peer(), badge_of_key(), one_issuer().did());
  REQUIRE(verdict.find("STATUS_FEED_NOT_HELD") != std::string::npos);
  Case one(verdict, badge_of_key());
  check_same(one);
}

TEST_CASE("a contradiction, a peer's word of it and pending heads are taken as stated") {
  for (const bool contradicted : {false, true}) {
    Peer peer(two_lists());
    peer.says(contradicted, contradicted ? std::nullopt : std::optional<std::uint64_t>(7));
    Case one(verdict_by(peer, badge_of_key(), one_issuer().did()), badge_of_key());
    one.with(Peer(two_lists()));
    check_same(one);
  }
}

TEST_CASE("earlier lists that the verdict's maker did not have are left out, and that is said") {
  // The newest list clears a revocation: whoever holds the one before knows better.
  const Log log = Log().list("1", {5}).list("1", {}, 2);
  Peer without(log);
  without.objects.erase(log.body_of("1", 1));
  const std::string verdict = verdict_by(without, badge_of_key(), one_issuer().did());
  REQUIRE(verdict.find("STATUS_CLEAR") != std::string::npos);
  Case one(verdict, badge_of_key());
  one.with(Peer(log));
  check_same(one);
  CHECK(one.replay()->without_earlier_lists);

  Case other(verdict_by(Peer(log), badge_of_key(), one_issuer().did()), badge_of_key());
  REQUIRE(other.stated.text.find("STATUS_LIST_BAD") != std::string::npos);
  other.with(without);
  const std::string path = log.body_of("1", 1);
  check_not(other, "cannot-replay", codes::CANNOT_REPLAY, path.substr(path.rfind('/') + 1));
}

TEST_CASE("an issuer with a history is replayed after it went on, moved its feed key and revoked") {
  Chronicle chronicle = Chronicle().list("1", {3}).entry();
  const std::string credential = badge_of(chronicle);
  const std::string verdict = verdict_by(serving(chronicle), credential, chronicle.did());
  REQUIRE(verdict.find("STATUS_CLEAR") != std::string::npos);
  Chronicle went_on = chronicle;
  went_on.list("1", {3, world::kIndex}, 2).entry().open_epoch().entry();
  went_on.bodies.insert(chronicle.bodies.begin(), chronicle.bodies.end());
  for (auto& epoch : went_on.epochs) epoch.time = world::kHeadAt.plus_seconds(900);
  Case one(verdict, credential);
  one.with(serving(went_on));
  check_same(one);
  // The seal of the next epoch covers the leaves where no head does.
  Peer sealed = serving(went_on);
  sealed.objects.erase(went_on.path(1) + "/checkpoint");
  Case two(verdict, credential);
  two.with(sealed);
  CHECK(name_of(two.replay()->result) == "cannot-replay");
}

TEST_CASE("an epoch after a sealed one is replayed from all of them") {
  Chronicle chronicle = Chronicle().list("1", {3}).open_epoch().list("1", {3, 7}, 2);
  const std::string credential = badge_of(chronicle);
  const std::string verdict = verdict_by(serving(chronicle), credential, chronicle.did());
  REQUIRE(verdict.find("STATUS_CLEAR") != std::string::npos);
  Case one(verdict, credential);
  one.with(serving(chronicle.entry()));
  check_same(one);
  Peer lacking = serving(chronicle);
  for (auto at = lacking.objects.begin(); at != lacking.objects.end();)
    at = at->first.starts_with(chronicle.path(1)) ? lacking.objects.erase(at) : std::next(at);
  Case two(verdict, credential);
  two.with(lacking);
  check_not(two, "cannot-replay", codes::CANNOT_REPLAY, chronicle.origin(1).text());
}

TEST_CASE("a log entry that nobody gives is named") {
  Chronicle chronicle = Chronicle().list("1", {3}).entry();
  const std::string credential = badge_of(chronicle);
  Case one(verdict_by(serving(chronicle), credential, chronicle.did()), credential);
  check_not(one, "cannot-replay", codes::CANNOT_REPLAY, chronicle.branch.tip().text());
}

TEST_CASE("a history rests in a row whatever became of the credential") {
  Chronicle chronicle = Chronicle().list("1", {3});
  Json forged = Json::parse(badge_of(chronicle));
  forged["name"] = "Another name";
  const std::string verdict = verdict_by(serving(chronicle), forged.dump(), chronicle.did());
  REQUIRE(verdict.find("PROOF_SIGNATURE") != std::string::npos);
  Case one(verdict, forged.dump());
  CHECK(one.stated.rows.size() == 1);
  one.with(serving(chronicle));
  check_same(one);
}

TEST_CASE("a file in the place of a peer gives the verdict, and the same one again without anybody") {
  Chronicle chronicle = Chronicle().list("1", {3}).open_epoch().list("1", {3, 7}, 2);
  const std::string credential = badge_of(chronicle);
  const std::string verdict = verdict_by(serving(chronicle), credential, chronicle.did());
  Case one(verdict, credential);
  one.with(serving(chronicle));
  const auto bundle = evidence::Bundle::parse(one.bundle.text());
  REQUIRE_OK(bundle);
  Case two(verdict, credential);
  two.bundle = *bundle;
  check_same(two);

  VerifyQuestion question;
  question.at = kAt;
  question.now = kAt;
  question.peers = {as_peer({"e", "sha256:0", std::make_shared<const evidence::Bundle>(*bundle)})};
  Gathered gathered(question);
  gathered.gather(credential);
  const auto stapled = verify::verify_credential(credential, gathered.view(), question.policy, kAt).value();
  CHECK(stapled.status_source == "stapled");
  CHECK(changed(stapled.to_jcs(), "\"stapled\"", "\"feed\"") == verdict);
  Case three(stapled.to_jcs(), credential);
  three.bundle = *bundle;
  check_same(three);
}

TEST_CASE("a did:key feed out of a file is compared like a peer's") {
  const std::string credential = badge_of_key();
  Case made(one_verdict(), credential);
  made.with(Peer(two_lists()));
  const auto file = std::make_shared<const evidence::Bundle>(made.bundle);
  const Get get = answers_of(file);
  CHECK(get("/feeds", 1)->body.find(origin_of(one_issuer()).text()) != std::string::npos);
  for (const char* path : {"/", "/feeds/00", "/feeds/00/checkpoint", "/bodies/zz", "/histories/none"})
    CHECK(get(path, 1)->status == 404);
}

TEST_CASE("what is no verdict is refused") {
  const std::string verdict = one_verdict();
  CHECK_CODE(StatedVerdict::parse("{}"), codes::VERDICT_MALFORMED);
  CHECK_CODE(StatedVerdict::parse("[]"), codes::VERDICT_MALFORMED);
  CHECK_CODE(StatedVerdict::parse(changed(verdict, "vcnode-rules/1", "vcnode-rules/9")),
             codes::VERDICT_RULESET_UNKNOWN);
  CHECK_CODE(StatedVerdict::parse(changed(verdict, "\"policy\":\"sha256:", "\"policy\":\"sha999:")),
             codes::VERDICT_MALFORMED);
  CHECK_CODE(StatedVerdict::parse(changed(verdict, "[[\"test/", "[[\"test\",\"")), codes::VERDICT_MALFORMED);
  CHECK_CODE(StatedVerdict::parse(changed(verdict, "\"viewHeads\":[[", "\"viewHeads\":[7,[")),
             codes::VERDICT_MALFORMED);
}

}  // namespace vcnode::cli::replay_tests
