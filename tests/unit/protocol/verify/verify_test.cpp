#include "protocol/verify/verify.h"

#include <array>
#include "crypto/base/limits.h"

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"
#include "tests/unit/protocol/verify/one_feed.h"

namespace vcnode::verify {
namespace {

using namespace world;

const Issuer& stranger() {
  static const Issuer one(2);
  return one;
}

Verdict signed_verdict(const nlohmann::json& document) {
  return verdict_on(sign(one_issuer(), document));
}

TEST_CASE("a credential in force by a confirmed issuer is valid and every check says why") {
  const std::string text = sign(one_issuer(), badge(one_issuer()));
  const Verdict verdict = verdict_on(text);
  CHECK(verdict.outcome == Outcome::valid);
  CHECK(verdict.reason_class == Class::none);
  CHECK(!verdict.code.has_value());
  CHECK(verdict.authentic == Tristate::yes);
  CHECK_STEP(verdict, CheckName::format, CheckResult::pass, codes::FORMAT_OK);
  CHECK_STEP(verdict, CheckName::proof, CheckResult::pass, codes::PROOF_OK);
  CHECK_STEP(verdict, CheckName::issuer, CheckResult::pass, codes::ISSUER_OK);
  CHECK_STEP(verdict, CheckName::key, CheckResult::warn, codes::KEY_LOW_ASSURANCE);
  CHECK_STEP(verdict, CheckName::dates, CheckResult::pass, codes::DATES_OK);
  CHECK_STEP(verdict, CheckName::status, CheckResult::pass, codes::STATUS_CLEAR);
  CHECK_STEP(verdict, CheckName::subject, CheckResult::warn, codes::SUBJECT_NAMED_ONLY);
  CHECK_STEP(verdict, CheckName::confirmation, CheckResult::pass, codes::ISSUER_CONFIRMED);
  CHECK(verdict.checks.size() == 8);
  CHECK(verdict.credential == sha256(as_bytes(text)));
  CHECK(verdict.issuer_did == one_issuer().did().text());
  CHECK(verdict.low_assurance);
  CHECK(verdict.issued_at == kIssuedAt);
}

TEST_CASE("without a confirmation an authentic credential in force is issuer-not-confirmed, never valid") {
  const Verdict verdict =
      verify_credential(sign(one_issuer(), badge(one_issuer())), one_view(), Policy(), kNow).value();
  CHECK_DECIDED(verdict, Outcome::issuer_not_confirmed, Class::none, codes::ISSUER_NOT_CONFIRMED);
  CHECK_STEP(verdict, CheckName::confirmation, CheckResult::unknown, codes::ISSUER_NOT_CONFIRMED);
  CHECK(verdict.authentic == Tristate::yes);
  CHECK_DETAIL(verdict, CheckName::confirmation, one_issuer().did().text().substr(0, 40));
  CHECK_DETAIL(verdict, CheckName::confirmation, "nobody was named");
}

TEST_CASE("one changed character makes the credential altered, and nothing after the proof is said") {
  std::string text = sign(one_issuer(), badge(one_issuer()));
  text.replace(text.find("Maria"), 5, "Mario");
  const Verdict verdict = verdict_on(text);
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::altered, codes::PROOF_SIGNATURE);
  CHECK(verdict.authentic == Tristate::no);
  CHECK(verdict.checks.size() == 2);
  CHECK(!verdict.issuer_did.has_value());
  CHECK(verdict.issuer_names.empty());
  CHECK(!verdict.issued_at.has_value());
  CHECK(verdict.view_heads.empty());
}

TEST_CASE("an issuer that does not control the key is refused") {
  auto document = badge(one_issuer());
  document["issuer"]["id"] = stranger().did().text();
  const Verdict verdict = signed_verdict(document);
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::issuer_key, codes::ISSUER_NOT_CONTROLLER);
  CHECK_STEP(verdict, CheckName::issuer, CheckResult::fail, codes::ISSUER_NOT_CONTROLLER);
  CHECK(verdict.authentic == Tristate::no);
  CHECK(verdict.checks.size() == 3);
  CHECK_DETAIL(verdict, CheckName::issuer, stranger().did().text().substr(0, 40));
  CHECK_DETAIL(verdict, CheckName::issuer, one_issuer().did().text().substr(0, 40));
}

