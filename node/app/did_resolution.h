// How a DID is resolved from what a program holds, by the HTTP interface and by `vcnode resolve` alike: which
// version is meant, where a DID URL leads, and how a DID that does not resolve is answered.
// Specification: protocol/spec/http-api.md, "DID resolution"; the table of protocol/spec/did-key.md.
// Threading: pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "protocol/did/did.h"
#include "protocol/issuer/history.h"
#include "protocol/webvh/resolution.h"

namespace vcnode::node {

struct ResolutionAnswer {
  std::string_view error;  // W3C DID Resolution, or the did:key specification
  unsigned status = 400;   // of HTTP
};
// "invalidDid" for everything without an answer of its own.
[[nodiscard]] ResolutionAnswer resolution_answer_of(Code code) noexcept;

// Query parameters of a request or of a DID URL, each once. Errors: REQUEST_MALFORMED for one that is given
// twice, even alike.
using QueryParameters = std::map<std::string, std::string>;
[[nodiscard]] Result<QueryParameters> parameters_of(const DidUrl& url);

// Which version of a DID is asked for, as text.
struct VersionTexts {
  std::optional<std::string> id;
  std::optional<std::string> time;    // RFC 3339, UTC
  std::optional<std::string> number;  // from 1 on
};
// Errors: REQUEST_MALFORMED.
[[nodiscard]] Result<webvh::Query> query_of(const VersionTexts& texts);

// The versions that count answer. Where the history is disputed, DID_DISPUTED is the answer to everything
// that a version after those could change: the newest version, and times from the newest version's on. So is
// `gap`, where the history is known to be held in part.
[[nodiscard]] Result<webvh::Resolution> resolve_held(const issuer::History& history,
                                                     const webvh::DidWebvh& did, const webvh::Query& query,
                                                     std::optional<Error> gap = std::nullopt);

// Where the path of a DID URL leads: the version's own services #files and #whois before the implicit ones.
// Errors: WEBVH_RESOURCE_PATH (also for an endpoint that is no https address).
[[nodiscard]] Result<std::string> place_of(const webvh::State& version, std::string_view path);

}  // namespace vcnode::node
