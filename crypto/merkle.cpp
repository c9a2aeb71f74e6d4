#include "crypto/merkle.h"

#include <algorithm>
#include <bit>

#include "crypto/base/assert.h"
#include "crypto/codes.h"
#include "crypto/hash.h"

namespace vcnode::merkle {
namespace {

using Leaves = std::span<const Sha256Digest>;
using Proof = std::vector<Sha256Digest>;

constexpr std::uint8_t kLeafPrefix[] = {0x00};
constexpr std::uint8_t kNodePrefix[] = {0x01};

// Size of the left subtree: the largest power of two below `size`. REQUIRES: size >= 2.
std::uint64_t left_size(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

Failure proof_fails(std::string_view what) {
  return fail(codes::MERKLE_PROOF_INVALID, what);
}

// RFC 6962 §2.1.2 SUBPROOF. `known` says that the verifier has the root of exactly these leaves.
template <class Range>
void append_subproof(Range leaves, std::uint64_t old_size, bool known, Proof& out) {
  if (old_size == leaves.size()) {
    if (!known) out.push_back(root_of(leaves));
    return;
  }
  const std::uint64_t left = left_size(leaves.size());
  if (old_size <= left) {
    append_subproof(leaves.first(left), old_size, known, out);
    out.push_back(root_of(leaves.subspan(left)));
  } else {
    append_subproof(leaves.subspan(left), old_size - left, false, out);
    out.push_back(root_of(leaves.first(left)));
  }
}

template <class Range>
void append_path(Range leaves, std::uint64_t index, Proof& out) {
  if (leaves.size() == 1) return;
  const std::uint64_t left = left_size(leaves.size());
  if (index < left) {
    append_path(leaves.first(left), index, out);
    out.push_back(root_of(leaves.subspan(left)));
  } else {
    append_path(leaves.subspan(left), index - left, out);
    out.push_back(root_of(leaves.first(left)));
  }
}

// Steps up from a node whose right neighbour does not exist, to where it is a right child itself.
void skip_missing_siblings(std::uint64_t& node, std::uint64_t& last) {
  while ((node & 1) == 0 && node != 0) {
    node >>= 1;
    last >>= 1;
  }
}

}  // namespace

Sha256Digest leaf_hash(BytesView data) {
  return sha256({kLeafPrefix, data});
}

Sha256Digest node_hash(const Sha256Digest& left, const Sha256Digest& right) {
  return sha256({kNodePrefix, left.view(), right.view()});
}

Sha256Digest empty_root() {
  return sha256(BytesView{});
}

void Frontier::append(const Sha256Digest& leaf) {
  Sha256Digest node = leaf;
  // Each trailing one bit of the old size is a perfect subtree that the new leaf completes.
  for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    node = node_hash(peaks_.back(), node);
    peaks_.pop_back();
  }
  peaks_.push_back(node);
  ++size_;
}

Sha256Digest Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Sha256Digest root = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) root = node_hash(*peak, root);
  return root;
}

Sha256Digest root_of(Leaves leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves.front();
  const std::uint64_t left = left_size(leaves.size());
  return node_hash(root_of(leaves.first(left)), root_of(leaves.subspan(left)));
}

Proof inclusion_proof(Leaves leaves, std::uint64_t index) {
  VCNODE_ASSERT(index < leaves.size());
  Proof out;
  append_path(leaves, index, out);
  return out;
}

Proof consistency_proof(Leaves leaves, std::uint64_t old_size) {
  VCNODE_ASSERT(old_size > 0 && old_size <= leaves.size());
  Proof out;
  append_subproof(leaves, old_size, true, out);
  return out;
}

// A part of the tree whose proper subtrees are perfect or parts like this: begins at a multiple of the
// largest power of two in its size.
class Tree::Range {
 public:
  Range(const Tree& tree, std::uint64_t begin, std::uint64_t size)
      : tree_(&tree), begin_(begin), size_(size) {}
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Range first(std::uint64_t count) const { return {*tree_, begin_, count}; }
  [[nodiscard]] Range subspan(std::uint64_t from) const { return {*tree_, begin_ + from, size_ - from}; }
  [[nodiscard]] Sha256Digest root() const {
    if (std::has_single_bit(size_)) {
      const auto level = static_cast<std::size_t>(std::countr_zero(size_));
      return tree_->levels_[level][begin_ >> level];
    }
    const std::uint64_t left = left_size(size_);
    return node_hash(first(left).root(), subspan(left).root());
  }
  friend Sha256Digest root_of(const Range& range) { return range.root(); }

