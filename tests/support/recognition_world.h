// A world of statements for tests of recognition: who said what about whom, without feeds and signatures.
//
// Bodies are named by one word ("ministry"), their DIDs are did:web; or by a DID. The digest of a statement
// follows from its content and its number, so that shuffling what was said changes nothing else.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/recognition/judge.h"
#include "protocol/recognition/policy.h"
#include "protocol/recognition/world.h"

namespace vcnode::test {

[[nodiscard]] std::string body_did(std::string_view word_or_did);
[[nodiscard]] inline Timestamp year(int number) {  // about; all that counts is the order
  return Timestamp((number - 1970) * 31'556'952LL);
}
inline constexpr Timestamp kJudgedAt{1'795'392'000};  // 2026-11-23T00:00:00Z

using StatementPtr = std::shared_ptr<const statement::Statement>;

struct Lasting {
  Timestamp from = year(2020);
  std::optional<Timestamp> until = std::nullopt;
};

class RecognitionWorld {
 public:
  struct Body {
    std::vector<statement::Entry> entries;
    std::size_t missing = 0;
    bool contradicted = false;
    bool newer_known = false;
    std::optional<Timestamp> head_time = kJudgedAt;
  };

  // The body is held from now on.
  Body& body(std::string_view word) { return bodies_[std::string(lookup_name_of(body_did(word)))]; }
  void forget(std::string_view word) { bodies_.erase(std::string(lookup_name_of(body_did(word)))); }

  StatementPtr say(std::string_view who, std::string_view about, statement::Says says, Lasting when = {});
  StatementPtr accredit(std::string_view who, std::string_view whom, statement::Scope scope = {},
                        Lasting when = {});
  StatementPtr delegate(std::string_view who, std::string_view whom, statement::Scope scope = {},
                        int path_length = 0, Lasting when = {});
  StatementPtr recognise(std::string_view who, std::string_view whom, std::string effect = "presumption",
                         statement::Scope scope = {}, bool transitive = false, Lasting when = {});
  // By the same body.
  StatementPtr withdraw(const StatementPtr& one, statement::Ending how, Timestamp from);

  [[nodiscard]] recognition::MapWorld world() const;
  [[nodiscard]] std::map<std::string, Body>& bodies() noexcept { return bodies_; }

 private:
  std::map<std::string, Body> bodies_;  // by lookup name
  int number_ = 0;
};

// Both sign the agreement.
[[nodiscard]] statement::Says agreed(std::string_view agreement, std::string effect = "level-automatic");

[[nodiscard]] recognition::Policy anchored(std::string_view word, int recognitions = 1, int delegations = 2);

// A complete micro-credential: EE, EQF 6, ISCED 0714, 6 ECTS, awarded in the middle of 2025.
[[nodiscard]] facts::Facts micro_credential();
inline const Timestamp kAwarded = year(2025).plus_seconds(180 * 86'400);

struct Asked {
  facts::Facts facts = micro_credential();
  std::string issuer = "uni";
  recognition::IssueTime when = {kAwarded, std::nullopt};
  Timestamp at = kJudgedAt;
};
[[nodiscard]] recognition::Recognition judged(const RecognitionWorld& world,
                                              const recognition::Policy& policy, const Asked& asked = {});
[[nodiscard]] bool says(const recognition::Recognition& recognition, Code code);

}  // namespace vcnode::test
