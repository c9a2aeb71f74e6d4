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

// Tables of one publisher that are read, the oldest first: 47 frameworks, re-referenced a few times.
inline constexpr std::size_t kTablesPerPublisherMax = 512;

// The level a credential is of, as far as it and the tables say.
struct LevelFact {
  std::optional<statement::Interval> eqf;
  std::optional<Code> trouble;   // LEVEL_TABLE_UNKNOWN, LEVEL_TABLES_CONTRADICT: why the tables give none
  std::optional<Code> mismatch;  // LEVEL_MISMATCH: what is stated lies outside what the tables say
  std::string sentence;          // about trouble or mismatch
  std::vector<Sha256Digest> evidence;  // tables that were read; sorted
};

class Levels {
 public:
  Levels() = default;
  Levels(const Policy& policy, const World& world);

  // `moment`: whose tables were in force; of the award.
  [[nodiscard]] LevelFact of(const facts::Facts& facts, Timestamp moment) const;

 private:
  struct Row {
    std::size_t publisher;
    std::shared_ptr<const statement::StatementLog> keeps;
    const statement::Statement* statement;
    Life life;
    statement::Interval eqf;
  };
  // All that the publishers say of one national level, each by its newest table in force.
  [[nodiscard]] std::vector<const Row*> rows_of(const facts::Level& level, Timestamp moment) const;
  void add(std::size_t publisher, const Holding& holding, const statement::Entry& entry);

  std::map<std::string, std::vector<Row>, std::less<>> rows_;  // by IRI, and by framework and name
};

}  // namespace vcnode::recognition
