#include "node/cli/signature_report.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "node/cli/output.h"
#include "protocol/evidence/codes.h"
#include "protocol/evidence/stated.h"

namespace vcnode::cli {

std::optional<Result<evidence::VerdictSignature>> signature_in(std::string_view text, Timestamp now) {
  const auto document = json::Document::parse(text, evidence::kVerdictLimits);
  if (!document) return std::nullopt;
  auto checked = evidence::check_signature(document->root(), now);
  if (!checked && checked.error().code == codes::VERDICT_UNSIGNED) return std::nullopt;
  return checked;
}

nlohmann::json signature_json(const evidence::VerdictSignature& signature) {
  return {{"signer", signature.signer.text()},
          {"node", signature.node},
          {"network", signature.network},
          {"created", signature.created.to_string()}};
}

nlohmann::json signature_json(const std::optional<Result<evidence::VerdictSignature>>& signature) {
  if (!signature) return nullptr;
  if (*signature) return signature_json(**signature);
  const Error& error = signature->error();
  return {{"error", {{"code", error.code.slug()}, {"message", error.message}}}};
}

std::string signature_line(const evidence::VerdictSignature& signature) {
  return concat("signed at ", signature.created.to_string(), " with the key ", signature.signer.text(),
                " by a node that calls itself ", printable(excerpt(signature.node)), " in the network ",
                printable(excerpt(signature.network)));
}

}  // namespace vcnode::cli
