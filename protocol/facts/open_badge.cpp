// Open Badges 3.0. What it has no member for is read where the plain profile has it: a credential may carry
// both, as its context is open.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/facts/normalise.h"
#include "protocol/facts/profiles.h"
#include "protocol/facts/vocabulary.h"

namespace vcnode::facts {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSkillBase = "http://data.europa.eu/esco/";
constexpr std::string_view kDegrees[] = {"AssociateDegree",  "BachelorDegree", "Degree",
                                         "DoctoralDegree",   "MasterDegree",   "ProfessionalDoctorate",
                                         "ResearchDoctorate"};

// Types that do not say what was achieved.
constexpr std::string_view kAnyTypes[] = {"Achievement", "Badge"};

bool is_one_of(std::string_view type, std::span<const std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// The level, field or skill that an alignment means, by its target or by framework and code.
void read_alignment(Draft& draft, const Source& source, const Place& place) {
  const json::Value& alignment = place.value();
  const std::string url = canonical_iri(string_of(alignment, "targetUrl").value_or(""));
  const std::string framework = lower(string_of(alignment, "targetFramework").value_or(""));
  const auto code = string_of(alignment, "targetCode");
  const std::string_view said = code ? *code : string_of(alignment, "targetName").value_or("");
  const bool eqf =
      framework == "eqf" || framework.find("european qualifications framework") != std::string::npos;
  if (eqf_of(url) && is_iri(url)) return keep_eqf(draft, place, url);
  if (nqf_level_of(url) != nullptr) {
    const NqfLevel& level = *nqf_level_of(url);
    return keep_nqf(
        draft, place,
        {std::string(level.framework), url, std::string(level.level), std::string(level.country)});
  }
  if (is_iri(url) && isced_of(url)) {
    keep_field(draft, place, *isced_of(url));
  } else if (url.starts_with(kSkillBase)) {
    draft.facts.skills.push_back(url);
    Json value = {{"skill", Json::array({url})}};
    if (const auto name = string_of(alignment, "targetName")) value["text"] = Json{{"und", *name}};
    draft.add(source.element, place, value);
  } else if (eqf) {
    keep_eqf(draft, place, said);
  } else if (framework.starts_with("isced") || is_isced(url)) {
    if (const auto field = isced_of(said)) return keep_field(draft, place, *field);
    draft.facts.unread.fields = true;
    draft.cannot_read(0, place, "names no field of ISCED-F 2013, which has 2 to 4 digits");
  }
}

void read_achievement_type(Draft& draft, const Source&, const Place& place) {
  if (!place.value().is_string()) {
    draft.facts.unread.types = true;
    return;
  }
  const std::string_view type = place.value().string();
  if (is_one_of(type, kAnyTypes)) return;
  draft.facts.types.emplace_back(is_one_of(type, kDegrees) ? "Degree" : type);
}

constexpr Source kOpenBadgeSources[] = {
    {1, kOfSubject, "id", read_learner_id},
    {1, kOfSubject, "identifier", read_identifier},
    {1, kOfSubject, "name", read_member, "name"},
    {2, kOfAchievement, "name", read_text},
    {3, kOfAchievement, "creator/address/addressCountryCode", read_country},
    {3, kOfAchievement, "creator/address/addressCountry", read_country, {}, true},
    {3, kOfCredential, "issuer/address/addressCountryCode", read_country, {}, true},
    {3, kOfCredential, "issuer/address/addressCountry", read_country, {}, true},
    {3, kOfCredential, "issuer/parentOrg/address/addressCountryCode", read_country, {}, true},
    {4, kOfAchievement, "creator", read_awarding_body},
    {4, kOfCredential, "issuer", read_awarding_body, {}, true},
    {5, kOfCredential, "awardedDate", read_date, "awarded"},
    {5, kOfCredential, "validFrom", read_date, "issued"},
    {5, kOfCredential, "issuanceDate", read_date, "issued"},
    {7, kOfAchievement, "creditsAvailable", read_untyped_credits, "creditsAvailable"},
    {7, kOfSubject, "creditsEarned", read_untyped_credits, "creditsEarned"},
    {9, kOfAchievement, "resultDescription/assessmentType", read_concept},
    {11, kOfAchievement, "endorsement/credentialSubject/endorsementComment", read_concept},
    {11, kOfCredential, "issuer/endorsement/credentialSubject/endorsementComment", read_concept},
    {14, kOfSubject, "result/value", read_text},
    {16, kOfAchievement, "description", read_text},
    {16, kOfSubject, "narrative", read_text},
    {0, kOfAchievement, "achievementType", read_achievement_type},
    {0, kOfSubject, "activityEndDate", read_learning_end},
    // After the learning outcomes of the plain profile, which come first.
    {6, kOfAchievement, "criteria/narrative", read_outcome, {}, true},
    {6, kOfAchievement, "alignment", read_alignment},
};

}  // namespace

std::span<const Source> open_badge_sources() {
  return kOpenBadgeSources;
}

}  // namespace vcnode::facts
