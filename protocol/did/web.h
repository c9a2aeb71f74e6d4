// did:web (W3C CCG "did:web Method Specification"): a DID document at an https address, for reading.
//
// Nothing here fetches: `https_url` says where the document is, `Document::read` checks what came from there.
// A did:web has no history. Whoever holds the domain can replace the document at any time, so what a document
// says is true of the moment in which it was fetched and of no other.
//
// Errors: DID_INVALID, DID_HOST, DID_METHOD_UNSUPPORTED (another method); of documents JSON_*,
// DID_DOCUMENT_INVALID, DID_DOCUMENT_MISMATCH; of methods VERIFICATION_METHOD_UNKNOWN and those of
// verification_method::key_of. Threading: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "protocol/did/did.h"
#include "protocol/did/verification_method.h"
#include "protocol/did/web_location.h"

namespace vcnode::did_web {

inline constexpr std::string_view kMethod = "web";
// Documents of real issuers hold a few keys and services and stay below 10 KiB; a list of a hundred old keys
// fits as well.
inline constexpr std::size_t kDocumentBytesMax = 256 * 1024;

class DidWeb {
 public:
  [[nodiscard]] static Result<DidWeb> parse(std::string_view text);
  [[nodiscard]] const Did& did() const noexcept { return did_; }
  [[nodiscard]] const WebLocation& location() const noexcept { return location_; }

 private:
  DidWeb(Did did, WebLocation location) : did_(std::move(did)), location_(std::move(location)) {}
  Did did_;
  WebLocation location_;
};

// Of did.json: in the path of the DID, or in /.well-known where it has none.
[[nodiscard]] std::string https_url(const DidWeb& did);

// A document that is the DID's own.
class Document {
 public:
  // Strict JSON, an object whose "id" is exactly `did`. Errors: JSON_*, DID_DOCUMENT_INVALID,
  // DID_DOCUMENT_MISMATCH.
  [[nodiscard]] static Result<Document> read(std::string_view text, const Did& did);
  [[nodiscard]] const json::Value& root() const noexcept { return json_.root(); }
  // The Ed25519 key that `method` names and assertionMethod lists, by reference or embedded, in a form that
  // verification_method.h reads and that the DID itself controls.
  struct AssertionKey {
    Ed25519PublicKey key;
    std::optional<Timestamp> expires;  // good until then, excluded
    friend bool operator==(const AssertionKey&, const AssertionKey&) = default;
  };
  [[nodiscard]] Result<AssertionKey> assertion_key(const DidUrl& method) const;
  // Since when the document says that the key of `method`, which is `key`, is not good any more, under
  // whatever name.
  [[nodiscard]] std::optional<Timestamp> revoked_since(const DidUrl& method,
                                                       const verification_method::KeyForms& key) const;

 private:
  Document(Did did, json::Document document) : did_(std::move(did)), json_(std::move(document)) {}
  [[nodiscard]] Result<const json::Value*> find_method(std::string_view url) const;
  Did did_;
  json::Document json_;
};

}  // namespace vcnode::did_web
