#include "protocol/observe/target.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/credential/credential.h"
#include "protocol/did/host.h"
#include "protocol/did/web.h"
#include "protocol/observe/codes.h"
#include "protocol/status/bitstring.h"
#include "protocol/status/codes.h"

namespace vcnode::observe {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::string_view kListCredentialType = "BitstringStatusListCredential";
// A path that ends so is the document of a did:web; which of the two a URL is must not depend on the reader.
constexpr std::string_view kDocumentName = "/did.json";

Result<void> check_list(std::string_view text, std::string_view url) {
  const auto malformed = [&](std::string_view why) {
    return fail(codes::STATUS_LIST_MALFORMED, "the status list ", excerpt(url), " ", why);
  };
  VCNODE_TRY(auto document, json::Document::parse(text, {.size_max = limits::kBodyBytesMax}));
  VCNODE_TRY(const auto list, credential::Credential::from(std::move(document)));
  if (!list.has_type(kListCredentialType)) return malformed(concat("is not of type ", kListCredentialType));
  if (list.id() != url) return malformed(concat("has the id \"", excerpt(list.id().value_or("")), "\""));
  if (list.proof() == nullptr) return malformed("has no proof");
  const auto subjects = list.root().find("credentialSubject")->one_or_many();
  if (subjects.size() != 1) return malformed("does not have one subject");
  const auto encoded = subjects.front().find_string("encodedList");
  if (!encoded) return malformed("has no encodedList, or one that is not a string");
  VCNODE_CHECK(status::Bitmap::decode(*encoded, kListEntriesMin));
  return {};
}

}  // namespace

Result<Target> Target::of_did(std::string_view did) {
  VCNODE_TRY(const auto web, did_web::DidWeb::parse(did));
  return Target{Kind::did_document, did_web::https_url(web), web.did()};
}

Result<Target> Target::of_list(std::string_view url) {
  const auto refused = [&](std::string_view why) {
    return fail(codes::OBSERVE_URL, "the URL \"", excerpt(url), "\" ", why);
  };
  if (!is_url(url) || !url.starts_with(kScheme)) return refused("is no https URL");
  if (url.find_first_of("#\\") != std::string_view::npos) return refused("has a fragment or a backslash");
  const auto authority = url.substr(kScheme.size(), url.find_first_of("/?", kScheme.size()) - kScheme.size());
  if (authority.find('@') != std::string_view::npos) return refused("names a user");
  if (const auto fault = host_fault(authority.substr(0, authority.find(':'))); !fault.empty())
    return refused(concat("has a host that ", fault));
  if (url.ends_with(kDocumentName)) return refused("ends like a DID document; name the did:web instead");
  return Target{Kind::status_list, std::string(url), std::nullopt};
}

std::size_t Target::bytes_max() const noexcept {
  return kind == Kind::did_document ? did_web::kDocumentBytesMax : limits::kBodyBytesMax;
}

std::string_view Target::media_types() const noexcept {
  return kind == Kind::did_document ? "application/did+json, application/json;q=0.9, */*;q=0.1"
                                    : "application/vc, application/json;q=0.9, */*;q=0.1";
}

Result<void> Target::check(std::string_view body) const {
  if (kind == Kind::status_list) return check_list(body, url);
  VCNODE_CHECK(did_web::Document::read(body, *did));
  return {};
}

}  // namespace vcnode::observe
