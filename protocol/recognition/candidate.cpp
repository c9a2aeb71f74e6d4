#include "protocol/recognition/candidate.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/facts/codes.h"
#include "protocol/recognition/codes.h"

namespace vcnode::recognition {

using statement::Scope;
using statement::Statement;

std::string shown(const Statement& statement) {
  return concat(type_of(statement.kind()), " by ", excerpt(statement.issuer_did), " for ",
                excerpt(statement.subject_id));
}

std::vector<const Statement*> path_of(const Candidate& candidate) {
  std::vector<const Statement*> path = candidate.way->path;
  path.push_back(candidate.grant->statement);
  if (candidate.applicant->mandate != nullptr) path.push_back(candidate.applicant->mandate);
  return path;
}

namespace {

Life window_of(const Scope& scope) {
  return {{scope.from.value_or(kBeginning), scope.until.value_or(kNever)}, {}, false};
}

bool is_accepted(const statement::Accreditation& says, const Policy& policy) {
  return policy.decisions.contains(says.decision) && policy.standing.contains(says.standing);
}

class Assessor {
 public:
  Assessor(const Candidate& candidate, const Measure& measure, bool explain)
      : candidate_(candidate), measure_(measure), explain_(explain) {}

  Assessment run() {
    decision();
    const Scope scope = whole_scope();
    if (const auto nothing = empty_component(scope)) {
      note(Grade::no, *nothing, [] { return std::string("the links of the chain have nothing in common"); });
    } else if (out_.grade != Grade::no) {
      within(scope);
    }
    if (out_.grade != Grade::no) not_understood();
    if (out_.grade != Grade::no) times(scope);
    if (out_.grade != Grade::no) ended_work();
    if (out_.grade != Grade::no) at_award();
    if (out_.grade != Grade::no) negatives();
    if (out_.grade != Grade::no) held();
    sort_notes();
    return std::move(out_);
  }

 private:
  const Query& query() const { return measure_.query; }

  template <class Sentence>
  void note(Grade grade, Code code, Sentence sentence) {
    out_.grade = std::min(out_.grade, grade);
    if (explain_) noted_.push_back({grade, {code, sentence()}});
  }

  void decision() {
    const statement::Accreditation& says = candidate_.grant->says();
    if (!measure_.policy.decisions.contains(says.decision))
      note(Grade::no, codes::DECISION_NOT_POSITIVE, [&] {
        return concat(shown(*candidate_.grant->statement), ": the decision is ", name_of(says.decision));
      });
    if (!measure_.policy.standing.contains(says.standing))
      note(Grade::no, codes::STANDING_NOT_ACCEPTED, [&] {
        return concat(shown(*candidate_.grant->statement), ": its standing is ", name_of(says.standing));
      });
  }

  Scope whole_scope() const {
    Scope scope = statement::meet(candidate_.way->scope, candidate_.grant->says().scope);
    if (const Statement* mandate = candidate_.applicant->mandate)
      scope = statement::meet(scope, mandate->as<statement::Delegation>()->scope);
    return scope;
  }

  void within(const Scope& scope) {
    if (!explain_) {
      out_.grade = std::min(out_.grade, grade_of_fit(scope, query().facts, measure_.level));
      return;
    }
    const Fit fits = fit(scope, query().facts, measure_.level);
    for (const Note& one : fits.notes)
      note(one.code.slug().starts_with("SCOPE_") ? Grade::no : Grade::unknown, one.code,
           [&] { return one.sentence; });
  }

  // Half of what is certified is not judged as the whole, nor a word as the one that was hoped for.
  void not_understood() {
    if (query().facts.several)
      note(Grade::unknown, codes::SEVERAL_ACHIEVEMENTS, [] {
        return std::string("the credential certifies more than one thing, and only the first is read");
      });
    if (!is_known_effect(candidate_.way->effect))
      note(Grade::unknown, codes::EFFECT_UNKNOWN,
           [&] { return concat("the effect is \"", excerpt(candidate_.way->effect), "\""); });
  }

