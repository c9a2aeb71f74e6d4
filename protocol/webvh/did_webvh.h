// The identifier `did:webvh:<scid>:<host>[%3A<port>][:<path>…]` (did:webvh 1.0, "Method-Specific Identifier")
// and where it says its files are ("The DID to HTTPS Transformation").
//
// An object is well-formed: SCID of 46 characters, host a fully qualified name and never an address, port 1
// to 65535, path segments that cannot leave their folder. Percent-encoding is decoded exactly once, and only
// the colon before the port may be encoded in the host part. Nothing here fetches anything, and no rule of
// trust hangs on the host: a log may come from anywhere.
//
// Errors: WEBVH_DID, WEBVH_HOST, DID_INVALID (not a DID at all). Threading: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/did/did.h"
#include "protocol/did/web_location.h"

namespace vcnode::webvh {

using DidOptions = HostOptions;

class DidWebvh {
 public:
  [[nodiscard]] static Result<DidWebvh> parse(std::string_view text, DidOptions options = {});
  [[nodiscard]] const std::string& text() const noexcept { return did_.text(); }
  [[nodiscard]] const Did& did() const noexcept { return did_; }
  [[nodiscard]] std::string_view scid() const noexcept;
  [[nodiscard]] const std::string& host() const noexcept { return location_.host; }  // lower case
  [[nodiscard]] std::optional<std::uint16_t> port() const noexcept { return location_.port; }
  [[nodiscard]] const std::vector<std::string>& path() const noexcept { return location_.path; }  // decoded
  [[nodiscard]] const WebLocation& location() const noexcept { return location_; }
  friend bool operator==(const DidWebvh& a, const DidWebvh& b) { return a.text() == b.text(); }

 private:
  DidWebvh(Did did, WebLocation location) : did_(std::move(did)), location_(std::move(location)) {}
  Did did_;
  WebLocation location_;
};

// What is published under a DID, beside one another.
enum class File : std::uint8_t { log, witness };  // did.jsonl, did-witness.json
[[nodiscard]] std::string https_url(const DidWebvh& did, File file);
// Endpoint of the implicit service #files: the folder itself, with its '/' at the end, without ".well-known".
[[nodiscard]] std::string files_url(const DidWebvh& did);
// Endpoint of the implicit service #whois.
[[nodiscard]] std::string whois_url(const DidWebvh& did);
// Where the path of a DID URL ("/governance/issuers.json") leads by the implicit services; "/whois" is the
// presentation. Errors: WEBVH_RESOURCE_PATH.
[[nodiscard]] Result<std::string> resource_url(const DidWebvh& did, std::string_view path);

}  // namespace vcnode::webvh
