#include "protocol/recognition/levels.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/facts/codes.h"
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

std::string in_words(const std::optional<Interval>& eqf) {
  if (!eqf) return "without a level in the EQF";
  return eqf->low == eqf->high ? concat("EQF ", eqf->low) : concat("EQF ", eqf->low, " to ", eqf->high);
}

}  // namespace

void compare_cycle(LevelFact& level, const facts::Facts& facts) {
  const auto of_cycle = facts.cycle ? facts::eqf_of_cycle(*facts.cycle) : std::nullopt;
  if (!of_cycle || !level.eqf || level.eqf->contains(*of_cycle)) return;
  if (!level.mismatch) level.mismatch = codes::CYCLE_EQF_MISMATCH;
  level.mismatch_sentence +=
      concat(level.mismatch_sentence.empty() ? "" : "; ", "the level is EQF ", level.eqf->low, ", and the ",
             *facts.cycle, " cycle is at EQF ", *of_cycle);
  level.eqf = Interval{std::min(level.eqf->low, *of_cycle), std::max(level.eqf->high, *of_cycle)};
}

Levels::Levels(const Policy& policy, const World& world) {
  std::size_t publisher = 0;
  for (const Did& did : policy.referencing_from) {
    ++publisher;
    const Holding* holding = world.of(lookup_name_of(did.text()));
    // Of a publisher in doubt every table is: it counts as none.
    if (holding == nullptr || doubts_of(*holding).any()) continue;
    auto entries = holding->statements->of(statement::Kind::referencing);
    cut_short_ = cut_short_ || entries.size() > kTablesPerPublisherMax;
    entries.resize(std::min(entries.size(), kTablesPerPublisherMax));
    for (const statement::Entry* entry : entries) add(publisher, *holding, *entry);
  }
}

void Levels::add(std::size_t publisher, const Holding& holding, const statement::Entry& entry) {
  const statement::Statement& table = *entry.statement;
  const auto& says = *table.as<statement::Referencing>();
  const Life life = life_of(*holding.statements, table);
  cut_short_ = cut_short_ || life.cut_short;
  frameworks_[says.framework].push_back(tables_.size());
  for (const statement::Level& level : says.levels) {
    const Row row{tables_.size(), level.eqf};
    if (!level.iri.empty()) rows_[facts::canonical_iri(level.iri)].push_back(row);
    if (!level.name.empty()) rows_[key_of(says.framework, level.name)].push_back(row);
  }
  tables_.push_back({publisher, holding.statements, &table, life});
}

bool Levels::is_newest(const Table& table, Timestamp moment) const {
  if (table.life.holds_at(moment).grade == Grade::no) return false;
  const auto& country = table.says().country;
  const auto& rivals = frameworks_.find(table.says().framework)->second;
  return std::none_of(rivals.begin(), rivals.end(), [&](std::size_t index) {
    const Table& other = tables_[index];
    // Two countries may give their frameworks one name.
    const bool same = !country || !other.says().country || *country == *other.says().country;
    return same && other.publisher == table.publisher && other.statement->from > table.statement->from &&
           other.life.holds_at(moment).grade != Grade::no;
  });
}

std::vector<Levels::Said> Levels::said_of(const facts::Level& level, Timestamp moment) const {
  std::vector<Said> said;
  const auto look = [&](std::string_view key) {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return;
    for (const Row& row : found->second)
      if (is_newest(tables_[row.table], moment)) said.push_back({&level, &tables_[row.table], row.eqf});
  };
  if (!level.iri.empty()) look(facts::canonical_iri(level.iri));
  if (said.empty()) look(key_of(level.framework, level.level));
  return said;
}

void Levels::find_trouble(LevelFact& fact, const facts::Facts& facts, const std::vector<Said>& all) const {
  const auto is_said = [&](const facts::Level& level) {
    return std::any_of(all.begin(), all.end(), [&](const Said& one) { return one.level == &level; });
  };
  const auto not_said = std::find_if_not(facts.nqf.begin(), facts.nqf.end(), is_said);
  const auto differs = [&](const Said& one) { return one.eqf != all.front().eqf; };
  const auto other = std::find_if(all.begin(), all.end(), differs);
  if (cut_short_ && !facts.nqf.empty()) {
    fact.trouble = codes::SEARCH_LIMIT;
    fact.sentence = "there are more tables of levels, or withdrawals of them, than are read";
  } else if (other != all.end()) {
    fact.trouble = codes::LEVEL_TABLES_CONTRADICT;
    fact.sentence = concat(shown(*all.front().level), " is ", in_words(all.front().eqf), ", ",
                           shown(*other->level), " is ", in_words(other->eqf));
  } else if (not_said != facts.nqf.end()) {
    fact.trouble = codes::LEVEL_TABLE_UNKNOWN;
    fact.sentence = concat("no newest table that counts has a row for ", shown(*not_said));
  } else if (!all.empty() && !all.front().eqf && !facts.eqf) {
    fact.trouble = codes::LEVEL_TABLE_UNKNOWN;
    fact.sentence =
        concat("by the table that counts ", shown(*all.front().level), " has no level in the EQF");
  }
}

LevelFact Levels::of(const facts::Facts& facts, Timestamp moment) const {
  LevelFact fact;
  std::vector<Said> all;
  for (const facts::Level& level : facts.nqf) {
    const auto said = said_of(level, moment);
    all.insert(all.end(), said.begin(), said.end());
  }
  for (const Said& one : all) fact.evidence.push_back(one.table->statement->digest);
  std::sort(fact.evidence.begin(), fact.evidence.end());
  fact.evidence.erase(std::unique(fact.evidence.begin(), fact.evidence.end()), fact.evidence.end());
  find_trouble(fact, facts, all);
  if (!facts.eqf) {
    // A level of a second framework that no table knows takes nothing from what is known of the first.
    if (!all.empty() && (!fact.trouble || fact.trouble == Code(codes::LEVEL_TABLE_UNKNOWN)))
      fact.eqf = all.front().eqf;
    return fact;
  }
  fact.eqf = Interval{*facts.eqf, *facts.eqf};
  for (const Said& one : all) {
    if (fact.mismatch || (one.eqf && one.eqf->contains(*facts.eqf))) continue;
    fact.mismatch = codes::LEVEL_MISMATCH;
    fact.mismatch_sentence = concat("stated is EQF ", *facts.eqf, "; by the tables ", shown(*one.level),
                                    " is ", in_words(one.eqf));
  }
  return fact;
}

}  // namespace vcnode::recognition
