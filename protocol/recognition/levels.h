// Levels: which European level a national one is, by the tables that the policy's publishers signed
// (protocol/spec/recognition.md). No table is built in.
//
// Threading: immutable.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/facts/facts.h"

#include "protocol/recognition/life.h"
#include "protocol/recognition/policy.h"
#include "protocol/recognition/world.h"

namespace vcnode::recognition {

// Tables of one publisher that are read: 47 frameworks, re-referenced a few times. Where there are more, no
// level is known.
inline constexpr std::size_t kTablesPerPublisherMax = 2048;

// The level a credential is of, as far as it and the tables say.
struct LevelFact {
  std::optional<statement::Interval> eqf;
  // LEVEL_TABLE_UNKNOWN, LEVEL_TABLES_CONTRADICT, SEARCH_LIMIT: what is wrong with what the tables say.
  std::optional<Code> trouble;
  // LEVEL_MISMATCH: what is stated lies outside what the tables say; CYCLE_EQF_MISMATCH: the cycle is at
  // another.
  std::optional<Code> mismatch;
  std::string sentence;  // about trouble
  std::string mismatch_sentence;
  std::vector<Sha256Digest> evidence;  // tables that were read; sorted
};

// The cycle that the credential states says a European level too. If it is another, the level may be either.
void compare_cycle(LevelFact& level, const facts::Facts& facts);

class Levels {
 public:
  Levels() = default;
  Levels(const Policy& policy, const World& world);

  // `moment`: whose tables were in force; of the award.
  [[nodiscard]] LevelFact of(const facts::Facts& facts, Timestamp moment) const;

 private:
  struct Table {
    std::size_t publisher;
    std::shared_ptr<const statement::StatementLog> keeps;
    const statement::Statement* statement;
    Life life;
    [[nodiscard]] const statement::Referencing& says() const {
      return *statement->as<statement::Referencing>();
    }
  };
  struct Row {
    std::size_t table;
    std::optional<statement::Interval> eqf;  // none: the level has no level in the EQF
  };
  // What one table says of one level of the credential.
  struct Said {
    const facts::Level* level;
    const Table* table;
    std::optional<statement::Interval> eqf;
  };

  void add(std::size_t publisher, const Holding& holding, const statement::Entry& entry);
  // In force, and the publisher has no newer one of the framework that is.
  [[nodiscard]] bool is_newest(const Table& table, Timestamp moment) const;
  [[nodiscard]] std::vector<Said> said_of(const facts::Level& level, Timestamp moment) const;
  void find_trouble(LevelFact& fact, const facts::Facts& facts, const std::vector<Said>& all) const;

  std::vector<Table> tables_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> frameworks_;
  std::map<std::string, std::vector<Row>, std::less<>> rows_;  // by IRI, and by framework and name
  bool cut_short_ = false;                                     // there is more than is read
};

}  // namespace vcnode::recognition
