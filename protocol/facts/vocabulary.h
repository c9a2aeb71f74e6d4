// Published vocabularies, for looking up: codes and English names of countries, levels of national
// qualifications frameworks, names of European concepts. Which European level a national one corresponds to
// is not here: that is for signed statements to say.
//
// The tables are vocabulary.def, written by scripts/vocabulary. Threading: pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace vcnode::facts {

// Alpha-2 of an upper-case code: alpha-2, alpha-3 or another in use (EL, UK, 1A0).
[[nodiscard]] std::optional<std::string_view> country_of_code(std::string_view code);
// Alpha-2 of an English name in lower case.
[[nodiscard]] std::optional<std::string_view> country_of_name(std::string_view name);

struct NqfLevel {
  std::string_view id;  // below kConceptsBase
  std::string_view framework;
  std::string_view country;
  std::string_view level;
};

inline constexpr std::string_view kConceptsBase = "http://data.europa.eu/snb/";
// The level that an IRI means; nullptr if the list does not have it.
[[nodiscard]] const NqfLevel* nqf_level_of(std::string_view iri);
// English name of a concept; "" if the lists do not have it.
[[nodiscard]] std::string_view concept_name(std::string_view iri);

}  // namespace vcnode::facts
