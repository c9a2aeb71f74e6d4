#include "node/app/did_resolution.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "node/app/codes.h"
#include "protocol/did/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"

namespace vcnode::node {
namespace {

Result<std::uint64_t> version_number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range && end == text.data() + text.size())
    return fail(codes::REQUEST_MALFORMED, "the version number ", excerpt(text), " is larger than ",
                std::numeric_limits<std::uint64_t>::max(), ", the limit");
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '0')
    return fail(codes::REQUEST_MALFORMED, "the version number '", excerpt(text),
                "' is not a whole number from 1 on, without leading zeros");
  return number;
}

// Of the two spellings that an id inside a document has.
const nlohmann::json* find_service(const nlohmann::json& document, const std::string& did,
                                   std::string_view fragment) {
  for (const auto& service : document.at("service")) {
    if (!service.is_object() || !service.contains("id")) continue;
    if (service.at("id") == fragment || service.at("id") == concat(did, fragment)) return &service;
  }
  return nullptr;
}

// An address that stands in a header and in a browser: nothing but https, nothing that ends a line.
bool is_plain_https(std::string_view url) {
  return url.starts_with("https://") &&
         std::ranges::all_of(url, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '<'; });
}

}  // namespace

ResolutionAnswer resolution_answer_of(Code code) noexcept {
  if (code == codes::DID_METHOD_UNSUPPORTED) return {"methodNotSupported", 501};
  if (code == codes::DID_KEY_LENGTH) return {"invalidPublicKeyLength", 400};
  if (code == codes::DID_KEY_TYPE_UNSUPPORTED) return {"unsupportedPublicKeyType", 400};
  if (code == codes::KEY_INVALID) return {"invalidPublicKey", 400};
  if (code == codes::VERIFICATION_METHOD_UNKNOWN || code == codes::WEBVH_NOT_FOUND ||
      code == codes::VERSION_NOT_HELD)
    return {"notFound", 404};
  return {"invalidDid", 400};
}

Result<QueryParameters> parameters_of(const DidUrl& url) {
  QueryParameters out;
  std::string_view query = url.query();
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    const auto name = part.substr(0, part.find('='));
    if (part.empty()) continue;
    const auto value = part.substr(std::min(name.size() + 1, part.size()));
    if (!out.emplace(name, value).second)
      return fail(codes::REQUEST_MALFORMED, "the DID URL has the query parameter ", excerpt(name), " twice");
  }
  return out;
}

Result<webvh::Query> query_of(const VersionTexts& texts) {
  webvh::Query query;
  query.version_id = texts.id;
  if (texts.time) {
    const auto time = webvh::Instant::parse(*texts.time);
    if (!time) return fail(codes::REQUEST_MALFORMED, "the version time: ", time.error().message);
    query.version_time = *time;
  }
  if (texts.number) {
    VCNODE_TRY(query.version_number, version_number_of(*texts.number));
  }
  return query;
}

Result<webvh::Resolution> resolve_held(const issuer::History& history, const webvh::DidWebvh& did,
                                       const webvh::Query& query, std::optional<Error> gap) {
  if (!history.missing.empty())
    gap = fail(codes::VERSION_NOT_HELD, "version ", history.missing.front().text(),
               " of the DID stands in the issuer's feed and is not held here")
              .error;
  if (history.dispute) {
    gap = fail(codes::DID_DISPUTED, "after version ", history.versions.size(), " the DID has ",
               history.dispute->siblings.size(), " histories, and nobody but the issuer knows its own")
              .error;
  }
  auto answer = webvh::resolve(history.states(), gap, did, query);
  if (!answer && !history.missing.empty() && gap) return Failure{*gap};
  return answer;
}

Result<std::string> place_of(const webvh::State& version, std::string_view path) {
  const bool whois = path == "/whois";
  const std::string_view fragment = whois ? "#whois" : "#files";
  VCNODE_TRY(auto implicit, webvh::resource_url(version.did(), path));
  const auto document = webvh::document_of(version);
  const nlohmann::json* service = find_service(document, version.did().text(), fragment);
  const auto endpoint =
      service != nullptr ? service->value("serviceEndpoint", nlohmann::json()) : nlohmann::json();
  if (endpoint == (whois ? webvh::whois_url(version.did()) : webvh::files_url(version.did())))
    return implicit;
  if (!endpoint.is_string() || !is_plain_https(endpoint.get_ref<const std::string&>()))
    return fail(codes::WEBVH_RESOURCE_PATH, "the endpoint of the service ", fragment,
                " is no https address that could be followed");
  auto url = endpoint.get<std::string>();
  if (whois) return url;
  if (url.ends_with('/')) url.pop_back();
  return url + std::string(path);
}

}  // namespace vcnode::node
