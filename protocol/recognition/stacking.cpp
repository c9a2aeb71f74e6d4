#include "protocol/recognition/stacking.h"

#include <algorithm>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/recognition/codes.h"

namespace vcnode::recognition {

using statement::Clause;
using statement::StackRule;

namespace {

constexpr std::int64_t kMeanMonthSeconds = 2'629'746;  // of the Gregorian calendar
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

bool contains(const Part& outer, const Part& inner) {
  return std::any_of(
      outer.facts.components.begin(), outer.facts.components.end(), [&](const facts::Component& one) {
        return one.digest ? *one.digest == inner.digest : !one.id.empty() && one.id == inner.id;
      });
}

bool share_outcomes(const Part& a, const Part& b) {
  return std::any_of(a.facts.skills.begin(), a.facts.skills.end(), [&](const std::string& skill) {
    return std::binary_search(b.facts.skills.begin(), b.facts.skills.end(), skill);
  });
}

// Places of clauses and components that may fill them; a largest matching by augmenting paths.
class Places {
 public:
  explicit Places(const std::vector<Clause>& clauses) : clauses_(clauses) {
    for (std::size_t clause = 0; clause < clauses.size(); ++clause)
      for (int i = 0; i < clauses[clause].at_least; ++i) places_.push_back({clause, kNone});
  }
  void fill(const std::vector<const Part*>& parts) {
    for (std::size_t part = 0; part < parts.size(); ++part) {
      std::vector<bool> seen(places_.size());
      (void)place(parts, part, seen);
    }
  }
  [[nodiscard]] int filled(std::size_t clause) const {
    return static_cast<int>(std::count_if(places_.begin(), places_.end(), [clause](const Place& one) {
      return one.clause == clause && one.part != kNone;
    }));
  }

 private:
  struct Place {
    std::size_t clause;
    std::size_t part;
  };
  bool place(const std::vector<const Part*>& parts, std::size_t part, std::vector<bool>& seen) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const statement::Names& of = clauses_[places_[i].clause].of;
      if (seen[i] || !std::binary_search(of.begin(), of.end(), parts[part]->facts.achievement)) continue;
      seen[i] = true;
      if (places_[i].part != kNone && !place(parts, places_[i].part, seen)) continue;
      places_[i].part = part;
      return true;
    }
    return false;
  }
  const std::vector<Clause>& clauses_;
  std::vector<Place> places_;
};

