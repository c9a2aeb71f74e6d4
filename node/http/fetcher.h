// fetch_public: GET of one https URL, for reading what strangers publish (did.json, did.jsonl).
//
// The URL comes from a DID that anybody may have made, so it is taken for an attack until shown otherwise:
//   - https only, no user information, a host that is a fully qualified name and never an address;
//   - the name is resolved once, every address it has must be public (address_policy.h), and what is
//     connected to are those addresses: a name server that changes its mind changes nothing;
//   - TLS 1.2 or newer, the certificate and the host name in it verified, against the system's authorities or
//     those of `ca_file` alone;
//   - no redirects, cookies, credentials, proxies or content encodings; only status 200 is a success;
//   - header, body and the time from the first look-up to the last byte are capped.
// What is not checked: ports (a DID may name any), media types.
// Errors: FETCH_*; TLS_CERTIFICATE for a `ca_file` without certificates. Threading: reentrant; blocks the
// caller until the deadline at most.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "crypto/base/result.h"

namespace vcnode::node {

// A person may be waiting; a server that needs longer for one file is as good as away.
inline constexpr std::int64_t kFetchMsMax = 20'000;

struct PublicFetchOptions {
  std::string accept = "*/*";  // REQUIRES: no control characters
  std::size_t body_bytes_max = 1024 * 1024;
  std::int64_t timeout_ms = kFetchMsMax;
  std::optional<std::filesystem::path> ca_file = {};  // PEM; instead of the system's authorities
  // If set: true ends the fetch soon, as the deadline would (a node that shuts down). Outlives the call.
  const std::atomic<bool>* stopped = nullptr;
};

// The body of the answer.
[[nodiscard]] Result<std::string> fetch_public(const std::string& url, const PublicFetchOptions& options);

}  // namespace vcnode::node
