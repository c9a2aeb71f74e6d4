// Our plain profile of VCDM 2.0 (protocol/spec/micro-credential.md).
#include <nlohmann/json.hpp>

#include "protocol/facts/profiles.h"

namespace vcnode::facts {
namespace {

constexpr Source kPlainElements[] = {
    {6, kOfAchievement, "learningOutcome", read_outcome},
    {7, kOfAchievement, "workload/ects", read_ects},
    {7, kOfAchievement, "workload/hours", read_hours},
    {8, kOfAchievement, "level", read_level_word},
    {8, kOfAchievement, "level/eqf", read_eqf},
    {8, kOfAchievement, "level/nqf", read_nqf},
    {8, kOfAchievement, "level/cycle", read_cycle},
    {9, kOfSubject, "assessment/type", read_concept},
    {10, kOfAchievement, "mode", read_concept},
    {11, kOfAchievement, "qualityAssurance", read_quality_assurance},
    {12, kOfAchievement, "prerequisite", read_text},
    {13, kOfSubject, "assessment/supervision", read_concept},
    {14, kOfSubject, "assessment/grade", read_text},
    {15, kOfAchievement, "stack/mode", read_entry, "mode"},
    {15, kOfAchievement, "stack/towards", read_towards},
    {15, kOfSubject, "component", read_component},
    {16, kOfAchievement, "furtherInformation", read_text},
    {0, kOfAchievement, "id", read_achievement_id},
    {0, kOfAchievement, "isced", read_isced},
    {10, kOfAchievement, "setting", read_setting},
};

constexpr Source kPlainSources[] = {
    {1, kOfSubject, "id", read_learner_id},
    {1, kOfSubject, "learner/name", read_member, "name"},
    {1, kOfSubject, "learner/givenName", read_member, "givenName"},
    {1, kOfSubject, "learner/familyName", read_member, "familyName"},
    {1, kOfSubject, "learner/birthDate", read_member, "birthDate"},
    {1, kOfSubject, "name", read_member, "name"},
    {2, kOfAchievement, "title", read_text},
    {3, kOfAchievement, "awardingBody/country", read_country},
    {3, kOfCredential, "issuer/country", read_country, {}, true},
    {3, kOfCredential, "issuer/region", read_region},
    {4, kOfAchievement, "awardingBody", read_awarding_body},
    {5, kOfSubject, "awardedDate", read_date, "awarded"},
    {5, kOfCredential, "validFrom", read_date, "issued"},
    {5, kOfCredential, "issuanceDate", read_date, "issued"},
};

}  // namespace

std::span<const Source> plain_sources() {
  return kPlainSources;
}

std::span<const Source> plain_element_sources() {
  return kPlainElements;
}

}  // namespace vcnode::facts
