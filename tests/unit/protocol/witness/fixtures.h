// Keys, logs and notes for tests of witnesses.
#pragma once

#include <string>
#include <vector>

#include "crypto/merkle.h"
#include "crypto/signer.h"
#include "protocol/feed/note.h"
#include "protocol/witness/policy.h"
#include "tests/support/doctest.h"

namespace vcnode::test {

inline const std::string kLogName = "example.com/log";

// A key with the name it signs under; the same seed makes the same key.
struct NamedKey {
  NamedKey(std::uint8_t seed, std::string key_name)
      : name(std::move(key_name)), signer(Ed25519KeyPair::from_seed(Bytes(32, seed)).value()) {}
  [[nodiscard]] feed::NoteKey log_key() const {
    return {name, feed::NoteKeyType::ed25519, signer.public_key()};
  }
  [[nodiscard]] feed::NoteKey witness_key() const {
    return {name, feed::NoteKeyType::cosignature_v1, signer.public_key()};
  }
  std::string name;
  KeyPairSigner signer;
};

// A log of the entries "0", "1", "2" …
struct TestLog {
  explicit TestLog(std::uint64_t size, std::string name = kLogName) : key(200, std::move(name)) {
    for (std::uint64_t i = 0; i < size; ++i) leaves.push_back(merkle::leaf_hash(as_bytes(std::to_string(i))));
  }
  [[nodiscard]] merkle::TreeHead tree(std::size_t size) const {
    return {size, merkle::root_of(std::span(leaves).first(size))};
  }
  [[nodiscard]] std::string text(std::size_t size) const {
    return feed::Checkpoint{key.name, tree(size)}.text();
  }
  [[nodiscard]] std::string checkpoint(std::size_t size) {
    return concat(text(size), "\n", feed::signature_line(text(size), key.log_key(), key.signer).value());
  }
  [[nodiscard]] std::string cosigned(std::size_t size, NamedKey& witness, std::int64_t time) {
    return feed::cosignature_line(text(size), witness.witness_key(), Timestamp(time), witness.signer).value();
  }
  NamedKey key;
  std::vector<Sha256Digest> leaves;
};

inline std::string witness_line(const NamedKey& witness) {
  return concat("witness ", witness.name, " ", witness.witness_key().vkey(), "\n");
}

inline std::vector<NamedKey> witnesses(std::size_t count) {
  std::vector<NamedKey> out;
  for (std::size_t i = 0; i < count; ++i)
    out.emplace_back(static_cast<std::uint8_t>(i + 1), concat("w", i + 1));
  return out;
}

}  // namespace vcnode::test
