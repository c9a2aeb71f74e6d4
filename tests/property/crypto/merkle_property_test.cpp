#include "crypto/base/rng.h"
#include "crypto/merkle.h"
#include "tests/support/property.h"

using namespace vcnode;

namespace {

constexpr std::uint64_t kLeavesMax = 200;

std::vector<Sha256Digest> random_leaves(Rng& rng) {
  std::vector<Sha256Digest> leaves(1 + rng.below(kLeavesMax));
  for (Sha256Digest& leaf : leaves) rng.fill({leaf.data(), Sha256Digest::kSize});
  return leaves;
}

void flip_a_bit(Sha256Digest& digest, Rng& rng) {
  digest.data()[rng.below(Sha256Digest::kSize)] ^= static_cast<std::uint8_t>(1u << rng.below(8));
}

// Every proof that differs from `proof` by one flipped bit, one hash more, less or exchanged.
std::vector<std::vector<Sha256Digest>> mutations(const std::vector<Sha256Digest>& proof, Rng& rng) {
  std::vector<std::vector<Sha256Digest>> out;
  Sha256Digest extra;
  rng.fill({extra.data(), Sha256Digest::kSize});
  for (std::size_t i = 0; i <= proof.size(); ++i) {
    out.push_back(proof);
    out.back().insert(out.back().begin() + static_cast<std::ptrdiff_t>(i), extra);
  }
  for (std::size_t i = 0; i < proof.size(); ++i) {
    out.push_back(proof);
    flip_a_bit(out.back()[i], rng);
    out.push_back(proof);
    out.back().erase(out.back().begin() + static_cast<std::ptrdiff_t>(i));
    if (i == 0) continue;
    out.push_back(proof);
    std::swap(out.back()[i - 1], out.back()[i]);
  }
  return out;
}

merkle::TreeHead head_of(const std::vector<Sha256Digest>& leaves, std::uint64_t size) {
  return {size, merkle::root_of(std::span(leaves).first(size))};
}

}  // namespace

TEST_CASE("the frontier has the root of the whole tree at every size") {
  CHECK_PROPERTY("Frontier::root is root_of", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto leaves = random_leaves(rng);
    merkle::Frontier frontier;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      RC_ASSERT(frontier.size() == i);
      RC_ASSERT(frontier.root() == merkle::root_of(std::span(leaves).first(i)));
      frontier.append(leaves[i]);
    }
    RC_ASSERT(frontier.root() == merkle::root_of(leaves));
  });
}

TEST_CASE("inclusion proofs hold, and no change of them does") {
  CHECK_PROPERTY("inclusion", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto leaves = random_leaves(rng);
    const std::uint64_t index = rng.below(leaves.size());
    const auto head = head_of(leaves, leaves.size());
    const auto proof = merkle::inclusion_proof(leaves, index);
    RC_ASSERT(merkle::verify_inclusion(leaves[index], index, head, proof).has_value());
    for (const auto& wrong : mutations(proof, rng))
      RC_ASSERT(!merkle::verify_inclusion(leaves[index], index, head, wrong).has_value());
    for (std::uint64_t other = 0; other < leaves.size(); ++other) {
      if (other == index) continue;
      RC_ASSERT(!merkle::verify_inclusion(leaves[index], other, head, proof).has_value());
      RC_ASSERT(!merkle::verify_inclusion(leaves[other], index, head, proof).has_value());
    }
    auto wrong_head = head;
    flip_a_bit(wrong_head.root, rng);
    RC_ASSERT(!merkle::verify_inclusion(leaves[index], index, wrong_head, proof).has_value());
  });
}

TEST_CASE("consistency proofs hold, and no change of them does") {
  CHECK_PROPERTY("consistency", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto leaves = random_leaves(rng);
    const std::uint64_t size = 1 + rng.below(leaves.size());
    const auto older = head_of(leaves, size);
    const auto newer = head_of(leaves, leaves.size());
    const auto proof = merkle::consistency_proof(leaves, size);
    RC_ASSERT(merkle::verify_consistency(older, newer, proof).has_value());
    for (const auto& wrong : mutations(proof, rng))
      RC_ASSERT(!merkle::verify_consistency(older, newer, wrong).has_value());
    auto forked = older;
    flip_a_bit(forked.root, rng);
    RC_ASSERT(!merkle::verify_consistency(forked, newer, proof).has_value());
    forked = newer;
    flip_a_bit(forked.root, rng);
    RC_ASSERT(!merkle::verify_consistency(older, forked, proof).has_value());
  });
}

TEST_CASE("a tree whose past was rewritten is not consistent") {
  CHECK_PROPERTY("forks", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto leaves = random_leaves(rng);
    const std::uint64_t size = 1 + rng.below(leaves.size());
    auto rewritten = leaves;
    flip_a_bit(rewritten[rng.below(size)], rng);
    const auto proof = merkle::consistency_proof(rewritten, size);
    RC_ASSERT(!merkle::verify_consistency(head_of(leaves, size), head_of(rewritten, leaves.size()), proof)
                   .has_value());
  });
}
