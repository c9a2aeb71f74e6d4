// The Merkle tree against its definition, proofs that were bent, and the leaves that stand in it.
#include "crypto/merkle.h"

#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/http/tile_path.h"
#include "protocol/feed/leaf.h"
#include "tests/fuzz/fuzz.h"

using namespace vcnode;

namespace {

using Leaves = std::span<const Sha256Digest>;
constexpr std::size_t kLeavesMax = 40;

// RFC 6962 section 2.1 as it is written.
Sha256Digest naive_root(Leaves leaves) {
  if (leaves.empty()) return sha256(BytesView{});
  if (leaves.size() == 1) return leaves[0];
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  const auto left = naive_root(leaves.first(split)), right = naive_root(leaves.subspan(split));
  const std::uint8_t prefix = 1;
  return sha256({{&prefix, 1}, left.view(), right.view()});
}

void bend(fuzz::Recipe& recipe, std::vector<Sha256Digest>& proof) {
  const std::uint64_t how = recipe.below(4);
  if (how == 0 || proof.empty()) {
    proof.emplace_back();
  } else if (how == 1) {
    proof.pop_back();
  } else {
    proof[recipe.below(proof.size())].data()[recipe.below(32)] ^=
        static_cast<std::uint8_t>(1 + recipe.below(255));
  }
}

void check_proofs(fuzz::Recipe& recipe, Leaves leaves) {
  const merkle::TreeHead head{leaves.size(), naive_root(leaves)};
  const std::uint64_t index = recipe.below(leaves.size());
  auto inclusion = merkle::inclusion_proof(leaves, index);
  VCNODE_ASSERT(merkle::verify_inclusion(leaves[index], index, head, inclusion).has_value());
  const std::uint64_t other = recipe.number(recipe.byte() % 2 == 0 ? 1 : 8);
  const auto elsewhere = merkle::verify_inclusion(leaves[index], other, head, inclusion);
  fuzz::check(elsewhere);
  if (elsewhere) VCNODE_ASSERT(other < leaves.size() && leaves[other] == leaves[index]);
  bend(recipe, inclusion);
  VCNODE_ASSERT(!merkle::verify_inclusion(leaves[index], index, head, inclusion));

  const std::uint64_t old_size = 1 + recipe.below(leaves.size());
  const merkle::TreeHead older{old_size, naive_root(leaves.first(old_size))};
  auto consistency = merkle::consistency_proof(leaves, old_size);
  VCNODE_ASSERT(merkle::verify_consistency(older, head, consistency).has_value());
  const merkle::TreeHead false_head{older.size, sha256(as_bytes("another log"))};
  VCNODE_ASSERT(!merkle::verify_consistency(false_head, head, consistency));
  bend(recipe, consistency);
  VCNODE_ASSERT(!merkle::verify_consistency(older, head, consistency));
}

// Sizes from 0 to 2^64-1, where no tree can be.
void check_any_proof(fuzz::Recipe& recipe) {
  const merkle::TreeHead older{recipe.number(), {}}, newer{recipe.number(), {}};
  const std::vector<Sha256Digest> proof(recipe.below(70));
  const auto inclusion = merkle::verify_inclusion({}, older.size, newer, proof);
  fuzz::check(inclusion);
  if (inclusion) VCNODE_ASSERT(older.size < newer.size);
  const auto consistency = merkle::verify_consistency(older, newer, proof);
  fuzz::check(consistency);
  if (consistency) VCNODE_ASSERT(older.size != 0 && older.size <= newer.size);
}

void check_tree(fuzz::Recipe& recipe) {
  merkle::Frontier frontier;
  std::vector<Sha256Digest> leaves;
  for (std::size_t count = recipe.below(kLeavesMax + 1); leaves.size() < count;) {
    const std::uint8_t content = recipe.byte();
    leaves.push_back(merkle::leaf_hash({&content, 1}));
    frontier.append(leaves.back());
  }
  VCNODE_ASSERT(frontier.size() == leaves.size());
  VCNODE_ASSERT(frontier.root() == naive_root(leaves) && merkle::root_of(leaves) == naive_root(leaves));
  if (!leaves.empty()) check_proofs(recipe, leaves);
}

void check_leaf(std::string_view text) {
  const auto leaf = feed::Leaf::parse(as_bytes(text));
  fuzz::check(leaf);
  if (leaf) VCNODE_ASSERT(text.size() <= limits::kLeafBytesMax && as_text(leaf->encode()) == text);
  const auto key = feed::StatusLeafKey::parse(text);
  fuzz::check(key);
  if (key) VCNODE_ASSERT(key->text() == text && key->sequence > 0);
}

void check_tile(std::string_view text, std::uint64_t count) {
  const auto address = node::parse_tile_path(text);
  fuzz::check(address);
  if (address) VCNODE_ASSERT(node::tile_path(address->index, address->width) == text);
  const auto entries = node::parse_entry_bundle(as_bytes(text), count);
  fuzz::check(entries);
  if (entries) VCNODE_ASSERT(entries->size() == count && as_text(node::entry_bundle(*entries)) == text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  const std::uint8_t kind = recipe.byte();
  if (kind == 0) {
    check_tree(recipe);
  } else if (kind == 1) {
    check_any_proof(recipe);
  } else if (kind == 2) {
    check_leaf(recipe.rest());
  } else {
    const std::uint64_t count = recipe.byte();
    check_tile(recipe.rest(), count);
  }
  return 0;
}
