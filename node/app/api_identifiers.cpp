#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/did_resolution.h"
#include "node/app/problem.h"
#include "protocol/did/key.h"

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

constexpr std::string_view kKeyFormat = "Multikey";
// Formats the did:key specification knows; this node serves Multikey only.
constexpr std::array<std::string_view, 6> kOtherKeyFormats = {"JsonWebKey",
                                                              "JsonWebKey2020",
                                                              "Ed25519VerificationKey2018",
                                                              "Ed25519VerificationKey2020",
                                                              "X25519KeyAgreementKey2019",
                                                              "X25519KeyAgreementKey2020"};

std::optional<ResolutionError> check_options(const HttpRequest& request) {
  if (const auto format = request.query.find("publicKeyFormat");
      format != request.query.end() && format->second != kKeyFormat) {
    const bool known =
        std::find(kOtherKeyFormats.begin(), kOtherKeyFormats.end(), format->second) != kOtherKeyFormats.end();
    return ResolutionError{
        known ? "invalidPublicKeyType" : "unsupportedPublicKeyType",
        400,
        {codes::REQUEST_UNSUPPORTED, concat("keys are given as Multikey, not as ", excerpt(format->second))}};
  }
  for (const char* version : {"versionId", "versionNumber"}) {
    if (request.query.contains(version)) {
      return ResolutionError{
          "notFound", 404, {codes::NOT_FOUND, concat("a did:key has no versions, so no ", version)}};
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
  const auto document = did ? did_key::document_of(*did) : Result<nlohmann::json>(did.failure());
  if (!document) {
    out.error = of(document.error());
  } else if (auto refused = check_options(request)) {
    out.error = std::move(refused);
  } else {
    out.document = *document;
  }
  return out;
}

// The verification method itself, as a document of its own.
Result<nlohmann::json> dereference_method(const DidUrl& url) {
  VCNODE_CHECK(did_key::key_of_method(url));
  VCNODE_TRY(const auto document, did_key::document_of(url.did()));
  nlohmann::json method = document.at("verificationMethod").at(0);
  method["@context"] = "https://w3id.org/security/multikey/v1";
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
  const auto method = dereference_method(*url);
  if (!method) {
    out.error = of(method.error());
  } else if (auto refused = check_options(request)) {
    out.error = std::move(refused);
  } else {
    out.document = *method;
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
