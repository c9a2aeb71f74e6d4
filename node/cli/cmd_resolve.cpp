// resolve: a DID to its document, from the DID itself (did:key, did:jwk), from its log (did:webvh), with
// --peer from the history that nodes hold (did:webvh), or with --fetch from the web (did:web, did:webvh).
// Asks nobody without --fetch and --peer.
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/app/did_resolution.h"
#include "node/cli/collect_history.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "node/http/codes.h"
#include "node/http/fetcher.h"
#include "node/net/codes.h"
#include "protocol/did/codes.h"
#include "protocol/did/resolver.h"
#include "protocol/did/web.h"
#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/resolution.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;

int answer(const Global& global, int exit_code, const Json& result) {
  print_line(global.json ? json_text(result) : result.dump(2, ' ', false, Json::error_handler_t::replace));
  return exit_code;
}

int refuse(const Global& global, int exit_code, std::string_view name, const Error& error,
           const Json& problem = nullptr) {
  Json metadata = {{"error", name}, {"code", error.code.slug()}, {"message", error.message}};
  if (!problem.is_null()) metadata["problemDetails"] = problem;
  return answer(global, exit_code,
                {{"didDocument", nullptr},
                 {"didResolutionMetadata", std::move(metadata)},
                 {"didDocumentMetadata", Json::object()}});
}

// Not found, as far as anybody can tell from here; wrong options are the caller's to mend.
int could_not_fetch(const Global& global, const Error& error) {
  if (error.code == codes::TLS_CERTIFICATE) return report(global, error, kExitUsage);
  return refuse(global, kExitCannotTell, "notFound", error);
}

int answer_document(const Global& global, const Json& document) {
  return answer(global, kExitOk,
                {{"didDocument", document},
                 {"didResolutionMetadata", {{"contentType", "application/did"}}},
                 {"didDocumentMetadata", Json::object()}});
}

int refuse_did(const Global& global, Error error) {
  if (error.code == codes::DID_METHOD_UNSUPPORTED)
    error.message += "; did:webvh is resolved with --log, --peer or --fetch, did:web with --fetch";
  return refuse(global, error.code == codes::DID_METHOD_UNSUPPORTED ? kExitCannotTell : kExitNotValid,
                node::resolution_answer_of(error.code).error, error);
}

// What is no DID may be a DID URL, which can be wrong by itself.
int refuse_text(const Global& global, const std::string& text, Error error) {
  const auto url = DidUrl::parse(text);
  if (url) {
    if (const auto parameters = node::parameters_of(*url); !parameters)
      return refuse(global, kExitNotValid, "invalidDidUrl", parameters.error());
    error.message += "; what stands here is a DID alone, and a version is asked for with --version-…";
  }
  return refuse(global, kExitNotValid, node::resolution_answer_of(error.code).error, error);
}

int resolve_self(const Global& global, const Did& did) {
  const auto document = self_document_of(did);
  return document ? answer_document(global, *document) : refuse_did(global, document.error());
}

Result<std::string> fetch(const ResolveOptions& options, const std::string& url, std::string accept,
                          std::size_t bytes_max) {
  node::PublicFetchOptions fetch_options;
  fetch_options.accept = std::move(accept);
  fetch_options.body_bytes_max = bytes_max;
  fetch_options.ca_file = options.ca_file;
  return node::fetch_public(url, fetch_options);
}

int resolve_web(const Global& global, const ResolveOptions& options) {
  const auto did = did_web::DidWeb::parse(options.did);
  if (!did) return refuse_did(global, did.error());
  const std::string url = did_web::https_url(*did);
  if (!options.fetch)
    return refuse(
        global, kExitCannotTell, "notFound",
        fail(codes::NOT_FETCHED, "the document of the DID is at ", url, "; ask the web for it with --fetch")
            .error);
  const auto text = fetch(options, url, "application/did+json, application/json;q=0.9, */*;q=0.1",
                          did_web::kDocumentBytesMax);
  if (!text) return could_not_fetch(global, text.error());
  const auto document = did_web::Document::read(*text, did->did());
  if (!document) return refuse(global, kExitNotValid, "invalidDid", document.error());
  return answer_document(global, vcnode::json::to_nlohmann(document->root()));
}

Result<webvh::Query> query_of(const ResolveOptions& options) {
  auto query = node::query_of({options.version_id, options.version_time, options.version_number});
  if (!query) return fail(codes::USAGE, query.error().message);
  if (options.at) {
    const auto at = Timestamp::parse(*options.at);
    if (!at) return fail(codes::USAGE, "--at: ", at.error().message);
    query->as_of = webvh::Instant(*at);
  }
  return query;
}

Result<webvh::Log> read_log(const ResolveOptions& options, Timestamp now) {
  const auto text = read_input(*options.log, webvh::kLogBytesMax);
  // It could be read, and it is no log that counts.
  if (!text && text.error().code == codes::INPUT_TOO_LARGE)
    return fail(codes::WEBVH_LOG_SIZE, text.error().message);
  if (!text) return text.failure();
  if (!options.witness_file) return webvh::Log::read(*text, std::nullopt, {now, {}});
  const auto witnesses = read_input(*options.witness_file, webvh::kWitnessFileBytesMax);
  if (!witnesses && witnesses.error().code == codes::INPUT_TOO_LARGE)
    return fail(codes::WEBVH_WITNESS_FILE, witnesses.error().message);
  if (!witnesses) return witnesses.failure();
  return webvh::Log::read(*text, *witnesses, {now, {}});
}

