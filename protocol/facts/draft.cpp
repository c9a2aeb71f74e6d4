#include "protocol/facts/draft.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/jcs.h"
#include "protocol/facts/codes.h"

namespace vcnode::facts {
namespace {

constexpr std::array<std::string_view, kElementCount> kNames = {
    "learner",
    "title",
    "country",
    "awarding body",
    "date",
    "learning outcomes",
    "workload",
    "level",
    "assessment",
    "participation",
    "quality assurance",
    "prerequisites",
    "supervision",
    "grade",
    "stackability",
    "further information",
};

// Everything put in here was read strictly, so it has a canonical text.
std::string text_of(const nlohmann::json& value) {
  return jcs::canonicalize(value).value();
}

std::string array_text(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) out += concat(out.size() == 1 ? "" : ",", value);
  return out + "]";
}

std::string object_text(const std::map<std::string, std::string>& members) {
  std::string out = "{";
  for (const auto& [name, value] : members)
    out += concat(out.size() == 1 ? "" : ",", "\"", name, "\":", value);
  return out + "}";
}

nlohmann::json level_json(const Level& level) {
  nlohmann::json out = {{"id", level.iri}};
  if (!level.framework.empty()) out["framework"] = level.framework;
  if (!level.level.empty()) out["level"] = level.level;
  return out;
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// What the credential says of these and cannot be read is not known, rather than known in part.
void forget(Facts& facts, int element) {
  switch (element) {
    case 1:
      facts.learner.clear();
      break;
    case 3:
      facts.countries.clear();
      break;
    case 4:
      facts.awarding_bodies.clear();
      break;
    case 5:
      facts.awarded.reset();
      facts.issued.reset();
      break;
    case 6:
      facts.skills.clear();
      break;
    case 7:
      facts.ects.reset();
      facts.hours.reset();
      break;
    case 8:
      facts.eqf.reset();
      facts.nqf.clear();
      facts.cycle.reset();
      break;
    case 15:
      facts.components.clear();
      break;
    default:
      break;
  }
}

// Whether the countries are those of every awarding body; where the issuer is one, its own may stand for it.
bool knows_all_countries(const Facts& facts) {
  const auto is_read = [&](const std::string& country) {
    return std::find(facts.countries.begin(), facts.countries.end(), country) != facts.countries.end();
  };
  const bool of_issuer = std::none_of(facts.awarding_bodies.begin(), facts.awarding_bodies.end(),
                                      [](const Organisation& body) { return body.country.has_value(); });
  return std::all_of(
      facts.awarding_bodies.begin(), facts.awarding_bodies.end(), [&](const Organisation& body) {
        if (body.country) return is_read(*body.country);
        if (!may_be_one(body, facts.issuer)) return false;
        return facts.issuer.country ? is_read(*facts.issuer.country) : of_issuer && !facts.countries.empty();
      });
}

}  // namespace

std::string_view element_name(int number) {
  return kNames.at(static_cast<std::size_t>(number - 1));
}

bool Draft::add(int element, const Place& place, const nlohmann::json& value) {
  Slot& to = slot(element);
  if (to.path.empty()) to.path = place.member_pointer();
  std::string text = text_of(value);
  if (!to.known.insert(text).second) return false;
  to.values.push_back(std::move(text));
  return true;
}

void Draft::set(int element, const Place& place, const std::string& member, const nlohmann::json& value) {
  Slot& to = slot(element);
  if (to.path.empty()) to.path = place.member_pointer();
  to.members.emplace(member, text_of(value));
}

void Draft::also(int element, const Place& place, const std::string& member, const nlohmann::json& value) {
  const auto known = slot(element).members.find(member);
  if (known == slot(element).members.end()) return set(element, place, member, value);
  nlohmann::json values = nlohmann::json::parse(known->second);
  if (!values.is_array()) values = nlohmann::json::array({values});
  if (std::find(values.begin(), values.end(), value) != values.end()) return;
  if (values.size() == kElementValuesMax)
    return cannot_read(element, place,
                       concat("is one value too many: an element has at most ", kElementValuesMax));
  values.push_back(value);
  known->second = text_of(values);
}

void Draft::trouble(Code code, int element, const Place& place, std::string_view why) {
  if (facts.troubles.size() < kTroublesMax)
    facts.troubles.push_back({code, element, place.pointer(), std::string(why)});
}

void Draft::cannot_read(int element, const Place& place, std::string_view why) {
  Slot& to = slot(element);
  if (to.path.empty()) to.path = place.member_pointer();
  to.malformed = true;
  trouble(codes::ELEMENT_MALFORMED, element, place, why);
}

void Draft::assume_utc(int element, const Place& place) {
  trouble(codes::DATE_WITHOUT_ZONE, element, place, "names no time zone and is read as UTC");
}

void Draft::note(Code code, const Place& place, std::string_view why) {
  trouble(code, 0, place, why);
}

bool Draft::is_empty(int element) const {
  const Slot& of = slot(element);
  return of.values.empty() && of.members.empty() && !of.malformed;
}

bool Draft::has_room(int element) const {
  return slot(element).values.size() <= kElementValuesMax;
}

void Draft::finish_element(int number) {
  Slot& from = slot(number);
  Element& to = facts.elements.at(static_cast<std::size_t>(number - 1));
  to.number = number;
  to.name = kNames.at(static_cast<std::size_t>(number - 1));
  to.mandatory = number <= kMandatoryElementCount;
  if (is_empty(number)) {
    to.state = from.not_applicable ? ElementState::not_applicable : ElementState::absent;
    return;
  }
  to.path = from.path;
  to.state = from.malformed ? ElementState::malformed : ElementState::present;
  if (!from.members.empty()) {
    to.value = object_text(from.members);
  } else if (!from.values.empty()) {
    to.value = array_text(from.values);
  }
  if (from.malformed) forget(facts, number);
}

Facts Draft::finish() && {
  if (!facts.nqf.empty()) {
    nlohmann::json levels = nlohmann::json::array();
    for (const Level& level : facts.nqf) levels.push_back(level_json(level));
    slot(8).members.insert_or_assign("nqf", text_of(levels));
  }
  facts.unread.countries = !knows_all_countries(facts);
  for (int number = 1; number <= kElementCount; ++number) finish_element(number);
  sort_unique(facts.countries);
  sort_unique(facts.isced);
  sort_unique(facts.skills);
  sort_unique(facts.types);
  if (!facts.awarded) facts.awarded = facts.issued;
  return std::move(facts);
}

}  // namespace vcnode::facts
