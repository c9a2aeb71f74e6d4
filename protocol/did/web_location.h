// Where a DID method that lives on the web keeps its files: `<host>[%3A<port>][:<path>…]`, the part that
// did:web (and did:webvh behind its SCID) shares.
//
// An object is well-formed: host a fully qualified name and never an address (host.h), port 1 to 65535, path
// segments that cannot leave their folder. Percent-encoding is decoded exactly once, and only the colon
// before the port may be encoded in the host part. Errors: DID_HOST, DID_INVALID. Threading: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/did/host.h"

namespace vcnode {

struct WebLocation {
  std::string host;  // lower case
  std::optional<std::uint16_t> port;
  std::vector<std::string> path;  // decoded

  [[nodiscard]] static Result<WebLocation> parse(std::string_view text, HostOptions options = {});
  // "https://host[:port][/path…]" without a '/' at the end.
  [[nodiscard]] std::string folder_url() const;
  // The folder and in it `below`, the path of a DID URL ("/governance/issuers.json"), by the same rules.
  [[nodiscard]] Result<std::string> url_below(std::string_view below) const;
};

}  // namespace vcnode
