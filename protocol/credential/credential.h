// Verifiable Credentials Data Model 2.0 (W3C REC 2025-05-15): the credential as received.
//
// A Credential keeps the document it was parsed from (bytes that were signed are kept as bytes) and checks
// every MUST of the data model that can be checked without JSON-LD processing: @context order and shape,
// type, id, issuer, credentialSubject, validFrom/validUntil, credentialStatus, credentialSchema, evidence,
// termsOfUse, refreshService, relatedResource, language objects, name and description, and proof's shape.
// VCDM 1.1 (issuanceDate/expirationDate) is a different model: CREDENTIAL_CONTEXT says so.
//
// `parse` is used by verify and by issue alike. Errors: JSON_*, CREDENTIAL_* (one per MUST group).
// Threading: immutable after parse.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/did/did.h"

namespace vcnode::credential {

inline constexpr std::string_view kContextV2 = "https://www.w3.org/ns/credentials/v2";

// One element of credentialStatus.
struct StatusReference {
  std::string type;
  json::Value value;  // lives as long as the Credential
};

class Credential {
 public:
  [[nodiscard]] static Result<Credential> parse(std::string_view text);
  [[nodiscard]] static Result<Credential> from(json::Document document);

  [[nodiscard]] const json::Document& document() const noexcept { return document_; }
  [[nodiscard]] const json::Value& root() const noexcept { return document_.root(); }
  [[nodiscard]] std::string_view issuer_id() const noexcept { return issuer_id_; }
  [[nodiscard]] std::optional<std::string_view> id() const noexcept { return id_; }
  [[nodiscard]] std::optional<Timestamp> valid_from() const noexcept { return valid_from_; }
  [[nodiscard]] std::optional<Timestamp> valid_until() const noexcept { return valid_until_; }
  [[nodiscard]] const std::vector<StatusReference>& status() const noexcept { return status_; }
  [[nodiscard]] bool has_type(std::string_view type) const noexcept;
  [[nodiscard]] const json::Value* proof() const noexcept { return root().find("proof"); }

 private:
  explicit Credential(json::Document document) : document_(std::move(document)) {}
  json::Document document_;
  std::string_view issuer_id_;
  std::optional<std::string_view> id_;
  std::optional<Timestamp> valid_from_;
  std::optional<Timestamp> valid_until_;
  std::vector<StatusReference> status_;
};

}  // namespace vcnode::credential
