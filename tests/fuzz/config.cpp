// Configuration files, with up to one environment variable: `NAME=value` and a NUL byte before the file's
// text.
#include "node/config/config.h"

#include "node/config/urls.h"
#include "protocol/wire/frame.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;
using node::Config;

namespace {

void check_config(const Config& config) {
  VCNODE_ASSERT(!config.network_name.empty() && config.network_name.size() <= feed::kNetworkNameBytesMax);
  VCNODE_ASSERT(config.admit.size() <= wire::kHelloOriginsMax);
  for (const Did& did : config.admit) VCNODE_ASSERT(Did::parse(did.text()).has_value());
  VCNODE_ASSERT(!config.listen_address.empty());
  VCNODE_ASSERT(config.public_url.starts_with("https://") && !config.public_url.ends_with('/'));
  VCNODE_ASSERT(config.worker_threads <= 256 && config.shutdown_ms >= 100 && config.shutdown_ms <= 600'000);
  VCNODE_ASSERT(config.peers.size() <= 64 && config.issuers.size() <= 256);
  for (const auto& peer : config.peers) VCNODE_ASSERT(node::parse_service_url(peer.url, "wss").has_value());
  for (const auto& issuer : config.issuers)
    VCNODE_ASSERT(node::check_issuer_name(issuer.name, "here").has_value());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = as_text({data, size});
  std::map<std::string, std::string> environment;
  if (const auto end = text.find('\0'); end != std::string_view::npos) {
    const auto variable = text.substr(0, end);
    const auto equals = std::min(variable.find('='), variable.size());
    environment.emplace(variable.substr(0, equals), variable.substr(std::min(equals + 1, variable.size())));
    text.remove_prefix(end + 1);
  }
  const auto config = node::parse_config(text, "/srv/vcnode", environment);
  fuzz::check(config);
  if (config) check_config(*config);
  return 0;
}
