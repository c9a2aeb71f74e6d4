#include "protocol/facts/envelope.h"

#include <algorithm>
#include <string>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "protocol/facts/codes.h"
#include "protocol/facts/facts.h"
#include "protocol/facts/normalise.h"

namespace vcnode::facts {
namespace {

Result<json::Document> parse(std::string_view text) {
  return json::Document::parse(text, {.size_max = kDocumentBytesMax});
}

// Claims of VC-JWT 1.1 hold the credential as "vc"; otherwise the payload is the credential.
Result<json::Document> credential_of(std::string_view payload) {
  VCNODE_TRY(auto document, parse(payload));
  const json::Value* claim = document.root().find("vc");
  if (claim != nullptr && claim->is_object()) return parse(jcs::canonicalize(*claim));
  return document;
}

Result<json::Document> decode_payload(std::string_view encoded) {
  const auto payload = base64url_decode(encoded, kDocumentBytesMax);
  if (!payload)
    return fail(codes::FACTS_ENVELOPE, "the payload of the JWS is not base64url: ", payload.error().message);
  return credential_of(as_text(*payload));
}

// A JWS in JSON form (RFC 7515 §7.2) has its payload as a string, encoded or (RFC 7797) as it is.
const json::Value* payload_of(const json::Value& root) {
  const json::Value* payload = root.find("payload");
  const bool is_jws = root.find("signatures") != nullptr || root.find("signature") != nullptr;
  return is_jws ? payload : nullptr;
}

}  // namespace

Result<json::Document> open(std::string_view text) {
  const std::string_view content = trimmed(text);
  const auto dots = std::count(content.begin(), content.end(), '.');
  if (content.starts_with("eyJ") && dots >= 2) {
    const auto first = content.find('.');
    return decode_payload(content.substr(first + 1, content.find('.', first + 1) - first - 1));
  }
  VCNODE_TRY(auto document, parse(text));
  const json::Value* payload = payload_of(document.root());
  if (payload == nullptr) return document;
  if (!payload->is_string())
    return fail(codes::FACTS_ENVELOPE, "the payload of the JWS is of JSON type ",
                json::kind_name(payload->kind()), ", it must be a string");
  const std::string_view held = trimmed(payload->string());
  return held.starts_with('{') ? credential_of(held) : decode_payload(held);
}

}  // namespace vcnode::facts
