#include "protocol/recognition/endorsements.h"

#include <algorithm>

namespace vcnode::recognition {

using statement::Entry;
using statement::Kind;
using statement::StatementLog;

namespace {

// The smallest digest of those about `subject` that count; nullopt: none does.
std::optional<Sha256Digest> counting(const StatementLog& log, std::string_view subject, const Query& query,
                                     const LevelFact& level) {
  if (subject.empty()) return std::nullopt;
  StatementLog::Entries entries = log.of(Kind::endorsement, subject);
  entries.resize(std::min(entries.size(), kEndorsementsPerPairMax));
  std::optional<Sha256Digest> smallest;
  for (const Entry* entry : entries) {
    const statement::Statement& one = *entry->statement;
    const statement::Scope& scope = one.as<statement::Endorsement>()->scope;
    if (life_of(log, one).holds_at(query.at).grade != Grade::yes) continue;
    const Life window{{scope.from.value_or(kBeginning), scope.until.value_or(kNever)}, {}, false};
    if (window.holds_at_issue(query.when, query.at, false).grade != Grade::yes) continue;
    if (grade_of_fit(scope, query.facts, level) != Grade::yes) continue;
    if (!smallest || one.digest < *smallest) smallest = one.digest;
  }
  return smallest;
}

}  // namespace

Endorsed endorsed_by(const std::set<Did>& bodies, const Query& query, const LevelFact& level,
                     const World& world) {
  Endorsed out;
  std::set<std::string_view> asked;  // two DIDs of one SCID are one body
  for (const Did& did : bodies) {
    const std::string_view name = lookup_name_of(did.text());
    if (name == query.issuer || !asked.insert(name).second) continue;
    const Holding* holding = world.of(name);
    if (holding == nullptr) continue;
    auto evidence = counting(*holding->statements, query.issuer, query, level);
    if (!evidence) evidence = counting(*holding->statements, query.facts.achievement, query, level);
    if (!evidence) continue;
    if (doubts_of(*holding).any()) {
      out.in_doubt.emplace_back(name);
      continue;
    }
    out.by.emplace_back(name);
    out.evidence.push_back(*evidence);
  }
  std::sort(out.by.begin(), out.by.end());
  std::sort(out.in_doubt.begin(), out.in_doubt.end());
  return out;
}

}  // namespace vcnode::recognition
