// The kinds that are tables: levels, and what adds up to what.
#include <algorithm>
#include <array>
#include <set>

#include "protocol/statement/says.h"

namespace vcnode::statement {
namespace {

constexpr Members::Form kFramework{.words = "a name", .bytes_max = kTokenBytesMax};

Result<Level> read_level(const Members& members) {
  Level out;
  VCNODE_TRY(out.iri, members.text_or_none("nqf", kIri));
  VCNODE_TRY(out.name, members.text_or_none("level", kFramework));
  if (out.iri.empty() && out.name.empty())
    return malformed(members.path(), " has neither nqf nor level: no level is named");
  if (members.find("eqf") != nullptr) {
    VCNODE_TRY(out.eqf, members.eqf("eqf"));
  }
  return out;
}

Result<Clause> read_clause(const Members& members) {
  static constexpr std::string_view kMembers[] = {"atLeast", "of"};
  VCNODE_CHECK(members.only(kMembers));
  VCNODE_TRY(auto of, members.names("of", kAlternativesMax, kIri));
  if (!of)
    return malformed(members.path_of("of"), " is missing, it must hold 1 to ", kAlternativesMax, " IRIs");
  VCNODE_TRY(const auto at_least, members.integer("atLeast", {1, static_cast<std::int64_t>(of->size())}));
  return Clause{static_cast<int>(at_least), *std::move(of)};
}

Result<std::optional<StackRule::AtLevel>> read_at_level(const Members& rule) {
  static constexpr std::string_view kMembers[] = {"eqf", "ects"};
  const json::Value* value = rule.find("minEctsAtLevel");
  if (value == nullptr) return std::optional<StackRule::AtLevel>();
  VCNODE_TRY(const auto members, Members::of(*value, rule.path_of("minEctsAtLevel")));
  VCNODE_CHECK(members.only(kMembers));
  VCNODE_TRY(const auto eqf, members.integer("eqf", {kEqfLow, kEqfHigh}));
  VCNODE_TRY(const auto ects, members.ects("ects"));
  return std::optional(StackRule::AtLevel{static_cast<int>(eqf), ects});
}

Result<bool> read_overlap(const Members& rule) {
  static constexpr Members::Form kOverlap{
      [](std::string_view text) { return text == "allow" || text == "forbid"; }, "allow or forbid"};
  VCNODE_TRY(const auto overlap, rule.text_or_none("outcomeOverlap", kOverlap));
  return overlap != "forbid";
}

// A limit that a reader does not know must not be passed over: no other members.
Result<void> read_rule(const Members& rule, StackRule& out) {
  static constexpr std::string_view kMembers[] = {"clauses", "minEcts",      "minEctsAtLevel",
                                                  "issuers", "maxAgeMonths", "outcomeOverlap"};
  VCNODE_CHECK(rule.only(kMembers));
  VCNODE_TRY(const auto clauses, rule.list("clauses", kClausesMax));
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    VCNODE_TRY(const auto members, Members::of(clauses[i], concat(rule.path_of("clauses"), "/", i)));
    VCNODE_TRY(auto clause, read_clause(members));
    out.clauses.push_back(std::move(clause));
  }
  if (out.clauses.empty())
    return malformed(rule.path_of("clauses"), " is missing, it must have 1 to ", kClausesMax, " values");
  VCNODE_TRY(out.min_ects, rule.ects_or_none("minEcts"));
  VCNODE_TRY(out.min_ects_at_level, read_at_level(rule));
  VCNODE_TRY(out.issuers, rule.names("issuers", kAllowedIssuersMax, kBodyDid));
  VCNODE_TRY(const auto months, rule.integer_or_none("maxAgeMonths", {1, kAgeMonthsMax}));
  if (months) out.max_age_months = static_cast<int>(*months);
  VCNODE_TRY(out.overlap, read_overlap(rule));
  return {};
}

}  // namespace

Result<StackRule> read_stack_rule(const Members& subject) {
  StackRule out;
  VCNODE_TRY(out.target, subject.text("target", kIri));
  const json::Value* rule = subject.find("rule");
  if (rule == nullptr) return malformed(subject.path_of("rule"), " is missing, it must be an object");
  VCNODE_TRY(const auto members, Members::of(*rule, subject.path_of("rule")));
  VCNODE_CHECK(read_rule(members, out));
  return out;
}

Result<Referencing> read_referencing(const Members& subject) {
  Referencing out;
  VCNODE_TRY(out.framework, subject.text("framework", kFramework));
  VCNODE_TRY(out.version, subject.text("version", kFramework));
  VCNODE_TRY(out.country, subject.country_or_none("country"));
  VCNODE_TRY(const auto levels, subject.list("table", kLevelsMax));
  if (levels.empty())
    return malformed(subject.path_of("table"), " is missing, it must have 1 to ", kLevelsMax, " values");
  std::set<std::string> named;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    VCNODE_TRY(const auto members, Members::of(levels[i], concat(subject.path_of("table"), "/", i)));
    VCNODE_TRY(auto level, read_level(members));
    for (const std::string& name : {level.iri, level.name})
      if (!name.empty() && !named.insert(name).second)
        return malformed(members.path(), " is about \"", excerpt(name), "\", as an earlier level is");
    out.levels.push_back(std::move(level));
  }
  return out;
}

}  // namespace vcnode::statement
