// The verdict on credentials of issuers with a history: whose key, when, and whose feed.
#include "protocol/credential/codes.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/issuer_identity.h"
#include "tests/unit/protocol/verify/organisation.h"

namespace vcnode::verify {
namespace {

using namespace world;

Verdict verdict_of(const Organisation& issuer, const std::string& text, const View& view,
                   Scope scope = Scope::full) {
  return verify_credential(text, view, issuer.trusting(), kNow, scope).value();
}
Verdict verdict_of(const Organisation& issuer, const std::string& text) {
  return verdict_of(issuer, text, issuer.view());
}

// Key 101 is #sig1 for a day, then key 102 #sig2.
Organisation rotated() {
  return Organisation().rotate("#sig2", 102);
}

// A further version, which commits to this update key.
Organisation committed(Organisation issuer, std::uint8_t next) {
  issuer.add({}, {{"nextKeyHashes", made::hashes({next})}});
  return issuer;
}

TEST_CASE("assurance is high only with pre-rotation and one purpose of each key") {
  const auto verdict_on = [](const Organisation& issuer) {
    return verdict_of(issuer, issuer.badge_signed("#sig1", 101, day(0, 60)));
  };
  CHECK_FALSE(verdict_on(committed(Organisation(), 2)).low_assurance);
  const Verdict open = verdict_on(Organisation());
  CHECK(open.low_assurance);
  CHECK_STEP(open, CheckName::key, CheckResult::pass, codes::KEY_CURRENT);
  CHECK_DETAIL(open, CheckName::key, "does not commit");
  CHECK(verdict_on(committed(Organisation(), 1)).low_assurance);  // to the key that signs today
  const auto feed_key = static_cast<std::uint8_t>(test::kFirstFeedKey);
  const Organisation reusing[] = {
      committed(Organisation().rotate("#sig2", 1), 2),  // the update key asserts
      committed(Organisation().rotate("#sig2", 3), 3),  // the next one does
      committed(Organisation(), feed_key),              // the feed key is the next update key
      committed(rotated().open_epoch(2, 7, 101), 2)     // what was an assertion key signs heads
  };
  for (const Organisation& issuer : reusing) {
    const Verdict verdict = verdict_on(issuer);
    CHECK(verdict.low_assurance);
    CHECK_STEP(verdict, CheckName::key, CheckResult::warn, codes::KEY_REUSED);
    CHECK(verdict.outcome != Outcome::not_valid);
  }
}

TEST_CASE("a key of the history is current, of a version, of high assurance, and the row has the tip") {
  const Organisation issuer = committed(rotated(), 2);
  for (const auto& [name, key, version] :
       {std::tuple{"#sig1", std::uint8_t{101}, 0}, {"#sig2", std::uint8_t{102}, 1}}) {
    const Verdict verdict = verdict_of(issuer, issuer.badge_signed(name, key, day(version, 60)));
    CAPTURE(describe(verdict));
    CHECK(verdict.outcome == Outcome::valid);
    CHECK_STEP(verdict, CheckName::key, CheckResult::pass, codes::KEY_CURRENT);
    CHECK(verdict.issuer_version_id ==
          issuer.history()->versions.at(static_cast<std::size_t>(version)).state.version_id().text());
    CHECK_FALSE(verdict.low_assurance);
    REQUIRE(verdict.view_heads.size() == 1);
    CHECK(verdict.view_heads[0].tip == issuer.tip());
    CHECK(verdict.issued_at == day(version, 60));
    CHECK_FALSE(verdict.issued_at_proven);
    const auto json = Json::parse(verdict.to_jcs());
    CHECK(json["issuer"]["assurance"] == "high");
    CHECK(json["issuer"]["quorum"] == "unwitnessed");
    CHECK(json["viewHeads"][0][1] == issuer.tip());
  }
}

TEST_CASE("a key outside its time is not the issuer's, though the signature is good") {
  const Organisation issuer = rotated();
  for (const auto& [name, key, created] : {std::tuple{"#sig1", std::uint8_t{101}, day(1)},
                                           {"#sig2", std::uint8_t{102}, day(1, -1)},
                                           {"#sig1", std::uint8_t{101}, day(0, -1)}}) {
    const Verdict verdict = verdict_of(issuer, issuer.badge_signed(name, key, created));
    CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::KEY_NOT_IN_FORCE);
    CHECK_STEP(verdict, CheckName::proof, CheckResult::pass, codes::PROOF_OK);
    CHECK_STEP(verdict, CheckName::key, CheckResult::fail, codes::KEY_NOT_IN_FORCE);
    CHECK(verdict.authentic == Tristate::no);
    CHECK(headline(verdict) == "Do not accept: signed with a key that was not the issuer's then");
  }
  // Altered is still told apart.
  std::string text = issuer.badge_signed("#sig1", 101, day(5));
  text.replace(text.find("Maria"), 5, "Mario");
  CHECK_DECIDED(verdict_of(issuer, text), Outcome::not_valid, Class::altered, codes::PROOF_SIGNATURE);
}

TEST_CASE("a method that no version lists is unknown, and perhaps in what has not arrived yet") {
  const Organisation issuer = rotated();
  const std::string text = issuer.badge_signed("#sig3", 103, day(1));
  const Verdict verdict = verdict_of(issuer, text);
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK_STEP(verdict, CheckName::proof, CheckResult::fail, codes::VERIFICATION_METHOD_UNKNOWN);

  auto behind = issuer.feed();
  behind->pending = feed::PendingHead{{3, {}}, kNow};
  CHECK_DECIDED(verdict_of(issuer, text, issuer.view(issuer.history(), behind)), Outcome::cannot_tell,
                Class::none, codes::NEWER_HEAD_UNAVAILABLE);
}

TEST_CASE("a version that the feed names and nobody gave may say anything of a key") {
  const Organisation rotating = rotated();
  const Organisation declaring = Organisation().compromise(101, day(0));
  // By the key that the missing version adds, and by one that it may have disowned.
  for (const auto& [issuer, name, key, created] :
       {std::tuple{&rotating, "#sig2", std::uint8_t{102}, day(1, 60)},
        {&rotating, "#sig1", std::uint8_t{101}, day(0, 60)},
        {&declaring, "#sig1", std::uint8_t{101}, day(0, 60)}}) {
    const auto held = issuer->history_without_tip();
    REQUIRE(held->missing.size() == 1);
    CHECK(held->missing[0].text() == issuer->tip());
    for (const bool with_status : {true, false}) {
      auto document = issuer->unsigned_badge();
      if (!with_status) document.erase("credentialStatus");
      const std::string text = Organisation::signed_by(issuer->did() + name, key, created, document);
      const Verdict verdict = verdict_of(*issuer, text, issuer->view(held, issuer->feed()));
      CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::VERSION_NOT_HELD);
      CHECK(headline(verdict).find("has not arrived here") != std::string::npos);
    }
  }
  CHECK(verdict_of(declaring, declaring.badge_signed("#sig1", 101, day(0, 60))).outcome ==
        Outcome::not_valid);
}

