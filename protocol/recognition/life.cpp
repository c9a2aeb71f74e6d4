#include "protocol/recognition/life.h"

#include <algorithm>

#include "protocol/recognition/codes.h"

namespace vcnode::recognition {

using statement::Ending;
using statement::Entry;
using statement::Statement;
using statement::StatementLog;
using statement::Withdrawal;

void Spans::add(Span span) {
  if (span.from >= span.to) return;
  std::vector<Span> joined;
  for (const Span& one : spans_) {
    if (one.to < span.from || span.to < one.from) {
      joined.push_back(one);
    } else {
      span = {std::min(span.from, one.from), std::max(span.to, one.to)};
    }
  }
  const auto place =
      std::find_if(joined.begin(), joined.end(), [&](const Span& one) { return span.to < one.from; });
  joined.insert(place, span);
  spans_ = std::move(joined);
}

void Spans::add(const Spans& other) {
  for (const Span& one : other.spans_) add(one);
}

void Spans::remove(const Spans& other) {
  for (const Span& hole : other.spans_) {
    std::vector<Span> left;
    for (const Span& one : spans_) {
      const Span before{one.from, std::min(one.to, hole.from)};
      const Span after{std::max(one.from, hole.to), one.to};
      if (before.from < before.to) left.push_back(before);
      if (after.from < after.to) left.push_back(after);
    }
    spans_ = std::move(left);
  }
}

bool Spans::contains(Timestamp moment) const noexcept {
  return meets(moment, moment);
}

bool Spans::meets(Timestamp first, Timestamp last) const noexcept {
  return std::any_of(spans_.begin(), spans_.end(),
                     [&](const Span& one) { return one.from <= last && first < one.to; });
}

bool Spans::covers(const Spans& other) const noexcept {
  return std::all_of(other.spans_.begin(), other.spans_.end(), [&](const Span& inner) {
    return std::any_of(spans_.begin(), spans_.end(),
                       [&](const Span& outer) { return outer.from <= inner.from && inner.to <= outer.to; });
  });
}

Judged Life::holds_at(Timestamp at) const {
  if (voided) return {Grade::no, codes::VOIDED};
  if (out.contains(at)) return {Grade::no, codes::WITHDRAWN_BEFORE_ISSUE};
  if (at < span.from || at >= span.to) return {Grade::no, codes::NOT_IN_FORCE};
  if (cut_short) return {Grade::unknown, codes::SEARCH_LIMIT};
  return {};
}

std::optional<Timestamp> issue_moment(const IssueTime& when) noexcept {
  if (when.claimed && when.proven) return std::min(*when.claimed, *when.proven);
  return when.claimed ? when.claimed : when.proven;
}

Timestamp exists_by(Timestamp moment, const IssueTime& when, Timestamp at) noexcept {
  return std::max(moment, std::min(at, when.proven.value_or(at)));
}

Judged Life::holds_at_issue(const IssueTime& when, Timestamp at, bool proven_only) const {
  if (voided) return {Grade::no, codes::VOIDED};
  const auto moment = issue_moment(when);
  if (!moment) {
    if (out.all().empty() && span == Span{} && !cut_short) return {};
    return {Grade::unknown, codes::FACT_MISSING};
  }
  if (const Judged then = holds_at(*moment); then.grade != Grade::yes) return then;
  const Timestamp last = exists_by(*moment, when, at);
  if (out.meets(*moment, last)) return {Grade::unknown, codes::ISSUE_TIME_UNPROVEN};
  if (last < span.to) return {};
  if (proven_only) return {Grade::unknown, codes::ISSUE_TIME_UNPROVEN};
  return {Grade::yes, codes::ISSUE_TIME_CLAIMED};
}

void Life::meet(const Life& other) {
  span = {std::max(span.from, other.span.from), std::min(span.to, other.span.to)};
  out.add(other.out);
  voided = voided || other.voided;
  cut_short = cut_short || other.cut_short;
}

bool covers(const Life& wide, const Life& narrow) noexcept {
  if (narrow.voided) return true;
  return !wide.voided && (!wide.cut_short || narrow.cut_short) && wide.span.from <= narrow.span.from &&
         narrow.span.to <= wide.span.to && narrow.out.covers(wide.out);
}

Span Life::steady_around(Timestamp at) const noexcept {
  Span steady;
  const auto bound = [&](Timestamp edge) {
    if (edge <= at) steady.from = std::max(steady.from, edge);
    if (edge > at) steady.to = std::min(steady.to, edge);
  };
  bound(span.from);
  bound(span.to);
  for (const Span& one : out.all()) {
    bound(one.from);
    bound(one.to);
  }
  return steady;
}

namespace {

Life without_withdrawals(const Statement& statement) {
  Life life;
  life.span = {statement.from, statement.until.value_or(kNever)};
  if (const auto* says = statement.as<Withdrawal>()) life.span = {says->effective_from, kNever};
  return life;
}

// A statement, or what ends another one of the list.
struct Ended {
  const Statement* statement;
  std::size_t ends;  // index of what it ends
  Life life;
};

// `its` is the life of the Withdrawal `one`.
void end(Life& life, const Statement& one, const Life& its) {
  if (its.voided) return;
  if (one.as<Withdrawal>()->effect == Ending::voids) {
    life.voided = true;
    return;
  }
  Spans ended;
  ended.add(its.span);
  ended.remove(its.out);
  life.out.add(ended);
}

}  // namespace

// A Withdrawal names the digest of what it ends, so all of them make a tree: each is settled before what it
// ends, from the leaves on.
Life life_of(const StatementLog& log, const Statement& statement) {
  std::vector<Ended> all;
  all.push_back({&statement, 0, without_withdrawals(statement)});
  for (std::size_t i = 0; i < all.size(); ++i) {
    const StatementLog::Entries withdrawals = log.withdrawals_of(all[i].statement->digest);
    if (all.size() + withdrawals.size() > kWithdrawalsMax + 1) {
      Life unknown = without_withdrawals(statement);
      unknown.cut_short = true;
      return unknown;
    }
    for (const Entry* entry : withdrawals)
      all.push_back({entry->statement.get(), i, without_withdrawals(*entry->statement)});
  }
  for (std::size_t i = all.size() - 1; i > 0; --i) end(all[all[i].ends].life, *all[i].statement, all[i].life);
  return std::move(all.front().life);
}

}  // namespace vcnode::recognition
