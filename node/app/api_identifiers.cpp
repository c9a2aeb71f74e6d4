#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/did_resolution.h"
#include "node/app/problem.h"
#include "protocol/did/codes.h"
#include "protocol/did/resolver.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/resolution.h"

namespace vcnode::node {

namespace {

// What resolution can answer besides a document (W3C DID Resolution; did:key specification).
struct ResolutionError {
  std::string_view error;
  unsigned status = 400;
  Error reason;
};

ResolutionError of(const Error& error) {
  const ResolutionAnswer answer = resolution_answer_of(error.code);
  if (error.code == codes::DID_METHOD_UNSUPPORTED)
    return {
        answer.error,
        answer.status,
        {error.code, concat(error.message, "; did:webvh is resolved from the histories that a node holds")}};
  return {answer.error, answer.status, error};
}

// Formats the did:key specification knows; of these each method has one.
constexpr std::array<std::string_view, 7> kKeyFormats = {"Multikey",
                                                         "JsonWebKey",
                                                         "JsonWebKey2020",
                                                         "Ed25519VerificationKey2018",
                                                         "Ed25519VerificationKey2020",
                                                         "X25519KeyAgreementKey2019",
                                                         "X25519KeyAgreementKey2020"};

// REQUIRES: `document` is that of a did:key or did:jwk.
std::optional<ResolutionError> check_options(const HttpRequest& request, const nlohmann::json& document) {
  const auto own = document.at("verificationMethod").at(0).at("type").get<std::string>();
  if (const auto format = request.query.find("publicKeyFormat");
      format != request.query.end() && format->second != own) {
    const bool known = std::find(kKeyFormats.begin(), kKeyFormats.end(), format->second) != kKeyFormats.end();
    return ResolutionError{known ? "invalidPublicKeyType" : "unsupportedPublicKeyType",
                           400,
                           {codes::REQUEST_UNSUPPORTED, concat("keys of this DID are given as ", own,
                                                               ", not as ", excerpt(format->second))}};
  }
  for (const char* version : {"versionId", "versionNumber"}) {
    if (request.query.contains(version)) {
      return ResolutionError{
          "notFound", 404, {codes::NOT_FOUND, concat("this DID has no versions, so no ", version)}};
    }
  }
  return std::nullopt;
}

struct IdentifierAnswer {   // NOLINT(bugprone-exception-escape): nlohmann::json asserts where it is moved, it
                            // does not
                            // throw
  nlohmann::json document;  // null on error, and of a deactivated version
  nlohmann::json metadata = nlohmann::json::object();  // of the document
  std::optional<ResolutionError> error;
  bool dereferenced = false;                        // a DID URL was asked for
  std::optional<std::string> place = std::nullopt;  // where the DID URL leads, if to no part of the document
};

// DID Resolution, "HTTP(S) Binding": a URL is answered by the way there, which this node does not go.
HttpResponse way_to(const std::string& place) {
  HttpResponse response;
  response.status = 303;
  response.content_type = "text/uri-list";
  response.body = place + "\r\n";
  response.headers.emplace_back("Location", place);
  return response;
}

unsigned status_of(const IdentifierAnswer& answer) {
  if (answer.error) return answer.error->status;
  return answer.document.is_null() ? 410 : 200;
}

HttpResponse response_of(const IdentifierAnswer& answer) {
  if (answer.place && !answer.error) return way_to(*answer.place);
  nlohmann::json metadata;
  if (answer.error) {
    metadata["error"] = answer.error->error;
    nlohmann::json details = problem_details(answer.error->reason.code, answer.error->reason.message);
    metadata["problemDetails"] = std::move(details);
  } else {
    metadata["contentType"] = "application/did";
  }
  nlohmann::json out{{"@context", "https://w3id.org/did-resolution/v1"},
                     {"didDocument", answer.document},
                     {"didDocumentMetadata", answer.metadata}};
  out[answer.dereferenced ? "didDereferencingMetadata" : "didResolutionMetadata"] = std::move(metadata);
  HttpResponse response = json_answer(status_of(answer), json_text(out));
  response.content_type = "application/did-resolution+json";
  return response;
}

IdentifierAnswer resolve(const std::string& text, const HttpRequest& request) {
  IdentifierAnswer out;
  const auto did = Did::parse(text);
  const auto document = did ? self_document_of(*did) : Result<nlohmann::json>(did.failure());
  if (!document) {
    out.error = of(document.error());
  } else if (auto refused = check_options(request, *document)) {
    out.error = std::move(refused);
  } else {
    out.document = *document;
  }
  return out;
}

// The document of the DID, if the URL names its one verification method.
Result<nlohmann::json> document_of_method(const DidUrl& url) {
  VCNODE_TRY(auto document, self_document_of(url.did()));
  if (document.at("verificationMethod").at(0).at("id") != url.text())
    return fail(codes::VERIFICATION_METHOD_UNKNOWN, "\"", excerpt(url.text()),
                "\" names no verification method of its DID");
  return document;
}

// The verification method itself, as a document of its own.
nlohmann::json method_of(const nlohmann::json& document) {
  nlohmann::json method = document.at("verificationMethod").at(0);
  method["@context"] = document.at("@context").at(1);
  return method;
}

IdentifierAnswer dereference(const std::string& text, const HttpRequest& request) {
  IdentifierAnswer out;
  out.dereferenced = true;
  const auto url = DidUrl::parse(text);
  if (!url) {
    out.error = ResolutionError{"invalidDidUrl", 400, url.error()};
    return out;
  }
  const auto document = document_of_method(*url);
  if (!document) {
    out.error = of(document.error());
  } else if (auto refused = check_options(request, *document)) {
    out.error = std::move(refused);
  } else {
    out.document = method_of(*document);
  }
  return out;
}

constexpr std::string_view kWebvh = "did:webvh:";

std::optional<std::string> find(const QueryParameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::nullopt : std::optional(found->second);
}

ResolutionError of_version(const Error& error) {
  const ResolutionAnswer answer = resolution_answer_of(error.code);
  return {webvh::resolution_error(error.code), answer.status, error};
}

// The version of the DID that is asked for, from the history held; nothing is fetched.
std::optional<webvh::Resolution> find_version(const FeedTable& feeds, const Did& asked,
                                              const QueryParameters& parameters, IdentifierAnswer& out) {
  const auto refuse = [&out](ResolutionError error) {
    out.error = std::move(error);
    return std::nullopt;
  };
  const auto did = webvh::DidWebvh::parse(asked.text());
  if (!did) return refuse(of_version(did.error()));
  const auto query = query_of(
      {find(parameters, "versionId"), find(parameters, "versionTime"), find(parameters, "versionNumber")});
  if (!query) return refuse({"invalidOptions", 400, query.error()});
  const auto history = feeds.history(did->scid());
  if (!history)
    return refuse(of_version(
        {codes::WEBVH_NOT_FOUND, concat("this node holds no history of the issuer ", did->scid())}));
  auto found = resolve_held(*history, *did, *query);
  if (!found) return refuse(of_version(found.error()));
  out.metadata = webvh::metadata_of(*found);
  return *std::move(found);
}

IdentifierAnswer resolve_webvh(const FeedTable& feeds, const std::string& text, const HttpRequest& request) {
  IdentifierAnswer out;
  const auto did = Did::parse(text);
  if (!did) {
    out.error = of(did.error());
  } else if (const auto found = find_version(feeds, *did, request.query, out)) {
    if (!found->version.deactivated()) out.document = webvh::document_of(found->version);
  }
  return out;
}

// The member of the document with this id, by either spelling: a verification method, or a service.
nlohmann::json find_part(const nlohmann::json& document, const std::string& did,
                         const std::string& fragment) {
  for (const char* member : {"verificationMethod", "service", "assertionMethod", "authentication",
                             "keyAgreement", "capabilityInvocation", "capabilityDelegation"}) {
    const auto parts = document.find(member);
    if (parts == document.end() || !parts->is_array()) continue;
    for (const auto& part : *parts) {
      if (!part.is_object() || !part.contains("id")) continue;
      if (part.at("id") == fragment || part.at("id") == concat(did, fragment)) return part;
    }
  }
  return nullptr;
}

// What a DID URL names: a part of the document, or a place beside the log. A URL with a query alone names a
// version of the document.
void dereference_in(const webvh::State& version, const DidUrl& url, const QueryParameters& parameters,
                    IdentifierAnswer& out) {
  std::string path(url.path());
  if (const auto service = find(parameters, "service")) {
    path = *service == "whois" ? "/whois" : find(parameters, "relativeRef").value_or("/");
    if (*service != "whois" && *service != "files") {
      out.error = ResolutionError{"notFound",
                                  404,
                                  {codes::WEBVH_NOT_FOUND, concat("the service \"", excerpt(*service),
                                                                  "\" leads to no file of the DID")}};
      return;
    }
  }
  if (!path.empty()) {
    auto place = place_of(version, path);
    if (place) {
      out.place = *std::move(place);
    } else {
      out.error = ResolutionError{"invalidDidUrl", 400, place.error()};
    }
    return;
  }
  out.document = webvh::document_of(version);
  if (url.fragment().empty()) return;
  out.document = find_part(out.document, version.did().text(), concat("#", url.fragment()));
  if (out.document.is_null()) {
    out.error = ResolutionError{"notFound",
                                404,
                                {codes::VERIFICATION_METHOD_UNKNOWN,
                                 concat("\"", excerpt(url.text()), "\" names nothing in that version")}};
  }
}

IdentifierAnswer dereference_webvh(const FeedTable& feeds, const std::string& text,
                                   const HttpRequest& request) {
  IdentifierAnswer out;
  out.dereferenced = true;
  const auto url = DidUrl::parse(text);
  if (!url) {
    out.error = ResolutionError{"invalidDidUrl", 400, url.error()};
    return out;
  }
  auto parameters = parameters_of(*url);
  if (!parameters) {
    out.error = ResolutionError{"invalidDidUrl", 400, parameters.error()};
    return out;
  }
  for (const auto& [name, value] : request.query) {
    const auto [own, added] = parameters->emplace(name, value);
    if (added || own->second == value) continue;
    out.error = ResolutionError{
        "invalidOptions",
        400,
        {codes::REQUEST_MALFORMED, concat("the DID URL asks for ", excerpt(name), " ", excerpt(own->second),
                                          ", the request for ", excerpt(value), "; give one of them")}};
    return out;
  }
  const auto found = find_version(feeds, url->did(), *parameters, out);
  if (found && !found->version.deactivated()) dereference_in(found->version, *url, *parameters, out);
  return out;
}

void answer(const IdentifierApi& api, Call call) {
  const std::string& text = call.parameters.at("did");
  const bool is_url = text.find_first_of("/?#") != std::string::npos;
  if (!text.starts_with(kWebvh))
    return call.respond(response_of(is_url ? dereference(text, call.request) : resolve(text, call.request)));
  auto shared = std::make_shared<Call>(std::move(call));
  api.offload.answer(shared->respond, [feeds = &api.feeds, is_url, shared] {
    const std::string& did = shared->parameters.at("did");
    return response_of(is_url ? dereference_webvh(*feeds, did, shared->request)
                              : resolve_webvh(*feeds, did, shared->request));
  });
}

}  // namespace

void add_identifier_routes(Router& router, IdentifierApi api) {
  Route route;
  route.method = "GET";
  route.pattern = "/1.0/identifiers/{did...}";
  route.summary = "Resolve a DID or dereference a DID URL (percent-encoded)";
  route.cors = true;
  route.answer_type = "application/did-resolution+json";
  route.answers = {
      {200, "{didDocument, didResolutionMetadata or didDereferencingMetadata, didDocumentMetadata}"},
      {303, "the DID URL names a file of the DID, at this address"},
      {400,
       "invalidDid, invalidDidUrl, invalidOptions, invalidPublicKey, invalidPublicKeyLength, "
       "invalidPublicKeyType, unsupportedPublicKeyType"},
      {404, "notFound"},
      {410, "that version deactivated the DID, which has no document any more"},
      {501, "methodNotSupported"}};
  for (const unsigned status : {400U, 404U, 410U, 501U}) route.answer_types[status] = route.answer_type;
  route.handle = [api](Call call) { answer(api, std::move(call)); };
  router.add(std::move(route));
}

}  // namespace vcnode::node
