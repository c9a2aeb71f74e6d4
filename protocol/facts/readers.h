// How one value of a document becomes a value of an element: what the three profiles share.
//
// A profile is a table of Sources: which member is read for which element, by which reader. Readers tell the
// Draft what they found or that they could not read it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocol/facts/draft.h"
#include "protocol/facts/place.h"

namespace vcnode::facts {

enum class From : std::uint8_t { credential, subject, achievement };

struct Source {
  int element;  // 0: a fact that belongs to no element
  From from;
  std::string_view path;  // member names separated by '/'
  void (*read)(Draft& draft, const Source& source, const Place& place);
  std::string_view as = {};  // what the reader makes of it: a member of the element's value
  bool otherwise = false;    // only if nothing was found for the element before
};

// The credential, the first subject and the first achievement; the latter two only if there are any.
struct Roots {
  const Place* credential;
  const Place* subject;
  const Place* achievement;
};
void read_sources(Draft& draft, std::span<const Source> sources, const Roots& roots);

// ---- readers
// {"en": "text"}: language map, plain text (language "und"), or an object that wraps one of them.
void read_text(Draft& draft, const Source& source, const Place& place);
// A text as member `as` of the element.
void read_member(Draft& draft, const Source& source, const Place& place);
// {"id": IRI, "label": "name"} of an IRI, a text or an object with id and name.
void read_concept(Draft& draft, const Source& source, const Place& place);
void read_learner_id(Draft& draft, const Source& source, const Place& place);
void read_identifier(Draft& draft, const Source& source, const Place& place);  // of the learner
void read_country(Draft& draft, const Source& source, const Place& place);
void read_region(Draft& draft, const Source& source, const Place& place);
void read_awarding_body(Draft& draft, const Source& source, const Place& place);
void read_date(Draft& draft, const Source& source, const Place& place);  // `as`: awarded or issued
void read_learning_end(Draft& draft, const Source& source, const Place& place);
void read_outcome(Draft& draft, const Source& source, const Place& place);
void read_credit(Draft& draft, const Source& source, const Place& place);  // framework and points
void read_ects(Draft& draft, const Source& source, const Place& place);
void read_hours(Draft& draft, const Source& source, const Place& place);
void read_untyped_credits(Draft& draft, const Source& source, const Place& place);
void read_volume(Draft& draft, const Source& source, const Place& place);  // xsd:duration
void read_eqf(Draft& draft, const Source& source, const Place& place);
void read_nqf(Draft& draft, const Source& source, const Place& place);
void read_cycle(Draft& draft, const Source& source, const Place& place);
void read_level_word(Draft& draft, const Source& source, const Place& place);  // "not-applicable"
void read_isced(Draft& draft, const Source& source, const Place& place);
void read_setting(Draft& draft, const Source& source, const Place& place);
void read_quality_assurance(Draft& draft, const Source& source, const Place& place);
void read_entry(Draft& draft, const Source& source, const Place& place);  // {`as`: text}
void read_towards(Draft& draft, const Source& source, const Place& place);
void read_component(Draft& draft, const Source& source, const Place& place);
void read_flag(Draft& draft, const Source& source, const Place& place);  // {`as`: true or false}
void read_achievement_id(Draft& draft, const Source& source, const Place& place);

// ---- pieces
// The text of a value that is one, an id inside an object, or "".
[[nodiscard]] std::string id_of(const json::Value& value);
// One text of a value that has one, English before others; "" if it has none.
[[nodiscard]] std::string plain_text(const json::Value& value);
// A body by its id, legal name and country, whatever the profile calls them.
[[nodiscard]] Organisation organisation_of(const Place& place);
// {"id", "label"} of a concept; null if the value is none.
[[nodiscard]] nlohmann::json concept_json(const json::Value& value);
// An id that means something in its document only, as the European Learning Model numbers them.
[[nodiscard]] bool is_local_id(std::string_view id);
// Keeps a level by its text; says what is wrong with it otherwise.
void keep_eqf(Draft& draft, const Place& place, std::string_view text);
void keep_nqf(Draft& draft, const Place& place, Level level);
void keep_field(Draft& draft, const Place& place, const std::string& field);  // of ISCED-F

}  // namespace vcnode::facts
