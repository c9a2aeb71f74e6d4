// The verdict on credentials that carry a time batch.
#include "protocol/verify/issue_time.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/organisation.h"

namespace vcnode::verify {
namespace {

using namespace world;

// Key 101 signs, and is later said to have been stolen at noon of day 1.
const Timestamp kStolen = day(1, 43'200);

struct Theft {
  Organisation after = Organisation().rotate("#sig2", 102).compromise(101, kStolen);

  // Signed with the stolen key at some time; cosigned at these.
  [[nodiscard]] std::string text(const std::vector<Timestamp>& cosigned,
                                 Timestamp created = day(0, 600)) const {
    return Organisation::signed_by(after.did() + "#sig1", 101, created,
                                   batched(after, after.unsigned_badge(), cosigned));
  }
  [[nodiscard]] Verdict verdict(const std::string& text, std::size_t threshold) const {
    const Policy policy = with_quorum(after.trusting().values(), threshold);
    return verify_credential(text, after.view(), policy, kNow).value();
  }
};

TEST_CASE("what a quorum saw before the theft stays good, and says when it was issued") {
  const Theft theft;
  const std::string text = theft.text({day(0, 100), kStolen.plus_seconds(-1), day(3)});
  const Verdict verdict = theft.verdict(text, 2);
  CHECK_MESSAGE(verdict.outcome == Outcome::valid, describe(verdict));
  CHECK_STEP(verdict, CheckName::key, CheckResult::pass, codes::KEY_COMPROMISED_LATER);
  CHECK_DETAIL(verdict, CheckName::key, kStolen.plus_seconds(-1).to_string());
  CHECK(verdict.issued_at == kStolen.plus_seconds(-1));
  CHECK(verdict.issued_at_proven);
  CHECK(verdict.quorum == Quorum::reached);
  CHECK(verdict.witnessed == 3);
  const auto json = Json::parse(verdict.to_jcs());
  CHECK(json["issuedAt"]["source"] == "proven");
  CHECK(json["issuer"]["quorum"] == "reached");
  CHECK(json["issuer"]["witnessed"] == 3);
}

TEST_CASE("what a quorum saw at the time of the theft or later, or no quorum saw, is not") {
  const Theft theft;
  const Verdict at = theft.verdict(theft.text({day(0, 100), kStolen}), 2);
  CHECK_DECIDED(at, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_DETAIL(at, CheckName::key, kStolen.to_string());
  CHECK(at.quorum == Quorum::reached);

  const Verdict missed = theft.verdict(theft.text({day(0, 100), day(0, 101)}), 3);
  CHECK_DECIDED(missed, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK(missed.quorum == Quorum::missed);
  CHECK(missed.witnessed == 2);
  CHECK_STEP(missed, CheckName::dates, CheckResult::pass, codes::DATES_OK);
  CHECK_DETAIL(missed, CheckName::dates, "2 of 3 witnesses");

  const Verdict unasked =
      verify_credential(theft.text({day(0, 100)}), theft.after.view(), theft.after.trusting(), kNow).value();
  CHECK_DECIDED(unasked, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK(unasked.quorum == Quorum::unwitnessed);
  CHECK_DETAIL(unasked, CheckName::dates, "asks for no quorum");
  // The claim alone is worth nothing, with a quorum or without.
  CHECK_DECIDED(theft.verdict(theft.after.badge_signed("#sig1", 101, day(0, 600)), 1), Outcome::not_valid,
                Class::issuer_key, codes::KEY_COMPROMISED);
}

TEST_CASE("a proof of time for a key that nobody stole changes nothing but the time") {
  Organisation issuer;
  const auto document = batched(issuer, issuer.unsigned_badge(), {day(0, 100)});
  const std::string text = Organisation::signed_by(issuer.did() + "#sig1", 101, day(0, 600), document);
  const auto verdict =
      verify_credential(text, issuer.view(), with_quorum(issuer.trusting().values(), 1), kNow);
  CHECK(verdict->outcome == Outcome::valid);
  CHECK_STEP(*verdict, CheckName::key, CheckResult::pass, codes::KEY_CURRENT);
  CHECK(verdict->issued_at == day(0, 100));
}

TEST_CASE("a batch that does not hold proves nothing, and the verdict warns") {
  const Theft theft;
  const auto document = batched(theft.after, theft.after.unsigned_badge(), {day(0, 100), day(0, 200)});
  const auto bent = [&](const std::string& method, std::uint8_t key, auto&& change) {
    Json changed = document;
    change(changed["evidence"][0]);
    const Timestamp created = key == 101 ? day(0, 600) : day(1, 600);
    return theft.verdict(Organisation::signed_by(theft.after.did() + method, key, created, changed), 2);
  };
  const auto salt = [](Json& entry) { entry["salt"] = base64url_encode(Bytes(32, 9)); };
  const auto proof = [](Json& entry) { entry["proof"] = "nothing"; };
  const Verdict stolen = bent("#sig1", 101, salt);
  CHECK_DECIDED(stolen, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_STEP(stolen, CheckName::dates, CheckResult::warn, codes::TIME_BATCH_BAD);
  CHECK_DETAIL(stolen, CheckName::dates, "MERKLE_PROOF_INVALID");
  CHECK(stolen.quorum == Quorum::missed);
  const Verdict good = bent("#sig2", 102, salt);
  CHECK(good.outcome == Outcome::valid);
  CHECK_FALSE(good.issued_at_proven);
  CHECK_STEP(good, CheckName::dates, CheckResult::warn, codes::TIME_BATCH_BAD);
  CHECK_DETAIL(bent("#sig2", 102, proof), CheckName::dates, "BATCH_ENTRY_MALFORMED");
}

TEST_CASE("only the issuer's own feeds count: neither another's, nor what stands beyond a seal") {
  Theft theft;
  const auto signed_text = [&](const Json& document) {
    return Organisation::signed_by(theft.after.did() + "#sig1", 101, day(0, 600), document);
  };
  // In the feed of somebody else (a did:key's).
  Json elsewhere;
  {
    test::CountingRng rng;
    test::BatchFeed feed(concat("demo.example/", made::key(9).multikey, "/1"), 9);
    const std::vector<Json> documents = {theft.after.unsigned_badge()};
    const auto batch = batch::TimeBatch::of(documents, rng).value();
    const auto number = feed.publish(batch);
    auto keys = test::witnesses(2);
    const auto note = feed.checkpoint({{&keys[0], day(0).seconds()}, {&keys[1], day(0).seconds()}});
    elsewhere = batch.with_entry(documents[0], 0, number, feed.proof(note)).value();
  }
  const Verdict foreign = theft.verdict(signed_text(elsewhere), 2);
  CHECK_DECIDED(foreign, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_DETAIL(foreign, CheckName::dates, "BATCH_FEED_UNKNOWN");
  // Leaf 3 of epoch 1, which ends at size 3.
  theft.after.open_epoch(2, 3);
  const std::string early = theft.text({day(0, 100), day(0, 101)});
  const Policy policy = with_quorum(theft.after.trusting().values(), 2);
  const auto view = theft.after.view(theft.after.history(), theft.after.feed(2));
  const auto beyond = verify_credential(early, view, policy, kNow).value();
  CHECK_DECIDED(beyond, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_DETAIL(beyond, CheckName::dates, "BATCH_BEYOND_SEAL");
  // In the next epoch it counts.
  const auto next = Organisation::signed_by(
      theft.after.did() + "#sig1", 101, day(0, 600),
      batched(theft.after, theft.after.unsigned_badge(), {day(0, 100), day(0, 101)}, 2));
  const auto newer = theft.after.view(theft.after.history(), theft.after.feed(2));
  CHECK(verify_credential(next, newer, policy, kNow)->outcome == Outcome::valid);
}

TEST_CASE("a batch that is not in the feed proves nothing, whoever cosigned it") {
  const Theft theft;
  const std::string text = theft.text({day(0, 100), day(0, 101)});
  theft.after.publish({1, 3}, Sha256Digest());
  const Verdict fork = theft.verdict(text, 2);
  CHECK_DECIDED(fork, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_DETAIL(fork, CheckName::dates, "BATCH_NOT_IN_FEED");
  CHECK_FALSE(fork.issued_at_proven);
}

TEST_CASE("whether a batch is in a feed that is not held so far cannot be told") {
  const Theft theft;
  const std::string text = theft.text({day(0, 100), day(0, 101)});
  theft.after.unpublish();
  const Verdict unknown = theft.verdict(text, 2);  // the head held is of two leaves
  CHECK_DECIDED(unknown, Outcome::cannot_tell, Class::none, codes::BATCH_LEAF_NOT_HELD);
  CHECK_FALSE(unknown.issued_at_proven);
  CHECK(unknown.quorum == Quorum::missed);
  // What would prove nothing anyway needs no leaf.
  const Verdict late = theft.verdict(theft.text({kStolen, kStolen}), 2);
  CHECK_DECIDED(late, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
}

TEST_CASE("nobody saw the feed of an issuer before there was one") {
  const Theft theft;
  const Timestamp first = day(0);
  const auto seen_at = [&](Timestamp time) { return theft.verdict(theft.text({time, time}), 2); };
  const Verdict early = seen_at(first.plus_seconds(-301));
  CHECK_DECIDED(early, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
  CHECK_DETAIL(early, CheckName::dates, "BATCH_BEFORE_ISSUER");
  const Timestamp too_early = first.plus_seconds(-301);
  const auto credential = credential::Credential::parse(theft.text({too_early, too_early})).value();
  const auto history = theft.after.history();
  const auto feed = theft.after.feed();
  const Policy policy = with_quorum(theft.after.trusting().values(), 2);
  const auto time = issue_time_of(credential, {history.get(), feed.get()}, policy.values());
  REQUIRE(time.bad);
  CHECK_CODE(Result<void>(Failure{*time.bad}), codes::BATCH_BEFORE_ISSUER);
  CHECK(seen_at(first.plus_seconds(-300)).outcome == Outcome::valid);  // clocks differ
}

TEST_CASE("a batch of the issuer's proves nothing for a co-signer's key") {
  const Organisation issuer;
  Organisation ministry("ministry.example");
  ministry.rotate("#sig9", 109).compromise(109, day(9));
  SnapshotView view = issuer.view();
  view.put_history(ministry.scid(), ministry.history());
  auto document = batched(issuer, issuer.unsigned_badge(), {day(1), day(1)});
  credential::ProofOptions options;
  options.created = day(0, 600);
  options.verification_method = issuer.did() + "#sig1";
  document = credential::add_proof(document, options, made::key(101).signer).value();
  options.created = day(1, 600);
  options.verification_method = ministry.did() + "#sig9";
  document = credential::add_proof(document, options, made::key(109).signer).value();
  const auto verdict =
      verify_credential(document.dump(), view, with_quorum(issuer.trusting().values(), 2), kNow).value();
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::KEY_COMPROMISED);
}

TEST_CASE("a did:key may batch too, in the one feed it has") {
  const Issuer issuer(1);
  test::CountingRng rng;
  const std::string value(issuer.did().method_specific_id());
  test::BatchFeed feed(concat("test/", value, "/1"), 1);
  const std::vector<Json> documents = {badge(issuer)};
  const auto batch = batch::TimeBatch::of(documents, rng).value();
  const auto number = feed.publish(batch);
  auto keys = test::witnesses(1);
  const auto note = feed.checkpoint({{&keys[0], kIssuedAt.seconds()}});
  const std::string text = sign(issuer, batch.with_entry(documents[0], 0, number, feed.proof(note)).value());
  auto held = feed_of(issuer);
  const Policy policy = with_quorum(trusting(issuer).values(), 1);
  const auto too_early = verify_credential(text, view_of(held), policy, kNow.plus_seconds(60));
  CHECK_FALSE(too_early->issued_at_proven);
  CHECK_DETAIL(*too_early, CheckName::dates, "not held so far");
  feed::BatchLeaves leaves;
  leaves.append({{1, feed.tree().size - 1}, feed.newest()});
  held->batches = std::make_shared<const feed::BatchLeaves>(std::move(leaves));
  held->head.tree.size = feed.tree().size;
  const auto verdict = verify_credential(text, view_of(held), policy, kNow.plus_seconds(60));
  CHECK_MESSAGE(verdict->outcome == Outcome::valid, describe(*verdict));
  CHECK(verdict->issued_at_proven);
  CHECK_STEP(*verdict, CheckName::key, CheckResult::warn, codes::KEY_LOW_ASSURANCE);
}

TEST_CASE("whose word is taken is part of the policy's digest") {
  Policy::Values values;
  const Policy none(values);
  CHECK_CODE(values.ask_witnesses("quorum"), codes::WITNESS_POLICY_MALFORMED);
  CHECK(Policy(values).digest() == none.digest());
  REQUIRE_OK(values.ask_witnesses("quorum none\n"));
  CHECK(Policy(values).digest() != none.digest());
  const Organisation issuer;
  const auto verdict =
      verify_credential(issuer.badge_signed("#sig1", 101, day(0)), issuer.view(), Policy(values), kNow);
  CHECK(verdict->quorum == Quorum::unwitnessed);
}

}  // namespace
}  // namespace vcnode::verify
