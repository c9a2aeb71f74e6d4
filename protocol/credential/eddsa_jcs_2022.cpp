#include "protocol/credential/eddsa_jcs_2022.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/hash.h"
#include "crypto/jcs.h"

namespace vcnode::credential::eddsa_jcs_2022 {
namespace {

// Most credentials and proofs fit, so that neither text is moved while it grows.
constexpr std::size_t kDocumentBytesTypical = 4096;
constexpr std::size_t kProofBytesTypical = 1024;

void write_previous(jcs::Writer& writer, std::span<const json::Value* const> previous) {
  writer.raw('[');
  bool first = true;
  for (const json::Value* proof : previous) {
    if (!first) writer.raw(',');
    first = false;
    writer.value(*proof);
  }
  writer.raw(']');
}

void write_document(jcs::Writer& writer, const json::Value& document, const json::Value* context,
                    std::span<const json::Value* const> previous) {
  writer.raw('{');
  bool first = true;
  for (const auto& member : document.members()) {
    const bool is_proof = member.name == "proof";
    if (is_proof && previous.empty()) continue;
    if (!first) writer.raw(',');
    first = false;
    writer.string(member.name);
    writer.raw(':');
    if (is_proof) {
      write_previous(writer, previous);
    } else {
      writer.value(context != nullptr && member.name == "@context" ? *context : member.value);
    }
  }
  writer.raw('}');
}

std::string canonical_document(const json::Value& document, const json::Value* context,
                               std::span<const json::Value* const> previous) {
  std::string out;
  out.reserve(kDocumentBytesTypical);
  {
    jcs::Writer writer(out);
    write_document(writer, document, context, previous);
  }
  return out;
}

SigningInput hashed(std::string proof_configuration, std::string document) {
  SigningInput input{std::move(proof_configuration), std::move(document), {}, {}};
  input.proof_hash = sha256(as_bytes(input.proof_configuration));
  input.document_hash = sha256(as_bytes(input.document));
  return input;
}

}  // namespace

std::array<std::uint8_t, 64> SigningInput::bytes() const noexcept {
  std::array<std::uint8_t, 64> out{};
  const auto rest = std::copy(proof_hash.view().begin(), proof_hash.view().end(), out.begin());
  std::copy(document_hash.view().begin(), document_hash.view().end(), rest);
  return out;
}

SigningInput signing_input(const json::Value& document, const json::Value& proof,
                           std::span<const json::Value* const> previous) {
  std::string configuration;
  configuration.reserve(kProofBytesTypical);
  jcs::append_object_without(configuration, proof, "proofValue");
  return hashed(std::move(configuration), canonical_document(document, proof.find("@context"), previous));
}

Result<SigningInput> signing_input(const nlohmann::json& document, const nlohmann::json& proof,
                                   const nlohmann::json& previous) {
  auto configuration = proof;
  configuration.erase("proofValue");
  auto unsecured = document;
  unsecured.erase("proof");
  if (!previous.empty()) unsecured["proof"] = previous;
  if (configuration.contains("@context")) unsecured["@context"] = configuration["@context"];
  VCNODE_TRY(auto proof_text, jcs::canonicalize(configuration));
  VCNODE_TRY(auto document_text, jcs::canonicalize(unsecured));
  return hashed(std::move(proof_text), std::move(document_text));
}

}  // namespace vcnode::credential::eddsa_jcs_2022
