#include <algorithm>
#include <array>
#include <span>

#include "protocol/facts/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/observe/codes.h"
#include "protocol/recognition/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/verdict.h"

namespace vcnode::verify {
namespace {

// People never read DID, feed, head or equivocation: what is missing, and what to do about it.
struct Advice {
  const CodeInfo* code;
  std::string_view text;
};

constexpr std::array kAdvice = {
    Advice{&codes::STATUS_FEED_NOT_HELD,
           "what the issuer says about revocation has not arrived here; ask a connected verifier"},
    Advice{&codes::HISTORY_NOT_HELD, "the issuer's keys have not arrived here; ask a connected verifier"},
    Advice{&codes::DID_DISPUTED,
           "there are two records of the issuer's keys, and one of them is false; ask the issuer"},
    Advice{&codes::VERSION_NOT_HELD,
           "a newer record of the issuer's keys exists and has not arrived here; try again soon, or ask "
           "another verifier"},
    Advice{&codes::NEWER_EPOCH_UNAVAILABLE,
           "the issuer has moved its record on, and that has not arrived here; try again soon"},
    Advice{&codes::KEY_NOT_OBSERVED,
           "nobody had looked at the issuer's website by the date of the signature; ask the issuer"},
    Advice{&codes::STATUS_NOT_OBSERVED,
           "nobody has seen the issuer's revocation list on its website; ask the issuer"},
    Advice{&codes::OBSERVERS_DIFFER,
           "those who watch the issuer's website saw different things; ask the issuer"},
    Advice{&codes::BODY_MISSING, "the issuer's revocation list has not fully arrived here; try again soon"},
    Advice{&codes::NEWER_HEAD_UNAVAILABLE,
           "the issuer has published something newer that has not arrived here; try again soon"},
    Advice{&codes::HEAD_OLD, "the newest word from the issuer is too old; go online and try again"},
    Advice{&codes::STATUS_LIST_NOT_IN_FEED,
           "the issuer does not publish the revocation list that the credential names; ask the issuer"},
    Advice{&codes::STATUS_LIST_BAD, "the issuer's revocation list is faulty; ask the issuer"},
    Advice{&codes::STATUS_LIST_EXPIRED,
           "the issuer's revocation list is out of date; ask the issuer for a newer one"},
    Advice{
        &codes::STATUS_LIST_NOT_YET_VALID,
        "the issuer's revocation list is dated in the future; check this device's clock, or ask the issuer"},
    Advice{&codes::STATUS_PURPOSE_MISMATCH,
           "the issuer's revocation list is of another kind; ask the issuer"},
    Advice{&codes::SUBJECT_NAME_DIFFERS,
           "genuine, but the name in it is another, or written otherwise; compare with an identity document"},
    Advice{&codes::SUBJECT_NOT_COMPARABLE,
           "genuine, but it does not say what would be compared with the person; ask for another proof of "
           "identity"},
    Advice{&codes::SUBJECT_HOLDER_UNKNOWN,
           "genuine, but the signature of who presents it cannot be checked here; ask for it in another way"},
    Advice{&codes::EQUIVOCATION_SEEN,
           "the issuer has told different stories to different people; ask the issuer"},
};

// Where what cannot be told is who stands behind the issuer.
constexpr std::array kRecognitionAdvice = {
    Advice{&codes::SEVERAL_ACHIEVEMENTS,
           "it certifies several things at once; ask for a credential for each of them"},
    Advice{&codes::FACT_MISSING,
           "it does not say all that bodies you trust set limits to; ask the issuer for a complete one"},
    Advice{&codes::EFFECT_UNKNOWN,
           "a body you trust says of it what is not understood here; ask that body what it means"},
};

std::string_view refusal(Class reason) noexcept {
  switch (reason) {
    case Class::altered:
      return "changed after issue";
    case Class::issuer_key:
      return "not signed by the issuer it names";
    case Class::expired:
      return "expired";
    case Class::not_yet_valid:
      return "not valid yet";
    case Class::revoked:
      return "revoked by the issuer";
    case Class::suspended:
      return "suspended by the issuer";
    case Class::malformed:
      return "not a well-formed signed credential";
    case Class::none:
    case Class::unsupported:
      break;
  }
  return "refused";
}

// What is known of the key says more than its class.
std::string_view refusal(const Verdict& verdict) noexcept {
  if (verdict.code == Code(codes::KEY_COMPROMISED))
    return "signed with a key that the issuer declared stolen";
  if (verdict.code == Code(codes::KEY_NOT_IN_FORCE))
    return "signed with a key that was not the issuer's then";
  if (verdict.code == Code(codes::SUBJECT_BIRTH_DATE_DIFFERS))
    return "about a person who was born on another day";
  if (verdict.code == Code(codes::SUBJECT_NOT_HOLDER)) return "about somebody else than who presents it";
  if (verdict.code == Code(codes::SUBJECT_HOLDER_REFUSED))
    return "who presents it has not shown to be its holder";
  return refusal(verdict.reason_class);
}

std::string_view advice(const Verdict& verdict) {
  if (verdict.reason_class == Class::unsupported)
    return "this kind of credential is not read here yet; ask the issuer how to check it";
  const auto find = [&](std::span<const Advice> advice, std::string_view otherwise) {
    const auto known = std::find_if(advice.begin(), advice.end(),
                                    [&](const Advice& one) { return verdict.code == Code(*one.code); });
    return known == advice.end() ? otherwise : known->text;
  };
  if (verdict.recognition.outcome == recognition::Outcome::cannot_tell &&
      verdict.code == verdict.recognition.code())
    return find(
        kRecognitionAdvice,
        "whether bodies you trust stand behind the issuer is not known here; ask a connected verifier, or "
        "those bodies");
  return find(kAdvice, "what the credential refers to cannot be checked; ask the issuer");
}

std::string_view in_force(recognition::Outcome outcome) noexcept {
  switch (outcome) {
    case recognition::Outcome::partly_recognised:
      return "Genuine and in force, but bodies you trust stand behind it only in part";
    case recognition::Outcome::cannot_tell:
      return "Genuine and in force, but whether bodies you trust stand behind it cannot be told";
    case recognition::Outcome::not_established:
      return "Genuine and in force, but no body you trust is known to stand behind it";
    case recognition::Outcome::not_asked:
    case recognition::Outcome::recognised:
      break;
  }
  return "Genuine and in force";
}

}  // namespace

std::string headline(const Verdict& verdict) {
  switch (verdict.outcome) {
    case Outcome::valid:
      return std::string(in_force(verdict.recognition.outcome));
    case Outcome::not_valid:
      return concat("Do not accept: ", refusal(verdict));
    case Outcome::cannot_tell:
      return concat("Cannot tell: ", advice(verdict));
    case Outcome::issuer_not_confirmed:
      break;
  }
  if (verdict.code == Code(codes::ISSUER_NOT_CHECKED))
    return "The signature is good; nothing else was checked";
  if (verdict.recognition.outcome == recognition::Outcome::not_established)
    return "Genuine, but no body you trust is known to stand behind it";
  return "Genuine, but nobody you trust confirms the issuer";
}

}  // namespace vcnode::verify
