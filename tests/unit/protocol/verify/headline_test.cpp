#include <nlohmann/json.hpp>

#include "protocol/credential/codes.h"
#include "protocol/facts/codes.h"
#include "protocol/recognition/codes.h"
#include "protocol/status/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

Verdict verdict_with(Outcome outcome, Class reason_class, std::optional<Code> code) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.reason_class = reason_class;
  verdict.code = code;
  return verdict;
}

TEST_CASE("the headline follows the class, so an expired course is not called a fraud") {
  CHECK(headline(verdict_with(Outcome::valid, Class::none, std::nullopt)) == "Genuine and in force");
  CHECK(headline(verdict_with(Outcome::issuer_not_confirmed, Class::none, codes::ISSUER_NOT_CONFIRMED)) ==
        "Genuine, but nobody you trust confirms the issuer");
  CHECK(headline(verdict_with(Outcome::issuer_not_confirmed, Class::none, codes::ISSUER_NOT_CHECKED)) ==
        "The signature is good; nothing else was checked");
  const std::pair<Class, std::string_view> refusals[] = {
      {Class::altered, "Do not accept: changed after issue"},
      {Class::issuer_key, "Do not accept: not signed by the issuer it names"},
      {Class::expired, "Do not accept: expired"},
      {Class::not_yet_valid, "Do not accept: not valid yet"},
      {Class::revoked, "Do not accept: revoked by the issuer"},
      {Class::suspended, "Do not accept: suspended by the issuer"},
      {Class::malformed, "Do not accept: not a well-formed signed credential"},
  };
  for (const auto& [reason_class, text] : refusals)
    CHECK(headline(verdict_with(Outcome::not_valid, reason_class, codes::EXPIRED)) == text);
}

TEST_CASE("the headline says how far bodies that the verifier named stand behind it") {
  std::set<std::string> headlines;
  const auto about = [&](Outcome outcome, recognition::Outcome recognised, std::optional<Code> code) {
    Verdict verdict = verdict_with(outcome, Class::none, code);
    verdict.recognition.outcome = recognised;
    if (code) verdict.recognition.notes.push_back({*code, ""});
    headlines.insert(headline(verdict));
    return headline(verdict);
  };
  using Recognised = recognition::Outcome;
  CHECK(about(Outcome::valid, Recognised::recognised, {}) == "Genuine and in force");
  CHECK(about(Outcome::valid, Recognised::partly_recognised, {}) ==
        "Genuine and in force, but bodies you trust stand behind it only in part");
  CHECK(about(Outcome::valid, Recognised::not_established, {}) ==
        "Genuine and in force, but no body you trust is known to stand behind it");
  CHECK(about(Outcome::valid, Recognised::cannot_tell, {}) ==
        "Genuine and in force, but whether bodies you trust stand behind it cannot be told");
  CHECK(about(Outcome::issuer_not_confirmed, Recognised::not_established, codes::ISSUER_NOT_CONFIRMED) ==
        "Genuine, but no body you trust is known to stand behind it");
  for (const Code code : {Code(codes::AUTHORITY_NOT_HELD), Code(codes::SEVERAL_ACHIEVEMENTS),
                          Code(codes::FACT_MISSING), Code(codes::EFFECT_UNKNOWN)})
    CHECK(about(Outcome::cannot_tell, Recognised::cannot_tell, code).starts_with("Cannot tell: "));
  CHECK(headlines.size() == 9);
}

TEST_CASE("what cannot be told says what is missing and what to do, in words people know") {
  const Code missing[] = {codes::STATUS_FEED_NOT_HELD,
                          codes::STATUS_LIST_NOT_IN_FEED,
                          codes::STATUS_LIST_BAD,
                          codes::STATUS_PURPOSE_MISMATCH,
                          codes::BODY_MISSING,
                          codes::NEWER_HEAD_UNAVAILABLE,
                          codes::EQUIVOCATION_SEEN,
                          codes::HEAD_OLD,
                          codes::STATUS_INDEX_RANGE,
                          codes::STATUS_LIST_EXPIRED,
                          codes::STATUS_LIST_NOT_YET_VALID};
  std::set<std::string> headlines;
  for (const Code code : missing)
    headlines.insert(headline(verdict_with(Outcome::cannot_tell, Class::none, code)));
  headlines.insert(
      headline(verdict_with(Outcome::cannot_tell, Class::unsupported, codes::PROOF_TYPE_UNSUPPORTED)));
  CHECK(headlines.size() == 12);
  for (const std::string& text : headlines) {
    CAPTURE(text);
    CHECK(text.starts_with("Cannot tell: "));
    CHECK(text.find("; ") != std::string::npos);
    for (const std::string_view jargon : {"DID", "feed", "head", "equivocation", "leaf", "digest"})
      CHECK(text.find(jargon) == std::string::npos);
  }
}

TEST_CASE("messages give one sentence per check: its own, or the code's") {
  Verdict verdict;
  verdict.checks = {
      {CheckName::format, CheckResult::pass, codes::FORMAT_OK, {}, {}, {}},
      {CheckName::proof, CheckResult::fail, codes::PROOF_SIGNATURE, "proof 1: it does not match", {}, {}}};
  const nlohmann::json expected = {
      {{"check", "format"}, {"code", "FORMAT_OK"}, {"sentence", "The credential is well-formed."}},
      {{"check", "proof"}, {"code", "PROOF_SIGNATURE"}, {"sentence", "proof 1: it does not match"}}};
  CHECK(messages(verdict) == expected);
}

}  // namespace
}  // namespace vcnode::verify