TEST_CASE("an issuer that is a web address is not the controller of a did:key") {
  auto document = badge(one_issuer());
  document["issuer"]["id"] = "https://university.example/";
  CHECK_DECIDED(signed_verdict(document), Outcome::not_valid, Class::issuer_key,
                codes::ISSUER_NOT_CONTROLLER);
}

TEST_CASE("a did:jwk issuer is verified as a did:key is: low assurance, and without a feed no status") {
  const std::string x = base64url_encode(one_issuer().signer().public_key().view());
  const std::string jwk = concat(R"({"kty":"OKP","crv":"Ed25519","x":")", x, R"("})");
  const Did did = Did::parse(concat("did:jwk:", base64url_encode(as_bytes(jwk)))).value();
  auto document = badge(one_issuer());
  document["issuer"]["id"] = did.text();
  auto options = one_issuer().proof_options();
  options.verification_method = did.text() + "#0";
  Policy::Values trust;
  trust.trust = {did};
  const std::string text = sign(one_issuer(), document, options);
  const Verdict verdict = verify_credential(text, one_view(), Policy(trust), kNow).value();
  CHECK_STEP(verdict, CheckName::proof, CheckResult::pass, codes::PROOF_OK);
  CHECK_STEP(verdict, CheckName::issuer, CheckResult::pass, codes::ISSUER_OK);
  CHECK_STEP(verdict, CheckName::key, CheckResult::warn, codes::KEY_LOW_ASSURANCE);
  CHECK_STEP(verdict, CheckName::confirmation, CheckResult::pass, codes::ISSUER_CONFIRMED);
  CHECK(verdict.low_assurance);
  CHECK(verdict.outcome == Outcome::cannot_tell);  // the badge has a status entry, and nobody holds a feed
  document.erase("credentialStatus");
  const std::string plain = sign(one_issuer(), document, options);
  CHECK(verify_credential(plain, one_view(), Policy(trust), kNow)->outcome == Outcome::valid);
  std::string altered = plain;
  altered.replace(altered.find("Maria"), 5, "Mario");
  CHECK_DECIDED(verify_credential(altered, one_view(), Policy(trust), kNow).value(), Outcome::not_valid,
                Class::altered, codes::PROOF_SIGNATURE);
}

TEST_CASE("in a proof set one proof must be the issuer's; co-signers may add theirs") {
  const auto by_stranger =
      credential::add_proof(badge(one_issuer()), stranger().proof_options(), stranger().signer()).value();
  CHECK_DECIDED(verdict_on(by_stranger.dump()), Outcome::not_valid, Class::issuer_key,
                codes::ISSUER_NOT_CONTROLLER);
  const Verdict both = verdict_on(sign(one_issuer(), by_stranger));
  CHECK(both.outcome == Outcome::valid);
  CHECK(both.issuer_did == one_issuer().did().text());
}

TEST_CASE("a context appended after signing is an alteration, although the cryptosuite lets it pass") {
  auto document = nlohmann::json::parse(sign(one_issuer(), badge(one_issuer())));
  document["@context"].push_back("https://other.example/words");
  const Verdict verdict = verdict_on(document.dump());
  CHECK_DECIDED(verdict, Outcome::not_valid, Class::altered, codes::CONTEXT_EXTENDED);
  CHECK_STEP(verdict, CheckName::proof, CheckResult::pass, codes::PROOF_OK);
  CHECK_DETAIL(verdict, CheckName::issuer, "the last 1 of");
  CHECK(verdict.authentic == Tristate::no);
  CHECK(verdict_on(document.dump(), kNow, Scope::proof_only).outcome == Outcome::issuer_not_confirmed);
}

TEST_CASE("a context that a co-signer added is fine once the issuer signs it too") {
  const auto first =
      credential::add_proof(badge(one_issuer()), stranger().proof_options(), stranger().signer()).value();
  auto extended = first;
  extended["@context"].push_back("https://other.example/words");
  CHECK(verdict_on(sign(one_issuer(), extended)).outcome == Outcome::valid);
}

