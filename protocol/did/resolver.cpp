#include "protocol/did/resolver.h"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/did/codes.h"
#include "protocol/did/jwk.h"
#include "protocol/did/key.h"

namespace vcnode {
namespace {

ResolvedMethod self_resolved(const Ed25519PublicKey& key, const Did& did) {
  return {.key = key, .controller = did, .version_id = std::nullopt, .low_assurance = true};
}

enum class Own : std::uint8_t { key, jwk };

Result<Own> own_method_of(const Did& did) {
  if (did.method() == did_key::kMethod) return Own::key;
  if (did.method() == did_jwk::kMethod) return Own::jwk;
  return fail(codes::DID_METHOD_UNSUPPORTED, "the DID \"", excerpt(did.text()), "\" has the method \"",
              excerpt(did.method()), "\", only did:key and did:jwk need nothing but themselves");
}

}  // namespace

Result<ResolvedMethod> DidKeyResolver::resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> /*at*/) const {
  VCNODE_TRY(const auto key, did_key::key_of_method(method));
  return self_resolved(key, method.did());
}

Result<ResolvedMethod> SelfResolver::resolve_method(const DidUrl& method,
                                                    std::optional<Timestamp> /*at*/) const {
  VCNODE_TRY(const Own own, own_method_of(method.did()));
  VCNODE_TRY(const auto key,
             own == Own::jwk ? did_jwk::key_of_method(method) : did_key::key_of_method(method));
  return self_resolved(key, method.did());
}

Result<nlohmann::json> self_document_of(const Did& did) {
  VCNODE_TRY(const Own own, own_method_of(did));
  return own == Own::jwk ? did_jwk::document_of(did) : did_key::document_of(did);
}

}  // namespace vcnode
