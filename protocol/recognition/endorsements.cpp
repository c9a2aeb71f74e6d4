#include "protocol/recognition/endorsements.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/recognition/codes.h"

namespace vcnode::recognition {

using statement::Entry;
using statement::Kind;
using statement::StatementLog;

namespace {

struct Counted {
  std::optional<Sha256Digest> smallest;  // the smallest digest of those that count
  bool untied = false;                   // some would count if it said whose the achievement is
  bool cut_short = false;
};

// Of the provider as a whole, or of this achievement of it.
bool is_tied(const statement::Statement& one, const Provider& provider) {
  const auto& says = *one.as<statement::Endorsement>();
  if (one.subject_id.find_first_of("/?#") == one.subject_id.npos && provider.names.contains(one.subject()))
    return true;
  return says.provider.empty() ? is_of(one.subject_id, provider)
                               : provider.names.contains(lookup_name_of(says.provider));
}

// `subject` is the issuer's DID or the achievement's id. Both may have one lookup name.
void count(Counted& counted, const StatementLog& log, std::string_view subject, const Query& query,
           const LevelFact& level, const Provider& provider) {
  if (subject.empty() || counted.smallest) return;
  StatementLog::Entries entries = log.of(Kind::endorsement, lookup_name_of(subject));
  counted.cut_short = counted.cut_short || entries.size() > kEndorsementsPerPairMax;
  entries.resize(std::min(entries.size(), kEndorsementsPerPairMax));
  for (const Entry* entry : entries) {
    const statement::Statement& one = *entry->statement;
    const statement::Scope& scope = one.as<statement::Endorsement>()->scope;
    const bool of_another = one.subject_id != query.facts.achievement;
    if (of_another && one.subject_id.find_first_of("/?#") != one.subject_id.npos) continue;
    const Life window{{scope.from.value_or(kBeginning), scope.until.value_or(kNever)}, {}, false};
    if (window.holds_at_issue(query.when, query.at, false).grade != Grade::yes) continue;
    if (grade_of_fit(scope, query.facts, level) != Grade::yes) continue;
    const Grade holds = life_of(log, one).holds_at(query.at).grade;
    if (holds == Grade::no) continue;
    if (!is_tied(one, provider)) {
      counted.untied = true;
    } else if (holds == Grade::unknown) {
      counted.cut_short = true;
    } else if (!counted.smallest || one.digest < *counted.smallest) {
      counted.smallest = one.digest;
    }
  }
}

// "https://host/path/" of a did:web; the DID is resolved there. "" if it has a port or says it in another
// way.
std::string home_of(std::string_view did) {
  constexpr std::string_view kWeb = "did:web:";
  if (!did.starts_with(kWeb) || did.find('%') != did.npos) return {};
  std::string home = concat("https://", did.substr(kWeb.size()), "/");
  std::replace(home.begin() + 8, home.end(), ':', '/');
  return home;
}

}  // namespace

Provider provider_of(std::set<std::string, std::less<>> names,
                     const std::vector<const statement::Statement*>& path, const World& world, Timestamp at) {
  Provider provider{std::move(names), {}};
  for (const statement::Statement* link : path) {
    const Holding* speaker = world.of(link->issuer());
    if (speaker == nullptr || provider.names.contains(link->issuer())) continue;  // nobody confirms itself
    for (const std::string& name : provider.names)
      for (const Entry* entry : speaker->statements->of(Kind::identity, name))
        if (life_of(*speaker->statements, *entry->statement).holds_at(at).grade == Grade::yes) {
          const auto& domains = entry->statement->as<statement::Identity>()->domains;
          provider.domains.insert(domains.begin(), domains.end());
        }
  }
  return provider;
}

bool is_of(std::string_view achievement, const Provider& provider) {
  if (achievement.starts_with("did:"))
    return provider.names.contains(lookup_name_of(achievement.substr(0, achievement.find_first_of("/?#"))));
  constexpr std::string_view kHttps = "https://";
  if (!achievement.starts_with(kHttps)) return false;
  const auto is_home = [&](const std::string& name) {
    const std::string home = home_of(name);
    return !home.empty() && achievement.starts_with(home);
  };
  if (std::any_of(provider.names.begin(), provider.names.end(), is_home)) return true;
  const std::string_view rest = achievement.substr(kHttps.size());
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.find_first_of("@:\\") != host.npos) return false;
  return std::any_of(provider.domains.begin(), provider.domains.end(), [&](const std::string& domain) {
    return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
  });
}

Endorsed endorsed_by(const std::set<Did>& bodies, const Query& query, const LevelFact& level,
                     const Provider& provider, const World& world) {
  Endorsed out;
  std::map<std::string_view, Code> not_seen;
  std::set<std::string_view> asked;  // two DIDs of one SCID are one body
  for (const Did& did : bodies) {
    const std::string_view name = lookup_name_of(did.text());
    if (name == query.issuer || !asked.insert(name).second) continue;
    const Holding* holding = world.of(name);
    const Doubts doubts = holding == nullptr ? Doubts() : doubts_of(*holding);
    if (holding == nullptr || doubts.any()) {
      not_seen.emplace(did.text(), holding == nullptr ? codes::AUTHORITY_NOT_HELD : doubts.codes().front());
      continue;
    }
    Counted counted;
    count(counted, *holding->statements, query.issuer, query, level, provider);
    count(counted, *holding->statements, query.facts.achievement, query, level, provider);
    if (counted.smallest) {
      out.by.emplace_back(name);
      out.evidence.push_back(*counted.smallest);
    } else if (counted.cut_short) {
      not_seen.emplace(did.text(), codes::SEARCH_LIMIT);
    } else if (counted.untied) {
      out.untied.emplace_back(name);
    }
  }
  std::sort(out.by.begin(), out.by.end());
  std::sort(out.untied.begin(), out.untied.end());
  for (const auto& one : not_seen) out.not_seen.emplace_back(one.first);
  if (!not_seen.empty()) out.doubt = not_seen.begin()->second;
  return out;
}

}  // namespace vcnode::recognition
