// RFC 6962 §2.1 Merkle tree over SHA-256 (the tree of C2SP tlog-checkpoint).
//
// Leaf hash = SHA-256(0x00 || data), node hash = SHA-256(0x01 || left || right), empty root = SHA-256("").
// Frontier: the O(log n) right edge of a growing tree: append and root, no history.
// Tree: a growing tree that is kept, 64 bytes for each leaf; roots and proofs of every size it had in
// O(log² n).
// Proofs: inclusion (§2.1.1) and consistency (§2.1.2), verified without the tree.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode::merkle {

[[nodiscard]] Sha256Digest leaf_hash(BytesView data);
[[nodiscard]] Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right);
[[nodiscard]] Sha256Digest empty_root();

class Frontier {
 public:
  void append(const Sha256Digest& leaf);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Sha256Digest root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Sha256Digest> peaks_;  // roots of the perfect subtrees of size_, largest first
};

// Proof makers over all leaf hashes of the tree. REQUIRES: index < leaves.size(); 0 < old_size <=
// leaves.size().
[[nodiscard]] Sha256Digest root_of(std::span<const Sha256Digest> leaves);
[[nodiscard]] std::vector<Sha256Digest> inclusion_proof(std::span<const Sha256Digest> leaves,
                                                        std::uint64_t index);
[[nodiscard]] std::vector<Sha256Digest> consistency_proof(std::span<const Sha256Digest> leaves,
                                                          std::uint64_t old_size);

class Tree {
 public:
  void append(const Sha256Digest& leaf);
  [[nodiscard]] std::uint64_t size() const noexcept { return levels_.empty() ? 0 : levels_.front().size(); }
  // REQUIRES: size <= size(); index < size; 0 < old_size <= size.
  [[nodiscard]] Sha256Digest root(std::uint64_t size) const;
  [[nodiscard]] std::vector<Sha256Digest> inclusion_proof(std::uint64_t index, std::uint64_t size) const;
  [[nodiscard]] std::vector<Sha256Digest> consistency_proof(std::uint64_t old_size, std::uint64_t size) const;

 private:
  class Range;
  std::vector<std::vector<Sha256Digest>> levels_;  // of perfect subtrees, from the leaves up
};

struct TreeHead {
  std::uint64_t size = 0;
  Sha256Digest root;
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};
// Errors: MERKLE_PROOF_INVALID.
// verify_consistency refuses older.size == 0: every tree extends the empty one, so such a proof says nothing
// and a first head is accepted (or not) on other grounds.
[[nodiscard]] Result<void> verify_inclusion(const Sha256Digest& leaf, std::uint64_t index,
                                            const TreeHead& head, std::span<const Sha256Digest> proof);
[[nodiscard]] Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                              std::span<const Sha256Digest> proof);

}  // namespace vcnode::merkle
