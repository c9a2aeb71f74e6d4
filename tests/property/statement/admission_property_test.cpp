#include "protocol/statement/admission.h"

#include <array>
#include <set>

#include "tests/support/property.h"
#include "tests/unit/protocol/statement/sponsors.h"

using namespace vcnode;
using statement::AdmittedSet;
using statement::Entry;
using statement::Kind;
using statement::Place;
using statement::SponsorLog;
using statement::SponsorLogs;
using statement::Sponsorship;
using statement::test::body_did;
using statement::test::Sponsors;

namespace {

constexpr std::array<const char*, 6> kBodies = {"root", "a", "b", "c", "d", "e"};
constexpr std::uint64_t kRootQuota = 20;

// One thing that a sponsor says, or that happens to its feed.
struct Act {
  std::string sponsor;
  std::string name;
  int what = 0;  // 0: a leaf without its body; 1: the grant before is withdrawn; 2: likewise, naming a place
  std::uint64_t number = 0;
};

std::vector<Act> any_acts() {
  std::vector<Act> out;
  const int count = *rc::gen::inRange(0, 25);
  for (int i = 0; i < count; ++i)
    out.push_back({*rc::gen::elementOf(kBodies), *rc::gen::elementOf(kBodies), *rc::gen::inRange(0, 15),
                   *rc::gen::inRange<std::uint64_t>(0, 6)});
  return out;
}

Sponsors played(const std::vector<Act>& acts) {
  Sponsors out;
  std::map<std::string, statement::Statement> last;
  for (const Act& act : acts) {
    const auto before = last.find(act.sponsor);
    if (act.what == 0)
      out.miss(act.sponsor);
    else if (act.what <= 2 && before != last.end())
      out.withdraw(act.sponsor, before->second,
                   act.what == 2 ? std::optional(Place{1, act.number}) : std::nullopt);
    else
      last[act.sponsor] = out.grant(act.sponsor, act.name, act.number);
  }
  return out;
}

// As the page says it, over and over until nothing changes.
std::set<std::string> naively_admitted(const SponsorLogs& logs) {
  using Reach = std::pair<std::uint64_t, std::optional<Place>>;
  std::map<std::string, std::set<Reach>> reaches{{"root", {{kRootQuota, std::nullopt}}}};
  for (bool changed = true; changed;) {
    changed = false;
    const auto now = reaches;
    for (const auto& [name, each] : now) {
      const SponsorLog said = logs(name);
      if (!said.log) continue;
      for (const auto& [quota, below] : each) {
        std::map<std::string, std::uint64_t> prices;
        for (const Entry* entry : said.log->entries()) {
          const auto& missing = said.log->gaps().first_missing;
          if ((missing && entry->place > *missing) || (below && entry->place >= *below)) break;
          const auto* granted = entry->statement->as<Sponsorship>();
          if (granted == nullptr) continue;
          const std::string subject(entry->statement->subject());
          prices[subject] = std::max(prices[subject], 1 + granted->quota);
          std::uint64_t sum = 0;
          for (const auto& [one, price] : prices) sum += price;
          if (sum > quota) break;
          std::optional<Place> until;
          for (const Entry* other : said.log->entries())
            if (const auto* end = other->statement->as<statement::Withdrawal>();
                end != nullptr && end->digest == entry->statement->digest && end->sponsorships_until)
              until = until ? std::min(*until, *end->sponsorships_until) : *end->sponsorships_until;
          changed |= reaches[subject].insert({granted->quota, until}).second;
        }
      }
    }
  }
  std::set<std::string> out;
  for (const auto& [name, each] : reaches) out.insert(name);
  return out;
}

}  // namespace

TEST_CASE("admission is the least fixpoint") {
  CHECK_PROPERTY("worklist == naive, and within the root's quota", [] {
    const Sponsors sponsors = played(*rc::gen::exec(any_acts));
    const auto names = sponsors.names("root", kRootQuota);
    RC_ASSERT(names == naively_admitted(sponsors.logs()));
    RC_ASSERT(names.size() <= kRootQuota + 1);
  });
  CHECK_PROPERTY("whose log comes first never matters", [] {
    const auto acts = *rc::gen::exec(any_acts);
    std::vector<Act> by_sponsor;
    for (const char* body : kBodies)
      for (const Act& act : acts)
        if (act.sponsor == body) by_sponsor.push_back(act);
    RC_ASSERT(played(acts).admitted_by("root", kRootQuota) ==
              played(by_sponsor).admitted_by("root", kRootQuota));
  });
  CHECK_PROPERTY("one more grant, and a larger quota of the root, never exclude anybody", [] {
    const auto acts = *rc::gen::exec(any_acts);
    const Sponsors before = played(acts);
    Sponsors after = before;
    after.grant(*rc::gen::elementOf(kBodies), *rc::gen::elementOf(kBodies),
                *rc::gen::inRange<std::uint64_t>(0, 6));
    const auto more = after.names("root", kRootQuota + *rc::gen::inRange<std::uint64_t>(0, 9));
    for (const std::string& name : before.names("root", kRootQuota)) RC_ASSERT(more.contains(name));
  });
}
