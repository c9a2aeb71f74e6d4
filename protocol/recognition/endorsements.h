// Endorsements: who of a named set vouches for an issuer or for an achievement.
//
// An Endorsement never creates authority; a policy may count them. Bodies are counted, not statements, and
// nobody vouches for itself. An achievement is only an id, which anybody can write into a credential: an
// endorsement of one counts if it names the provider, or if the id lies under the provider's DID or under a
// domain that a body of the chain says is the provider's. Threading: pure functions.
#pragma once

#include <string>
#include <vector>

#include "protocol/recognition/judge.h"

namespace vcnode::recognition {

// Endorsements by one body of one thing that are read. Beyond it whether the body vouches is not known.
inline constexpr std::size_t kEndorsementsPerPairMax = 1024;

// Who provides what the credential is about: the issuer, or the awarding body for which it signs.
struct Provider {
  std::set<std::string, std::less<>> names;    // lookup names
  std::set<std::string, std::less<>> domains;  // confirmed; the hosts below them too
};
// REQUIRES: `path` is a chain that is good; its bodies' word about the domains of `names` counts.
[[nodiscard]] Provider provider_of(std::set<std::string, std::less<>> names,
                                   const std::vector<const statement::Statement*>& path, const World& world,
                                   Timestamp at);
// Whether the id of an achievement is of that provider.
[[nodiscard]] bool is_of(std::string_view achievement, const Provider& provider);

struct Endorsed {
  std::vector<std::string> by;  // lookup names, sorted
  // DIDs, as the policy writes them, of those that could vouch: not held, or what is held of them cannot be
  // relied on. Sorted.
  std::vector<std::string> not_seen;
  std::optional<Code> doubt;           // why the first of these is not seen
  std::vector<Sha256Digest> evidence;  // one per name in `by`
  std::vector<std::string> untied;     // vouch for the achievement, and nothing says whose it is; sorted
};

[[nodiscard]] Endorsed endorsed_by(const std::set<Did>& bodies, const Query& query, const LevelFact& level,
                                   const Provider& provider, const World& world);

}  // namespace vcnode::recognition
