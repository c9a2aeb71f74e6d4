#include "protocol/facts/readers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "crypto/base/encoding.h"
#include "protocol/facts/normalise.h"
#include "protocol/facts/vocabulary.h"

namespace vcnode::facts {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kLocalId = "urn:epass:";
// Members in which a text may be wrapped, the most special first.
constexpr std::string_view kTextMembers[] = {"noteLiteral", "prefLabel", "legalName", "title",     "text",
                                             "narrative",   "name",      "notation",  "contentURL"};
constexpr std::string_view kUndetermined = "und";  // ISO 639-2: a text that names no language

bool is_language_tag(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const std::string_view primary = name.substr(0, name.find('-'));
  return (primary.size() == 2 || primary.size() == 3) && std::all_of(primary.begin(), primary.end(), letter);
}

// "id" is Indonesian where a text stands there, and the name of a JSON-LD node where an IRI does.
bool names_a_node(const json::Value& object, std::string_view member) {
  return member == "id" && is_iri(string_of(object, member).value_or(""));
}

// A string, or the strings of an array; null if there is anything else.
Json strings_of(const json::Value& value) {
  Json out = Json::array();
  for (const json::Value& one : value.one_or_many()) {
    if (!one.is_string()) return nullptr;
    if (!is_blank(one)) out.push_back(one.string());
  }
  if (out.size() == 1) return out.front();
  return out.empty() ? Json() : out;
}

// {"en": "text"}; null if the value is no text.
Json language_map(const json::Value& value) {
  if (value.is_string()) return {{std::string(kUndetermined), value.string()}};
  if (!value.is_object()) return nullptr;
  if (const auto text = string_of(value, "@value"))
    return {{std::string(string_of(value, "@language").value_or(kUndetermined)), *text}};
  for (const std::string_view name : kTextMembers) {
    const json::Value* wrapped = first_of(value, name);
    if (wrapped == nullptr) continue;
    if (Json text = language_map(*wrapped); !text.is_null()) return text;
  }
  Json out = Json::object();
  for (const json::Member& member : value.members()) {
    if (!is_language_tag(member.name) || names_a_node(value, member.name)) continue;
    if (Json text = strings_of(member.value); !text.is_null())
      out[std::string(member.name)] = std::move(text);
  }
  return out.empty() ? Json() : out;
}

std::string one_string(const Json& text) {
  if (text.is_string()) return text.get<std::string>();
  return text.is_array() && !text.empty() ? one_string(text.front()) : std::string();
}

std::string shown(const json::Value& value) {
  if (value.is_string()) return concat("\"", excerpt(value.string()), "\"");
  return concat("a JSON ", json::kind_name(value.kind()));
}

std::optional<double> amount_of_value(const json::Value& value) {
  if (value.kind() == json::Kind::integer || value.kind() == json::Kind::number) {
    const double amount = value.number();
    return amount >= 0 && amount <= kAmountMax ? std::optional(amount) : std::nullopt;
  }
  return value.is_string() ? amount_of(value.string()) : std::nullopt;
}

// Whole numbers as such: JCS writes 2 for both, and people read 2.
Json number_json(double amount) {
  const auto whole = static_cast<std::int64_t>(amount);
  if (static_cast<double>(whole) == amount) return whole;
  return amount;
}

std::string number_text(double amount) {
  return number_json(amount).dump();
}

// Keeps an amount unless the credential says another one already.
void keep_amount(Draft& draft, const Place& place, std::optional<double>& kept, const std::string& name,
                 double amount) {
  if (kept && *kept != amount)
    return draft.cannot_read(
        7, place,
        concat("says ", number_text(amount), " ", name, " where ", number_text(*kept), " stands too"));
  kept = amount;
  draft.set(7, place, name, number_json(amount));
}

void read_amount(Draft& draft, const Place& place, std::optional<double>& kept, const std::string& name) {
  const auto amount = amount_of_value(place.value());
  if (amount) return keep_amount(draft, place, kept, name, *amount);
  draft.cannot_read(7, place,
                    concat("is ", shown(place.value()), ", it must be a number of ", name, " from 0 to ",
                           static_cast<std::int64_t>(kAmountMax)));
}

}  // namespace

