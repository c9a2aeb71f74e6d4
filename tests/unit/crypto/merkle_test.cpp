#include "crypto/merkle.h"

#include <array>
#include <string>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;

namespace {

std::vector<Sha256Digest> leaves_of(std::size_t count) {
  std::vector<Sha256Digest> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(merkle::leaf_hash(as_bytes(std::to_string(i))));
  return leaves;
}

merkle::TreeHead head_of(const std::vector<Sha256Digest>& leaves, std::size_t size) {
  return {size, merkle::root_of(std::span(leaves).first(size))};
}

}  // namespace

// The roots of Certificate Transparency's reference implementation for its eight test leaves.
TEST_CASE("known roots of the Certificate Transparency test tree") {
  constexpr auto kLeaves = std::to_array<std::string_view>(
      {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"});
  constexpr auto kRoots = std::to_array<std::string_view>({
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  });
  merkle::Frontier frontier;
  for (std::size_t i = 0; i < kLeaves.size(); ++i) {
    frontier.append(merkle::leaf_hash(hex_decode(kLeaves[i], 16).value()));
    CHECK(hex_encode(frontier.root().view()) == kRoots[i]);
  }
  CHECK(frontier.size() == 8);
}

TEST_CASE("the empty tree") {
  CHECK(hex_encode(merkle::empty_root().view()) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(merkle::Frontier().root() == merkle::empty_root());
  CHECK(merkle::root_of({}) == merkle::empty_root());
}

TEST_CASE("a kept tree gives the roots and proofs of every size it had") {
  const auto leaves = leaves_of(70);
  merkle::Tree tree;
  CHECK(tree.root(0) == merkle::empty_root());
  for (const Sha256Digest& leaf : leaves) tree.append(leaf);
  CHECK(tree.size() == 70);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    CAPTURE(size);
    const auto part = std::span(leaves).first(size);
    CHECK(tree.root(size) == merkle::root_of(part));
    for (std::size_t i = 0; i < size; ++i) {
      CHECK(tree.inclusion_proof(i, size) == merkle::inclusion_proof(part, i));
      CHECK(tree.consistency_proof(i + 1, size) == merkle::consistency_proof(part, i + 1));
    }
  }
}

TEST_CASE("a leaf outside the tree and proofs of wrong length are refused by name") {
  const auto leaves = leaves_of(5);
  const auto head = head_of(leaves, 5);
  auto proof = merkle::inclusion_proof(leaves, 2);
  CHECK(merkle::verify_inclusion(leaves[2], 2, head, proof).has_value());
  CHECK_CODE_NAMES(merkle::verify_inclusion(leaves[2], 5, head, proof), codes::MERKLE_PROOF_INVALID,
                   "leaf 5 is outside a tree of 5 leaves");
  CHECK_CODE_NAMES(merkle::verify_inclusion(leaves[2], 0, {}, {}), codes::MERKLE_PROOF_INVALID,
                   "tree of 0 leaves");
  CHECK_CODE_NAMES(merkle::verify_inclusion(leaves[2], 3, head, proof), codes::MERKLE_PROOF_INVALID,
                   "another root");
  proof.push_back(leaves[0]);
  CHECK_CODE_NAMES(merkle::verify_inclusion(leaves[2], 2, head, proof), codes::MERKLE_PROOF_INVALID,
                   "4 hashes, too many");
  proof.resize(2);
  CHECK_CODE_NAMES(merkle::verify_inclusion(leaves[2], 2, head, proof), codes::MERKLE_PROOF_INVALID,
                   "2 hashes, too few");
}

TEST_CASE("consistency is refused by name") {
  const auto leaves = leaves_of(7);
  const auto three = head_of(leaves, 3);
  const auto four = head_of(leaves, 4);
  const auto seven = head_of(leaves, 7);
  auto proof = merkle::consistency_proof(leaves, 3);
  CHECK(merkle::verify_consistency(three, seven, proof).has_value());
  const auto refused = [&](const merkle::TreeHead& older, const merkle::TreeHead& newer,
                           std::span<const Sha256Digest> hashes, std::string_view part) {
    CHECK_CODE_NAMES(merkle::verify_consistency(older, newer, hashes), codes::MERKLE_PROOF_INVALID, part);
  };
  refused(seven, three, proof, "7 leaves, the newer one only 3");
  refused(three, seven, {}, "empty though the tree grew");
  refused(seven, seven, proof, "must be empty");
  refused({7, three.root}, seven, {}, "two trees of 7 leaves have different roots");
  refused({3, four.root}, seven, proof, "root of 3 leaves");
  refused(three, {7, four.root}, proof, "root of 7 leaves");
  refused(three, seven, std::span(proof).first(proof.size() - 1), "too few");
  proof.push_back(leaves[0]);
  refused(three, seven, proof, "too many");
}

TEST_CASE("a proof from the empty tree is refused: it would say nothing") {
  const auto two = head_of(leaves_of(2), 2);
  const merkle::TreeHead empty{0, merkle::empty_root()};
  CHECK_CODE_NAMES(merkle::verify_consistency(empty, two, {}), codes::MERKLE_PROOF_INVALID,
                   "from the empty tree");
  CHECK_CODE(merkle::verify_consistency(empty, empty, {}), codes::MERKLE_PROOF_INVALID);
}

TEST_CASE("sizes at the end of the range end the walk") {
  const auto leaves = leaves_of(1);
  const merkle::TreeHead huge{UINT64_MAX, leaves[0]};
  const std::vector<Sha256Digest> proof(64, leaves[0]);
  CHECK_CODE(merkle::verify_inclusion(leaves[0], UINT64_MAX - 1, huge, proof), codes::MERKLE_PROOF_INVALID);
  CHECK_CODE(merkle::verify_consistency({UINT64_MAX - 1, leaves[0]}, huge, proof),
             codes::MERKLE_PROOF_INVALID);
}
