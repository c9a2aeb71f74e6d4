#include "protocol/statement/admission.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace vcnode::statement {
namespace {

// How far a grant lets its issuer's own Sponsorships reach: of `quota` cost, and only those below a place.
struct Grant {
  std::uint64_t quota = 0;
  std::optional<Place> below;  // none: no such place
};

bool reaches_as_far(const Grant& a, const Grant& b) {
  return a.quota >= b.quota && (!a.below || (b.below && *a.below >= *b.below));
}

// The Withdrawal's place closest to the beginning, if several name one.
std::optional<Place> sponsorships_end(const StatementLog& log, const Statement& sponsorship) {
  std::optional<Place> end;
  for (const Entry* entry : log.withdrawals_of(sponsorship.digest)) {
    const auto& named = entry->statement->as<Withdrawal>()->sponsorships_until;
    if (named && (!end || *named < *end)) end = named;
  }
  return end;
}

// One sponsor's Sponsorships in leaf order.
class Walk {
 public:
  explicit Walk(const SponsorLog& said) : log_(said.log ? said.log : StatementLog::none()) {
    end_ = said.below;
    const auto& missing = log_->gaps().first_missing;
    if (missing && (!end_ || *missing < *end_)) end_ = missing;
    for (const Entry* entry : log_->of(Kind::sponsorship)) {
      if (end_ && entry->place >= *end_) break;
      sponsorships_.push_back(entry);
    }
  }

  // Calls visit(statement, grant) for each that `grant` lets count, until it returns false.
  template <class Visit>
  void each(const Grant& grant, Visit visit) const {
    std::map<std::string_view, std::uint64_t> paid;  // by subject
    std::uint64_t cost = 0;
    for (const Entry* entry : sponsorships_) {
      if (grant.below && entry->place >= *grant.below) return;
      const Statement& statement = *entry->statement;
      const std::uint64_t price = 1 + statement.as<Sponsorship>()->quota;
      std::uint64_t& before = paid[statement.subject()];
      const std::uint64_t more = price > before ? price - before : 0;
      if (more > grant.quota - cost) return;
      cost += more;
      before = std::max(before, price);
      if (!visit(statement, Grant{price - 1, sponsorships_end(*log_, statement)})) return;
    }
  }

 private:
  std::shared_ptr<const StatementLog> log_;
  std::optional<Place> end_;
  StatementLog::Entries sponsorships_;
};

// A grant whose Sponsorships are to be walked.
struct Open {
  std::string name;
  Grant grant;
  std::size_t steps = 0;
};

void keep_smallest(std::set<std::string>& held, std::string_view text, std::size_t max) {
  held.emplace(text);
  if (held.size() > max) held.erase(std::prev(held.end()));
}

class Fixpoint {
 public:
  Fixpoint(const SponsorLogs& logs, std::size_t max) : logs_(logs), max_(max) {}

  // By whom: none, the operator. False if there is no room.
  bool add(std::string_view did, const Grant& grant, const Open* by) {
    const std::string name(lookup_name_of(did));
    const std::size_t steps = by == nullptr ? 0 : by->steps + 1;
    auto known = out_.find(name);
    if (known == out_.end()) {
      if (out_.size() >= max_) return false;
      known = out_.emplace(name, Admitted{}).first;
      known->second.steps = steps;  // the nearest sponsors come first
    }
    Admitted& entry = known->second;
    keep_smallest(entry.dids, did, kDidsMax);
    if (by != nullptr) keep_smallest(entry.sponsors, by->name, kSponsorsShownMax);
    entry.quota = std::max(entry.quota, grant.quota);
    entry.root |= by == nullptr;
    auto& grants = grants_[name];
    if (std::any_of(grants.begin(), grants.end(),
                    [&](const Grant& one) { return reaches_as_far(one, grant); }))
      return true;
    std::erase_if(grants, [&](const Grant& one) { return reaches_as_far(grant, one); });
    grants.push_back(grant);
    if (grant.quota > 0) open_.push_back({name, grant, steps});
    return true;
  }

  AdmittedSet run() {
    for (bool room = true; room && !open_.empty();) {
      const Open sponsor = std::move(open_.front());
      open_.pop_front();
      walk_of(sponsor.name).each(sponsor.grant, [&](const Statement& statement, const Grant& granted) {
        return room = add(statement.subject_id, granted, &sponsor);
      });
    }
    return std::move(out_);
  }

 private:
  const Walk& walk_of(const std::string& name) {
    const auto found = walks_.find(name);
    return found != walks_.end() ? found->second : walks_.emplace(name, Walk(logs_(name))).first->second;
  }

  const SponsorLogs& logs_;
  const std::size_t max_;
  AdmittedSet out_;
  std::map<std::string, std::vector<Grant>, std::less<>> grants_;  // none reaches as far as another
  std::map<std::string, Walk, std::less<>> walks_;
  std::deque<Open> open_;
};

}  // namespace

AdmittedSet admitted(std::span<const SponsorRoot> roots, const SponsorLogs& logs, std::size_t max) {
  Fixpoint fixpoint(logs, max);
  for (const SponsorRoot& root : roots)
    static_cast<void>(fixpoint.add(root.did, {root.quota, std::nullopt}, nullptr));
  return fixpoint.run();
}

}  // namespace vcnode::statement
