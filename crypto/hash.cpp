#include "crypto/hash.h"

#include <openssl/evp.h>

#include "crypto/base/assert.h"

namespace vcnode {
namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// The algorithm is fetched once and set once per thread: both cost more than hashing a small message.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  VCNODE_ASSERT(algorithm != nullptr);
  return algorithm;
}

Context sha256_context() {
  Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  VCNODE_ASSERT(context != nullptr && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1);
  return context;
}

}  // namespace

Sha256Digest sha256(BytesView data) {
  return sha256({data});
}

Sha256Digest sha256(std::initializer_list<BytesView> parts) {
  thread_local const Context kept = sha256_context();
  EVP_MD_CTX* const context = kept.get();
  bool ok = EVP_DigestInit_ex2(context, nullptr, nullptr) == 1;  // the same algorithm from the start
  for (const BytesView part : parts) ok = ok && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  Sha256Digest digest;
  unsigned size = 0;
  ok = ok && EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == Sha256Digest::kSize;
  VCNODE_ASSERT(ok);
  return digest;
}

}  // namespace vcnode
