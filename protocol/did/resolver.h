// Resolver: the port through which verification learns an issuer's keys.
//
// resolve_method answers which key a verification method held at a time, from what this node holds; it never
// goes to the network. did:key and did:jwk need nothing held; other methods read the replicated history.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/did/did.h"

namespace vcnode {

struct ResolvedMethod {
  Ed25519PublicKey key;
  Did controller;
  std::optional<std::string>
      version_id;              // of the DID version that lists the method; none for did:key, did:jwk
  bool low_assurance = false;  // the identifier is the key: no rotation, no compromise date
};

// When a signature was made, as far as anybody knows.
struct SignatureTime {
  std::optional<Timestamp> claimed;    // none: only the newest version of a DID can answer
  std::optional<Timestamp> proven_by;  // it existed then, whatever it claims
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  // `at`: the asserted time of the signature; none means the current version.
  // Errors: DID_INVALID, DID_METHOD_UNSUPPORTED (could not check), VERIFICATION_METHOD_UNKNOWN (checked, not
  // there), …
  [[nodiscard]] virtual Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                              std::optional<Timestamp> at) const = 0;
};

// Resolves did:key; every other method is DID_METHOD_UNSUPPORTED. For feeds and did:webvh logs, whose rules
// know no other method.
class DidKeyResolver final : public Resolver {
 public:
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override;
};

// Resolves the DIDs that are their own document, did:key and did:jwk, both of low assurance; every other
// method is DID_METHOD_UNSUPPORTED. For credentials.
class SelfResolver final : public Resolver {
 public:
  [[nodiscard]] Result<ResolvedMethod> resolve_method(const DidUrl& method,
                                                      std::optional<Timestamp> at) const override;
};

// The document of such a DID; of a did:jwk also where its key verifies nothing here. Errors: as did_key and
// did_jwk have them.
[[nodiscard]] Result<nlohmann::json> self_document_of(const Did& did);

}  // namespace vcnode
