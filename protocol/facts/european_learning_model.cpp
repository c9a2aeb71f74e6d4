// The European Learning Model v3 (European Digital Credentials for Learning, context edc-ap): the
// achievement is a claim of the subject (LearningAchievement), `specifiedBy` its qualification.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/facts/profiles.h"

namespace vcnode::facts {
namespace {

constexpr std::string_view kMandate = "http://data.europa.eu/snb/evidence-type/c_18016257";
// A short learning programme leads to a micro-credential; the lists of 2024 have no concept for the latter.
constexpr std::string_view kShortProgramme = "http://data.europa.eu/snb/learning-opportunity/74a4a268e8";

void read_evidence_type(Draft& draft, const Source&, const Place& place) {
  draft.facts.mandate_claimed |= id_of(place.value()) == kMandate;
}

void read_programme_type(Draft& draft, const Source&, const Place& place) {
  if (id_of(place.value()) == kShortProgramme) draft.facts.types.emplace_back("MicroCredential");
}

constexpr Source kEuropeanSources[] = {
    {1, kOfSubject, "id", read_learner_id},
    {1, kOfSubject, "fullName", read_member, "name"},
    {1, kOfSubject, "givenName", read_member, "givenName"},
    {1, kOfSubject, "familyName", read_member, "familyName"},
    {1, kOfSubject, "dateOfBirth", read_member, "birthDate"},
    {1, kOfSubject, "nationalID", read_identifier},
    {2, kOfAchievement, "title", read_text},
    {3, kOfAchievement, "awardedBy/awardingBody/location/address/countryCode", read_country},
    {3, kOfAchievement, "awardedBy/awardingBody/location/spatialCode", read_region},
    {4, kOfAchievement, "awardedBy/awardingBody", read_awarding_body},
    {5, kOfAchievement, "awardedBy/awardingDate", read_date, "awarded"},
    {5, kOfCredential, "issued", read_date, "issued"},
    {5, kOfCredential, "issuanceDate", read_date, "issued"},
    {5, kOfCredential, "validFrom", read_date, "issued"},
    {6, kOfAchievement, "specifiedBy/learningOutcome", read_outcome},
    {6, kOfAchievement, "specifiedBy/learningOutcomeSummary", read_outcome, {}, true},
    {7, kOfAchievement, "specifiedBy/creditPoint", read_credit},
    {7, kOfAchievement, "creditReceived", read_credit, {}, true},
    {7, kOfAchievement, "specifiedBy/volumeOfLearning", read_volume},
    {8, kOfAchievement, "specifiedBy/eqfLevel", read_eqf},
    {8, kOfAchievement, "specifiedBy/nqfLevel", read_nqf},
    {9, kOfAchievement, "provenBy/specifiedBy/dcType", read_concept},
    {9, kOfAchievement, "specifiedBy/provenBy/dcType", read_concept},
    {10, kOfAchievement, "specifiedBy/mode", read_concept},
    {10, kOfAchievement, "influencedBy/specifiedBy/mode", read_concept},
    {10, kOfAchievement, "specifiedBy/learningSetting", read_setting},
    {11, kOfAchievement, "specifiedBy/accreditation/dcType", read_concept},
    {11, kOfAchievement, "awardedBy/awardingBody/accreditation/dcType", read_concept},
    {11, kOfCredential, "evidence/accreditation/dcType", read_concept},
    {12, kOfAchievement, "specifiedBy/entryRequirement", read_text},
    {13, kOfAchievement, "provenBy/idVerification", read_concept},
    {14, kOfAchievement, "provenBy/grade", read_text},
    {15, kOfAchievement, "specifiedBy/isPartOf", read_towards},
    {15, kOfAchievement, "specifiedBy/entitlesTo", read_towards},
    {15, kOfAchievement, "hasPart", read_component},
    {15, kOfAchievement, "specifiedBy/isPartialQualification", read_flag, "partialQualification"},
    {16, kOfAchievement, "additionalNote", read_text},
    {16, kOfAchievement, "supplementaryDocument", read_text},
    {0, kOfAchievement, "specifiedBy/id", read_achievement_id},
    {0, kOfAchievement, "specifiedBy/thematicArea", read_isced},
    {0, kOfAchievement, "specifiedBy/dcType", read_programme_type},
    {0, kOfAchievement, "influencedBy/specifiedBy/volumeOfLearning", read_volume},
    {0, kOfAchievement, "influencedBy/temporal/endDate", read_learning_end},
    {0, kOfCredential, "evidence/dcType", read_evidence_type},
};

}  // namespace

std::span<const Source> european_learning_model_sources() {
  return kEuropeanSources;
}

}  // namespace vcnode::facts
