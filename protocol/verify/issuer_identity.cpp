#include "protocol/verify/issuer_identity.h"

#include <algorithm>
#include <span>

namespace vcnode::verify {
namespace {

constexpr std::string_view kPrefix = "did:webvh:";

bool names(std::span<const issuer::Version> versions, std::string_view did) {
  return std::any_of(versions.begin(), versions.end(),
                     [&](const issuer::Version& version) { return version.state.did().text() == did; });
}

}  // namespace

bool has_history(std::string_view did) noexcept {
  return did.starts_with(kPrefix);
}

Standing standing_of(std::string_view did, const issuer::History& history) {
  if (names(history.versions, did)) return Standing::own;
  if (history.dispute && names(history.dispute->siblings, did)) return Standing::disputed;
  return history.missing.empty() ? Standing::foreign : Standing::unheld;
}

bool is_trusted(const std::set<Did>& trust, const Did& did, const issuer::History* history) {
  if (trust.contains(did)) return true;
  if (history == nullptr) return false;
  return std::any_of(trust.begin(), trust.end(), [&](const Did& trusted) {
    return lookup_name_of(trusted.text()) == lookup_name_of(did.text()) &&
           standing_of(trusted.text(), *history) == Standing::own;
  });
}

}  // namespace vcnode::verify