void read_sources(Draft& draft, std::span<const Source> sources, const Roots& roots) {
  for (const Source& source : sources) {
    const Place* root = source.from == From::credential ? roots.credential
                        : source.from == From::subject  ? roots.subject
                                                        : roots.achievement;
    if (root == nullptr || (source.otherwise && !draft.is_empty(source.element))) continue;
    each(*root, source.path, [&](const Place& place) {
      if (source.element != 0 && !draft.has_room(source.element)) {
        draft.cannot_read(source.element, place,
                          concat("is one value too many: an element has at most ", kElementValuesMax));
        return false;
      }
      source.read(draft, source, place);
      return true;
    });
  }
}

std::string id_of(const json::Value& value) {
  if (value.is_string()) return canonical_iri(value.string());
  if (const auto id = string_of(value, "id")) return canonical_iri(*id);
  return {};
}

bool is_local_id(std::string_view id) {
  return id.starts_with(kLocalId);
}

std::string plain_text(const json::Value& value) {
  const Json map = language_map(value);
  if (!map.is_object() || map.empty()) return {};
  for (const char* language : {"en", "und"})
    if (map.contains(language)) return one_string(map.at(language));
  return one_string(map.front());
}

Json concept_json(const json::Value& value) {
  const std::string id = id_of(value);
  Json out = Json::object();
  if (is_iri(id) && !is_local_id(id)) out["id"] = id;
  std::string label(concept_name(id));
  if (label.empty() && !(value.is_string() && is_iri(id))) label = plain_text(value);
  if (!label.empty() && !(out.contains("id") && label == id)) out["label"] = label;
  return out.empty() ? Json() : out;
}

Organisation organisation_of(const Place& place) {
  Organisation out;
  out.id = id_of(place.value());
  for (const std::string_view name : {"legalName", "name", "prefLabel", "altLabel"}) {
    if (const json::Value* text = first_of(place.value(), name); text != nullptr && out.legal_name.empty())
      out.legal_name = plain_text(*text);
  }
  for (const std::string_view path : {"country", "location/address/countryCode", "location/spatialCode",
                                      "address/addressCountryCode", "address/addressCountry"}) {
    each(place, path, [&](const Place& found) {
      if (!out.country) out.country = country_of(id_of(found.value()));
      return !out.country.has_value();
    });
  }
  return out;
}

void read_text(Draft& draft, const Source& source, const Place& place) {
  const Json text = language_map(place.value());
  if (text.is_null())
    return draft.cannot_read(
        source.element, place,
        concat("is ", shown(place.value()), ", it must be a text or one for each language"));
  draft.add(source.element, place, text);
}

void read_member(Draft& draft, const Source& source, const Place& place) {
  const std::string text = plain_text(place.value());
  if (text.empty())
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must be a text"));
  draft.set(source.element, place, std::string(source.as), text);
}

void read_entry(Draft& draft, const Source& source, const Place& place) {
  const std::string text = plain_text(place.value());
  if (text.empty())
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must be a text"));
  draft.add(source.element, place, {{std::string(source.as), text}});
}

void read_concept(Draft& draft, const Source& source, const Place& place) {
  const Json read = concept_json(place.value());
  if (read.is_null())
    return draft.cannot_read(
        source.element, place,
        concat("is ", shown(place.value()), ", it must be an IRI, a text or an object with an id"));
  draft.add(source.element, place, read);
}

void read_learner_id(Draft& draft, const Source& source, const Place& place) {
  if (!place.value().is_string())
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must be an IRI"));
  const std::string id(trimmed(place.value().string()));
  if (is_local_id(id)) return;
  draft.facts.learner = id;
  draft.set(source.element, place, "id", id);
}

