#include "protocol/recognition/fit.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/recognition/codes.h"

namespace vcnode::recognition {

using statement::Names;
using statement::Scope;

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += excerpt(name);
    if (out.size() > 200) return out + " …";
  }
  return out.empty() ? "nothing" : out;
}

bool has(const Names& names, std::string_view name) {
  return std::binary_search(names.begin(), names.end(), name);
}

Grade worse(Grade a, Grade b) {
  return std::min(a, b);
}

// What could not be read may lie outside.
Grade all_inside(const std::vector<std::string>& said, const Names& allowed, bool partly_read) {
  const auto inside = [&](const std::string& name) { return has(allowed, name); };
  if (!std::all_of(said.begin(), said.end(), inside)) return Grade::no;
  return said.empty() || partly_read ? Grade::unknown : Grade::yes;
}

// Types that say how a credential is written, not what it is for.
bool is_format(std::string_view type) {
  constexpr std::string_view kFormats[] = {"AchievementCredential", "EuropeanDigitalCredential",
                                           "OpenBadgeCredential", "VerifiableAttestation"};
  return std::find(std::begin(kFormats), std::end(kFormats), type) != std::end(kFormats);
}

Grade countries(const Scope& scope, const facts::Facts& facts) {
  if (!scope.countries) return Grade::yes;
  return all_inside(facts.countries, *scope.countries, facts.unread.countries);
}

Grade level_of(const Scope& scope, const LevelFact& level) {
  if (!scope.eqf) return Grade::yes;
  if (!level.eqf) return Grade::unknown;
  if (scope.eqf->contains(level.eqf->low) && scope.eqf->contains(level.eqf->high)) return Grade::yes;
  return level.eqf->high < scope.eqf->low || scope.eqf->high < level.eqf->low ? Grade::no : Grade::unknown;
}

// A field that is wider than the scope's may lie inside.
Grade field(const Names& prefixes, std::string_view code) {
  if (statement::has_field(prefixes, code)) return Grade::yes;
  const auto below = [&](const std::string& prefix) { return prefix.starts_with(code); };
  return std::any_of(prefixes.begin(), prefixes.end(), below) ? Grade::unknown : Grade::no;
}

Grade fields(const Scope& scope, const facts::Facts& facts) {
  if (!scope.isced) return Grade::yes;
  Grade grade = facts.isced.empty() || facts.unread.fields ? Grade::unknown : Grade::yes;
  for (const std::string& code : facts.isced) grade = worse(grade, field(*scope.isced, code));
  return grade;
}

Grade types(const Scope& scope, const facts::Facts& facts) {
  if (!scope.types) return Grade::yes;
  std::vector<std::string> said;  // beside what only names the format
  for (const std::string& type : facts.types)
    if (has(*scope.types, type) || !is_format(type)) said.push_back(type);
  return all_inside(said, *scope.types, facts.unread.types);
}

Grade settings(const Scope& scope, const facts::Facts& facts) {
  if (!scope.settings) return Grade::yes;
  if (!facts.setting) return Grade::unknown;
  if (!has(*scope.settings, *facts.setting)) return Grade::no;
  return facts.unread.settings ? Grade::unknown : Grade::yes;
}

Grade credits(const Scope& scope, const facts::Facts& facts) {
  if (!scope.max_ects) return Grade::yes;
  if (!facts.ects) return Grade::unknown;
  return *facts.ects <= *scope.max_ects ? Grade::yes : Grade::no;
}

// Hundredths of a credit are enough for a sentence.
std::string amount(double ects) {
  const auto hundredths = static_cast<std::int64_t>(ects * 100 + 0.5);
  if (hundredths % 100 == 0) return concat(hundredths / 100);
  return concat(hundredths / 100, hundredths % 100 < 10 ? ".0" : ".", hundredths % 100);
}

std::string levels_text(const statement::Interval& eqf) {
  return eqf.low == eqf.high ? concat("EQF ", eqf.low) : concat("EQF ", eqf.low, " to ", eqf.high);
}

template <class One>
Grade touch(const std::optional<Names>& scope, const std::vector<std::string>& said, bool partly_read,
            One one) {
  if (!scope) return Grade::yes;
  Grade grade = said.empty() || partly_read ? Grade::unknown : Grade::no;
  for (const std::string& name : said) grade = std::max(grade, one(*scope, name));
  return grade;
}

}  // namespace

Grade grade_of_touch(const Scope& scope, const facts::Facts& facts, const LevelFact& level) {
  const auto is_one = [](const Names& names, const std::string& name) {
    return has(names, name) ? Grade::yes : Grade::no;
  };
  Grade grade = touch(scope.countries, facts.countries, facts.unread.countries, is_one);
  grade = worse(grade, level_of(scope, level));
  grade = worse(grade, touch(scope.isced, facts.isced, facts.unread.fields, field));
  grade = worse(grade, touch(scope.types, facts.types, facts.unread.types, is_one));
  const Grade in_setting = settings(scope, facts);
  grade = worse(grade, in_setting == Grade::no && facts.unread.settings ? Grade::unknown : in_setting);
  return worse(grade, credits(scope, facts));
}

Grade grade_of_fit(const Scope& scope, const facts::Facts& facts, const LevelFact& level) {
  Grade grade = countries(scope, facts);
  grade = worse(grade, level_of(scope, level));
  grade = worse(grade, fields(scope, facts));
  grade = worse(grade, types(scope, facts));
  grade = worse(grade, settings(scope, facts));
  return worse(grade, credits(scope, facts));
}

Fit fit(const Scope& scope, const facts::Facts& facts, const LevelFact& level) {
  Fit out;
  const auto take = [&out](Grade grade, Code no, std::string_view what, const auto& said,
                           const auto& allowed) {
    out.grade = worse(out.grade, grade);
    if (grade == Grade::no) out.notes.push_back({no, concat(what, ": ", said(), ", allowed ", allowed())});
    if (grade == Grade::unknown)
      out.notes.push_back(
          {codes::FACT_MISSING, concat(what, ": the credential does not say enough, allowed ", allowed())});
  };
  take(
      countries(scope, facts), codes::SCOPE_COUNTRY, "country", [&] { return joined(facts.countries); },
      [&] { return joined(*scope.countries); });
  const Grade at_level = level_of(scope, level);
  take(
      at_level, codes::SCOPE_EQF, "level", [&] { return levels_text(*level.eqf); },
      [&] { return levels_text(*scope.eqf); });
  if (at_level == Grade::unknown && !level.eqf && level.trouble)
    out.notes.back() = {*level.trouble, level.sentence};
  else if (at_level == Grade::unknown && level.mismatch)
    out.notes.back() = {*level.mismatch, level.mismatch_sentence};
  take(
      fields(scope, facts), codes::SCOPE_ISCED, "field of education", [&] { return joined(facts.isced); },
      [&] { return joined(*scope.isced); });
  take(
      types(scope, facts), codes::SCOPE_TYPE, "type of credential", [&] { return joined(facts.types); },
      [&] { return joined(*scope.types); });
  take(
      settings(scope, facts), codes::SCOPE_SETTING, "learning setting", [&] { return *facts.setting; },
      [&] { return joined(*scope.settings); });
  take(
      credits(scope, facts), codes::SCOPE_ECTS, "ECTS credits", [&] { return amount(*facts.ects); },
      [&] { return concat("at most ", amount(*scope.max_ects)); });
  return out;
}

}  // namespace vcnode::recognition