// did.jsonl, and did-witness.json beside it if the log is not complete without.
Result<webvh::Log> fetch_log(const ResolveOptions& options, const webvh::DidWebvh& did, Timestamp now) {
  VCNODE_TRY(const auto text, fetch(options, webvh::https_url(did, webvh::File::log), "text/jsonl, */*;q=0.1",
                                    webvh::kLogBytesMax));
  auto log = webvh::Log::read(text, std::nullopt, {now, {}});
  if (!log.fault() || log.fault()->error.code != codes::WEBVH_WITNESS_THRESHOLD) return log;
  const auto witnesses = fetch(options, webvh::https_url(did, webvh::File::witness),
                               "application/json, */*;q=0.1", webvh::kWitnessFileBytesMax);
  if (witnesses) return webvh::Log::read(text, *witnesses, {now, {}});
  // Nobody published proofs: then the log is what it is.
  if (witnesses.error().code == codes::FETCH_NOT_FOUND) return log;
  return witnesses.failure();
}

Json with_sources(Json result, const std::vector<SourceReport>& sources) {
  if (!sources.empty()) result["sources"] = sources_json(sources);
  return result;
}

int answer_webvh(const Global& global, const Result<webvh::Resolution>& resolution,
                 const std::vector<SourceReport>& sources = {}) {
  Json result = webvh::resolution_result(resolution);
  if (resolution) return answer(global, kExitOk, with_sources(std::move(result), sources));
  const Error& error = resolution.error();
  Json& metadata = result["didResolutionMetadata"];
  metadata["code"] = error.code.slug();
  metadata["message"] = error.message;
  const bool not_found = error.code == codes::WEBVH_NOT_FOUND;
  return answer(global, not_found ? kExitCannotTell : kExitNotValid,
                with_sources(std::move(result), sources));
}

// Nothing is known to be wrong with the DID: what decides is not here.
int answer_unknown(const Global& global, const Error& why, const std::vector<SourceReport>& sources) {
  Json result = webvh::resolution_result(fail(codes::WEBVH_NOT_FOUND, why.message));
  Json& metadata = result["didResolutionMetadata"];
  metadata["code"] = why.code.slug();
  metadata["message"] = why.message;
  metadata["problemDetails"]["title"] = why.code.sentence();
  metadata["problemDetails"]["detail"] = concat(why.code.slug(), ": ", why.message);
  return answer(global, kExitCannotTell, with_sources(std::move(result), sources));
}

// From what nodes hold: entries of all of them, judged here, by the feed that commits to them.
int resolve_at_peers(const Global& global, const ResolveOptions& options, const webvh::DidWebvh& did,
                     const webvh::Query& query, Timestamp now) {
  const auto peers = peers_at(options.peers);
  if (!peers) return report(global, peers.error(), kExitUsage);
  if (const auto checked = check_network_option(options.network); !checked)
    return report(global, checked.error(), kExitUsage);
  CollectOptions how;
  how.network = options.network;
  how.bodies = false;
  const Collected collected = collect_history(std::string(did.scid()), *peers, now, how);
  if (!collected.history)
    return answer_unknown(global, why_nothing(collected, "a history of the issuer"), collected.sources);
  // Where the history was not followed to its end, its newest version may be the newest no more.
  const auto resolution = node::resolve_held(*collected.history, did, query, collected.gap);
  if (!resolution && (resolution.error().code == codes::VERSION_NOT_HELD ||
                      (collected.gap && resolution.error().code == collected.gap->code)))
    return answer_unknown(global, resolution.error(), collected.sources);
  return answer_webvh(global, resolution, collected.sources);
}

int resolve_webvh(const Global& global, const ResolveOptions& options) {
  const auto did = webvh::DidWebvh::parse(options.did);
  if (!did) return refuse(global, kExitNotValid, "invalidDid", did.error());
  if (!options.log && !options.fetch && options.peers.empty())
    return refuse(
        global, kExitCannotTell, "notFound",
        fail(codes::WEBVH_NOT_FOUND, "the DID has a log at ", webvh::https_url(*did, webvh::File::log),
             "; ask a node for it with --peer, give a copy of it with --log, or ask the web for it with "
             "--fetch")
            .error);
  if (options.log == "-" && options.witness_file == "-")
    return report(global, {codes::USAGE, "--log and --witness-file cannot both be standard input"},
                  kExitUsage);
  const Timestamp now = clock_now();
  const auto query = query_of(options);
  if (!query) return report(global, query.error(), kExitUsage);
  if (!options.peers.empty()) return resolve_at_peers(global, options, *did, *query, now);
  const auto log = options.fetch ? fetch_log(options, *did, now) : read_log(options, now);
  if (!log && options.fetch) return could_not_fetch(global, log.error());
  if (!log && (log.error().code == codes::WEBVH_LOG_SIZE || log.error().code == codes::WEBVH_WITNESS_FILE))
    return answer_webvh(global, log.failure());
  if (!log) return report(global, log.error(), kExitUsage);
  return answer_webvh(global, webvh::resolve(*log, *did, *query));
}

}  // namespace

int resolve(const Global& global, const ResolveOptions& options) {
  const auto did = Did::parse(options.did);
  if (!did) return refuse_text(global, options.did, did.error());
  if (did->method() == "webvh") return resolve_webvh(global, options);
  if (options.log || options.witness_file || options.version_id || options.version_time ||
      options.version_number || !options.peers.empty())
    return report(
        global,
        {codes::USAGE, concat("a did:", excerpt(did->method()),
                              " has no log and no versions: --log, --witness-file, --peer and --version-… "
                              "are for did:webvh")},
        kExitUsage);
  return did->method() == did_web::kMethod ? resolve_web(global, options) : resolve_self(global, *did);
}

}  // namespace vcnode::cli