TEST_CASE("what is bad already stays bad, whatever version is missing") {
  const Organisation issuer = Organisation().compromise(101, day(0)).add();
  const auto view = issuer.view(issuer.history_without_tip(), issuer.feed());
  CHECK_DECIDED(verdict_of(issuer, issuer.badge_signed("#sig1", 101, day(0, 60)), view), Outcome::not_valid,
                Class::issuer_key, codes::KEY_COMPROMISED);
}

TEST_CASE("a signature by another key of the same name is no forgery where a version is missing") {
  const Organisation renewed = Organisation().rotate("#sig1", 102);
  const std::string text = renewed.badge_signed("#sig1", 102, day(1, 60));
  CHECK(verdict_of(renewed, text).outcome == Outcome::valid);
  CHECK_DECIDED(verdict_of(renewed, text, renewed.view(renewed.history_without_tip(), renewed.feed())),
                Outcome::cannot_tell, Class::none, codes::VERSION_NOT_HELD);
}

TEST_CASE("a DID that only the missing version may have is nobody's only perhaps") {
  const Organisation before = Organisation();
  const Organisation moved = Organisation(before).move("new.example");
  const std::string text = moved.badge_signed("#sig1", 101, day(1, 60));
  const Verdict verdict = verdict_of(moved, text, moved.view(moved.history_without_tip(), moved.feed()));
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::VERSION_NOT_HELD);
  CHECK(verdict_of(moved, text).outcome == Outcome::valid);
}

