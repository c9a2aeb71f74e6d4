#include "node/config/own_address.h"

#include <algorithm>
#include <cctype>

namespace vcnode::node {
namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

bool is_same_address(const ServiceUrl& a, const ServiceUrl& b) {
  const auto equal = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  return a.endpoint.port == b.endpoint.port && a.path == b.path &&
         std::ranges::equal(a.endpoint.host, b.endpoint.host, equal);
}

bool is_own_address(const Config& config, const ServiceUrl& url) {
  const std::string_view listen = config.listen_address;
  const bool everywhere = listen == "0.0.0.0" || listen == "::";
  const std::string_view host = url.endpoint.host;
  const bool here =
      host == listen || (is_loopback(host) && (everywhere || (is_loopback(listen) && host == "localhost")));
  if (config.listen_port != 0 && url.endpoint.port == config.listen_port && here) return true;
  const auto own = parse_service_url(config.public_url, "https");
  if (!own) return false;
  const std::string base = own->path == "/" ? "" : own->path;
  return is_same_address(url, {own->endpoint, base + "/peer"});
}

}  // namespace vcnode::node
