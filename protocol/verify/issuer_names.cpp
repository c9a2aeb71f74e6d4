#include "protocol/verify/issuer_names.h"

#include <algorithm>

namespace vcnode::verify {
namespace {

using statement::Identity;
using statement::Kind;
using statement::Statement;

// Those in force, the newest of the log first.
std::vector<const Statement*> identities_in(const statement::StatementLog& log, std::string_view issuer,
                                            Timestamp at) {
  auto entries = log.of(Kind::identity, issuer);
  std::reverse(entries.begin(), entries.end());
  entries.resize(std::min(entries.size(), kIdentitiesPerPairMax));
  std::vector<const Statement*> out;
  for (const statement::Entry* entry : entries)
    if (recognition::life_of(log, *entry->statement).holds_at(at).grade == recognition::Grade::yes)
      out.push_back(entry->statement.get());
  return out;
}

bool is_too_old(const recognition::Way& way, const recognition::Policy& policy, Timestamp at) {
  return policy.head_age_max_seconds && way.oldest_head != recognition::kNever &&
         at.seconds() - way.oldest_head.seconds() > *policy.head_age_max_seconds;
}

// Of a scope only the country says something about who a body is.
bool is_believed(const recognition::Body& body, const Identity& identity, const recognition::Policy& policy,
                 Timestamp at) {
  return std::any_of(body.ways.begin(), body.ways.end(), [&](const recognition::Way& way) {
    const auto& countries = way.scope.countries;
    return !way.doubts.any() && recognition::is_known_effect(way.effect) && !is_too_old(way, policy, at) &&
           way.life.holds_at(at).grade == recognition::Grade::yes &&
           (!countries || std::binary_search(countries->begin(), countries->end(), identity.country));
  });
}

}  // namespace

void add_claimed_names(IssuerNames& names, const json::Value& issuer) {
  const json::Value* list = issuer.find("name");
  if (list == nullptr) return;
  for (const json::Value& name : list->one_or_many()) {
    const auto text = name.is_string() ? std::optional(name.string()) : name.find_string("@value");
    if (text) names.emplace_back(*text, std::nullopt);
  }
}

void add_own_names(IssuerNames& names, const feed::FeedSnapshot& feed, Timestamp at) {
  for (const Statement* one : identities_in(*feed.statements, lookup_name_of(feed.issuer.text()), at))
    names.emplace_back(one->as<Identity>()->legal_name, std::nullopt);
}

void add_confirmed_names(IssuerNames& names, const recognition::Closure& closure, std::string_view issuer,
                         Timestamp at) {
  std::size_t bodies = 0;
  for (const auto& [name, body] : closure.bodies()) {
    if (bodies == kConfirmingBodiesMax) return;
    if (!body.statements || name == issuer) continue;  // nobody confirms itself
    const std::size_t before = names.size();
    for (const Statement* one : identities_in(*body.statements, issuer, at))
      if (is_believed(body, *one->as<Identity>(), closure.policy(), at))
        names.emplace_back(one->as<Identity>()->legal_name, one->issuer_did);
    if (names.size() > before) ++bodies;
  }
}

void settle(IssuerNames& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  // A claim stands before the confirmations of the same name.
  for (std::size_t i = 0; i + 1 < names.size();) {
    if (!names[i].second && names[i + 1].first == names[i].first)
      names.erase(names.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
}

}  // namespace vcnode::verify