TEST_CASE("a credential without a status list still asks whether its key was declared stolen meanwhile") {
  const Organisation issuer;
  auto document = issuer.unsigned_badge();
  document.erase("credentialStatus");
  const std::string text = Organisation::signed_by(issuer.did() + "#sig1", 101, day(0, 60), document);
  const auto with = [&](const std::function<void(feed::FeedSnapshot&)>& change) {
    auto feed = issuer.feed();
    change(*feed);
    return verdict_of(issuer, text, issuer.view(issuer.history(), feed));
  };
  const Verdict fresh = with([](feed::FeedSnapshot&) {});
  CHECK(fresh.outcome == Outcome::valid);
  CHECK_STEP(fresh, CheckName::status, CheckResult::not_applicable, codes::STATUS_NONE);
  CHECK(find(fresh, CheckName::status)->age_seconds == kNow.seconds() - kHeadAt.seconds());
  CHECK(fresh.status_source == "none");
  CHECK_DECIDED(with([](feed::FeedSnapshot& feed) {
                  feed.pending = feed::PendingHead{{3, {}}, kNow};
                }),
                Outcome::cannot_tell, Class::none, codes::NEWER_HEAD_UNAVAILABLE);
  CHECK_DECIDED(with([](feed::FeedSnapshot& feed) { feed.contradicted = true; }), Outcome::cannot_tell,
                Class::none, codes::EQUIVOCATION_SEEN);
  CHECK_DECIDED(verdict_of(issuer, text, issuer.view(issuer.history(), nullptr)), Outcome::cannot_tell,
                Class::none, codes::STATUS_FEED_NOT_HELD);

  const Timestamp later = kNow.plus_seconds(5 * 366 * 86'400);
  const Verdict silent = verify_credential(text, issuer.view(), issuer.trusting(), later).value();
  CHECK(silent.outcome == Outcome::valid);
  CHECK_STEP(silent, CheckName::status, CheckResult::warn, codes::HEAD_OLD);
  Policy::Values values = issuer.trusting().values();
  values.head_age_max_seconds = 10;
  CHECK_DECIDED(verify_credential(text, issuer.view(), Policy(std::move(values)), later).value(),
                Outcome::cannot_tell, Class::none, codes::HEAD_OLD);
  const Organisation gone = Organisation().deactivate();
  auto last = gone.unsigned_badge();
  last.erase("credentialStatus");
  const Verdict final_word =
      verify_credential(Organisation::signed_by(gone.did() + "#sig1", 101, day(0, 60), last), gone.view(),
                        gone.trusting(), later)
          .value();
  CHECK(final_word.outcome == Outcome::valid);
  CHECK_STEP(final_word, CheckName::status, CheckResult::not_applicable, codes::STATUS_NONE);
}

TEST_CASE("without the issuer's history nothing can be told, whatever is held of its feed") {
  const Organisation issuer = rotated();
  const std::string text = issuer.badge_signed("#sig1", 101, day(0));
  for (const bool with_feed : {false, true}) {
    const Verdict verdict =
        verdict_of(issuer, text, issuer.view(nullptr, with_feed ? issuer.feed() : nullptr));
    CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::HISTORY_NOT_HELD);
    CHECK_STEP(verdict, CheckName::proof, CheckResult::unknown, codes::HISTORY_NOT_HELD);
    CHECK(headline(verdict).find("keys have not arrived") != std::string::npos);
  }
  const auto empty = std::make_shared<const issuer::History>();
  CHECK_DECIDED(verdict_of(issuer, text, issuer.view(empty, nullptr)), Outcome::cannot_tell, Class::none,
                codes::HISTORY_NOT_HELD);
}

