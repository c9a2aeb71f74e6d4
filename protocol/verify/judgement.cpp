#include "protocol/verify/judgement.h"

#include <algorithm>
#include <initializer_list>

#include "protocol/credential/codes.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/status/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/subject.h"

namespace vcnode::verify {
namespace {

bool is_one_of(Code code, std::initializer_list<Code> set) noexcept {
  return std::find(set.begin(), set.end(), code) != set.end();
}

bool is_unsupported(Code code) noexcept {
  return is_one_of(
      code, {codes::FORMAT_UNSUPPORTED, codes::PROOF_TYPE_UNSUPPORTED, codes::PROOF_CRYPTOSUITE_UNSUPPORTED,
             codes::DID_METHOD_UNSUPPORTED, codes::VERIFICATION_METHOD_UNREAD, codes::STATUS_TYPE_UNSUPPORTED,
             codes::STATUS_PURPOSE_UNSUPPORTED});
}

// The signature is not this document's, or the document lost or gained something.
bool is_altered(Code code) noexcept {
  return is_one_of(code, {codes::PROOF_SIGNATURE, codes::PROOF_CONTEXT, codes::PROOF_PREVIOUS_UNKNOWN,
                          codes::CONTEXT_EXTENDED});
}

// A key that the issuer does not have, cannot have, did not have then or no longer answers for, or did not
// use to issue.
bool is_issuer_key(Code code) noexcept {
  return is_one_of(code, {codes::VERIFICATION_METHOD_UNKNOWN, codes::KEY_INVALID, codes::DID_KEY_LENGTH,
                          codes::DID_KEY_TYPE_UNSUPPORTED, codes::PROOF_PURPOSE, codes::ISSUER_NOT_CONTROLLER,
                          codes::KEY_NOT_IN_FORCE, codes::KEY_COMPROMISED});
}

// A subject that nobody asked about, an issuer that nobody confirms and what bodies make of it have rules of
// their own.
bool decides_when_unknown(const Check& check) noexcept {
  return !is_unasked_subject(check) && check.check != CheckName::confirmation &&
         check.check != CheckName::recognition;
}

// Revocation is the issuer's last word, so it is named before a date that passed; else the first failure is.
const Check* deciding_failure(const std::vector<Check>& checks) {
  const auto revoked = std::find_if(checks.begin(), checks.end(), [](const Check& check) {
    return check.result == CheckResult::fail && check.code == codes::STATUS_REVOKED;
  });
  if (revoked != checks.end()) return &*revoked;
  // Nobody standing behind the issuer is no fault of the credential.
  const auto failed = std::find_if(checks.begin(), checks.end(), [](const Check& check) {
    return check.result == CheckResult::fail && check.check != CheckName::recognition;
  });
  return failed == checks.end() ? nullptr : &*failed;
}

const Check* deciding_unknown(const std::vector<Check>& checks) {
  const auto unknown = std::find_if(checks.begin(), checks.end(), [](const Check& check) {
    return check.result == CheckResult::unknown && decides_when_unknown(check);
  });
  return unknown == checks.end() ? nullptr : &*unknown;
}

const Check* find(const std::vector<Check>& checks, CheckName name) {
  const auto at =
      std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.check == name; });
  return at == checks.end() ? nullptr : &*at;
}

// Signed by a key of the issuer: proof and issuer both passed. Bad: one of them failed, or the key did.
Tristate authenticity(const std::vector<Check>& checks) {
  bool proven = true;
  for (const CheckName name : {CheckName::proof, CheckName::issuer, CheckName::key}) {
    const Check* check = find(checks, name);
    if (check != nullptr && check->result == CheckResult::fail) return Tristate::no;
    proven = proven && check != nullptr &&
             (check->result == CheckResult::pass || check->result == CheckResult::warn);
  }
  return proven ? Tristate::yes : Tristate::unknown;
}

}  // namespace

CheckResult proof_result_of(Code code, bool checked) noexcept {
  if (is_unsupported(code)) return CheckResult::unknown;
  const bool unfit = is_one_of(code, {codes::PROOF_MISSING, codes::PROOF_MALFORMED, codes::PROOF_TOO_MANY,
                                      codes::KEY_NOT_IN_FORCE, codes::KEY_COMPROMISED});
  return checked || unfit ? CheckResult::fail : CheckResult::unknown;
}

Class class_of(const Check& check) noexcept {
  if (is_unsupported(check.code)) return Class::unsupported;
  // Who presents a credential is no property of it.
  if (check.result == CheckResult::unknown || check.check == CheckName::subject) return Class::none;
  if (is_altered(check.code)) return Class::altered;
  if (is_issuer_key(check.code)) return Class::issuer_key;
  if (check.code == codes::EXPIRED || check.code == codes::PROOF_EXPIRED) return Class::expired;
  if (check.code == codes::NOT_YET_VALID || check.code == codes::PROOF_NOT_YET_MADE)
    return Class::not_yet_valid;
  if (check.code == codes::STATUS_REVOKED) return Class::revoked;
  if (check.code == codes::STATUS_SUSPENDED) return Class::suspended;
  return Class::malformed;
}

void decide(Verdict& verdict) {
  verdict.authentic = authenticity(verdict.checks);
  const Check* deciding = deciding_failure(verdict.checks);
  verdict.outcome = Outcome::not_valid;
  if (deciding == nullptr) {
    deciding = deciding_unknown(verdict.checks);
    verdict.outcome = Outcome::cannot_tell;
  }
  if (deciding != nullptr) {
    verdict.reason_class = class_of(*deciding);
    verdict.code = deciding->code;
    return;
  }
  // Without a confirmation that passed there is no `valid`, also where only the proof was asked for.
  const Check* confirmation = find(verdict.checks, CheckName::confirmation);
  if (confirmation != nullptr && confirmation->result == CheckResult::pass) {
    verdict.outcome = Outcome::valid;
    return;
  }
  // Who would have confirmed the issuer could not be asked.
  const Check* recognition = find(verdict.checks, CheckName::recognition);
  if (recognition != nullptr && recognition->result == CheckResult::unknown) {
    verdict.outcome = Outcome::cannot_tell;
    verdict.code = recognition->code;
    return;
  }
  verdict.outcome = Outcome::issuer_not_confirmed;
  verdict.code = confirmation != nullptr ? confirmation->code : Code(codes::ISSUER_NOT_CHECKED);
}

}  // namespace vcnode::verify