void read_identifier(Draft& draft, const Source& source, const Place& place) {
  for (const std::string_view name : {"identityHash", "notation"}) {
    if (const auto text = string_of(place.value(), name))
      return draft.also(source.element, place, "identifier", std::string(*text));
  }
  const std::string text = plain_text(place.value());
  if (!text.empty()) return draft.also(source.element, place, "identifier", text);
  draft.cannot_read(source.element, place, concat("is ", shown(place.value()), ", it must be a text"));
}

void read_country(Draft& draft, const Source& source, const Place& place) {
  const auto country = country_of(id_of(place.value()));
  if (!country)
    return draft.cannot_read(
        source.element, place,
        concat("is ", shown(place.value()), ", which is no country that this software knows"));
  if (draft.add(source.element, place, {{"country", *country}})) draft.facts.countries.push_back(*country);
}

void read_region(Draft& draft, const Source& source, const Place& place) {
  const std::string id = id_of(place.value());
  if (id.empty()) return read_concept(draft, source, place);
  if (!draft.add(source.element, place, {{"region", id}})) return;
  if (const auto country = country_of(id)) draft.facts.countries.push_back(*country);
}

void read_awarding_body(Draft& draft, const Source& source, const Place& place) {
  const Organisation body = organisation_of(place);
  Json value = Json::object();
  if (!body.id.empty()) value["id"] = body.id;
  if (!body.legal_name.empty()) value["legalName"] = body.legal_name;
  if (value.empty())
    return draft.cannot_read(source.element, place,
                             "has neither an id nor a name, so nobody knows who it is");
  if (body.country) value["country"] = *body.country;
  if (draft.add(source.element, place, value)) draft.facts.awarding_bodies.push_back(body);
}

void read_date(Draft& draft, const Source& source, const Place& place) {
  auto& kept = source.as == "awarded" ? draft.facts.awarded : draft.facts.issued;
  if (kept) return;  // said before, by a member that counts more
  const auto moment = place.value().is_string() ? moment_of(place.value().string()) : std::nullopt;
  if (!moment)
    return draft.cannot_read(
        source.element, place,
        concat("is ", shown(place.value()), ", it must be a date-time such as 2026-11-22T13:50:00Z"));
  if (moment->zone_assumed) draft.assume_utc(source.element, place);
  kept = moment->time;
  draft.set(source.element, place, std::string(source.as), moment->time.to_string());
}

void read_learning_end(Draft& draft, const Source& source, const Place& place) {
  const auto moment = place.value().is_string() ? moment_of(place.value().string()) : std::nullopt;
  if (!moment)
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must be a date"));
  if (!draft.facts.learning_ended || *draft.facts.learning_ended < moment->time)
    draft.facts.learning_ended = moment->time;
}

void read_outcome(Draft& draft, const Source& source, const Place& place) {
  Json value = Json::object();
  if (Json text = language_map(place.value()); !text.is_null()) value["text"] = std::move(text);
  Json skills = Json::array();
  std::set<std::string> known;
  for (const std::string_view path : {"skill", "relatedESCOSkill", "relatedSkill"}) {
    each(place, path, [&](const Place& skill) {
      const std::string id = id_of(skill.value());
      if (is_iri(id) && known.insert(id).second) skills.push_back(id);
      return true;
    });
  }
  draft.facts.skills.insert(draft.facts.skills.end(), known.begin(), known.end());
  if (!skills.empty()) value["skill"] = std::move(skills);
  if (value.empty())
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it names no outcome"));
  draft.add(source.element, place, value);
}

void read_credit(Draft& draft, const Source& source, const Place& place) {
  const json::Value* points = first_of(place.value(), "point");
  const json::Value* framework = first_of(place.value(), "framework");
  const auto amount = points != nullptr ? amount_of_value(*points) : std::nullopt;
  if (!amount)
    return draft.cannot_read(source.element, place,
                             concat("has as point ", points != nullptr ? shown(*points) : "nothing",
                                    ", it must be a number of credits"));
  if (framework == nullptr)
    return draft.cannot_read(source.element, place,
                             "has no framework, so nobody knows which credits they are");
  if (is_ects(id_of(*framework)) || is_ects(plain_text(*framework)))
    return keep_amount(draft, place, draft.facts.ects, "ects", *amount);
  Json other = concept_json(*framework);
  draft.set(source.element, place, "other",
            {{"framework", other.is_null() ? Json("unknown") : other}, {"points", number_json(*amount)}});
}