TEST_CASE("a signature that claims no time claims the credential's") {
  const Organisation issuer = rotated();
  auto document = issuer.unsigned_badge();
  document["validFrom"] = day(1).to_string();
  const auto unsigned_time = [&](const Json& of) {
    credential::ProofOptions options;
    Json proof = {{"type", "DataIntegrityProof"},
                  {"cryptosuite", "eddsa-jcs-2022"},
                  {"verificationMethod", issuer.did() + "#sig1"},
                  {"proofPurpose", "assertionMethod"}};
    const auto input = credential::eddsa_jcs_2022::signing_input(of, proof, Json::array()).value();
    proof["proofValue"] =
        multibase_encode(Multibase::base58btc, made::key(101).signer.sign(input.bytes()).value().view());
    Json out = of;
    out["proof"] = proof;
    return out.dump();
  };
  CHECK_DECIDED(verdict_of(issuer, unsigned_time(document)), Outcome::not_valid, Class::issuer_key,
                codes::KEY_NOT_IN_FORCE);
  document["validFrom"] = day(0).to_string();
  CHECK(verdict_of(issuer, unsigned_time(document)).outcome == Outcome::valid);
  document.erase("validFrom");  // no time at all: the newest version answers, which does not list #sig1
  CHECK_DECIDED(verdict_of(issuer, unsigned_time(document)), Outcome::not_valid, Class::issuer_key,
                codes::VERIFICATION_METHOD_UNKNOWN);
}

TEST_CASE("a compromised key is nobody's, whatever date the signature claims") {
  const Organisation issuer = rotated().compromise(101, day(0, 3600));
  const std::string text = issuer.badge_signed("#sig1", 101, day(0, 60));
  const Verdict verdict = verdict_of(issuer, text);
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_STEP(verdict, CheckName::proof, CheckResult::pass, codes::PROOF_OK);
  CHECK_STEP(verdict, CheckName::key, CheckResult::fail, codes::KEY_COMPROMISED);
  CHECK(headline(verdict) == "Do not accept: signed with a key that the issuer declared stolen");
  // Also where only the proof is asked for.
  const Verdict proof_only = verdict_of(issuer, text, issuer.view(), Scope::proof_only);
  CHECK_DECIDED(proof_only, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  // Other keys are not touched.
  CHECK(verdict_of(issuer, issuer.badge_signed("#sig2", 102, day(1))).outcome == Outcome::valid);
  CHECK(verdict_of(issuer, issuer.badge_signed("#sig2", 102, day(1)), issuer.view(), Scope::proof_only)
            .checks.size() == 3);
  // Without any time the newest version answers, and it lists the key again.
  Organisation again = rotated();
  again.rotate("#sig1", 101).compromise(101, day(0, 3600));
  CHECK_DECIDED(verdict_of(again, again.badge_signed("#sig1", 101, day(4))), Outcome::not_valid,
                Class::issuer_key, codes::KEY_COMPROMISED);
}

TEST_CASE("where histories part, nothing later can be told, with both versions as evidence") {
  Organisation issuer = rotated();
  Organisation other = issuer;
  issuer.add();
  other.rotate("#sig2", 103);
  const auto history = issuer.history_with({&other});
  REQUIRE(history->dispute.has_value());
  const auto view = issuer.view(history, issuer.feed());

  const Verdict before = verdict_of(issuer, issuer.badge_signed("#sig2", 102, day(1)), view);
  CHECK(before.outcome == Outcome::valid);
  CHECK(before.view_heads.at(0).contradicted);

  // #sig1 can only mean key 101: so the signature is checked, and the rest of the pipeline runs.
  const Verdict later = verdict_of(issuer, issuer.badge_signed("#sig1", 101, day(2)), view);
  CHECK_DECIDED(later, Outcome::cannot_tell, Class::none, codes::DID_DISPUTED);
  CHECK_STEP(later, CheckName::proof, CheckResult::pass, codes::PROOF_OK);
  CHECK_STEP(later, CheckName::key, CheckResult::unknown, codes::DID_DISPUTED);
  CHECK(find(later, CheckName::key)->evidence.size() == 2);
  CHECK(later.authentic == Tristate::unknown);
  // A revocation is the issuer's last word all the same.
  const auto revoked = issuer.view(history, issuer.feed(1, {.revoked = {kIndex}, .suspended = {}}));
  CHECK_DECIDED(verdict_of(issuer, issuer.badge_signed("#sig1", 101, day(2)), revoked), Outcome::not_valid,
                Class::revoked, codes::STATUS_REVOKED);
  // #sig2 is key 102 on one side and 103 on the other: neither is called altered.
  for (const auto key : {std::uint8_t{102}, std::uint8_t{103}}) {
    const Verdict unclear = verdict_of(issuer, issuer.badge_signed("#sig2", key, day(2)), view);
    CHECK_DECIDED(unclear, Outcome::cannot_tell, Class::none, codes::DID_DISPUTED);
    CHECK_STEP(unclear, CheckName::proof, CheckResult::unknown, codes::DID_DISPUTED);
  }
}

TEST_CASE("a name that meant two keys, outside of both times, is answered without guessing") {
  Organisation issuer;
  issuer.add([](Json& document) { document["assertionMethod"] = Json::array(); }).rotate("#sig1", 102);
  for (const auto key : {std::uint8_t{101}, std::uint8_t{102}}) {
    const Verdict verdict = verdict_of(issuer, issuer.badge_signed("#sig1", key, day(1)));
    CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::KEY_NOT_IN_FORCE);
  }
  CHECK(verdict_of(issuer, issuer.badge_signed("#sig1", 102, day(2))).outcome == Outcome::valid);
  CHECK_DECIDED(verdict_of(issuer, issuer.badge_signed("#sig1", 101, day(2))), Outcome::not_valid,
                Class::altered, codes::PROOF_SIGNATURE);
}

