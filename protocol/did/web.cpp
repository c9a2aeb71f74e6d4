#include "protocol/did/web.h"

#include <algorithm>
#include <span>

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"

namespace vcnode::did_web {
namespace {

constexpr std::string_view kDidWebPrefix = "did:web:";
// A list of methods longer than this is no issuer's; the search below is a walk.
constexpr std::size_t kMethodsMax = 256;

// `id` of a document as a whole DID URL: documents may write "#key-1" for a method of their own.
bool names(std::string_view id, std::string_view url, const Did& did) {
  return id == url || (id.starts_with('#') && concat(did.text(), id) == url);
}

Result<std::span<const json::Value>> list_of(const json::Value& document, std::string_view name) {
  const json::Value* list = document.find(name);
  if (list == nullptr) return std::span<const json::Value>();
  if (!list->is_array() || list->elements().size() > kMethodsMax)
    return fail(codes::DID_DOCUMENT_INVALID, "\"", name, "\" of the DID document is not a list of at most ",
                kMethodsMax, " elements");
  return list->elements();
}

}  // namespace

Result<DidWeb> DidWeb::parse(std::string_view text) {
  VCNODE_TRY(Did did, Did::parse(text));
  if (did.method() != kMethod)
    return fail(codes::DID_METHOD_UNSUPPORTED, "the DID \"", excerpt(text), "\" is not a did:web");
  VCNODE_TRY(auto location, WebLocation::parse(text.substr(kDidWebPrefix.size())));
  return DidWeb(std::move(did), std::move(location));
}

std::string https_url(const DidWeb& did) {
  return concat(did.location().folder_url(), did.location().path.empty() ? "/.well-known" : "", "/did.json");
}

Result<Document> Document::read(std::string_view text, const Did& did) {
  VCNODE_TRY(auto document, json::Document::parse(text, {.size_max = kDocumentBytesMax}));
  const auto id = document.root().find_string("id");
  if (!id) return fail(codes::DID_DOCUMENT_INVALID, "the document of ", excerpt(did.text()), " has no id");
  if (*id != did.text())
    return fail(codes::DID_DOCUMENT_MISMATCH, "the document that was asked for is that of ",
                excerpt(did.text()), ", this one is that of ", excerpt(*id));
  return Document(did, std::move(document));
}

// In verificationMethod and, for embedded ones, in assertionMethod. nullptr if it is in neither.
Result<const json::Value*> Document::find_method(std::string_view url) const {
  const json::Value* found = nullptr;
  for (const std::string_view list : {"verificationMethod", "assertionMethod"}) {
    VCNODE_TRY(const auto elements, list_of(root(), list));
    for (const json::Value& element : elements) {
      const auto id = element.find_string("id");
      if (!id || !names(*id, url, did_)) continue;
      // Which of two keys is meant would depend on the reader.
      if (found != nullptr)
        return fail(codes::DID_DOCUMENT_INVALID, "the DID document holds ", excerpt(url), " twice");
      found = &element;
    }
  }
  return found;
}

Result<Document::AssertionKey> Document::assertion_key(const DidUrl& method) const {
  const auto unknown = [&method](std::string_view why) {
    return fail(codes::VERIFICATION_METHOD_UNKNOWN, "\"", excerpt(method.text()), "\" ", why);
  };
  if (method.did() != did_) return unknown(concat("is not a method of ", excerpt(did_.text())));
  VCNODE_TRY(const auto list, list_of(root(), "assertionMethod"));
  const bool listed = std::any_of(list.begin(), list.end(), [&](const json::Value& element) {
    const auto id = element.is_string() ? std::optional(element.string()) : element.find_string("id");
    return id && names(*id, method.text(), did_);
  });
  if (!listed) return unknown("is not listed under assertionMethod of its DID document");
  VCNODE_TRY(const json::Value* const found, find_method(method.text()));
  if (found == nullptr) return unknown("is not in its DID document");
  if (found->find_string("controller") != did_.text())
    return unknown("has another controller than the DID itself");
  VCNODE_TRY(const auto key, verification_method::key_of(*found));
  return AssertionKey{key, verification_method::time_in(*found, "expires")};
}

std::optional<Timestamp> Document::revoked_since(const DidUrl& method,
                                                 const verification_method::KeyForms& key) const {
  return verification_method::revoked_in(root(), key,
                                         [&](std::string_view id) { return names(id, method.text(), did_); });
}

}  // namespace vcnode::did_web