TEST_CASE("only the proof: the binding to the issuer is not looked at and the answer is never valid") {
  auto document = badge(one_issuer());
  document["issuer"]["id"] = stranger().did().text();
  document["validUntil"] = "2026-11-02T00:00:00Z";
  const std::string text = sign(one_issuer(), document);
  const Verdict verdict = verdict_on(text, kNow, Scope::proof_only);
  CHECK_DECIDED(verdict, Outcome::issuer_not_confirmed, Class::none, codes::ISSUER_NOT_CHECKED);
  CHECK_STEP(verdict, CheckName::issuer, CheckResult::not_applicable, codes::ISSUER_NOT_CHECKED);
  CHECK(verdict.checks.size() == 3);
  CHECK(verdict.authentic == Tristate::unknown);
  CHECK(!verdict.issuer_did.has_value());

  std::string tampered = text;
  tampered.replace(tampered.find("Maria"), 5, "Mario");
  CHECK_DECIDED(verdict_on(tampered, kNow, Scope::proof_only), Outcome::not_valid, Class::altered,
                codes::PROOF_SIGNATURE);
}

TEST_CASE("the period of validity includes both of its ends") {
  auto document = badge(one_issuer());
  document["validUntil"] = "2026-11-22T13:50:00Z";  // kNow
  const std::string text = sign(one_issuer(), document);
  CHECK(verdict_on(text, kIssuedAt).outcome == Outcome::valid);
  CHECK(verdict_on(text, kNow).outcome == Outcome::valid);

  const Verdict late = verdict_on(text, kNow.plus_seconds(1));
  CHECK_DECIDED(late, Outcome::not_valid, Class::expired, codes::EXPIRED);
  CHECK_STEP(late, CheckName::dates, CheckResult::fail, codes::EXPIRED);
  CHECK(late.authentic == Tristate::yes);
  CHECK_DETAIL(late, CheckName::dates, "2026-11-22T13:50:00Z");
  CHECK_DETAIL(late, CheckName::dates, "2026-11-22T13:50:01Z");

  const Verdict early = verdict_on(text, kIssuedAt.plus_seconds(-1));
  CHECK_DECIDED(early, Outcome::not_valid, Class::not_yet_valid, codes::NOT_YET_VALID);
  CHECK_STEP(early, CheckName::dates, CheckResult::fail, codes::NOT_YET_VALID);
  CHECK_DETAIL(early, CheckName::dates, "2026-11-01T09:00:00Z");
}

// A proof with members that add_proof does not write, or without some that it does.
std::string signed_with(nlohmann::json document, const nlohmann::json& changes) {
  nlohmann::json proof = {{"type", "DataIntegrityProof"},
                          {"cryptosuite", "eddsa-jcs-2022"},
                          {"created", kIssuedAt.to_string()},
                          {"verificationMethod", one_issuer().method()},
                          {"proofPurpose", "assertionMethod"}};
  proof.merge_patch(changes);  // null removes
  const auto input =
      credential::eddsa_jcs_2022::signing_input(document, proof, nlohmann::json::array()).value();
  const auto signature = one_issuer().signer().sign(input.bytes()).value();
  proof["proofValue"] = multibase_encode(Multibase::base58btc, signature.view());
  document["proof"] = std::move(proof);
  return document.dump();
}

