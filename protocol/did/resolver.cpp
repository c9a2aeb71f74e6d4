#include "protocol/did/resolver.h"

#include "protocol/did/key.h"

namespace vcnode {

Result<ResolvedMethod> DidKeyResolver::resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> /*at*/) const {
  VCNODE_TRY(const auto key, did_key::key_of_method(method));
  return ResolvedMethod{
      .key = key, .controller = method.did(), .version_id = std::nullopt, .low_assurance = true};
}

}  // namespace vcnode
