#include "protocol/verify/subject.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/folded_name.h"
#include "protocol/verify/subject_match.h"

namespace vcnode::verify {
namespace {

using credential::Credential;

constexpr std::string_view kKeyBound = "key-bound";
constexpr std::string_view kMatched = "matched";
constexpr std::string_view kNamedOnly = "named-only";
constexpr std::string_view kUnknown = "unknown";

// What a code means for the check and the verdict: always the same.
struct SubjectRow {
  const CodeInfo* code;
  CheckResult result;
  std::string_view subject;
};
constexpr std::array kSubjectRows = {
    SubjectRow{&codes::SUBJECT_KEY_BOUND, CheckResult::pass, kKeyBound},
    SubjectRow{&codes::SUBJECT_MATCHED, CheckResult::pass, kMatched},
    SubjectRow{&codes::SUBJECT_NAME_MATCHED, CheckResult::warn, kNamedOnly},
    SubjectRow{&codes::SUBJECT_NAMED_ONLY, CheckResult::warn, kNamedOnly},
    SubjectRow{&codes::SUBJECT_UNKNOWN, CheckResult::unknown, kUnknown},
    SubjectRow{&codes::SUBJECT_NOT_COMPARABLE, CheckResult::unknown, kUnknown},
    SubjectRow{&codes::SUBJECT_NAME_DIFFERS, CheckResult::unknown, kNamedOnly},
    SubjectRow{&codes::SUBJECT_BIRTH_DATE_DIFFERS, CheckResult::fail, kNamedOnly},
    SubjectRow{&codes::SUBJECT_NOT_HOLDER, CheckResult::fail, kNamedOnly},
    SubjectRow{&codes::SUBJECT_HOLDER_REFUSED, CheckResult::fail, kUnknown},
    SubjectRow{&codes::SUBJECT_HOLDER_UNKNOWN, CheckResult::unknown, kUnknown}};

SubjectFinding finding(Code code, std::string detail = {}) {
  const auto row = std::find_if(kSubjectRows.begin(), kSubjectRows.end(),
                                [&](const SubjectRow& one) { return Code(*one.code) == code; });
  VCNODE_ASSERT(row != kSubjectRows.end());
  return {row->result, code, row->subject, std::move(detail)};
}

std::span<const json::Value> subjects_of(const Credential& credential) {
  const auto all = credential.root().find("credentialSubject")->one_or_many();
  return all.first(std::min(all.size(), kSubjectsMax));
}

SubjectFinding named_or_not(const Credential& credential) {
  constexpr std::array<std::string_view, 7> kNaming = {"id",       "name",       "givenName", "familyName",
                                                       "fullName", "identifier", "learner"};
  const auto subjects = subjects_of(credential);
  const bool named = std::any_of(subjects.begin(), subjects.end(), [&](const json::Value& subject) {
    return std::any_of(kNaming.begin(), kNaming.end(),
                       [&](std::string_view member) { return subject.find(member) != nullptr; });
  });
  return finding(named ? Code(codes::SUBJECT_NAMED_ONLY) : Code(codes::SUBJECT_UNKNOWN));
}

Code code_of(const SubjectMatch& match) {
  if (match.birth_date == Match::differs) return codes::SUBJECT_BIRTH_DATE_DIFFERS;
  if (match.name == Match::differs) return codes::SUBJECT_NAME_DIFFERS;
  if (match.identifier == Match::equal) return codes::SUBJECT_MATCHED;
  if (match.name == Match::absent) return codes::SUBJECT_NOT_COMPARABLE;
  return match.birth_date == Match::equal ? Code(codes::SUBJECT_MATCHED) : Code(codes::SUBJECT_NAME_MATCHED);
}

// Of several people the one that fits best.
int rank_of(Code code) {
  constexpr std::array kAscending = {&codes::SUBJECT_NOT_COMPARABLE, &codes::SUBJECT_BIRTH_DATE_DIFFERS,
                                     &codes::SUBJECT_NAME_DIFFERS, &codes::SUBJECT_NAME_MATCHED,
                                     &codes::SUBJECT_MATCHED};
  const auto at = std::find_if(kAscending.begin(), kAscending.end(),
                               [&](const CodeInfo* one) { return Code(*one) == code; });
  return static_cast<int>(at - kAscending.begin());
}

std::string reason_of(Code code) {
  if (code == Code(codes::SUBJECT_NAME_DIFFERS))
    return "the name in the credential is not the one that was given; names change, and are written in "
           "several ways: compare with an identity document";
  if (code == Code(codes::SUBJECT_NAME_MATCHED))
    return "the name is the one that was given, and nothing else was compared; people share names";
  return {};
}

SubjectFinding compare(const Credential& credential, const StatedPerson& stated) {
  Code best = codes::SUBJECT_NOT_COMPARABLE;
  for (const json::Value& subject : subjects_of(credential)) {
    const Code code = code_of(match_subject(subject, stated.typed()));
    if (rank_of(code) > rank_of(best)) best = code;
  }
  return finding(best, reason_of(best));
}

SubjectFinding bind(const Credential& credential, const Holder& holder) {
  std::string_view other;
  for (const json::Value& subject : subjects_of(credential)) {
    const auto id = subject.find_string("id");
    if (!id || !id->starts_with("did:")) continue;
    if (*id == holder.did) return finding(codes::SUBJECT_KEY_BOUND);
    other = *id;
  }
  if (other.empty()) return named_or_not(credential);
  return finding(codes::SUBJECT_NOT_HOLDER, concat("the credential is about ", excerpt(other),
                                                   ", the presentation is by ", excerpt(holder.did)));
}

SubjectFinding present(const Credential& credential, const Holder& holder) {
  switch (holder.state) {
    case Holder::State::shown:
      return bind(credential, holder);
    case Holder::State::refused:
      return finding(codes::SUBJECT_HOLDER_REFUSED);
    case Holder::State::unknown:
      return finding(codes::SUBJECT_HOLDER_UNKNOWN);
    case Holder::State::unasked:
      break;
  }
  return named_or_not(credential);
}

bool decides(const SubjectFinding& found) {
  return found.result == CheckResult::fail ||
         (found.result == CheckResult::unknown && found.code != Code(codes::SUBJECT_UNKNOWN));
}

Failure unreadable(std::string_view what, std::string_view why) {
  return fail(codes::SUBJECT_STATED_MALFORMED, what, " ", why);
}

Result<void> check_text(std::string_view what, const std::optional<std::string>& text) {
  if (!text) return {};
  if (text->size() > kStatedBytesMax)
    return unreadable(what, concat("has ", text->size(), " bytes, the limit is ", kStatedBytesMax));
  if (!folded_name(*text)) return unreadable(what, "is empty or not UTF-8");
  return {};
}

}  // namespace

Result<StatedPerson> StatedPerson::read(Typed typed) {
  VCNODE_CHECK(check_text("the name of the person", typed.name));
  VCNODE_CHECK(check_text("the identifier of the person", typed.identifier));
  if (!typed.name && !typed.identifier)
    return unreadable("the person", "has neither a name nor an identifier");
  if (typed.birth_date) {
    if (!typed.name) return unreadable("the birth date", "stands without a name");
    if (typed.birth_date->size() != std::string_view("YYYY-MM-DD").size() || !birth_day(*typed.birth_date))
      return unreadable("the birth date",
                        concat("is '", excerpt(*typed.birth_date), "', it must be a day, YYYY-MM-DD"));
  }
  StatedPerson out;
  out.typed_ = std::move(typed);
  return out;
}

SubjectFinding find_subject(const Credential& credential, const Presenter& presenter) {
  if (presenter.recorded && presenter.holder == nullptr) return finding(*presenter.recorded);
  auto held = presenter.holder != nullptr ? present(credential, *presenter.holder) : named_or_not(credential);
  if ((presenter.stated == nullptr && !presenter.recorded) || decides(held)) return held;
  auto compared = presenter.recorded ? finding(*presenter.recorded) : compare(credential, *presenter.stated);
  // A key says more than a name, but what differs is never a pass.
  const bool bound = held.code == Code(codes::SUBJECT_KEY_BOUND);
  const bool differs = compared.code == Code(codes::SUBJECT_NAME_DIFFERS) ||
                       compared.code == Code(codes::SUBJECT_BIRTH_DATE_DIFFERS);
  return bound && !differs ? held : compared;
}

std::optional<Code> subject_code_named(std::string_view slug) noexcept {
  const auto row = std::find_if(kSubjectRows.begin(), kSubjectRows.end(),
                                [&](const SubjectRow& one) { return Code(*one.code).slug() == slug; });
  if (row == kSubjectRows.end()) return std::nullopt;
  return Code(*row->code);
}

bool rests_on_typed(Code code) noexcept {
  return code == Code(codes::SUBJECT_MATCHED) || code == Code(codes::SUBJECT_NAME_MATCHED) ||
         code == Code(codes::SUBJECT_NOT_COMPARABLE) || code == Code(codes::SUBJECT_NAME_DIFFERS) ||
         code == Code(codes::SUBJECT_BIRTH_DATE_DIFFERS);
}

bool is_unasked_subject(const Check& check) noexcept {
  return check.check == CheckName::subject && check.code == Code(codes::SUBJECT_UNKNOWN);
}

}  // namespace vcnode::verify