TEST_CASE("without dates a credential is always in force") {
  auto document = badge(one_issuer());
  document.erase("validFrom");
  const std::string text = signed_with(document, {{"created", nullptr}});
  CHECK(verdict_on(text, Timestamp(0)).outcome == Outcome::valid);
  CHECK(verdict_on(text, kNow.plus_seconds(1'000'000'000)).outcome == Outcome::valid);
}

TEST_CASE("a proof that has expired is over like the credential it signs") {
  const std::string text = signed_with(badge(one_issuer()), {{"expires", "2026-11-22T13:50:00Z"}});
  CHECK(verdict_on(text, kNow).outcome == Outcome::valid);
  const Verdict late = verdict_on(text, kNow.plus_seconds(1));
  CHECK_DECIDED(late, Outcome::not_valid, Class::expired, codes::PROOF_EXPIRED);
  CHECK_DETAIL(late, CheckName::dates, "2026-11-22T13:50:00Z");

  CHECK(verdict_on(text, kNow, Scope::proof_only).checks.size() == 3);
  const Verdict proof_only = verdict_on(text, kNow.plus_seconds(1), Scope::proof_only);
  CHECK_DECIDED(proof_only, Outcome::not_valid, Class::expired, codes::PROOF_EXPIRED);
  CHECK_STEP(proof_only, CheckName::dates, CheckResult::fail, codes::PROOF_EXPIRED);
}

TEST_CASE("what the issuer signed after the time asked about was not in force then, whatever it claims") {
  auto document = badge(one_issuer());
  document["validFrom"] = kIssuedAt.plus_seconds(-86'400).to_string();
  const std::string text = sign(one_issuer(), document);
  const auto allowed = kIssuedAt.plus_seconds(-limits::kClockSkewSecondsMax);
  CHECK(verdict_on(text, allowed).outcome == Outcome::valid);
  const Verdict early = verdict_on(text, allowed.plus_seconds(-1));
  CHECK_DECIDED(early, Outcome::not_valid, Class::not_yet_valid, codes::PROOF_NOT_YET_MADE);
  CHECK_STEP(early, CheckName::dates, CheckResult::fail, codes::PROOF_NOT_YET_MADE);
  CHECK_DETAIL(early, CheckName::dates, kIssuedAt.to_string());
  CHECK(early.authentic == Tristate::yes);
}

TEST_CASE("a co-signature made later takes nothing from what the issuer signed in time") {
  auto options = stranger().proof_options();
  options.created = kNow.plus_seconds(86'400);
  const auto own =
      credential::add_proof(badge(one_issuer()), one_issuer().proof_options(), one_issuer().signer()).value();
  CHECK(verdict_on(credential::add_proof(own, options, stranger().signer()).value().dump()).outcome ==
        Outcome::valid);
}

TEST_CASE("the asserted time is the proof's, else validFrom, else none") {
  CHECK(verdict_on(signed_with(badge(one_issuer()), nlohmann::json::object())).issued_at == kIssuedAt);
  auto later = badge(one_issuer());
  later["validFrom"] = kIssuedAt.plus_seconds(60).to_string();
  CHECK(verdict_on(signed_with(later, nlohmann::json::object())).issued_at == kIssuedAt);
  CHECK(verdict_on(signed_with(later, {{"created", nullptr}})).issued_at == kIssuedAt.plus_seconds(60));
  later.erase("validFrom");
  CHECK(!verdict_on(signed_with(later, {{"created", nullptr}})).issued_at.has_value());
}

TEST_CASE(
    "a subject is named by an id, a name or an identifier; anything else leaves it unknown, without "
    "deciding") {
  for (const std::string_view member :
       {"name", "givenName", "familyName", "fullName", "identifier", "learner"}) {
    CAPTURE(member);
    auto document = badge(one_issuer());
    document["credentialSubject"].erase("name");
    document["credentialSubject"][member] = "someone";
    const Verdict verdict = signed_verdict(document);
    CHECK_STEP(verdict, CheckName::subject, CheckResult::warn, codes::SUBJECT_NAMED_ONLY);
    CHECK(verdict.subject == "named-only");
  }
  auto by_id = badge(one_issuer());
  by_id["credentialSubject"].erase("name");
  const auto nobody = by_id;
  by_id["credentialSubject"]["id"] = "did:example:holder";
  CHECK(signed_verdict(by_id).subject == "named-only");

  const Verdict verdict = signed_verdict(nobody);
  CHECK_STEP(verdict, CheckName::subject, CheckResult::unknown, codes::SUBJECT_UNKNOWN);
  CHECK(verdict.subject == "unknown");
  CHECK(verdict.outcome == Outcome::valid);
}

TEST_CASE("one named subject among several is enough") {
  auto document = badge(one_issuer());
  auto unnamed = document["credentialSubject"];
  unnamed.erase("name");
  document["credentialSubject"] = {unnamed, document["credentialSubject"]};
  CHECK(signed_verdict(document).subject == "named-only");
}

TEST_CASE("the issuer's names for itself are listed once each, in any language, confirmed by nobody") {
  using Names = std::vector<std::pair<std::string, std::optional<std::string>>>;
  auto document = badge(one_issuer());
  CHECK(signed_verdict(document).issuer_names == Names{{"Example Institute", std::nullopt}});

  document["issuer"]["name"] = {{{"@value", "Instituto"}, {"@language", "es"}},
                                {{"@value", "Institut"}, {"@language", "de"}},
                                {{"@value", "Institut"}, {"@language", "fr"}}};
  CHECK(signed_verdict(document).issuer_names ==
        Names{{"Institut", std::nullopt}, {"Instituto", std::nullopt}});

  document["issuer"] = one_issuer().did().text();
  CHECK(signed_verdict(document).issuer_names.empty());
}

}  // namespace
}  // namespace vcnode::verify
