#include "node/config/issuer_place.h"

#include <cstdint>
#include <map>
#include <string>

#include "crypto/base/encoding.h"
#include "node/config/codes.h"
#include "protocol/webvh/did_webvh.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::node {
namespace {

constexpr std::uint16_t kHttpsPort = 443;  // meant too where none is said

// Empty of a DID that has no files.
std::string log_url(std::string_view did) {
  const auto webvh = webvh::DidWebvh::parse(did);
  if (!webvh) return {};
  std::string url = webvh::https_url(*webvh, webvh::File::log);
  if (webvh->port() == kHttpsPort)
    if (const auto port = url.find(concat(":", kHttpsPort, "/")); port != std::string::npos)
      url.erase(port, concat(":", kHttpsPort).size());
  return url;
}

Failure taken(std::string_view name, const IssuerConfig& other, std::string_view url) {
  return fail(codes::ISSUER_PLACE_TAKEN, "the issuers '", name, "' and '", other.name, "' (",
              other.did.text(), ") would both have their log at ", url,
              "; give one of them another host, port or path");
}

}  // namespace

Result<void> check_places(const std::vector<IssuerConfig>& issuers) {
  std::map<std::string, const IssuerConfig*> users;
  for (const IssuerConfig& issuer : issuers) {
    const std::string url = log_url(issuer.did.text());
    if (url.empty()) continue;
    const auto [first, added] = users.emplace(url, &issuer);
    if (!added) return taken(issuer.name, *first->second, url);
  }
  return {};
}

Result<void> check_place_free(const std::vector<IssuerConfig>& issuers, std::string_view name,
                              std::string_view location) {
  // Any SCID will do: only what follows it says where the files are.
  const std::string url = log_url(concat("did:webvh:", webvh::multihash_of(""), ":", location));
  for (const IssuerConfig& other : issuers)
    if (other.name != name && log_url(other.did.text()) == url) return taken(name, other, url);
  return {};
}

}  // namespace vcnode::node