class Adding {
 public:
  Adding(const StackRule& rule, std::vector<Part> parts, const Whole& whole)
      : rule_(rule), whole_(whole), parts_(std::move(parts)) {
    std::sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return a.digest < b.digest; });
    learner_ = whole.learner;
    for (const Part& part : parts_)
      if (learner_.empty()) learner_ = part.facts.learner;
  }

  Stack run() {
    for (const Part& part : parts_) out_.parts.push_back(alone(part));
    count_once();
    if (!rule_.overlap) forbid_overlap();
    fill_clauses();
    add_credits();
    decide();
    return std::move(out_);
  }

 private:
  static void note(PartAnswer& answer, Grade grade, Code code, std::string sentence) {
    answer.grade = std::min(answer.grade, grade);
    answer.notes.push_back({code, std::move(sentence)});
  }
  static std::string shown(const Part& part) {
    return excerpt(part.facts.achievement.empty() ? part.id : part.facts.achievement);
  }

  PartAnswer alone(const Part& part) const {
    PartAnswer answer{part.digest, Grade::yes, {}, part.facts.ects.value_or(0)};
    if (part.recognition.outcome == Outcome::not_established) {
      answer.grade = Grade::no;
      answer.notes = part.recognition.notes;
    } else if (part.recognition.outcome != Outcome::recognised) {
      answer.grade = Grade::unknown;
      answer.notes = part.recognition.notes;
    }
    if (part.unknown) note(answer, Grade::unknown, part.unknown->code, part.unknown->sentence);
    if (part.facts.learner.empty() || part.facts.learner != learner_)
      note(answer, Grade::unknown, codes::STACK_LEARNER_UNKNOWN, shown(part));
    if (part.revoked)
      note(answer, whole_.awarded ? Grade::yes : Grade::no, codes::STACK_COMPONENT_REVOKED, shown(part));
    if (rule_.issuers && !allowed(part.issuer))
      note(answer, Grade::no, codes::STACK_ISSUER_NOT_ALLOWED, excerpt(part.issuer));
    check_age(part, answer);
    if (!part.facts.ects && part.facts.hours)
      note(answer, Grade::yes, codes::STACK_CREDITS_MIXED,
           concat(shown(part), " adds nothing to the credits"));
    return answer;
  }

  bool allowed(std::string_view issuer) const {
    return std::any_of(rule_.issuers->begin(), rule_.issuers->end(),
                       [&](const std::string& did) { return lookup_name_of(did) == issuer; });
  }

  void check_age(const Part& part, PartAnswer& answer) const {
    if (!rule_.max_age_months) return;
    const auto made = part.facts.awarded ? part.facts.awarded : issue_moment(part.when);
    if (!made) return note(answer, Grade::unknown, codes::FACT_MISSING, concat(shown(part), ": no date"));
    const Timestamp now = whole_.awarded.value_or(whole_.at);
    if (made->plus_seconds(*rule_.max_age_months * kMeanMonthSeconds) < now)
      note(
          answer, Grade::no, codes::STACK_COMPONENT_OLD,
          concat(shown(part), ", of ", made->to_string(), ": older than ", *rule_.max_age_months, " months"));
  }

  // The outer one counts, unless it is worse than what it contains.
  void count_once() {
    std::vector<Grade> alone;
    for (const PartAnswer& answer : out_.parts) alone.push_back(answer.grade);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      for (std::size_t other = 0; other < parts_.size(); ++other) {
        if (i == other || !gives_way(i, other, alone)) continue;
        note(out_.parts[i], Grade::no, codes::STACK_COUNTED_TWICE, shown(parts_[i]));
        break;
      }
    }
  }

  bool gives_way(std::size_t i, std::size_t other, const std::vector<Grade>& alone) const {
    const Part& a = parts_[i];
    const Part& b = parts_[other];
    if (alone[i] == Grade::no) return false;
    const bool same = a.digest == b.digest || (!a.id.empty() && a.id == b.id && a.issuer == b.issuer);
    const bool inside = contains(b, a);
    const bool around = contains(a, b);
    if (same || (inside && around)) return alone[i] != alone[other] ? alone[i] < alone[other] : i > other;
    if (inside) return alone[other] >= alone[i];
    return around && alone[other] > alone[i];
  }

  // The larger one stays.
  void forbid_overlap() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (out_.parts[i].grade != Grade::no) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (out_.parts[a].grade != out_.parts[b].grade) return out_.parts[a].grade > out_.parts[b].grade;
      return out_.parts[a].ects > out_.parts[b].ects;
    });
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) {
      const auto overlaps = [&](std::size_t other) { return share_outcomes(parts_[i], parts_[other]); };
      if (std::any_of(kept.begin(), kept.end(), overlaps)) {
        note(out_.parts[i], Grade::no, codes::STACK_OVERLAP, shown(parts_[i]));
      } else {
        kept.push_back(i);
      }
    }
  }

  bool is_of_use(const Part& part) const {
    return rule_.clauses.empty() ||
           std::any_of(rule_.clauses.begin(), rule_.clauses.end(), [&](const Clause& clause) {
             return std::binary_search(clause.of.begin(), clause.of.end(), part.facts.achievement);
           });
  }

  std::vector<const Part*> at_least(Grade grade) const {
    std::vector<const Part*> good;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (out_.parts[i].grade >= grade && is_of_use(parts_[i])) good.push_back(&parts_[i]);
    return good;
  }

  void fill_clauses() {
    Places sure(rule_.clauses);
    sure.fill(at_least(Grade::yes));
    Places possible(rule_.clauses);
    possible.fill(at_least(Grade::unknown));
    for (std::size_t i = 0; i < rule_.clauses.size(); ++i)
      out_.clauses.push_back({rule_.clauses[i].at_least, sure.filled(i), possible.filled(i)});
  }

  static void add(Totals& totals, Grade grade, double ects) {
    (grade == Grade::yes       ? totals.counted
     : grade == Grade::unknown ? totals.unknown
                               : totals.rejected) += ects;
  }

  void add_credits() {
    out_.ects.needed = rule_.min_ects;
    if (rule_.min_ects_at_level) out_.ects_at_level.needed = rule_.min_ects_at_level->ects;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const PartAnswer& answer = out_.parts[i];
      if (!is_of_use(parts_[i])) continue;
      add(out_.ects, answer.grade, answer.ects);
      if (!rule_.min_ects_at_level) continue;
      const auto eqf = parts_[i].facts.eqf;
      const Grade at_level = !eqf                                   ? Grade::unknown
                             : *eqf >= rule_.min_ects_at_level->eqf ? Grade::yes
                                                                    : Grade::no;
      add(out_.ects_at_level, std::min(answer.grade, at_level), answer.ects);
    }
  }

  static bool enough(const Totals& totals, bool with_unknown) {
    return !totals.needed || totals.counted + (with_unknown ? totals.unknown : 0) >= *totals.needed;
  }

  bool complete(bool with_unknown) const {
    const auto is_filled = [with_unknown](const ClauseAnswer& one) {
      return (with_unknown ? one.possible : one.filled) >= one.needed;
    };
    return enough(out_.ects, with_unknown) && enough(out_.ects_at_level, with_unknown) &&
           std::all_of(out_.clauses.begin(), out_.clauses.end(), is_filled);
  }

  void decide() {
    const bool something = !at_least(Grade::yes).empty();
    const bool whole = complete(false) && something;
    if (whole) {
      out_.outcome = Outcome::recognised;
    } else if (complete(true) && !at_least(Grade::unknown).empty()) {
      out_.outcome = Outcome::cannot_tell;
    } else if (something) {
      out_.outcome = Outcome::partly_recognised;
    }
    const Code code = whole ? Code(codes::STACK_COMPLETE) : Code(codes::STACK_INCOMPLETE);
    out_.notes.push_back({code, out_.summary()});
    for (const PartAnswer& answer : out_.parts)
      out_.notes.insert(out_.notes.end(), answer.notes.begin(), answer.notes.end());
  }

  const StackRule& rule_;
  const Whole& whole_;
  std::vector<Part> parts_;
  std::string learner_;
  Stack out_;
};

std::string credits_text(double ects) {
  const auto tenths = static_cast<std::int64_t>(ects * 10 + 0.5);
  return tenths % 10 == 0 ? concat(tenths / 10) : concat(tenths / 10, ".", tenths % 10);
}

}  // namespace

std::string Stack::summary() const {
  std::string text = credits_text(ects.counted);
  if (ects.needed) text += concat(" of ", credits_text(*ects.needed));
  text += " ECTS";
  if (ects.unknown > 0) text += concat(", ", credits_text(ects.unknown), " unknown");
  const auto unknown = std::find_if(parts.begin(), parts.end(),
                                    [](const PartAnswer& one) { return one.grade == Grade::unknown; });
  if (unknown != parts.end() && !unknown->notes.empty())
    text += concat(": ", unknown->notes.front().code.slug());
  for (const ClauseAnswer& clause : clauses)
    if (clause.filled < clause.needed)
      text += concat("; ", clause.filled, " of ", clause.needed, " of a clause");
  return text;
}

Stack stack(const StackRule& rule, std::vector<Part> parts, const Whole& whole) {
  VCNODE_ASSERT(parts.size() <= kPartsMax);
  return Adding(rule, std::move(parts), whole).run();
}

}  // namespace vcnode::recognition
