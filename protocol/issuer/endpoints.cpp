#include "protocol/issuer/endpoints.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/base/ascii.h"
#include "crypto/base/encoding.h"

namespace vcnode::issuer {
namespace {

constexpr std::string_view kHttps = "https://";

// "HOST[:PORT]" as it stands in the URL.
std::string_view authority_in(std::string_view url) {
  if (!url.starts_with(kHttps)) return {};
  url.remove_prefix(kHttps.size());
  return url.substr(0, url.find_first_of("/?#"));
}

std::string port_text(const WebLocation& place) {
  return place.port ? concat(":", *place.port) : std::string();
}

// A URL at a host that was left, at the new one: its port changes if it was the port of the old place.
std::string moved(const std::string& url, const Whereabouts& whereabouts) {
  const std::string_view authority = authority_in(url);
  const std::string host = host_of_url(url);
  std::string port(authority.substr(host.size()));
  for (const Version& version : whereabouts.versions) {
    const WebLocation& before = version.state.did().location();
    if (before.host == host && port_text(before) == port) {
      port = port_text(whereabouts.place);
      break;
    }
  }
  return concat(kHttps, whereabouts.place.host, port, url.substr(kHttps.size() + authority.size()));
}

std::string* endpoint_in(nlohmann::json& service) {
  if (!service.is_object()) return nullptr;
  const auto endpoint = service.find("serviceEndpoint");
  return endpoint != service.end() ? endpoint->get_ptr<std::string*>() : nullptr;
}

}  // namespace

std::set<std::string> left_hosts(std::span<const Version> versions, const WebLocation& place) {
  std::set<std::string> hosts;
  for (const Version& version : versions) hosts.insert(version.state.did().host());
  hosts.erase(place.host);
  return hosts;
}

std::string host_of_url(std::string_view url) {
  const std::string_view authority = authority_in(url);
  if (authority.find_first_of("@[") != std::string_view::npos) return {};
  return lower_case(authority.substr(0, authority.find(':')));
}

void renew_endpoints(nlohmann::json& document, const Whereabouts& whereabouts) {
  const auto services = document.find("service");
  if (services == document.end() || !services->is_array()) return;
  const auto left = left_hosts(whereabouts.versions, whereabouts.place);
  const auto is_left = [&](std::string_view url) { return left.contains(host_of_url(url)); };
  std::optional<std::string> feed_before;
  std::string feed_now;
  for (auto& service : *services) {
    std::string* endpoint = endpoint_in(service);
    if (endpoint == nullptr || service.value("type", nlohmann::json()) != "IssuerFeed" ||
        service.value("network", nlohmann::json()) != whereabouts.network)
      continue;
    feed_before = *endpoint;
    if (!whereabouts.public_url.empty() && !is_left(whereabouts.public_url))
      *endpoint = whereabouts.public_url;
    else if (is_left(*endpoint))
      *endpoint = moved(*endpoint, whereabouts);
    feed_now = *endpoint;
  }
  for (auto& service : *services) {
    std::string* endpoint = endpoint_in(service);
    if (endpoint == nullptr || service.value("type", nlohmann::json()) != "TRQP") continue;
    if (*endpoint == feed_before)
      *endpoint = feed_now;
    else if (is_left(*endpoint))
      *endpoint = moved(*endpoint, whereabouts);
  }
}

}  // namespace vcnode::issuer
