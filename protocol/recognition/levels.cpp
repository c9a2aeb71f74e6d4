#include "protocol/recognition/levels.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/facts/normalise.h"
#include "protocol/recognition/closure.h"
#include "protocol/recognition/codes.h"

namespace vcnode::recognition {

using statement::Interval;

namespace {

// No IRI has a newline.
std::string key_of(std::string_view framework, std::string_view name) {
  return concat(framework, "\n", name);
}

std::string shown(const facts::Level& level) {
  return excerpt(level.iri.empty() ? concat(level.framework, " ", level.level) : level.iri);
}

}  // namespace

Levels::Levels(const Policy& policy, const World& world) {
  std::size_t publisher = 0;
  for (const Did& did : policy.referencing_from) {
    ++publisher;
    const Holding* holding = world.of(lookup_name_of(did.text()));
    // Of a publisher in doubt every table is: it counts as none.
    if (holding == nullptr || doubts_of(*holding).any()) continue;
    auto entries = holding->statements->of(statement::Kind::referencing);
    entries.resize(std::min(entries.size(), kTablesPerPublisherMax));
    for (const statement::Entry* entry : entries) add(publisher, *holding, *entry);
  }
}

void Levels::add(std::size_t publisher, const Holding& holding, const statement::Entry& entry) {
  const statement::Statement& table = *entry.statement;
  const auto& says = *table.as<statement::Referencing>();
  const Life life = life_of(*holding.statements, table);
  for (const statement::Level& level : says.levels) {
    if (!level.eqf) continue;  // says that none corresponds
    const Row row{publisher, holding.statements, &table, life, *level.eqf};
    if (!level.iri.empty()) rows_[facts::canonical_iri(level.iri)].push_back(row);
    if (!level.name.empty()) rows_[key_of(says.framework, level.name)].push_back(row);
  }
}

std::vector<const Levels::Row*> Levels::rows_of(const facts::Level& level, Timestamp moment) const {
  auto found = level.iri.empty() ? rows_.end() : rows_.find(facts::canonical_iri(level.iri));
  if (found == rows_.end()) found = rows_.find(key_of(level.framework, level.level));
  std::map<std::size_t, const Row*> newest;
  if (found == rows_.end()) return {};
  for (const Row& row : found->second) {
    if (row.life.holds_at(moment).grade == Grade::no) continue;
    const Row*& best = newest[row.publisher];
    const auto is_newer = [](const statement::Statement& a, const statement::Statement& b) {
      return a.from != b.from ? a.from > b.from : a.digest < b.digest;
    };
    if (best == nullptr || is_newer(*row.statement, *best->statement)) best = &row;
  }
  std::vector<const Row*> rows;
  for (const auto& one : newest) rows.push_back(one.second);
  return rows;
}

LevelFact Levels::of(const facts::Facts& facts, Timestamp moment) const {
  LevelFact fact;
  if (facts.eqf) fact.eqf = Interval{*facts.eqf, *facts.eqf};
  std::optional<Interval> translated;
  for (const facts::Level& level : facts.nqf) {
    const auto rows = rows_of(level, moment);
    if (rows.empty() && !translated) {
      fact.trouble = codes::LEVEL_TABLE_UNKNOWN;
      fact.sentence = concat("no table that counts has a row for ", shown(level));
    }
    for (const Row* row : rows) {
      fact.evidence.push_back(row->statement->digest);
      if (translated && *translated != row->eqf) {
        fact.trouble = codes::LEVEL_TABLES_CONTRADICT;
        fact.sentence = concat(shown(level), " is EQF ", translated->low, " to ", translated->high,
                               " and EQF ", row->eqf.low, " to ", row->eqf.high);
      }
      if (!translated) translated = row->eqf;
      if (fact.trouble == Code(codes::LEVEL_TABLE_UNKNOWN)) fact.trouble.reset();
    }
  }
  std::sort(fact.evidence.begin(), fact.evidence.end());
  fact.evidence.erase(std::unique(fact.evidence.begin(), fact.evidence.end()), fact.evidence.end());
  if (fact.trouble || !translated) return fact;
  if (!facts.eqf) {
    fact.eqf = translated;
  } else if (!translated->contains(*facts.eqf)) {
    fact.mismatch = codes::LEVEL_MISMATCH;
    fact.sentence =
        concat("stated is EQF ", *facts.eqf, ", the tables say ", translated->low, " to ", translated->high);
  }
  return fact;
}

}  // namespace vcnode::recognition