 private:
  const Tree* tree_;
  std::uint64_t begin_, size_;
};

void Tree::append(const Sha256Digest& leaf) {
  Sha256Digest node = leaf;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].push_back(node);
    if (levels_[level].size() % 2 != 0) return;
    node = node_hash(levels_[level][levels_[level].size() - 2], node);
  }
}

Sha256Digest Tree::root(std::uint64_t size) const {
  VCNODE_ASSERT(size <= this->size());
  return size == 0 ? empty_root() : Range(*this, 0, size).root();
}

Proof Tree::inclusion_proof(std::uint64_t index, std::uint64_t size) const {
  VCNODE_ASSERT(index < size && size <= this->size());
  Proof out;
  append_path(Range(*this, 0, size), index, out);
  return out;
}

Proof Tree::consistency_proof(std::uint64_t old_size, std::uint64_t size) const {
  VCNODE_ASSERT(old_size > 0 && old_size <= size && size <= this->size());
  Proof out;
  append_subproof(Range(*this, 0, size), old_size, true, out);
  return out;
}

// RFC 9162 §2.1.3.2, the same tree as RFC 6962 with the algorithm spelled out.
Result<void> verify_inclusion(const Sha256Digest& leaf, std::uint64_t index, const TreeHead& head,
                              std::span<const Sha256Digest> proof) {
  if (index >= head.size)
    return fail(codes::MERKLE_PROOF_INVALID, "leaf ", index, " is outside a tree of ", head.size, " leaves");
  std::uint64_t node = index;
  std::uint64_t last = head.size - 1;
  Sha256Digest hash = leaf;
  for (const Sha256Digest& sibling : proof) {
    if (last == 0)
      return fail(codes::MERKLE_PROOF_INVALID, "the inclusion proof of leaf ", index, " has ", proof.size(),
                  " hashes, too many for a tree of ", head.size, " leaves");
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(sibling, hash);
      skip_missing_siblings(node, last);
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0)
    return fail(codes::MERKLE_PROOF_INVALID, "the inclusion proof of leaf ", index, " has ", proof.size(),
                " hashes, too few for a tree of ", head.size, " leaves");
  if (hash != head.root)
    return fail(codes::MERKLE_PROOF_INVALID, "the inclusion proof of leaf ", index,
                " leads to another root than that of ", head.size, " leaves");
  return {};
}

// RFC 9162 §2.1.4.2.
Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                std::span<const Sha256Digest> proof) {
  if (older.size > newer.size)
    return fail(codes::MERKLE_PROOF_INVALID, "the older tree has ", older.size,
                " leaves, the newer one only ", newer.size);
  if (older.size == 0) return proof_fails("a consistency proof from the empty tree says nothing");
  if (older.size == newer.size) {
    if (!proof.empty()) return proof_fails("the consistency proof of a tree with itself must be empty");
    if (older.root != newer.root)
      return fail(codes::MERKLE_PROOF_INVALID, "two trees of ", newer.size, " leaves have different roots");
    return {};
  }
  if (proof.empty()) return proof_fails("the consistency proof is empty though the tree grew");
  std::uint64_t node = older.size - 1;
  std::uint64_t last = newer.size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  // A perfect older tree is a subtree of the newer one: its root starts the walk and is not in the proof.
  const bool perfect = std::has_single_bit(older.size);
  Sha256Digest old_hash = perfect ? older.root : proof.front();
  Sha256Digest new_hash = old_hash;
  for (const Sha256Digest& sibling : proof.subspan(perfect ? 0 : 1)) {
    if (last == 0) return proof_fails("the consistency proof has too many hashes");
    if ((node & 1) != 0 || node == last) {
      old_hash = node_hash(sibling, old_hash);
      new_hash = node_hash(sibling, new_hash);
      skip_missing_siblings(node, last);
    } else {
      new_hash = node_hash(new_hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return proof_fails("the consistency proof has too few hashes");
  if (old_hash != older.root)
    return fail(codes::MERKLE_PROOF_INVALID, "the consistency proof does not lead to the root of ",
                older.size, " leaves");
  if (new_hash != newer.root)
    return fail(codes::MERKLE_PROOF_INVALID, "the consistency proof does not lead to the root of ",
                newer.size, " leaves");
  return {};
}

}  // namespace vcnode::merkle