TEST_CASE("an issuer that moved is the same issuer under every DID it had, and under no other") {
  Organisation issuer;
  const Organisation before = issuer;
  issuer.move("new.example");
  const auto view = issuer.view();
  const std::string old_badge = before.badge_signed("#sig1", 101, day(0));
  for (const auto& trusted : {before, issuer}) {
    const auto verdict = verify_credential(old_badge, view, trusted.trusting(), kNow).value();
    CHECK_MESSAGE(verdict.outcome == Outcome::valid, describe(verdict));
    CHECK(verdict.issuer_did == before.did());
    CHECK(verify_credential(issuer.badge_signed("#sig1", 101, day(1)), view, trusted.trusting(), kNow)
              .value()
              .outcome == Outcome::valid);
  }
  // The old name may still be written, of the issuer and of its key, and the new one of what is older.
  CHECK(verdict_of(issuer, before.badge_signed("#sig1", 101, day(1))).outcome == Outcome::valid);
  CHECK(verdict_of(issuer, issuer.badge_signed("#sig1", 101, day(0))).outcome == Outcome::valid);
  Organisation later = issuer;
  later.rotate("#sig2", 102);
  CHECK_DECIDED(verdict_of(later, before.badge_signed("#sig1", 101, day(2))), Outcome::not_valid,
                Class::issuer_key, codes::KEY_NOT_IN_FORCE);
  const std::string mixed =
      Organisation::signed_by(issuer.did() + "#sig1", 101, day(1), before.unsigned_badge());
  CHECK(verdict_of(issuer, mixed).outcome == Outcome::valid);

  const std::string never = concat("did:webvh:", issuer.scid(), ":evil.example");
  Json foreign = issuer.unsigned_badge();
  foreign["issuer"]["id"] = never;
  CHECK_DECIDED(verdict_of(issuer, Organisation::signed_by(issuer.did() + "#sig1", 101, day(1), foreign)),
                Outcome::not_valid, Class::issuer_key, codes::ISSUER_NOT_CONTROLLER);
  CHECK_DECIDED(verdict_of(issuer, Organisation::signed_by(never + "#sig1", 101, day(1), foreign)),
                Outcome::not_valid, Class::issuer_key, codes::VERIFICATION_METHOD_UNKNOWN);
  Policy::Values values;
  values.trust.insert(Did::parse(never).value());
  CHECK(verify_credential(old_badge, view, Policy(values), kNow)->outcome == Outcome::issuer_not_confirmed);
}

