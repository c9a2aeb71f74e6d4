#include "crypto/secret.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "crypto/base/assert.h"
#include "crypto/base/sodium_ready.h"

namespace vcnode {

// sodium_malloc: own pages between guard pages, locked if RLIMIT_MEMLOCK allows, left out of core dumps.
SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  sodium_ready();
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  VCNODE_ASSERT(data_ != nullptr);
  sodium_memzero(data_, size);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  release();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretBytes::~SecretBytes() {
  release();
}

SecretBytes SecretBytes::copy_of(BytesView bytes) {
  SecretBytes out(bytes.size());
  std::copy(bytes.begin(), bytes.end(), out.data_);
  return out;
}

// sodium_free zeroes before it unmaps.
void SecretBytes::release() noexcept {
  sodium_free(data_);
  data_ = nullptr;
  size_ = 0;
}

}  // namespace vcnode