void read_ects(Draft& draft, const Source&, const Place& place) {
  read_amount(draft, place, draft.facts.ects, "ects");
}

void read_hours(Draft& draft, const Source&, const Place& place) {
  read_amount(draft, place, draft.facts.hours, "hours");
}

void read_untyped_credits(Draft& draft, const Source& source, const Place& place) {
  const auto amount = amount_of_value(place.value());
  if (!amount)
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must be a number of credits"));
  draft.set(source.element, place, std::string(source.as), number_json(*amount));
}

void read_volume(Draft& draft, const Source& source, const Place& place) {
  const auto span = place.value().is_string() ? span_of(place.value().string()) : std::nullopt;
  if (!span)
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must be a duration such as PT60H"));
  const std::string text(trimmed(place.value().string()));
  if (draft.facts.volumes.size() < kTroublesMax)
    draft.facts.volumes.push_back({place.pointer(), text, span->hours, span->in_months, source.element == 7});
  if (source.element != 7) return;
  draft.set(7, place, "duration", text);
  if (span->hours) keep_amount(draft, place, draft.facts.hours, "hours", *span->hours);
}

void keep_eqf(Draft& draft, const Place& place, std::string_view text) {
  const auto level = eqf_of(text);
  if (!level)
    return draft.cannot_read(8, place, concat("is \"", excerpt(text), "\", the European levels are 1 to 8"));
  if (draft.facts.eqf && *draft.facts.eqf != *level)
    return draft.cannot_read(
        8, place, concat("says EQF level ", *level, " where level ", *draft.facts.eqf, " stands too"));
  draft.facts.eqf = *level;
  draft.set(8, place, "eqf", *level);
}

void read_eqf(Draft& draft, const Source&, const Place& place) {
  const json::Value& value = place.value();
  // 6 and 6.0 are one number, and signed as one.
  if (const auto amount = value.is_string() ? std::nullopt : amount_of_value(value))
    return keep_eqf(draft, place, number_text(*amount));
  if (value.kind() == json::Kind::integer || value.kind() == json::Kind::number)
    return draft.cannot_read(8, place, "is a number, the European levels are 1 to 8");
  const std::string id = id_of(value);
  keep_eqf(draft, place, eqf_of(id) || id.empty() ? id : plain_text(value));
}

void keep_nqf(Draft& draft, const Place& place, Level level) {
  auto& kept = draft.facts.nqf;
  if (kept.size() >= kElementValuesMax)
    return draft.cannot_read(8, place,
                             concat("is one value too many: an element has at most ", kElementValuesMax));
  // So that the element has a path; the levels are put in when all are known.
  draft.set(8, place, "nqf", Json::array());
  if (std::find(kept.begin(), kept.end(), level) == kept.end()) kept.push_back(std::move(level));
}

void read_nqf(Draft& draft, const Source& source, const Place& place) {
  const json::Value& value = place.value();
  Level level;
  level.iri = id_of(value);
  if (const NqfLevel* known = nqf_level_of(level.iri)) {
    level.framework = known->framework;
    level.level = known->level;
    level.country = known->country;
  } else if (value.is_object()) {
    level.framework = string_of(value, "framework").value_or("");
    level.level = string_of(value, "level").value_or("");
    level.country = country_of(level.framework.substr(0, level.framework.find('-'))).value_or("");
  }
  if (!is_iri(level.iri)) level.iri.clear();
  if (level.iri.empty() && (level.framework.empty() || level.level.empty()))
    return draft.cannot_read(
        source.element, place,
        concat("is ", shown(value), ", it must be an IRI, or name a framework and a level"));
  keep_nqf(draft, place, std::move(level));
}

