#include "protocol/recognition/stacking.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/ascii.h"
#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/nesting.h"

namespace vcnode::recognition {

using statement::Clause;
using statement::StackRule;

namespace {

constexpr std::int64_t kMeanMonthSeconds = 2'629'746;  // of the Gregorian calendar
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Capitals and white space are no difference.
std::string plain_outcome(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::string out;
  for (const char c : lower_case(text)) {
    const bool blank = kBlanks.find(c) != std::string_view::npos;
    if (!blank || (!out.empty() && out.back() != ' ')) out += blank ? ' ' : c;
  }
  return out.substr(0, out.find_last_not_of(' ') + 1);
}

// What a component says is learnt: the skills it names, and its words in every language.
std::set<std::string> outcomes_of(const facts::Facts& facts) {
  std::set<std::string> out(facts.skills.begin(), facts.skills.end());
  const auto value = nlohmann::json::parse(facts.element(6).value, nullptr, false);
  if (!value.is_array()) return out;
  for (const auto& outcome : value) {
    const auto text = outcome.is_object() ? outcome.find("text") : outcome.end();
    if (!outcome.is_object() || text == outcome.end() || !text->is_object()) continue;
    for (const auto& words : text->items())
      if (words.value().is_string()) out.insert(plain_outcome(words.value().get_ref<const std::string&>()));
  }
  return out;
}

bool share_outcomes(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& one) { return b.count(one) != 0; });
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
    count_once(order_of_worth());
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
    PartAnswer answer{part.digest, Grade::yes, {}, Credits::stated(part.facts.ects.value_or(0))};
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
    if (part.revoked) check_revocation(part, answer);
    if (whole_.awarded) check_award(part, answer);
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

  // A list has no dates of its bits: what stood in the newest one when the whole was awarded was revoked by
  // then; of an earlier award the lists of that time would have to tell, and they are not kept.
  void check_revocation(const Part& part, PartAnswer& answer) const {
    if (!whole_.awarded || (part.revoked_by && *part.revoked_by <= *whole_.awarded))
      return note(answer, Grade::no, codes::STACK_COMPONENT_REVOKED, shown(part));
    note(answer, Grade::unknown, codes::STACK_REVOCATION_UNDATED,
         concat(shown(part), " is revoked; ",
                part.revoked_by ? concat("the list that says so is of ", part.revoked_by->to_string())
                                : "since when is not known",
                ", the award of ", whole_.awarded->to_string()));
  }

