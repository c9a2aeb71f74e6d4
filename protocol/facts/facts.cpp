#include "protocol/facts/facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/facts/codes.h"
#include "protocol/facts/draft.h"
#include "protocol/facts/normalise.h"
#include "protocol/facts/profiles.h"

namespace vcnode::facts {
namespace {

constexpr std::string_view kCredentialType = "VerifiableCredential";
constexpr std::string_view kEuropeanType = "EuropeanDigitalCredential";
constexpr std::string_view kEuropeanContext = "http://data.europa.eu/snb/model/context/edc-ap";
constexpr std::string_view kOpenBadgeTypes[] = {"AchievementCredential", "OpenBadgeCredential"};
constexpr std::string_view kOpenBadgeContext = "https://purl.imsglobal.org/spec/ob/v3p0/";
// Credentials that certify no learning: lists, and statements about organisations.
constexpr std::string_view kOtherTypes[] = {
    "Accreditation", "BitstringStatusListCredential",
    "Closed",        "Delegation",
    "Endorsement",   "EndorsementCredential",
    "Identity",      "Recognition",
    "Referencing",   "Sponsorship",
    "StackRule",     "StatusList2021Credential",
    "TrustList",     "Withdrawal",
};

// Claims of the European Learning Model that are no award.
constexpr std::string_view kOtherClaims[] = {"LearningActivity", "LearningAssessment", "LearningEntitlement"};

std::span<const json::Value> values_of(const json::Value& object, std::string_view member) {
  const json::Value* value = object.find(member);
  return value == nullptr ? std::span<const json::Value>() : value->one_or_many();
}

bool names_type(const json::Value& object, std::string_view type) {
  const auto types = values_of(object, "type");
  return std::any_of(types.begin(), types.end(),
                     [&](const auto& one) { return one.is_string() && one.string() == type; });
}

bool names_one_of(const json::Value& object, std::span<const std::string_view> types) {
  return std::any_of(types.begin(), types.end(), [&](auto type) { return names_type(object, type); });
}

bool has_context(const json::Value& root, std::string_view start) {
  const auto contexts = values_of(root, "@context");
  return std::any_of(contexts.begin(), contexts.end(), [&](const auto& one) {
    return one.is_string() && canonical_iri(one.string()).starts_with(start);
  });
}

Profile profile_of(const json::Value& root) {
  if (names_type(root, kEuropeanType) || has_context(root, kEuropeanContext))
    return Profile::european_learning_model;
  if (names_one_of(root, kOpenBadgeTypes) || has_context(root, kOpenBadgeContext)) return Profile::open_badge;
  return Profile::plain;
}

void note_several(Draft& draft, const Place& place) {
  if (!draft.facts.several) draft.note(codes::SEVERAL_ACHIEVEMENTS, place, "is one more, and is not read");
  draft.facts.several = true;
}

// The first object of a member, of type `preferred` if one is; several of a kind are noted. Beside a
// preferred one those of the types `beside` are of another kind.
std::optional<Place> choose(Draft& draft, const Place& from, std::string_view member,
                            std::string_view preferred = {}, std::span<const std::string_view> beside = {}) {
  const json::Value* value = from.value().find(member);
  if (value == nullptr) return std::nullopt;
  const auto values = value->one_or_many();
  const auto is_wanted = [&](const json::Value& one, bool of_type) {
    return one.is_object() && !is_blank(one) && (!of_type || names_type(one, preferred));
  };
  const bool of_type = !preferred.empty() && std::any_of(values.begin(), values.end(), [&](const auto& one) {
    return is_wanted(one, true);
  });
  std::optional<Place> chosen;
  std::optional<Place> other;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool wanted = is_wanted(values[i], of_type);
    if (is_blank(values[i]) || (of_type && !wanted && names_one_of(values[i], beside))) continue;
    auto& kept = wanted && !chosen ? chosen : other;
    if (!kept) kept.emplace(from, member, value->is_array() ? std::optional(i) : std::nullopt, values[i]);
  }
  if (chosen && other) note_several(draft, *other);
  return chosen;
}

void read_types(Draft& draft, const json::Value& root) {
  for (const json::Value& type : values_of(root, "type"))
    if (type.is_string() && type.string() != kCredentialType) draft.facts.types.emplace_back(type.string());
}

std::optional<Place> read_profile(Draft& draft, const Place& credential, const Place* subject) {
  const bool european = draft.facts.profile == Profile::european_learning_model;
  const bool open_badge = draft.facts.profile == Profile::open_badge;
  std::optional<Place> achievement;
  if (subject != nullptr) {
    achievement = european ? choose(draft, *subject, "hasClaim", "LearningAchievement", kOtherClaims)
                           : choose(draft, *subject, "achievement");
    // What the other profile would read.
    each(*subject, european ? "achievement" : "hasClaim", [&](const Place& other) {
      note_several(draft, other);
      return false;
    });
  }
  const Roots roots{&credential, subject, achievement ? &*achievement : nullptr};
  if (european) {
    read_sources(draft, european_learning_model_sources(), roots);
  } else {
    read_sources(draft, plain_element_sources(), roots);
    read_sources(draft, open_badge ? open_badge_sources() : plain_sources(), roots);
  }
  return achievement;
}

}  // namespace

std::string_view profile_name(Profile profile) noexcept {
  switch (profile) {
    case Profile::european_learning_model:
      return "European Learning Model";
    case Profile::open_badge:
      return "Open Badges 3.0";
    default:
      return "plain";
  }
}

std::string_view state_name(ElementState state) noexcept {
  switch (state) {
    case ElementState::present:
      return "present";
    case ElementState::absent:
      return "absent";
    case ElementState::malformed:
      return "malformed";
    default:
      return "not-applicable";
  }
}

const Element& Facts::element(int number) const {
  VCNODE_ASSERT(number >= 1 && number <= kElementCount);
  return elements.at(static_cast<std::size_t>(number - 1));
}

Result<Facts> read_facts(const json::Value& root) {
  if (!root.is_object())
    return fail(codes::FACTS_PROFILE_UNKNOWN, "the document is a JSON ", json::kind_name(root.kind()),
                ", a credential is an object");
  if (!names_type(root, kCredentialType))
    return fail(codes::FACTS_PROFILE_UNKNOWN, "the document's type does not hold \"", kCredentialType,
                "\", so it is not a credential");
  Draft draft(profile_of(root));
  const Place credential(root);
  read_types(draft, root);
  each(credential, "issuer", [&](const Place& issuer) {
    draft.facts.issuer = organisation_of(issuer);
    return false;
  });
  const auto subject = choose(draft, credential, "credentialSubject");
  if (names_one_of(root, kOtherTypes) &&
      !(subject && (has(*subject, "achievement") || has(*subject, "hasClaim")))) {
    for (int number = 1; number <= kElementCount; ++number) draft.not_applicable(number);
    return std::move(draft).finish();
  }
  read_profile(draft, credential, subject ? &*subject : nullptr);
  return std::move(draft).finish();
}

}  // namespace vcnode::facts
