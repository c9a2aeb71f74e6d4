// SHA-2 through OpenSSL EVP (hardware SHA on x86; about six times libsodium's SHA-256 here).
#pragma once

#include <initializer_list>
#include <memory>

#include "crypto/base/bytes.h"

namespace vcnode {

[[nodiscard]] Sha256Digest sha256(BytesView data);
// Digest of the concatenation of the parts.
[[nodiscard]] Sha256Digest sha256(std::initializer_list<BytesView> parts);

}  // namespace vcnode
