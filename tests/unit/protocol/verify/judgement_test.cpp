#include "protocol/verify/judgement.h"

#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/status/codes.h"
#include "protocol/verify/codes.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;

Check check(CheckName name, CheckResult result, Code code) {
  return {name, result, code, {}, {}, {}};
}

const Check kFormatOk = check(CheckName::format, CheckResult::pass, codes::FORMAT_OK);
const Check kProofOk = check(CheckName::proof, CheckResult::pass, codes::PROOF_OK);
const Check kIssuerOk = check(CheckName::issuer, CheckResult::pass, codes::ISSUER_OK);
const Check kKeyOk = check(CheckName::key, CheckResult::pass, codes::KEY_CURRENT);
const Check kDatesOk = check(CheckName::dates, CheckResult::pass, codes::DATES_OK);
const Check kExpired = check(CheckName::dates, CheckResult::fail, codes::EXPIRED);
const Check kNotYetMade = check(CheckName::dates, CheckResult::fail, codes::PROOF_NOT_YET_MADE);
const Check kNotYet = check(CheckName::dates, CheckResult::fail, codes::NOT_YET_VALID);
const Check kClear = check(CheckName::status, CheckResult::pass, codes::STATUS_CLEAR);
const Check kOld = check(CheckName::status, CheckResult::warn, codes::HEAD_OLD);
const Check kNoStatus = check(CheckName::status, CheckResult::not_applicable, codes::STATUS_NONE);
const Check kRevoked = check(CheckName::status, CheckResult::fail, codes::STATUS_REVOKED);
const Check kSuspended = check(CheckName::status, CheckResult::fail, codes::STATUS_SUSPENDED);
const Check kNoFeed = check(CheckName::status, CheckResult::unknown, codes::STATUS_FEED_NOT_HELD);
const Check kMessage = check(CheckName::status, CheckResult::unknown, codes::STATUS_PURPOSE_UNSUPPORTED);
const Check kNobody = check(CheckName::subject, CheckResult::unknown, codes::SUBJECT_UNKNOWN);
const Check kConfirmed = check(CheckName::confirmation, CheckResult::pass, codes::ISSUER_CONFIRMED);
const Check kUnconfirmed = check(CheckName::confirmation, CheckResult::unknown, codes::ISSUER_NOT_CONFIRMED);

// After format, proof, issuer and key passed.
struct Row {
  Check dates;
  Check status;
  Check confirmation;
  Outcome outcome;
  Class reason_class;
  std::string_view code;  // "" for none
};

TEST_CASE("precedence: not-valid, then cannot-tell, then issuer-not-confirmed, then valid") {
  const Row rows[] = {
      {kDatesOk, kClear, kConfirmed, Outcome::valid, Class::none, ""},
      {kDatesOk, kOld, kConfirmed, Outcome::valid, Class::none, ""},
      {kDatesOk, kNoStatus, kConfirmed, Outcome::valid, Class::none, ""},
      {kDatesOk, kClear, kUnconfirmed, Outcome::issuer_not_confirmed, Class::none, "ISSUER_NOT_CONFIRMED"},
      {kDatesOk, kNoFeed, kConfirmed, Outcome::cannot_tell, Class::none, "STATUS_FEED_NOT_HELD"},
      {kDatesOk, kNoFeed, kUnconfirmed, Outcome::cannot_tell, Class::none, "STATUS_FEED_NOT_HELD"},
      {kDatesOk, kMessage, kConfirmed, Outcome::cannot_tell, Class::unsupported,
       "STATUS_PURPOSE_UNSUPPORTED"},
      {kDatesOk, kRevoked, kConfirmed, Outcome::not_valid, Class::revoked, "STATUS_REVOKED"},
      {kDatesOk, kRevoked, kUnconfirmed, Outcome::not_valid, Class::revoked, "STATUS_REVOKED"},
      {kDatesOk, kSuspended, kUnconfirmed, Outcome::not_valid, Class::suspended, "STATUS_SUSPENDED"},
      {kExpired, kClear, kConfirmed, Outcome::not_valid, Class::expired, "EXPIRED"},
      {kExpired, kNoFeed, kUnconfirmed, Outcome::not_valid, Class::expired, "EXPIRED"},
      {kNotYet, kNoFeed, kConfirmed, Outcome::not_valid, Class::not_yet_valid, "NOT_YET_VALID"},
      {kNotYetMade, kClear, kConfirmed, Outcome::not_valid, Class::not_yet_valid, "PROOF_NOT_YET_MADE"},
      // Revocation is the issuer's last word: it is named before a date. A suspension may end: the date is
      // named.
      {kExpired, kRevoked, kConfirmed, Outcome::not_valid, Class::revoked, "STATUS_REVOKED"},
      {kExpired, kSuspended, kConfirmed, Outcome::not_valid, Class::expired, "EXPIRED"},
      {kNotYet, kRevoked, kUnconfirmed, Outcome::not_valid, Class::revoked, "STATUS_REVOKED"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.dates.code.slug());
    CAPTURE(row.status.code.slug());
    CAPTURE(row.confirmation.code.slug());
    Verdict verdict;
    verdict.checks = {kFormatOk, kProofOk,   kIssuerOk, kKeyOk,
                      row.dates, row.status, kNobody,   row.confirmation};
    decide(verdict);
    CHECK(name_of(verdict.outcome) == name_of(row.outcome));
    CHECK(name_of(verdict.reason_class) == name_of(row.reason_class));
    CHECK((verdict.code ? verdict.code->slug() : "") == row.code);
    CHECK(verdict.authentic == Tristate::yes);
  }
}