  // What the accreditation rests on.
  Life beneath() const {
    Life life = candidate_.way->life;
    life.meet(window_of(candidate_.way->scope));
    if (const Statement* mandate = candidate_.applicant->mandate) {
      life.meet(life_of(*candidate_.applicant->statements, *mandate));
      life.meet(window_of(mandate->as<statement::Delegation>()->scope));
    }
    return life;
  }

  void times(const Scope& scope) {
    Life life = beneath();
    life.meet(candidate_.grant->life);
    life.meet(window_of(scope));
    const Judged then = life.holds_at_issue(query().when, query().at, measure_.policy.issue_time_proven);
    if (then.code) note(then.grade, *then.code, [&] { return time_sentence(life); });
  }

  void ended_work() {
    const Closing& closed = candidate_.closed;
    if (closed.unsure)
      note(Grade::unknown, codes::SEARCH_LIMIT, [] {
        return std::string("whether the issuer ended its work was taken back too often to be read");
      });
    if (closed.at != kNever) {
      const Life working{{kBeginning, closed.at}, {}, false};
      Judged at_work = working.holds_at_issue(query().when, query().at, measure_.policy.issue_time_proven);
      if (at_work.grade == Grade::no) at_work.code = codes::ISSUER_CLOSED;
      if (at_work.code)
        note(at_work.grade, *at_work.code,
             [&] { return concat("closed at ", closed.at.to_string(), ", ", issued()); });
    }
    const Way& way = *candidate_.way;
    if (way.closed == kNever && !way.over_closed) return;
    // That a statement is older than the end of its author's work, only its author says.
    Grade grade = measure_.policy.issue_time_proven ? Grade::unknown : Grade::yes;
    if (candidate_.grant->statement->from >= way.closed) grade = Grade::no;
    note(grade, codes::AUTHORITY_CLOSED, [&] {
      const std::string what = concat(shown(*candidate_.grant->statement), " or what it rests on");
      if (way.closed == kNever) return concat(what, ": a body before it has closed since");
      return concat(what, " dates from ", candidate_.grant->statement->from.to_string(),
                    ", and its author closed at ", way.closed.to_string());
    });
  }

  // The issuer's standing on the date of the award, if the credential bears one.
  void at_award() {
    const auto& awarded = query().facts.awarded;
    if (!awarded) return;
    Life own = candidate_.grant->life;
    own.meet(window_of(candidate_.grant->says().scope));
    const bool stood = candidate_.grants->at_award || own.holds_at(*awarded).grade == Grade::yes;
    if (stood && beneath().holds_at(*awarded).grade == Grade::yes && *awarded < candidate_.closed.at) return;
    note(Grade::unknown, codes::AWARDED_OUTSIDE_MANDATE, [&] {
      return concat("awarded at ", awarded->to_string(), " by its own word; ",
                    shown(*candidate_.grant->statement), " or what it rests on was not in force then");
    });
  }

  // A newer negative decision of the same body takes a positive one back for as long as it stands.
  void negatives() {
    for (const Grants::Refusal& refusal : candidate_.grants->refusals)
      if (refusal.statement->from >= candidate_.grant->statement->from)
        note(refusal.grade, refusal.code, [&] { return shown(*refusal.statement); });
  }

  void held() {
    if (candidate_.grants->cut_short)
      note(Grade::unknown, codes::SEARCH_LIMIT, [&] {
        return concat(excerpt(candidate_.grant->statement->issuer_did), " said more about ",
                      excerpt(candidate_.grant->statement->subject_id), " than is read");
      });
    if (candidate_.way->doubts.any()) {
      if (!explain_) {
        out_.grade = std::min(out_.grade, Grade::unknown);
      } else {
        for (const Code code : candidate_.way->doubts.codes())
          note(Grade::unknown, code, [&] { return std::string(code.sentence()); });
      }
    }
    if (candidate_.way->oldest_head == kNever) return;
    const std::int64_t age = query().at.seconds() - candidate_.way->oldest_head.seconds();
    const auto sentence = [&] { return concat("the oldest head on the chain is ", age, " seconds old"); };
    const Policy& policy = measure_.policy;
    if (policy.head_age_max_seconds && age > *policy.head_age_max_seconds) {
      note(Grade::unknown, codes::HEAD_OLD, sentence);
    } else if (age >= policy.head_age_warn_seconds) {
      note(Grade::yes, codes::HEAD_OLD, sentence);
    }
  }