TEST_CASE("a DID that only one side of a dispute has cannot be told to be the issuer's") {
  Organisation issuer;
  Organisation moved = issuer;
  issuer.add();
  moved.move("new.example");
  const auto view = issuer.view(issuer.history_with({&moved}), issuer.feed());
  const std::string text =
      Organisation::signed_by(issuer.did() + "#sig1", 101, day(0), moved.unsigned_badge());
  const Verdict verdict = verdict_of(issuer, text, view);
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::DID_DISPUTED);
  CHECK_STEP(verdict, CheckName::issuer, CheckResult::unknown, codes::DID_DISPUTED);
  CHECK_DECIDED(verdict_of(issuer, moved.badge_signed("#sig1", 101, day(0)), view), Outcome::cannot_tell,
                Class::none, codes::DID_DISPUTED);
}

TEST_CASE("another organisation's key is not the issuer's") {
  const Organisation issuer = rotated();
  Organisation other("other.example");
  other.rotate("#sig9", 109);
  SnapshotView view = issuer.view();
  view.put_history(other.scid(), other.history());
  const std::string text =
      Organisation::signed_by(other.did() + "#sig9", 109, day(1), issuer.unsigned_badge());
  CHECK_DECIDED(verdict_of(issuer, text, view), Outcome::not_valid, Class::issuer_key,
                codes::ISSUER_NOT_CONTROLLER);
}

TEST_CASE("a co-signer's stolen key spoils the credential, an issuer's own good one or not") {
  const Organisation issuer = rotated();
  Organisation ministry("ministry.example");
  ministry.rotate("#sig9", 109).compromise(109, day(1));
  SnapshotView view = issuer.view();
  view.put_history(ministry.scid(), ministry.history());
  credential::ProofOptions options;
  options.verification_method = ministry.did() + "#sig9";
  options.created = day(1);
  auto document = credential::add_proof(issuer.unsigned_badge(), options, made::key(109).signer).value();
  options.verification_method = issuer.did() + "#sig2";
  document = credential::add_proof(document, options, made::key(102).signer).value();
  const Verdict verdict = verdict_of(issuer, document.dump(), view);
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_STEP(verdict, CheckName::issuer, CheckResult::pass, codes::ISSUER_OK);
}

