#include "protocol/statement/create.h"

#include <array>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "protocol/statement/codes.h"

namespace vcnode::statement {

Result<nlohmann::json> draft(Kind kind, const nlohmann::json& subject, const DraftOptions& options) {
  nlohmann::json document = {
      {"@context", nlohmann::json::array({credential::kContextV2, kRecognitionContext})},
      {"type", nlohmann::json::array({"VerifiableCredential", type_of(kind)})},
      {"id", options.id},
      {"issuer", options.issuer},
      {"validFrom", options.from.to_string()},
      {"credentialSubject", subject}};
  if (options.until) document["validUntil"] = options.until->to_string();
  VCNODE_TRY(const auto text, jcs::canonicalize(document));
  VCNODE_TRY(const auto credential, credential::Credential::parse(text));
  VCNODE_CHECK(parse(credential, {}));
  return document;
}

nlohmann::json withdrawal_of(const Statement& statement, Ending effect, Timestamp effective_from) {
  return {{"id", statement.id},
          {"digestMultibase", digest_multibase(statement.digest)},
          {"effect", name_of(effect)},
          {"effectiveFrom", effective_from.to_string()}};
}

}  // namespace vcnode::statement