  std::string issued() const {
    const auto moment = issue_moment(query().when);
    return moment ? concat("issued at ", moment->to_string(), query().when.proven ? ", proven" : ", claimed")
                  : std::string("the time of issue is not known");
  }

  std::string time_sentence(const Life& life) const {
    std::string span = "in force";
    if (life.span.from != kBeginning) span += concat(" from ", life.span.from.to_string());
    if (life.span.to != kNever) span += concat(" until ", life.span.to.to_string());
    if (!life.out.all().empty())
      span += concat(", withdrawn or suspended from ", life.out.all().front().from.to_string());
    return concat(shown(*candidate_.grant->statement), " and what it rests on: ", span, "; ", issued());
  }

  // Those of the deciding grade first, otherwise as they came.
  void sort_notes() {
    for (const auto& one : noted_)
      if (one.first == out_.grade) out_.notes.push_back(one.second);
    if (out_.grade == Grade::yes) return;
    for (const auto& one : noted_)
      if (one.first == Grade::yes) out_.notes.push_back(one.second);
  }

  const Candidate& candidate_;
  const Measure& measure_;
  bool explain_;
  Assessment out_;
  std::vector<std::pair<Grade, Note>> noted_;
};

}  // namespace

Assessment assess(const Candidate& candidate, const Measure& measure, bool explain) {
  return Assessor(candidate, measure, explain).run();
}

namespace {

std::optional<Grants::Refusal> refusal_of(const Grant& negative, const Measure& measure) {
  const Query& query = measure.query;
  const Grade inside = grade_of_touch(negative.says().scope, query.facts, measure.level);
  if (inside == Grade::no || negative.life.voided) return std::nullopt;
  const auto unknown = [&](Code code) { return Grants::Refusal{negative.statement, Grade::unknown, code}; };
  const auto moment = issue_moment(query.when);
  if (!moment) return unknown(codes::FACT_MISSING);
  Spans stands;
  stands.add(negative.life.span);
  stands.remove(negative.life.out);
  if (!stands.meets(*moment, exists_by(*moment, query.when, query.at))) return std::nullopt;
  if (negative.life.cut_short) return unknown(codes::SEARCH_LIMIT);
  if (!stands.contains(*moment)) return unknown(codes::ISSUE_TIME_UNPROVEN);
  return Grants::Refusal{negative.statement, inside == Grade::yes ? Grade::no : Grade::unknown,
                         codes::DECISION_NOT_POSITIVE};
}

bool stood_at_award(const std::vector<Grant>& positive, const Measure& measure) {
  const auto& awarded = measure.query.facts.awarded;
  return awarded && std::any_of(positive.begin(), positive.end(), [&](const Grant& grant) {
           Life life = grant.life;
           life.meet(window_of(grant.says().scope));
           return is_accepted(grant.says(), measure.policy) && life.holds_at(*awarded).grade == Grade::yes &&
                  grade_of_fit(grant.says().scope, measure.query.facts, measure.level) == Grade::yes;
         });
}

}  // namespace

void settle(Grants& grants, const Measure& measure) {
  for (const Grant& negative : grants.negative)
    if (const auto refusal = refusal_of(negative, measure)) grants.refusals.push_back(*refusal);
  grants.at_award = stood_at_award(grants.positive, measure);
}

bool could_lead_on(const Way& way, const Measure& measure) {
  Life life = way.life;
  life.meet(window_of(way.scope));
  return grade_of_fit(way.scope, measure.query.facts, measure.level) != Grade::no &&
         life.holds_at_issue(measure.query.when, measure.query.at, false).grade != Grade::no;
}

}  // namespace vcnode::recognition