void read_cycle(Draft& draft, const Source& source, const Place& place) {
  const auto cycle = place.value().is_string() ? cycle_of(place.value().string()) : std::nullopt;
  if (!cycle)
    return draft.cannot_read(
        source.element, place,
        concat("is ", shown(place.value()), ", the cycles are short, first, second and third"));
  if (draft.facts.cycle && *draft.facts.cycle != *cycle)
    return draft.cannot_read(
        source.element, place,
        concat("says ", *cycle, " cycle where ", *draft.facts.cycle, " cycle stands too"));
  draft.facts.cycle = *cycle;
  draft.set(source.element, place, "cycle", *cycle);
}

void read_level_word(Draft& draft, const Source& source, const Place& place) {
  const json::Value& value = place.value();
  if (value.is_object()) return;  // its members are read by themselves
  if (value.is_string() && trimmed(value.string()) == "not-applicable")
    return draft.not_applicable(source.element);
  draft.cannot_read(source.element, place,
                    concat("is ", shown(value), ", it must be an object or \"not-applicable\""));
}

void read_isced(Draft& draft, const Source& source, const Place& place) {
  const std::string id = id_of(place.value());
  if (const auto field = isced_of(id)) return keep_field(draft, place, *field);
  draft.facts.unread.fields = true;
  // Other classifications are welcome; which field they mean is not known here.
  if (is_iri(id) && !is_isced(id)) return;
  draft.cannot_read(source.element, place,
                    concat("is ", shown(place.value()), ", a field of ISCED-F 2013 has 2 to 4 digits"));
}

void keep_field(Draft& draft, const Place& place, const std::string& field) {
  if (draft.add(0, place, field)) draft.facts.isced.push_back(field);
}

void read_setting(Draft& draft, const Source& source, const Place& place) {
  const std::string id = id_of(place.value());
  auto setting = setting_of(id);
  if (!setting) setting = setting_of(plain_text(place.value()));
  if (setting && !draft.facts.setting) draft.facts.setting = setting;
  if (!setting || *setting != *draft.facts.setting) draft.facts.unread.settings = true;
  read_concept(draft, source, place);
}

void read_quality_assurance(Draft& draft, const Source& source, const Place& place) {
  const json::Value* type = first_of(place.value(), "type");
  Json value = concept_json(type != nullptr ? *type : place.value());
  if (value.is_null())
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it names no type"));
  if (const json::Value* statement = first_of(place.value(), "statement"); statement != nullptr) {
    const std::string text = statement->is_string() ? std::string(statement->string()) : id_of(*statement);
    if (!text.empty()) value["statement"] = text;
  }
  draft.add(source.element, place, value);
}

void read_towards(Draft& draft, const Source& source, const Place& place) {
  const Json target = concept_json(place.value());
  if (target.is_null())
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must name something"));
  Json value = {{"towards", target}};
  if (const auto rule = string_of(place.value(), "rule")) value["rule"] = *rule;
  draft.add(source.element, place, value);
}

void read_component(Draft& draft, const Source& source, const Place& place) {
  Component component;
  component.id = id_of(place.value());
  const auto digest = string_of(place.value(), "digestMultibase");
  if (digest) component.digest = digest_of(*digest);
  if (digest && !component.digest)
    return draft.cannot_read(source.element, place, "has a digestMultibase that is not of a SHA-256");
  if (is_local_id(component.id)) component.id.clear();
  Json value = component.id.empty() ? concept_json(place.value()) : Json{{"id", component.id}};
  if (value.is_null())
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must have an id"));
  if (digest) value["digestMultibase"] = *digest;
  if (!draft.add(source.element, place, {{"component", value}})) return;
  draft.facts.components.push_back(std::move(component));
}

void read_flag(Draft& draft, const Source& source, const Place& place) {
  if (place.value().kind() != json::Kind::boolean)
    return draft.cannot_read(source.element, place,
                             concat("is ", shown(place.value()), ", it must be true or false"));
  draft.add(source.element, place, {{std::string(source.as), place.value().boolean()}});
}

void read_achievement_id(Draft& draft, const Source&, const Place& place) {
  if (const std::string id = id_of(place.value()); draft.facts.achievement.empty() && !is_local_id(id))
    draft.facts.achievement = id;
}

}  // namespace vcnode::facts
