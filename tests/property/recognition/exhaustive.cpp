#include "tests/property/recognition/exhaustive.h"

#include <algorithm>
#include <deque>

#include "protocol/recognition/candidate.h"

namespace vcnode::test {
namespace {

using recognition::Applicant;
using recognition::Candidate;
using recognition::Doubt;
using recognition::empty_component;
using recognition::goes_before;
using recognition::Grade;
using recognition::Grant;
using recognition::Grants;
using recognition::Holding;
using recognition::kIdentityOnly;
using recognition::kNever;
using recognition::LevelFact;
using recognition::Levels;
using recognition::life_of;
using recognition::MapWorld;
using recognition::Measure;
using recognition::Outcome;
using recognition::Policy;
using recognition::Query;
using recognition::rank_of_effect;
using recognition::Way;
using statement::Kind;
using statement::Statement;

class Exhaustive {
 public:
  explicit Exhaustive(const RandomWorld& random)
      : policy_(random.policy),
        map_(random.world.world()),
        issuer_(body_did(random.asked.issuer)),
        query_{random.asked.facts, issuer_, random.asked.when, random.asked.at} {
    level_ = Levels().of(query_.facts, query_.facts.awarded.value());
    compare_cycle(level_, query_.facts);
    applicant_.name = issuer_;
  }

  recognition::Recognition run() {
    for (std::size_t i = 0; i < policy_.anchors.size(); ++i) {
      Way way;
      way.anchor = i;
      way.scope = policy_.anchors[i].scope;
      way.recognitions_left = policy_.anchors[i].max_recognition;
      way.delegations_left = policy_.anchors[i].max_delegation;
      walk(way, policy_.anchors[i].did, false);
    }
    recognition::Recognition out;
    out.outcome = best_outcome_;
    const std::vector<const Statement*>* path = &best_path_;
    if (best_outcome_ == Outcome::not_established && unseen_) {
      out.outcome = Outcome::cannot_tell;
      path = &unseen_path_;
    }
    if (out.outcome >= Outcome::partly_recognised) out.effect = best_effect_;
    if (out.outcome == Outcome::recognised && level_.mismatch) out.outcome = Outcome::partly_recognised;
    if (out.outcome == Outcome::not_established) return out;
    for (const Statement* one : *path)
      out.chain.push_back({one->digest, one->kind(), one->issuer_did, one->subject_id});
    return out;
  }

 private:
  Measure measure() const { return {policy_, query_, level_}; }

  void walk(Way way, const std::string& did, bool delegated) {
    const Holding* holding = map_.of(did);
    way.closed = closing_over(did, way.path, map_).at;
    bool incomplete = holding == nullptr;
    if (holding != nullptr) {
      way.doubts.add(doubts_of(*holding));
      way.oldest_head = std::min(way.oldest_head, holding->head_time.value_or(kNever));
      const bool old = holding->head_time && policy_.head_age_max_seconds &&
                       query_.at.seconds() - holding->head_time->seconds() > *policy_.head_age_max_seconds;
      incomplete = doubts_of(*holding).any() || old;
    }
    if (incomplete && could_lead_on(way, measure()) && (!unseen_ || goes_before(way.path, unseen_path_))) {
      unseen_ = true;
      unseen_path_ = way.path;
    }
    if (holding == nullptr) return;
    const auto& log = *holding->statements;
    if (did != issuer_) accreditations(way, log);
    for (const statement::Entry* entry : log.entries()) {
      const Statement& one = *entry->statement;
      if (one.subject() == did) continue;
      if (one.kind() == Kind::recognition && !delegated) recognise(way, one, log);
      if (one.kind() == Kind::delegation) delegate(way, one, log);
    }
  }

  void recognise(Way way, const Statement& one, const statement::StatementLog& log) {
    const auto& says = *one.as<statement::Recognition>();
    if (way.recognitions_left-- == 0 || (way.recognitions_used++ > 0 && !says.transitive)) return;
    if (life_of(log, one).holds_at(query_.at).grade != Grade::yes) return;
    if (says.agreement && !policy_.one_sided_agreements) {
      const Grade other = other_side(one, map_, query_.at).grade;
      if (other == Grade::no) return;
      if (other == Grade::unknown) way.doubts.add(Doubt::one_sided);
    }
    const bool first = way.recognitions_used == 1;
    if (first || rank_of_effect(says.effect) < rank_of_effect(way.effect)) way.effect = says.effect;
    further(std::move(way), one, says.scope, false);
  }

  void delegate(Way way, const Statement& one, const statement::StatementLog& log) {
    const auto& says = *one.as<statement::Delegation>();
    if (way.delegations_left == 0) return;
    way.life.meet(life_of(log, one));
    if (way.life.voided) return;
    way.delegations_left = std::min(way.delegations_left - 1, says.max_path_length);
    further(std::move(way), one, says.scope, true);
  }

  void further(Way way, const Statement& one, const statement::Scope& scope, bool delegated) {
    if (one.from >= way.closed) return;
    way.over_closed = way.over_closed || way.closed != kNever;
    way.scope = statement::meet(way.scope, scope);
    if (empty_component(way.scope)) return;
    way.path.push_back(&one);
    walk(std::move(way), one.subject_id, delegated);
  }

  void accreditations(const Way& way, const statement::StatementLog& log) {
    Grants grants;
    for (const statement::Entry* entry : log.of(Kind::accreditation, issuer_)) {
      const bool negative =
          entry->statement->as<statement::Accreditation>()->decision == statement::Decision::negative;
      (negative ? grants.negative : grants.positive)
          .push_back({entry->statement.get(), life_of(log, *entry->statement)});
    }
    settle(grants, measure());
    for (const Grant& grant : grants.positive) {
      auto path = way.path;
      path.push_back(grant.statement);
      consider({&way, &grant, &grants, &applicant_, closing_over(issuer_, path, map_)});
    }
  }

  void consider(const Candidate& candidate) {
    const Grade grade = assess(candidate, measure(), false).grade;
    if (grade == Grade::no) return;
    const Outcome outcome = grade == Grade::unknown                  ? Outcome::cannot_tell
                            : candidate.way->effect == kIdentityOnly ? Outcome::partly_recognised
                                                                     : Outcome::recognised;
    const auto path = path_of(candidate);
    const int rank = rank_of_effect(candidate.way->effect);
    const auto key = std::pair(outcome, rank);
    const auto best = std::pair(best_outcome_, rank_of_effect(best_effect_));
    if (best_outcome_ != Outcome::not_established &&
        (key < best || (key == best && !goes_before(path, best_path_))))
      return;
    best_outcome_ = outcome;
    best_effect_ = candidate.way->effect;
    best_path_ = path;
  }

  const Policy& policy_;
  MapWorld map_;
  std::string issuer_;
  Query query_;
  LevelFact level_;
  Applicant applicant_;
  Outcome best_outcome_ = Outcome::not_established;
  std::string best_effect_;
  std::vector<const Statement*> best_path_;
  bool unseen_ = false;
  std::vector<const Statement*> unseen_path_;
};

}  // namespace

recognition::Recognition exhaustive(const RandomWorld& random) {
  return Exhaustive(random).run();
}

}  // namespace vcnode::test