TEST_CASE("after close or deactivation the head is final, and what was issued before stays") {
  Organisation issuer = rotated();
  const std::string text = issuer.badge_signed("#sig2", 102, day(1));
  const Timestamp five_years_on = kNow.plus_seconds(5 * 365 * std::int64_t{86'400});
  Policy::Values strict;
  strict.trust.insert(Did::parse(issuer.did()).value());
  strict.head_age_max_seconds = 3600;
  const auto at_last = [&](const View& view, const Policy& policy) {
    return verify_credential(text, view, policy, five_years_on).value();
  };
  CHECK_STEP(at_last(issuer.view(), issuer.trusting()), CheckName::status, CheckResult::warn,
             codes::HEAD_OLD);
  CHECK_DECIDED(at_last(issuer.view(), Policy(strict)), Outcome::cannot_tell, Class::none, codes::HEAD_OLD);

  auto closed = issuer.feed();
  closed->closed = true;
  const auto closed_view = issuer.view(issuer.history(), closed);
  issuer.deactivate();
  for (const auto& view : {closed_view, issuer.view()}) {
    for (const Policy& policy : {issuer.trusting(), Policy(strict)}) {
      const Verdict verdict = at_last(view, policy);
      CHECK_MESSAGE(verdict.outcome == Outcome::valid, describe(verdict));
      CHECK_STEP(verdict, CheckName::status, CheckResult::pass, codes::STATUS_CLEAR);
      CHECK(find(verdict, CheckName::status)->age_seconds == five_years_on.seconds() - kHeadAt.seconds());
    }
  }
  // The last document still lists the key, but a deactivated DID has none.
  CHECK_DECIDED(verdict_of(issuer, issuer.badge_signed("#sig2", 102, day(2))), Outcome::not_valid,
                Class::issuer_key, codes::KEY_NOT_IN_FORCE);
}

TEST_CASE("a feed that goes on in an epoch that has not arrived says nothing good") {
  const Organisation first = rotated();
  Organisation issuer = first;
  issuer.open_epoch(2);
  const std::string text = issuer.badge_signed("#sig2", 102, day(1));
  const Verdict verdict = verdict_of(issuer, text);
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::NEWER_EPOCH_UNAVAILABLE);
  CHECK_STEP(verdict, CheckName::status, CheckResult::unknown, codes::NEWER_EPOCH_UNAVAILABLE);
  CHECK(headline(verdict).find("has not arrived here") != std::string::npos);
  const auto revoked = issuer.feed(1, {.revoked = {kIndex}, .suspended = {}});
  CHECK_DECIDED(verdict_of(issuer, text, issuer.view(issuer.history(), revoked)), Outcome::not_valid,
                Class::revoked, codes::STATUS_REVOKED);
  CHECK(verdict_of(issuer, text, issuer.view(issuer.history(), issuer.feed(2))).outcome == Outcome::valid);

  Organisation other = first;
  other.open_epoch(2, 5);
  const Verdict disputed =
      verdict_of(issuer, text, issuer.view(issuer.history_with({&other}), issuer.feed()));
  CHECK_DECIDED(disputed, Outcome::cannot_tell, Class::none, codes::DID_DISPUTED);
  CHECK_STEP(disputed, CheckName::key, CheckResult::pass, codes::KEY_CURRENT);
  CHECK_STEP(disputed, CheckName::status, CheckResult::unknown, codes::DID_DISPUTED);
}

TEST_CASE("a credential without status still has the row of the feed that its history stands in") {
  const Organisation issuer = rotated();
  Json document = issuer.unsigned_badge();
  document.erase("credentialStatus");
  const Verdict verdict =
      verdict_of(issuer, Organisation::signed_by(issuer.did() + "#sig2", 102, day(1), document));
  CHECK(verdict.outcome == Outcome::valid);
  CHECK(verdict.status_source == "none");
  CHECK(verdict.view_heads.size() == 1);
}

TEST_CASE("a view finds an issuer under every DID of its SCID, and resolves its methods") {
  const Organisation issuer = rotated();
  const SnapshotView view = issuer.view();
  const std::string other = concat("did:webvh:", issuer.scid(), ":elsewhere.example:a");
  CHECK(view.feed_of(other) == view.feed_of(issuer.did()));
  CHECK(view.history_of(other) == view.history_of(issuer.did()));
  CHECK(view.feed_of(issuer.did()) != nullptr);
  CHECK(view.history_of("did:webvh:QmOther:uni.example") == nullptr);
  CHECK(lookup_name_of("did:key:z6Mk") == "did:key:z6Mk");
  CHECK(lookup_name_of("did:webvh:") == "");

  const auto sig1 = DidUrl::parse(issuer.did() + "#sig1").value();
  const auto found = view.resolve_method(sig1, day(0));
  REQUIRE_OK(found);
  CHECK(found->key == made::key(101).signer.public_key());
  CHECK(found->version_id == issuer.history()->versions[0].state.version_id().text());
  CHECK_CODE(view.resolve_method(sig1, day(1)), codes::KEY_NOT_IN_FORCE);
  CHECK_CODE(SnapshotView().resolve_method(sig1, day(0)), codes::HISTORY_NOT_HELD);
}

TEST_CASE("equal views give equal bytes") {
  const Organisation issuer = rotated();
  const std::string text = issuer.badge_signed("#sig1", 101, day(0));
  const auto first = verdict_of(issuer, text, issuer.view()).to_jcs();
  CHECK(verdict_of(issuer, text, issuer.view(issuer.history(), issuer.feed())).to_jcs() == first);
  Organisation longer = issuer;
  longer.add();
  CHECK(verdict_of(issuer, text, issuer.view(longer.history(), issuer.feed())).to_jcs() != first);
}

}  // namespace
}  // namespace vcnode::verify
