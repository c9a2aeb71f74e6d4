#include "protocol/feed/state_map.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "protocol/feed/decimal.h"

namespace vcnode::feed {
namespace {

void append(merkle::Frontier& tree,
            const std::pair<const std::pair<std::string, std::string>, std::string>& entry) {
  const auto& [key, digest] = entry;
  tree.append(merkle::leaf_hash(Leaf{key.first, key.second, digest}.encode()));
}

// Up to the last '#' but `parts` - 1.
std::string_view without_last(std::string_view key, int parts) {
  for (; parts > 0; --parts) key = key.substr(0, key.rfind('#'));
  return key;
}

bool is_counter(std::string_view type) {
  return type == kWebvhLeaf || type == kTimeBatchLeaf || type == kCloseLeaf;
}

bool names_one_thing(std::string_view type) {
  return type == kStatementLeaf || type == kListKeyLeaf || type == kSealLeaf;
}

}  // namespace

std::string_view state_key(const Leaf& leaf) {
  const std::string_view key = leaf.key;
  if (leaf.type == kStatusLeaf) return without_last(key, 1);
  if (leaf.type == kObservationLeaf) return without_last(key, 2);
  if (is_counter(leaf.type)) return {};
  if (names_one_thing(leaf.type)) return key;
  const auto hash = key.rfind('#');
  const bool has_sequence = hash != std::string_view::npos && parse_decimal(key.substr(hash + 1));
  return has_sequence ? key.substr(0, hash) : key;
}

void StateMap::put(const Leaf& leaf) {
  if (leaf.type == kStateLeaf) return;
  const KeyView key{leaf.type, state_key(leaf)};
  const auto found = digests_.find(key);
  if (found != digests_.end())
    found->second = leaf.digest;
  else
    digests_.emplace(Key(key.first, key.second), leaf.digest);
}

void StateMap::merge(StateMap&& newer) {
  if (digests_.empty()) return digests_.swap(newer.digests_);
  while (!newer.digests_.empty()) {
    const auto placed = digests_.insert(newer.digests_.extract(newer.digests_.begin()));
    if (!placed.inserted) placed.position->second = std::move(placed.node.mapped());
  }
}

Sha256Digest StateMap::root() const {
  return root_with({});
}

Sha256Digest StateMap::root_with(const StateMap& newer) const {
  merkle::Frontier tree;
  auto next = newer.digests_.begin();
  for (const auto& entry : digests_) {
    for (; next != newer.digests_.end() && next->first < entry.first; ++next) append(tree, *next);
    const bool replaced = next != newer.digests_.end() && next->first == entry.first;
    append(tree, replaced ? *next++ : entry);
  }
  for (; next != newer.digests_.end(); ++next) append(tree, *next);
  return tree.root();
}

bool StateLeaves::count_leaf(const Leaf& leaf, std::uint64_t index) {
  ++count;
  if (parse_decimal(leaf.key) != count || !due_at(index)) return false;
  newest = index;
  return true;
}

bool StateLeaves::due_at(std::uint64_t index) const {
  return !newest || index - *newest >= kStatePeriodLeaves;
}

}  // namespace vcnode::feed
