#include "protocol/observe/schedule.h"

#include <algorithm>
#include <utility>

#include "crypto/base/assert.h"
#include "crypto/hash.h"
#include "protocol/observe/succession.h"

namespace vcnode::observe {
namespace {

constexpr std::int64_t kJitterDivisor = 10;

}  // namespace

Schedule::Schedule(const std::vector<Target>& targets, ScheduleOptions options, std::uint64_t seed)
    : options_(options), rng_(seed) {
  VCNODE_ASSERT(options.interval_seconds > 0 && options.retry_seconds > 0 && options.reassert_seconds > 0);
  for (const Target& target : targets) {
    State state;
    state.target = target;
    states_.emplace(target.url, std::move(state));
  }
}

// `seconds` from now, give or take a tenth.
Timestamp Schedule::after(Timestamp now, std::int64_t seconds) {
  const std::int64_t jitter = seconds / kJitterDivisor;
  const auto drawn = static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(2 * jitter + 1)));
  return now.plus_seconds(seconds - jitter + drawn);
}

Schedule::State& Schedule::state_of(const std::string& url) {
  const auto found = states_.find(url);
  VCNODE_ASSERT(found != states_.end());
  return found->second;
}

void Schedule::learn(std::shared_ptr<const feed::ObservedUrls> observed, Timestamp now) {
  observed_ = std::move(observed);
  const std::int64_t spread = std::min(kStartSpreadSeconds, options_.interval_seconds);
  for (auto& [url, state] : states_) {
    if (observed_ != nullptr) {
      const auto found = observed_->find(url);
      // Less than what was published is an older look at the feed.
      if (found != observed_->end() && found->second.leaves >= state.leaves) {
        state.leaves = found->second.leaves;
        if (const auto& all = found->second.observations; !all.empty()) {
          state.digest = all.back().digest;
          state.last_seen = all.back().last_seen;
        }
      }
    }
    if (planned_) continue;
    const Timestamp soon = now.plus_seconds(
        state.digest ? static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(spread))) : 0);
    state.due = state.digest ? std::max(soon, after(state.last_seen, options_.interval_seconds)) : soon;
  }
  planned_ = true;
}

std::vector<Target> Schedule::take_due(Timestamp now, std::size_t count_max) {
  std::vector<State*> due;
  if (!planned_) return {};
  // A plan made by a clock that was ahead must not silence a target for as long as it was.
  const Timestamp latest =
      now.plus_seconds(options_.interval_seconds + options_.interval_seconds / kJitterDivisor);
  for (auto& [url, state] : states_) {
    state.due = std::min(state.due, latest);
    if (!state.under_way && !state.publishing && state.due <= now) due.push_back(&state);
  }
  std::stable_sort(due.begin(), due.end(), [](const State* a, const State* b) { return a->due < b->due; });
  if (due.size() > count_max) due.resize(count_max);
  std::vector<Target> out;
  for (State* state : due) {
    state->under_way = true;
    out.push_back(state->target);
  }
  return out;
}

std::optional<Timestamp> Schedule::next_due() const {
  std::optional<Timestamp> next;
  if (!planned_) return next;
  for (const auto& [url, state] : states_)
    if (!state.under_way && !state.publishing && (!next || state.due < *next)) next = state.due;
  return next;
}

std::size_t Schedule::under_way() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(states_.begin(), states_.end(), [](const auto& one) { return one.second.under_way; }));
}

Timestamp Schedule::due_of(const std::string& url) const {
  const auto found = states_.find(url);
  VCNODE_ASSERT(found != states_.end());
  return found->second.due;
}

Result<std::optional<feed::NewObservation>> Schedule::fetched(const std::string& url, std::string_view body,
                                                              Timestamp now) {
  State& state = state_of(url);
  VCNODE_ASSERT(state.under_way);
  const bool same = state.digest == sha256(as_bytes(body));
  auto checked = state.target.check(body);
  if (checked && !same && state.target.kind == Kind::status_list)
    checked = check_succession({observed_, false}, url, body, now);
  if (!checked) {
    (void)failed(url, now);
    return checked.failure();
  }
  state.under_way = false;
  state.failures = 0;
  state.due = after(now, options_.interval_seconds);
  // A clock that stepped back: a leaf that is not later than the one before would be void.
  const bool later = !state.digest || now > state.last_seen;
  const bool stale = now.seconds() - state.last_seen.seconds() >= options_.reassert_seconds;
  if (!later || (same && !stale)) return std::optional<feed::NewObservation>();
  state.publishing = feed::ObservationLeafKey{url, state.leaves + 1, now};
  state.publishing_digest = sha256(as_bytes(body));
  return std::optional(feed::NewObservation{state.publishing->text(), to_bytes(body)});
}

Timestamp Schedule::failed(const std::string& url, Timestamp now) {
  State& state = state_of(url);
  VCNODE_ASSERT(state.under_way);
  state.under_way = false;
  std::int64_t pause = options_.retry_seconds;
  for (int i = 0; i < state.failures && pause < options_.interval_seconds; ++i) pause *= 2;
  ++state.failures;
  state.due = after(now, std::min(pause, options_.interval_seconds));
  return state.due;
}

void Schedule::published(const std::string& url, bool ok, Timestamp now) {
  State& state = state_of(url);
  VCNODE_ASSERT(state.publishing.has_value());
  const feed::ObservationLeafKey made = *std::exchange(state.publishing, std::nullopt);
  if (!ok) {
    state.due = std::min(state.due, after(now, options_.retry_seconds));
  } else if (made.sequence > state.leaves) {
    state.leaves = made.sequence;
    state.digest = state.publishing_digest;
    state.last_seen = made.seen;
  }
}

}  // namespace vcnode::observe
