#include "protocol/facts/vocabulary.h"

#include <algorithm>
#include <iterator>

namespace vcnode::facts {
namespace {

struct Pair {
  std::string_view id;
  std::string_view value;
};

#define VCNODE_COUNTRY_NAME(name, code)
#define VCNODE_NQF_LEVEL(id, framework, country, level)
#define VCNODE_CONCEPT(id, name)
#define VCNODE_COUNTRY_CODE(code, alpha2) {code, alpha2},
constexpr Pair kCountryCodes[] = {
#include "protocol/facts/vocabulary.def"
};
#undef VCNODE_COUNTRY_CODE
#undef VCNODE_COUNTRY_NAME
#define VCNODE_COUNTRY_CODE(code, alpha2)
#define VCNODE_COUNTRY_NAME(name, code) {name, code},
constexpr Pair kCountryNames[] = {
#include "protocol/facts/vocabulary.def"
};
#undef VCNODE_COUNTRY_NAME
#undef VCNODE_NQF_LEVEL
#define VCNODE_COUNTRY_NAME(name, code)
#define VCNODE_NQF_LEVEL(id, framework, country, level) {id, framework, country, level},
constexpr NqfLevel kNqfLevels[] = {
#include "protocol/facts/vocabulary.def"
};
#undef VCNODE_NQF_LEVEL
#undef VCNODE_CONCEPT
#define VCNODE_NQF_LEVEL(id, framework, country, level)
#define VCNODE_CONCEPT(id, name) {id, name},
constexpr Pair kConcepts[] = {
#include "protocol/facts/vocabulary.def"
};
#undef VCNODE_COUNTRY_CODE
#undef VCNODE_COUNTRY_NAME
#undef VCNODE_NQF_LEVEL
#undef VCNODE_CONCEPT

template <class Row>
constexpr bool is_before(const Row& a, const Row& b) {
  return a.id < b.id;
}
static_assert(std::is_sorted(std::begin(kCountryCodes), std::end(kCountryCodes), is_before<Pair>));
static_assert(std::is_sorted(std::begin(kNqfLevels), std::end(kNqfLevels), is_before<NqfLevel>));
static_assert(std::is_sorted(std::begin(kConcepts), std::end(kConcepts), is_before<Pair>));

template <class Row, std::size_t kRows>
const Row* find_row(const Row (&rows)[kRows], std::string_view id) {
  const auto* found =
      std::lower_bound(std::begin(rows), std::end(rows), id,
                       [](const Row& row, std::string_view wanted) { return row.id < wanted; });
  return found != std::end(rows) && found->id == id ? found : nullptr;
}

template <std::size_t kRows>
std::optional<std::string_view> find_value(const Pair (&rows)[kRows], std::string_view id) {
  const Pair* found = find_row(rows, id);
  if (found == nullptr) return std::nullopt;
  return found->value;
}

std::string_view below_base(std::string_view iri) {
  return iri.starts_with(kConceptsBase) ? iri.substr(kConceptsBase.size()) : std::string_view();
}

}  // namespace

std::optional<std::string_view> country_of_code(std::string_view code) {
  return find_value(kCountryCodes, code);
}

std::optional<std::string_view> country_of_name(std::string_view name) {
  return find_value(kCountryNames, name);
}

const NqfLevel* nqf_level_of(std::string_view iri) {
  return find_row(kNqfLevels, below_base(iri));
}

std::string_view concept_name(std::string_view iri) {
  return find_value(kConcepts, below_base(iri)).value_or(std::string_view());
}

}  // namespace vcnode::facts
