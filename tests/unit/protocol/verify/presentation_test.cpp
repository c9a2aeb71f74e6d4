// Presentations: a holder's answer to a challenge, and everything that is not one.
#include "protocol/verify/presentation.h"

#include "crypto/jcs.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/one_feed.h"
#include "tests/unit/protocol/verify/organisation.h"
#include "tests/unit/protocol/verify/presenting.h"

namespace vcnode::verify {
namespace {

using namespace world;
using PresentedJson = nlohmann::json;

PresentationVerdict judged_holder(const std::string& text, const HolderQuestion& asked = kAsked,
                                  Timestamp at = kNow) {
  const auto verdict = verify_presentation(text, asked, one_view(), trusting(one_issuer()), at);
  REQUIRE_OK(verdict);
  return *verdict;
}

bool ends_with(const PresentationVerdict& verdict, std::string_view check, CheckResult result, Code code) {
  REQUIRE_FALSE(verdict.checks.empty());
  const HolderCheck& last = verdict.checks.back();
  return last.check == check && last.result == result && test::same_code(last.code, code);
}

void refused_presentation(const std::string& text, std::string_view check, Code code,
                          const HolderQuestion& asked = kAsked, Timestamp at = kNow) {
  const auto verdict = judged_holder(text, asked, at);
  INFO(verdict.to_jcs());
  CHECK(ends_with(verdict, check, CheckResult::fail, code));
  CHECK(verdict.outcome() == Outcome::not_valid);
  CHECK(headline(verdict).starts_with("Do not accept"));
  for (const Verdict& one : verdict.verdicts) {
    CHECK_STEP(one, CheckName::subject, CheckResult::fail, codes::SUBJECT_HOLDER_REFUSED);
    CHECK(one.subject == "unknown");
    CHECK(one.outcome == Outcome::not_valid);
  }
}

TEST_CASE("the holder answers the challenge: key-bound") {
  const auto verdict = judged_holder(good_presentation());
  REQUIRE(verdict.verdicts.size() == 1);
  CHECK_STEP(verdict.verdicts[0], CheckName::subject, CheckResult::pass, codes::SUBJECT_KEY_BOUND);
  CHECK(verdict.verdicts[0].subject == "key-bound");
  CHECK(verdict.outcome() == Outcome::valid);
  CHECK(headline(verdict) == "Genuine and in force");
  std::vector<std::string> codes_seen;
  for (const HolderCheck& check : verdict.checks) {
    codes_seen.emplace_back(check.code.slug());
    test::record_code(check.code.slug());
  }
  CHECK(codes_seen ==
        std::vector<std::string>{"PRESENTATION_OK", "PROOF_OK", "HOLDER_OK", "CHALLENGE_ANSWERED"});
  const auto text = PresentedJson::parse(verdict.to_jcs());
  CHECK(text.at("holder").size() == 4);
  CHECK(text.at("verdicts").at(0).at("subject") == "key-bound");
  CHECK(jcs::canonicalize(text).value() == verdict.to_jcs());
  CHECK(messages(verdict).size() == 4);
  CHECK(is_presentation(good_presentation()));
  CHECK_FALSE(is_presentation(certificate()));
}

TEST_CASE("without a challenge a presentation may be a copy: the credential is judged as if by itself") {
  const auto verdict = judged_holder(good_presentation(), {});
  CHECK(ends_with(verdict, "challenge", CheckResult::warn, codes::CHALLENGE_NOT_STATED));
  CHECK(verdict.verdicts.at(0).subject == "named-only");
  CHECK(verdict.outcome() == Outcome::valid);
}

TEST_CASE("wrong, missing, expired and used challenges; another verifier's") {
  auto options = answer_options(ana());
  const auto with = [&](const credential::ProofOptions& one) {
    return presented_by(drafted({certificate()}), ana(), one);
  };
  refused_presentation(good_presentation(), "challenge", codes::CHALLENGE_DIFFERS, {"c1.1.other", kDesk, {}});
  refused_presentation(good_presentation(), "challenge", codes::DOMAIN_DIFFERS,
                       {challenge_of(), "bank.example", {}});
  options.domain.reset();
  refused_presentation(with(options), "challenge", codes::DOMAIN_DIFFERS);
  options.challenge.reset();
  refused_presentation(with(options), "challenge", codes::CHALLENGE_MISSING);
  refused_presentation(good_presentation(), "challenge", codes::CHALLENGE_EXPIRED, kAsked,
                       kNow.plus_seconds(601));
  CHECK(judged_holder(good_presentation(), kAsked, kNow.plus_seconds(600)).outcome() == Outcome::valid);
  // A challenge that says nothing of its age: then the answer's own date counts.
  options = answer_options(ana());
  options.challenge = "a text of the verifier's";
  const HolderQuestion foreign{options.challenge, kDesk, {}};
  CHECK(judged_holder(with(options), foreign).outcome() == Outcome::valid);
  refused_presentation(with(options), "challenge", codes::CHALLENGE_EXPIRED, foreign, kNow.plus_seconds(601));
  options.created = kNow.plus_seconds(301);
  refused_presentation(with(options), "challenge", codes::PROOF_NOT_YET_MADE, foreign);
  int asked = 0;
  const HolderQuestion once{challenge_of(), kDesk,
                            [&](std::string_view) { return Result<bool>(asked++ == 0); }};
  CHECK(judged_holder(good_presentation(), once).outcome() == Outcome::valid);
  refused_presentation(good_presentation(), "challenge", codes::CHALLENGE_USED, once);
  CHECK(asked == 2);
  const HolderQuestion broken{challenge_of(), kDesk,
                              [](std::string_view) -> Result<bool> { return fail(codes::HEAD_OLD, "no"); }};
  CHECK_FALSE(
      verify_presentation(good_presentation(), broken, one_view(), trusting(one_issuer()), kNow).has_value());
}

// Ana's answer to `challenge`, which does not say when she made it.
std::string undated_answer(const std::string& challenge) {
  PresentedJson document = drafted({certificate()});
  const PresentedJson proof{{"type", "DataIntegrityProof"},
                            {"cryptosuite", "eddsa-jcs-2022"},
                            {"verificationMethod", ana().method()},
                            {"proofPurpose", "authentication"},
                            {"challenge", challenge},
                            {"domain", kDesk}};
  const auto input =
      credential::eddsa_jcs_2022::signing_input(document, proof, PresentedJson::array()).value();
  document["proof"] = proof;
  document["proof"]["proofValue"] =
      multibase_encode(Multibase::base58btc, ana().signer().sign(input.bytes()).value().view());
  return document.dump();
}

TEST_CASE("an answer whose age nothing tells shows nothing") {
  const HolderQuestion foreign{"a text of the verifier's", kDesk, {}};
  const auto undated = judged_holder(undated_answer(*foreign.challenge), foreign);
  CHECK(ends_with(undated, "challenge", CheckResult::unknown, codes::CHALLENGE_AGE_UNKNOWN));
  CHECK(undated.outcome() == Outcome::cannot_tell);
  CHECK(undated.verdicts.at(0).subject == "unknown");
  CHECK(undated.verdicts.at(0).code == Code(codes::SUBJECT_HOLDER_UNKNOWN));
  CHECK(headline(undated).starts_with("Cannot tell: when the request was answered"));
  // Our challenges say themselves when they were made.
  CHECK(judged_holder(undated_answer(challenge_of()), kAsked).outcome() == Outcome::valid);
}

TEST_CASE("a challenge of the future is none of ours") {
  const auto from = [](const std::string& challenge) {
    return std::pair(undated_answer(challenge), HolderQuestion{challenge, kDesk, {}});
  };
  const auto soon = from(challenge_of(kNow.plus_seconds(300)));
  CHECK(judged_holder(soon.first, soon.second).outcome() == Outcome::valid);
  for (const std::string& challenge :
       {challenge_of(kNow.plus_seconds(301)), std::string("c1.9223372036854775807.x")}) {
    const auto later = from(challenge);
    refused_presentation(later.first, "challenge", codes::CHALLENGE_NOT_YET_MADE, later.second);
  }
}

TEST_CASE("a proof for another purpose, a foreign holder, an altered presentation") {
  auto options = answer_options(ana());
  options.proof_purpose = "assertionMethod";
  refused_presentation(presented_by(drafted({certificate()}), ana(), options), "proof", codes::PROOF_PURPOSE);
  refused_presentation(presented_by(drafted({certificate()}), eve(), answer_options(eve())), "holder",
                       codes::HOLDER_DIFFERS);
  auto altered = PresentedJson::parse(good_presentation());
  altered["verifiableCredential"].push_back(PresentedJson::parse(certificate(eve().did().text())));
  refused_presentation(altered.dump(), "proof", codes::PROOF_SIGNATURE);
  auto extended = PresentedJson::parse(good_presentation());
  extended["@context"].push_back("https://example.org/more");
  refused_presentation(extended.dump(), "holder", codes::CONTEXT_EXTENDED);
  auto bare = drafted({certificate()});
  refused_presentation(bare.dump(), "proof", codes::PROOF_MISSING);
}

TEST_CASE("credentials about somebody else, and about nobody") {
  const auto mixed = presented_by(drafted({certificate(eve().did().text()), certificate(), certificate("")}),
                                  ana(), answer_options(ana()));
  const auto verdict = judged_holder(mixed);
  REQUIRE(verdict.verdicts.size() == 3);
  CHECK_STEP(verdict.verdicts[0], CheckName::subject, CheckResult::fail, codes::SUBJECT_NOT_HOLDER);
  CHECK(headline(verdict.verdicts[0]) == "Do not accept: about somebody else than who presents it");
  CHECK(verdict.verdicts[1].subject == "key-bound");
  CHECK(verdict.verdicts[2].subject == "named-only");
  CHECK(verdict.outcome() == Outcome::not_valid);
  CHECK(headline(verdict) == headline(verdict.verdicts[0]));
}

TEST_CASE("without a named holder whoever signed is it") {
  auto document = drafted({certificate()});
  document.erase("holder");
  const auto text = presented_by(document, ana(), answer_options(ana()));
  CHECK(judged_holder(text).verdicts.at(0).subject == "key-bound");
  CHECK(presentation_holder(text) == ana().did());
  document["holder"] = {{"id", ana().did().text()}, {"name", "Ana"}};
  CHECK(judged_holder(presented_by(document, ana(), answer_options(ana()))).outcome() == Outcome::valid);
}

TEST_CASE("a name that was typed besides counts too") {
  const auto typed = [](const char* name) {
    const auto stated = StatedPerson::read({std::string(name), {}, {}}).value();
    return verify_presentation(good_presentation(), kAsked, one_view(), trusting(one_issuer()), kNow, &stated)
        .value();
  };
  CHECK(typed("Maria Example").verdicts.at(0).subject == "key-bound");
  CHECK_STEP(typed("Ana Andromeda").verdicts.at(0), CheckName::subject, CheckResult::unknown,
             codes::SUBJECT_NAME_DIFFERS);
}

TEST_CASE("malformed presentations, and formats that are not read") {
  refused_presentation("{", "format", codes::JSON_SYNTAX);
  auto document = drafted({certificate()});
  document["type"] = "Presentation";
  refused_presentation(document.dump(), "format", codes::PRESENTATION_MALFORMED);
  document = drafted({certificate()});
  document.erase("@context");
  refused_presentation(document.dump(), "format", codes::PRESENTATION_MALFORMED);
  document = drafted({});
  refused_presentation(document.dump(), "format", codes::PRESENTATION_MALFORMED);
  document = drafted({certificate()});
  document["holder"] = 7;
  refused_presentation(document.dump(), "format", codes::PRESENTATION_MALFORMED);
  document = drafted({certificate()});
  for (int i = 0; i < 40; ++i)
    document["verifiableCredential"].push_back(PresentedJson::parse(certificate()));
  refused_presentation(document.dump(), "format", codes::PRESENTATION_TOO_MANY);
  CHECK_CODE(draft_presentation(std::vector<std::string>(33, "{}"), ana().did()),
             codes::PRESENTATION_TOO_MANY);
  CHECK_CODE(draft_presentation({"[]"}, ana().did()), codes::PRESENTATION_MALFORMED);
  const auto token = judged_holder("eyJhbGciOiJFZERTQSJ9.e30.AA");
  CHECK(ends_with(token, "format", CheckResult::unknown, codes::FORMAT_UNSUPPORTED));
  CHECK(token.outcome() == Outcome::cannot_tell);
  CHECK(headline(token).starts_with("Cannot tell"));
}

TEST_CASE("a holder of a DID method that is not read cannot be told") {
  auto document = drafted({certificate()});
  document["holder"] = "did:web:ana.example";
  auto options = answer_options(ana());
  options.verification_method = "did:web:ana.example#key-1";
  const auto verdict = judged_holder(presented_by(document, ana(), options));
  CHECK(ends_with(verdict, "proof", CheckResult::unknown, codes::DID_METHOD_UNSUPPORTED));
  CHECK_STEP(verdict.verdicts.at(0), CheckName::subject, CheckResult::unknown, codes::SUBJECT_HOLDER_UNKNOWN);
  CHECK(verdict.outcome() == Outcome::cannot_tell);
}

TEST_CASE("a did:webvh holder answers with a key that its newest version lists for authentication") {
  Organisation holder("ana.example");
  const auto text = [&] {
    auto document = drafted({certificate(holder.did())});
    document["holder"] = holder.did();
    auto options = answer_options(ana());
    options.verification_method = holder.did() + "#login";
    return credential::add_proof(document, options, made::key(110).signer).value().dump();
  };
  const auto judge_with = [&](History history) {
    SnapshotView view = view_of(feed_of(one_issuer()));
    if (history != nullptr) view.put_history(holder.scid(), std::move(history));
    return verify_presentation(text(), kAsked, view, trusting(one_issuer()), kNow).value();
  };
  CHECK(ends_with(judge_with(nullptr), "proof", CheckResult::unknown, codes::HISTORY_NOT_HELD));
  CHECK(ends_with(judge_with(holder.history()), "proof", CheckResult::fail,
                  codes::VERIFICATION_METHOD_UNKNOWN));
  holder.add([&](Json& document) {
    document["verificationMethod"].push_back(method_of(document["id"], "#login", 110));
    document["assertionMethod"].push_back(document["id"].get<std::string>() + "#login");
  });
  // For assertion only: it signs credentials and answers nothing.
  CHECK(ends_with(judge_with(holder.history()), "proof", CheckResult::fail,
                  codes::VERIFICATION_METHOD_UNKNOWN));
  holder.add([&](Json& document) {
    document["authentication"] = Json::array({document["id"].get<std::string>() + "#login"});
  });
  const auto bound = judge_with(holder.history());
  CHECK(bound.outcome() == Outcome::valid);
  CHECK(bound.verdicts.at(0).subject == "key-bound");
  holder.compromise(110, day(1));
  CHECK(ends_with(judge_with(holder.history()), "proof", CheckResult::fail,
                  codes::VERIFICATION_METHOD_UNKNOWN));
}

TEST_CASE("challenges say when they were made") {
  SeededRng rng(1);
  const auto one = new_challenge(kNow, rng);
  CHECK(time_of_challenge(one) == kNow);
  CHECK(one != new_challenge(kNow, rng));
  for (const char* other : {"", "c1.", "c1.x.y", "c1.12", "c2.1.y", "c1.-5.y"})
    CHECK(time_of_challenge(other) == std::nullopt);
}

}  // namespace
}  // namespace vcnode::verify
