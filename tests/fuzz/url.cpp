// Addresses of servers, read by two parsers: the configuration's and the one that dials. What both accept
// they understand alike, and what the configuration accepts can be dialed.
#include "node/net/url.h"

#include "crypto/base/limits.h"
#include "node/config/urls.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

void check_server_url(std::string_view text, std::string_view scheme) {
  const auto url = node::parse_server_url(text, scheme);
  fuzz::check(url);
  if (url) {
    VCNODE_ASSERT(text.size() <= limits::kUrlBytesMax && !url->host.empty() && url->port != 0);
    VCNODE_ASSERT(url->target.starts_with('/') && url->target.find_first_of(" \r\n#") == std::string::npos);
    VCNODE_ASSERT(url->authority.find_first_of(" \r\n/@") == std::string::npos);
    const auto again = node::parse_server_url(concat(scheme, "://", url->authority, url->target), scheme);
    VCNODE_ASSERT(again.has_value() && again->host == url->host && again->port == url->port &&
                  again->target == url->target);
  }
  const auto configured = node::parse_service_url(text, scheme);
  fuzz::check(configured);
  if (!configured) return;
  VCNODE_ASSERT(url.has_value());
  VCNODE_ASSERT(configured->endpoint.port == url->port && configured->path == url->target);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_server_url(text, "https");
  check_server_url(text, "wss");
  const auto endpoint = node::parse_endpoint(text);
  fuzz::check(endpoint);
  if (endpoint) VCNODE_ASSERT(!endpoint->host.empty() && text.ends_with(concat(endpoint->port)));
  const auto name = node::check_issuer_name(text, "here");
  fuzz::check(name);
  if (name)
    VCNODE_ASSERT(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos);
  return 0;
}
