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

struct Answer {  // NOLINT(bugprone-exception-escape): nlohmann::json asserts where it is moved, it does not
                 // throw
  nlohmann::json document;  // null on error
  std::optional<ResolutionError> error;
  bool dereferenced = false;  // a DID URL was asked for
};

HttpResponse response_of(const Answer& answer) {
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
                     {"didDocumentMetadata", nlohmann::json::object()}};
  out[answer.dereferenced ? "didDereferencingMetadata" : "didResolutionMetadata"] = std::move(metadata);
  HttpResponse response = json_answer(answer.error ? answer.error->status : 200, json_text(out));
  response.content_type = "application/did-resolution+json";
  return response;
}

Answer resolve(const std::string& text, const HttpRequest& request) {
  Answer out;
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

Answer dereference(const std::string& text, const HttpRequest& request) {
  Answer out;
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

void answer(const Call& call) {
  const std::string& text = call.parameters.at("did");
  const bool is_url = text.find_first_of("/?#") != std::string::npos;
  call.respond(response_of(is_url ? dereference(text, call.request) : resolve(text, call.request)));
}

}  // namespace

void add_identifier_routes(Router& router) {
  Route route;
  route.method = "GET";
  route.pattern = "/1.0/identifiers/{did...}";
  route.summary = "Resolve a DID or dereference a DID URL (percent-encoded)";
  route.cors = true;
  route.answer_type = "application/did-resolution+json";
  route.answers = {
      {200, "{didDocument, didResolutionMetadata or didDereferencingMetadata, didDocumentMetadata}"},
      {400,
       "invalidDid, invalidDidUrl, invalidPublicKey, invalidPublicKeyLength, invalidPublicKeyType, "
       "unsupportedPublicKeyType"},
      {404, "notFound"},
      {501, "methodNotSupported"}};
  for (const unsigned status : {400U, 404U, 501U}) route.answer_types[status] = route.answer_type;
  route.handle = [](const Call& call) { answer(call); };
  router.add(std::move(route));
}

}  // namespace vcnode::node