  // Nothing was awarded out of what did not exist.
  void check_award(const Part& part, PartAnswer& answer) const {
    const auto made = issue_moment(part.when);
    if (!made) return note(answer, Grade::unknown, codes::FACT_MISSING, concat(shown(part), ": no date"));
    if (*made > *whole_.awarded)
      note(answer, Grade::no, codes::STACK_COMPONENT_LATER,
           concat(shown(part), ", of ", made->to_string(), ": issued after the award of ",
                  whole_.awarded->to_string()));
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

  // The better first; of equals what consists of more, so the outer before the inner; then more credits.
  std::vector<std::size_t> order_of_worth() {
    std::vector<bool> good;
    for (const PartAnswer& answer : out_.parts) good.push_back(answer.grade == Grade::yes);
    nesting_.emplace(parts_, good);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (out_.parts[i].grade != Grade::no && is_of_use(parts_[i])) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const PartAnswer& x = out_.parts[a];
      const PartAnswer& y = out_.parts[b];
      if (x.grade != y.grade) return x.grade > y.grade;
      if (nesting_->breadth(a) != nesting_->breadth(b)) return nesting_->breadth(a) > nesting_->breadth(b);
      return x.ects > y.ects;
    });
    return order;
  }

  void count_once(const std::vector<std::size_t>& order) {
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) {
      const auto overlaps = [&](std::size_t other) { return nesting_->overlap(i, other); };
      if (std::any_of(kept.begin(), kept.end(), overlaps)) {
        note(out_.parts[i], Grade::no, codes::STACK_COUNTED_TWICE, shown(parts_[i]));
      } else {
        kept.push_back(i);
      }
    }
    doubt_what_is_open(kept);
  }

  // What is not at hand may be, or hold, another component; nothing is counted with it for sure.
  void doubt_what_is_open(const std::vector<std::size_t>& kept) {
    const auto sure = std::count_if(kept.begin(), kept.end(),
                                    [&](std::size_t i) { return out_.parts[i].grade == Grade::yes; });
    for (const std::size_t i : kept) {
      const auto others = sure - (out_.parts[i].grade == Grade::yes ? 1 : 0);
      if (!nesting_->is_open(i) || others == 0) continue;
      note(out_.parts[i], Grade::unknown, codes::STACK_PARTS_NOT_AT_HAND,
           concat(shown(parts_[i]), ": what it consists of was not all presented"));
    }
  }

  // The larger one stays.
  void forbid_overlap() {
    std::vector<std::size_t> order;
    std::vector<std::set<std::string>> outcomes;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      outcomes.push_back(outcomes_of(parts_[i].facts));
      if (out_.parts[i].grade != Grade::no && is_of_use(parts_[i])) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (out_.parts[a].grade != out_.parts[b].grade) return out_.parts[a].grade > out_.parts[b].grade;
      return out_.parts[a].ects > out_.parts[b].ects;
    });
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) {
      const auto overlaps = [&](std::size_t other) { return share_outcomes(outcomes[i], outcomes[other]); };
      if (std::any_of(kept.begin(), kept.end(), overlaps)) {
        note(out_.parts[i], Grade::no, codes::STACK_OVERLAP, shown(parts_[i]));
      } else {
        kept.push_back(i);
      }
    }
    for (const std::size_t i : kept)
      if (outcomes[i].empty() && kept.size() > 1)
        note(out_.parts[i], Grade::unknown, codes::FACT_MISSING,
             concat(shown(parts_[i]), ": no learning outcomes"));
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

  static void add(Totals& totals, Grade grade, Credits ects) {
    (grade == Grade::yes       ? totals.counted
     : grade == Grade::unknown ? totals.unknown
                               : totals.rejected) += ects;
  }

  void add_credits() {
    if (rule_.min_ects) out_.ects.needed = Credits::needed(*rule_.min_ects);
    if (rule_.min_ects_at_level) {
      out_.ects_at_level.needed = Credits::needed(rule_.min_ects_at_level->ects);
      out_.level = rule_.min_ects_at_level->eqf;
    }
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
    return !totals.needed || totals.counted + (with_unknown ? totals.unknown : Credits()) >= *totals.needed;
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
  std::optional<Nesting> nesting_;
  Stack out_;
};

bool is_short(const Totals& totals) {
  return totals.needed && totals.counted < *totals.needed;
}
}  // namespace

std::string Stack::summary() const {
  std::string text = ects.counted.text();
  if (ects.needed) text += concat(" of ", ects.needed->text());
  text += " ECTS";
  if (ects.unknown > Credits()) text += concat(", ", ects.unknown.text(), " unknown");
  const auto unknown = std::find_if(parts.begin(), parts.end(),
                                    [](const PartAnswer& one) { return one.grade == Grade::unknown; });
  if (unknown != parts.end() && !unknown->notes.empty())
    text += concat(": ", unknown->notes.front().code.slug());
  if (is_short(ects_at_level))
    text += concat("; ", ects_at_level.counted.text(), " of ", ects_at_level.needed->text(),
                   " ECTS at EQF level ", level, " or above");
  for (const ClauseAnswer& clause : clauses)
    if (clause.filled < clause.needed)
      text += concat("; ", clause.filled, " of ", clause.needed, " of a clause");
  return text;
}

void Stack::refuse(const Note& why) {
  outcome = Outcome::not_established;
  for (Totals* totals : {&ects, &ects_at_level}) {
    totals->rejected += totals->counted + totals->unknown;
    totals->counted = totals->unknown = Credits();
  }
  for (ClauseAnswer& clause : clauses) clause.filled = clause.possible = 0;
  for (PartAnswer& part : parts) {
    if (part.grade == Grade::no) continue;
    part.grade = Grade::no;
    part.notes.insert(part.notes.begin(), why);
  }
  notes = {why};
}

Stack stack(const StackRule& rule, std::vector<Part> parts, const Whole& whole) {
  VCNODE_ASSERT(parts.size() <= kPartsMax);
  return Adding(rule, std::move(parts), whole).run();
}

}  // namespace vcnode::recognition
