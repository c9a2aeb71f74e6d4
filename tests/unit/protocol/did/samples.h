// A key and changed JSON, for tests of DIDs.
#pragma once

#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/ed25519.h"

namespace vcnode::test {

inline Ed25519PublicKey sample_key() {
  return Ed25519KeyPair::from_seed(Bytes(32, 7)).value().public_key();
}

inline nlohmann::json with(nlohmann::json object, const char* member, nlohmann::json value) {
  object[member] = std::move(value);
  return object;
}

}  // namespace vcnode::test
