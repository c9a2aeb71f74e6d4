#include "protocol/statement/scope.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "protocol/statement/reader.h"

namespace vcnode::statement {
namespace {

constexpr std::size_t kFieldDigitsMin = 2;
constexpr std::size_t kFieldDigitsMax = 4;

// Combines what both limit; what one limits stays as it is.
template <class T, class Both>
std::optional<T> meet_of(const std::optional<T>& a, const std::optional<T>& b, Both both) {
  if (!a) return b;
  if (!b) return a;
  return both(*a, *b);
}

Names common(const Names& a, const Names& b) {
  Names out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

// None a prefix of another. REQUIRES: ascending, so that a prefix stands before what it begins.
Names without_nested(const Names& fields) {
  Names out;
  for (const std::string& field : fields)
    if (out.empty() || !field.starts_with(out.back())) out.push_back(field);
  return out;
}

Names common_fields(const Names& a, const Names& b) {
  Names out;
  for (const std::string& field : a)
    if (has_field(b, field)) out.push_back(field);
  for (const std::string& field : b)
    if (has_field(a, field)) out.push_back(field);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Interval common_levels(const Interval& a, const Interval& b) {
  return {std::max(a.low, b.low), std::min(a.high, b.high)};
}

constexpr auto kLess = [](const auto& a, const auto& b) { return std::min(a, b); };
constexpr auto kMore = [](const auto& a, const auto& b) { return std::max(a, b); };

// `holds(wide, narrow)` is asked if both limit.
template <class T, class Holds>
bool covers_part(const std::optional<T>& wide, const std::optional<T>& narrow, Holds holds) {
  return !wide || (narrow && holds(*wide, *narrow));
}

bool has_all(const Names& wide, const Names& narrow) {
  return std::includes(wide.begin(), wide.end(), narrow.begin(), narrow.end());
}

// ISO 3166-1 alpha-2, and XK, which the Union writes for Kosovo.
constexpr std::string_view kCountries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS "
    "BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE "
    "EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM "
    "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC "
    "LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA "
    "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW "
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO "
    "TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

bool is_country_form(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_field(std::string_view text) {
  return text.size() >= kFieldDigitsMin && text.size() <= kFieldDigitsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_setting(std::string_view text) {
  return text == "formal" || text == "non-formal" || text == "informal";
}

bool is_everywhere(const json::Value& countries) {
  return countries.is_array() && countries.elements().size() == 1 && countries.elements()[0].is_string() &&
         countries.elements()[0].string() == "*";
}

Result<std::optional<Names>> parse_countries(const Members& scope) {
  const json::Value* value = scope.find("country");
  if (value == nullptr || is_everywhere(*value)) return std::optional<Names>();
  VCNODE_TRY(const auto elements, scope.list("country", kCountriesMax));
  for (const json::Value& element : elements) VCNODE_CHECK(parse_country(element, scope.path_of("country")));
  return scope.names("country", kCountriesMax, {});
}

}  // namespace

Scope meet(const Scope& a, const Scope& b) {
  return {.countries = meet_of(a.countries, b.countries, common),
          .eqf = meet_of(a.eqf, b.eqf, common_levels),
          .isced = meet_of(a.isced, b.isced, common_fields),
          .types = meet_of(a.types, b.types, common),
          .settings = meet_of(a.settings, b.settings, common),
          .max_ects = meet_of(a.max_ects, b.max_ects, kLess),
          .from = meet_of(a.from, b.from, kMore),
          .until = meet_of(a.until, b.until, kLess)};
}

bool is_empty(const Scope& scope) {
  const auto none = [](const std::optional<Names>& names) { return names && names->empty(); };
  return none(scope.countries) || none(scope.isced) || none(scope.types) || none(scope.settings) ||
         (scope.eqf && scope.eqf->low > scope.eqf->high) ||
         (scope.from && scope.until && *scope.from >= *scope.until);
}

bool has_field(const Names& prefixes, std::string_view code) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return code.starts_with(prefix); });
}

bool covers(const Scope& wide, const Scope& narrow) {
  if (is_empty(narrow)) return true;
  const auto at_most = [](const auto& a, const auto& b) { return b <= a; };
  const auto at_least = [](const auto& a, const auto& b) { return b >= a; };
  return covers_part(wide.countries, narrow.countries, has_all) &&
         covers_part(
             wide.eqf, narrow.eqf,
             [](const Interval& a, const Interval& b) { return a.low <= b.low && b.high <= a.high; }) &&
         covers_part(wide.isced, narrow.isced,
                     [](const Names& a, const Names& b) {
                       return std::all_of(b.begin(), b.end(),
                                          [&](const auto& field) { return has_field(a, field); });
                     }) &&
         covers_part(wide.types, narrow.types, has_all) &&
         covers_part(wide.settings, narrow.settings, has_all) &&
         covers_part(wide.max_ects, narrow.max_ects, at_most) &&
         covers_part(wide.from, narrow.from, at_least) && covers_part(wide.until, narrow.until, at_most);
}

Result<std::string> parse_country(const json::Value& value, std::string_view path) {
  if (!value.is_string() || !is_country_form(value.string()))
    return malformed(path, " is ", shown(&value),
                     ", a country is written as two capital letters (ISO 3166-1 alpha-2)");
  const auto country = value.string();
  if (country == "EL" || country == "UK")
    return malformed(path, " is ", shown(&value), ", ISO 3166-1 writes ", country == "EL" ? "GR" : "GB");
  if (kCountries.find(country) == std::string_view::npos)
    return malformed(path, " is ", shown(&value),
                     ", which is no code of ISO 3166-1: no credential is of there");
  return std::string(country);
}

Result<Scope> parse_scope(const json::Value& value, std::string_view path) {
  static constexpr std::string_view kMembers[] = {"country", "eqf",     "isced",      "credentialType",
                                                  "setting", "maxEcts", "issuedFrom", "issuedUntil"};
  VCNODE_TRY(const auto members, Members::of(value, std::string(path)));
  VCNODE_CHECK(members.only(kMembers));
  Scope out;
  VCNODE_TRY(out.countries, parse_countries(members));
  if (members.find("eqf") != nullptr) {
    VCNODE_TRY(out.eqf, members.eqf("eqf"));
  }
  VCNODE_TRY(out.isced, members.names("isced", kFieldsMax, {is_field, "an ISCED-F code of 2 to 4 digits"}));
  if (out.isced) out.isced = without_nested(*out.isced);
  VCNODE_TRY(out.types, members.names("credentialType", kTypesMax, {.bytes_max = kTypeBytesMax}));
  VCNODE_TRY(out.settings, members.names("setting", 3, {is_setting, "formal, non-formal or informal"}));
  VCNODE_TRY(out.max_ects, members.ects_or_none("maxEcts"));
  VCNODE_TRY(out.from, members.time_or_none("issuedFrom"));
  VCNODE_TRY(out.until, members.time_or_none("issuedUntil"));
  if (is_empty(out))
    return malformed(path, " allows nothing: issuedUntil ", out.until->to_string(),
                     " is not after issuedFrom");
  return out;
}

nlohmann::json to_json(const Scope& scope) {
  VCNODE_ASSERT(!is_empty(scope));
  nlohmann::json out = nlohmann::json::object();
  if (scope.countries) out["country"] = *scope.countries;
  if (scope.eqf) out["eqf"] = {{"min", scope.eqf->low}, {"max", scope.eqf->high}};
  if (scope.isced) out["isced"] = *scope.isced;
  if (scope.types) out["credentialType"] = *scope.types;
  if (scope.settings) out["setting"] = *scope.settings;
  if (scope.max_ects) out["maxEcts"] = *scope.max_ects;
  if (scope.from) out["issuedFrom"] = scope.from->to_string();
  if (scope.until) out["issuedUntil"] = scope.until->to_string();
  return out;
}

}  // namespace vcnode::statement
