// Admission: which issuers belong to the set that a sponsor root defines (design/network.md "Admission").
//
// The least set such that the root is in it, and whoever an admitted sponsor's Sponsorship names, as far as
// the sponsor's quota reaches: its Sponsorships are taken in leaf order over all epochs; each costs 1 + the
// quota it grants, several to one issuer cost as the largest; the first that does not fit ends the walk. An
// issuer that several sponsors name has the largest quota of theirs. So a root of quota q admits at most q
// issuers besides itself, and a cycle that no root reaches admits nobody.
//   - A leaf whose body is not held ends the walk too: what it costs is not known. So more bodies admit more.
//   - A withdrawn Sponsorship keeps its place and its cost, and its issuer stays. If the Withdrawal names a
//     place, the issuer's own Sponsorships from there on do not count, unless another grant carries them.
//   - Times play no part: limits are pure counts. Withdrawals of Withdrawals change nothing here.
// The answer depends on the roots and on what the logs say alone, never on the order in which they came.
//
// Threading: pure functions.
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "protocol/statement/log.h"

namespace vcnode::statement {

struct SponsorRoot {
  std::string did;
  std::uint64_t quota = kQuotaMax;
};

// What a sponsor said, as far as it counts.
struct SponsorLog {
  std::shared_ptr<const StatementLog> log;    // nullptr: nothing is held
  std::optional<Place> below = std::nullopt;  // leaves from here on stand beyond an unsealed fork
};
// By lookup name.
using SponsorLogs = std::function<SponsorLog(std::string_view name)>;

// Sponsors may call one issuer by several DIDs (it moved); these are where to look for it.
inline constexpr std::size_t kDidsMax = 4;

// Sponsors of one issuer that are named to whoever asks.
inline constexpr std::size_t kSponsorsShownMax = 4;

struct Admitted {
  std::set<std::string> dids;      // as its sponsors, or the operator, write it; the kDidsMax smallest
  std::set<std::string> sponsors;  // lookup names of who admits it; the kSponsorsShownMax smallest
  std::uint64_t quota = 0;         // the largest
  std::size_t steps = 0;           // Sponsorships from the nearest root; 0: it is one
  bool root = false;
  friend bool operator==(const Admitted&, const Admitted&) = default;
};
using AdmittedSet = std::map<std::string, Admitted, std::less<>>;  // by lookup name, roots included

// Several roots: the union of their sets, as if one had granted each of them its quota. Of more than `max`
// the nearest to the roots, in the order of the roots and of the leaves.
[[nodiscard]] AdmittedSet admitted(std::span<const SponsorRoot> roots, const SponsorLogs& logs,
                                   std::size_t max = std::numeric_limits<std::size_t>::max());

}  // namespace vcnode::statement
