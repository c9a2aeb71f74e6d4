// ListDelegation: the issuer lets another key sign its status lists under a prefix
// (protocol/spec/list-key.md).
//
//   { "type": "ListKeyDelegation", "id": …, "issuer": <DID>, "delegate": <Ed25519 did:key>,
//     "prefix": <URL>, "notBefore": …, "notAfter": …, "proof": … }
//
// Exactly these members: a limit that a reader does not know must not be passed over. It counts from its
// `list-key` leaf on until the leaf that ends it. Errors: LIST_KEY_INVALID. Threading: plain values and pure
// functions.
#pragma once

#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "protocol/did/resolver.h"

namespace vcnode::feed {

struct ListDelegation {
  std::string id;  // key of the leaf
  Did issuer;
  Ed25519PublicKey delegate;
  std::string prefix;    // the URI of one list, or a URL that ends in '/'
  Timestamp not_before;  // of validFrom of the lists, inclusive
  Timestamp not_after;   // exclusive

  // Whether the delegate may sign a list of this URI and validFrom.
  [[nodiscard]] bool covers(std::string_view list_uri, Timestamp valid_from) const;
};

// The form only.
[[nodiscard]] Result<ListDelegation> parse_list_delegation(std::string_view text, std::string_view id,
                                                           const Did& issuer);
// Form and proof: one, good, for assertionMethod, by a key of the issuer.
[[nodiscard]] Result<ListDelegation> verify_list_delegation(std::string_view text, std::string_view id,
                                                            const Did& issuer, const Resolver& resolver);
// The signed JSON text. Errors: also those of the signer.
[[nodiscard]] Result<std::string> sign_list_delegation(const ListDelegation& delegation,
                                                       std::string_view verification_method,
                                                       Timestamp created, Signer& signer);

}  // namespace vcnode::feed
