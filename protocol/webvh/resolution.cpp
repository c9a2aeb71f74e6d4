#include "protocol/webvh/resolution.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/webvh/codes.h"

namespace vcnode::webvh {
namespace {

constexpr std::string_view kLinkedVpContext = "https://identity.foundation/linked-vp/contexts/v1";

Result<void> check_requested(std::span<const State> versions, const DidWebvh& did) {
  if (versions.front().did().scid() != did.scid())
    return fail(codes::WEBVH_DID_MISMATCH, "the log's SCID is ", versions.front().did().scid(), ", not ",
                did.scid());
  const bool named =
      std::any_of(versions.begin(), versions.end(), [&](const State& v) { return v.did() == did; });
  if (!named)
    return fail(codes::WEBVH_DID_MISMATCH, "no version of the log has the id \"", excerpt(did.text()), "\"");
  return {};
}

bool matches(std::span<const State> versions, std::size_t i, const Query& query) {
  const State& version = versions[i];
  if (query.version_id && *query.version_id != version.version_id().text()) return false;
  if (query.version_number && *query.version_number != version.version_id().number()) return false;
  if (!query.version_time) return true;
  const bool begun = version.version_time() <= *query.version_time;
  const bool ended = i + 1 < versions.size() && versions[i + 1].version_time() <= *query.version_time;
  return begun && !ended;
}

std::optional<std::size_t> find_version(std::span<const State> versions, const Query& query) {
  if (!query.version_id && !query.version_time && !query.version_number) return versions.size() - 1;
  for (std::size_t i = 0; i < versions.size(); ++i)
    if (matches(versions, i, query)) return i;
  return std::nullopt;
}

// The newest valid version by nothing that fixes it: unknown while a later entry is bad, which may have ended
// it.
bool is_open_ended(std::span<const State> versions, std::size_t found, const Query& query) {
  const bool fixed = !query.version_time && (query.version_id || query.version_number);
  return found + 1 == versions.size() && !fixed;
}

// REQUIRES: `versions` is not empty.
Result<Resolution> resolve_certain(std::span<const State> versions, const std::optional<Error>& fault,
                                   const Query& query) {
  const auto found = find_version(versions, query);
  const bool certain = found && !is_open_ended(versions, *found, query);
  const bool before_all = query.version_time && *query.version_time < versions.front().version_time();
  if (fault && !certain && !before_all) return Failure{*fault};
  if (!found) return fail(codes::WEBVH_NOT_FOUND, "no version of the log matches the query");
  return Resolution{versions[*found], versions.front(), versions.back()};
}

// How many of the versions had begun by then.
std::size_t begun_by(std::span<const State> versions, const Instant& time) {
  const auto later =
      std::ranges::find_if(versions, [&](const State& version) { return version.version_time() > time; });
  return static_cast<std::size_t>(later - versions.begin());
}

bool has_service(const nlohmann::json& services, const DidWebvh& did, std::string_view fragment) {
  return std::any_of(services.begin(), services.end(), [&](const nlohmann::json& service) {
    if (!service.is_object()) return false;
    const auto id = service.find("id");
    return id != service.end() && (*id == fragment || *id == concat(did.text(), fragment));
  });
}

}  // namespace

Result<Resolution> resolve(const Log& log, const DidWebvh& did, const Query& query) {
  const auto& fault = log.fault();
  return resolve(log.versions(), fault ? std::optional(fault->error) : std::nullopt, did, query);
}

Result<Resolution> resolve(std::span<const State> versions, const std::optional<Error>& fault,
                           const DidWebvh& did, const Query& query) {
  if (versions.empty()) {
    if (fault) return Failure{*fault};
    return fail(codes::WEBVH_NOT_FOUND, "the log has no version");
  }
  VCNODE_CHECK(check_requested(versions, did));
  const std::size_t begun = query.as_of ? begun_by(versions, *query.as_of) : versions.size();
  if (begun == 0)
    return fail(codes::WEBVH_NOT_FOUND, "the first version of the log is of ",
                excerpt(versions.front().entry().version_time_text()),
                ", later than the time that is asked for");
  // What is wrong after a version that was not there yet changes nothing.
  if (begun < versions.size()) return resolve_certain(versions.first(begun), std::nullopt, query);
  return resolve_certain(versions, fault, query);
}

nlohmann::json document_of(const State& version) {
  auto document = json::to_nlohmann(version.document());
  auto services = nlohmann::json::array();
  if (const auto given = document.find("service"); given != document.end())
    services = given->is_array() ? *given : nlohmann::json::array({*given});
  const DidWebvh& did = version.did();
  if (!has_service(services, did, "#files"))
    services.push_back({{"id", "#files"}, {"type", "relativeRef"}, {"serviceEndpoint", files_url(did)}});
  if (!has_service(services, did, "#whois"))
    services.push_back({{"@context", kLinkedVpContext},
                        {"id", "#whois"},
                        {"type", "LinkedVerifiablePresentation"},
                        {"serviceEndpoint", whois_url(did)}});
  document["service"] = std::move(services);
  return document;
}

nlohmann::json metadata_of(const Resolution& resolution) {
  const Parameters& now = resolution.newest.parameters();
  auto witness = nlohmann::json::object();
  if (now.witness.active()) {
    auto list = nlohmann::json::array();
    for (const std::string& id : now.witness.witnesses) list.push_back({{"id", id}});
    witness = {{"threshold", concat(now.witness.threshold)}, {"witnesses", std::move(list)}};
  }
  return {{"versionId", resolution.version.version_id().text()},
          {"versionTime", resolution.version.entry().version_time_text()},
          {"created", resolution.first.entry().version_time_text()},
          {"updated", resolution.newest.entry().version_time_text()},
          {"scid", resolution.first.did().scid()},
          {"portable", now.portable},
          {"deactivated", now.deactivated},
          {"ttl", concat(now.ttl_seconds)},
          {"witness", std::move(witness)},
          {"watchers", now.watchers}};
}

std::string_view resolution_error(Code code) {
  return code == Code(codes::WEBVH_NOT_FOUND) ? "notFound" : "invalidDid";
}

nlohmann::json resolution_result(const Result<Resolution>& resolution) {
  if (!resolution) {
    const Error& error = resolution.error();
    const bool not_found = error.code == Code(codes::WEBVH_NOT_FOUND);
    const nlohmann::json problem = {
        {"type", not_found ? "https://www.w3.org/ns/did#NOT_FOUND" : "https://www.w3.org/ns/did#INVALID_DID"},
        {"title", error.code.sentence()},
        {"detail", concat(error.code.slug(), ": ", error.message)}};
    return {
        {"didDocument", nullptr},
        {"didDocumentMetadata", nlohmann::json::object()},
        {"didResolutionMetadata", {{"error", resolution_error(error.code)}, {"problemDetails", problem}}}};
  }
  const bool gone = resolution->version.deactivated();
  return {{"didDocument", gone ? nlohmann::json() : document_of(resolution->version)},
          {"didDocumentMetadata", metadata_of(*resolution)},
          {"didResolutionMetadata", {{"contentType", "application/did"}}}};
}

}  // namespace vcnode::webvh