TEST_CASE("a run that ended early is never valid") {
  const std::vector<std::vector<Check>> runs = {
      {}, {kFormatOk}, {kFormatOk, kProofOk}, {kFormatOk, kProofOk, kIssuerOk}};
  for (const auto& checks : runs) {
    Verdict verdict;
    verdict.checks = checks;
    decide(verdict);
    CHECK(verdict.outcome == Outcome::issuer_not_confirmed);
  }
}

TEST_CASE("authentic: yes with proof and issuer, no when one failed, unknown otherwise") {
  const auto authentic = [](std::vector<Check> checks) {
    Verdict verdict;
    verdict.checks = std::move(checks);
    decide(verdict);
    return verdict.authentic;
  };
  const Check bad_proof = check(CheckName::proof, CheckResult::fail, codes::PROOF_SIGNATURE);
  const Check odd_proof = check(CheckName::proof, CheckResult::unknown, codes::PROOF_TYPE_UNSUPPORTED);
  const Check bad_issuer = check(CheckName::issuer, CheckResult::fail, codes::ISSUER_NOT_CONTROLLER);
  const Check old_key = check(CheckName::key, CheckResult::fail, codes::VERIFICATION_METHOD_UNKNOWN);
  const Check unknown_key = check(CheckName::key, CheckResult::unknown, codes::VERIFICATION_METHOD_UNKNOWN);
  CHECK(authentic({kFormatOk, kProofOk, kIssuerOk, kKeyOk}) == Tristate::yes);
  CHECK(authentic({kFormatOk, bad_proof}) == Tristate::no);
  CHECK(authentic({kFormatOk, odd_proof}) == Tristate::unknown);
  CHECK(authentic({kFormatOk, kProofOk, bad_issuer}) == Tristate::no);
  CHECK(authentic({kFormatOk, kProofOk, kIssuerOk, old_key}) == Tristate::no);
  CHECK(authentic({kFormatOk, kProofOk, kIssuerOk, unknown_key}) == Tristate::unknown);
  CHECK(authentic({check(CheckName::format, CheckResult::fail, codes::CREDENTIAL_TYPE)}) ==
        Tristate::unknown);
}

TEST_CASE("a proof that could not be checked is unknown, one that is unfit or bad fails") {
  CHECK(proof_result_of(codes::PROOF_SIGNATURE, true) == CheckResult::fail);
  CHECK(proof_result_of(codes::PROOF_MISSING, false) == CheckResult::fail);
  CHECK(proof_result_of(codes::PROOF_MALFORMED, false) == CheckResult::fail);
  CHECK(proof_result_of(codes::PROOF_TOO_MANY, false) == CheckResult::fail);
  CHECK(proof_result_of(codes::PROOF_TYPE_UNSUPPORTED, false) == CheckResult::unknown);
  // A resolver that lacks an issuer's history will answer with a code of its own: not checked, so unknown.
  CHECK(proof_result_of(codes::BODY_MISSING, false) == CheckResult::unknown);
}

}  // namespace
}  // namespace vcnode::verify
