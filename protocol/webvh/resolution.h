// Resolving a DID from its log ("Read (Resolve)", "Reading did:webvh DID URLs").
//
// A query names a version by versionId, by a time at which it was in force (half-open, start included) or by
// its number; none asks for the newest. Where a log has a fault, only what is certain in spite of it is
// answered.
//
// Errors: WEBVH_NOT_FOUND, WEBVH_DID_MISMATCH, or the fault of the log. Threading: pure functions.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "protocol/webvh/log.h"

namespace vcnode::webvh {

// Several conditions must hold of one version.
struct Query {
  std::optional<std::string> version_id = {};
  std::optional<Instant> version_time = {};
  std::optional<std::uint64_t> version_number = {};
  // Resolve as at this time: versions that began later are not there, and the newest is the newest by then.
  std::optional<Instant> as_of = {};
};

struct Resolution {
  State version;  // what was asked for
  State first;
  State newest;  // newest valid one; says what is true of the DID now, or at Query::as_of
};

[[nodiscard]] Result<Resolution> resolve(const Log& log, const DidWebvh& did, const Query& query = {});
// The same of versions that are known by other means. `fault`: why nothing certain comes after the last.
[[nodiscard]] Result<Resolution> resolve(std::span<const State> versions, const std::optional<Error>& fault,
                                         const DidWebvh& did, const Query& query = {});

// The version's DID document with the implicit services #files and #whois where it defines none of its own.
[[nodiscard]] nlohmann::json document_of(const State& version);
// DID document metadata: versionId, versionTime, created, updated, scid, portable, deactivated, ttl, witness,
// watchers; numbers as strings, as DID Resolution asks for.
[[nodiscard]] nlohmann::json metadata_of(const Resolution& resolution);
// "notFound" or "invalidDid", the only errors of the method.
[[nodiscard]] std::string_view resolution_error(Code code);
// A whole DID resolution result: didDocument (null where the version is a deactivated one),
// didDocumentMetadata, didResolutionMetadata with problemDetails (RFC 9457) when there is an error.
[[nodiscard]] nlohmann::json resolution_result(const Result<Resolution>& resolution);

}  // namespace vcnode::webvh
