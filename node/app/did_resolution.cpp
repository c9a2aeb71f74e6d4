#include "node/app/did_resolution.h"

#include "crypto/base/codes.h"
#include "crypto/codes.h"
#include "protocol/did/codes.h"

namespace vcnode::node {

ResolutionAnswer resolution_answer_of(Code code) noexcept {
  if (code == codes::DID_METHOD_UNSUPPORTED) return {"methodNotSupported", 501};
  if (code == codes::DID_KEY_LENGTH) return {"invalidPublicKeyLength", 400};
  if (code == codes::DID_KEY_TYPE_UNSUPPORTED) return {"unsupportedPublicKeyType", 400};
  if (code == codes::KEY_INVALID) return {"invalidPublicKey", 400};
  if (code == codes::VERIFICATION_METHOD_UNKNOWN) return {"notFound", 404};
  return {"invalidDid", 400};
}

}  // namespace vcnode::node
