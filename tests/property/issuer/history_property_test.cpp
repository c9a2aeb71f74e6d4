// Random trees of entries: the order of arrival never matters, and the history is that of a naive model.
#include <algorithm>
#include <map>

#include "protocol/issuer/codes.h"
#include "protocol/issuer/key_at.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/issuer/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using issuer::EntrySet;
using vcnode::webvh::VersionId;

namespace {

// An entry as the test thinks of it.
struct Entry {
  std::optional<std::size_t> parent;
  Branch branch;            // that ends with it
  std::uint64_t epoch = 1;  // that it names
  std::uint64_t parent_epoch = 0;
  bool committed = false;  // in the feed of parent_epoch
  bool elsewhere = false;  // in the feed of another epoch: means nothing
  std::uint64_t seal = 0;  // if it opens one: the leaves of the epoch before that it takes over
  [[nodiscard]] bool opens() const { return parent && epoch != parent_epoch; }
};
using Tree = std::vector<Entry>;

Tree random_tree() {
  Tree tree;
  tree.push_back({std::nullopt, Branch()});
  const auto count = *rc::gen::inRange(1, 9);
  for (int i = 0; i < count; ++i) {
    const auto parent = *rc::gen::inRange<std::size_t>(0, tree.size());
    Entry entry{parent, tree[parent].branch};
    entry.parent_epoch = entry.epoch = tree[parent].epoch;
    if (*rc::gen::inRange(0, 3) == 0 && entry.epoch < 4) {
      ++entry.epoch;
      entry.seal = 3 + static_cast<std::uint64_t>(i);  // no two are the same
      entry.branch.open_epoch(entry.epoch, entry.seal);
    } else {
      made::Making making;
      making.parameters = {{"ttl", 100 + i}};
      entry.branch.add(making);
    }
    entry.committed = *rc::gen::inRange(0, 3) != 0;
    entry.elsewhere = *rc::gen::arbitrary<bool>();
    tree.push_back(std::move(entry));
  }
  return tree;
}

// Gives the set entries and commitments in a random order, and what was refused again until nothing changes.
EntrySet filled(const Tree& tree) {
  EntrySet set = set_of(tree[0].branch);
  std::vector<std::size_t> todo;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    todo.push_back(2 * i);
    todo.push_back(2 * i + 1);
  }
  for (std::size_t i = todo.size(); i > 1; --i)
    std::swap(todo[i - 1], todo[*rc::gen::inRange<std::size_t>(0, i)]);
  const auto give = [&](std::size_t number) {
    const Entry& entry = tree[number / 2];
    if (number % 2 == 0) return static_cast<void>(add(set, entry.branch.newest()));
    if (entry.committed) set.commit(entry.parent_epoch, entry.branch.tip().number(), entry.branch.tip());
    if (entry.elsewhere) set.commit(entry.parent_epoch + 5, entry.branch.tip().number(), entry.branch.tip());
  };
  for (const std::size_t number : todo) give(number);
  for (std::size_t round = 0; round < tree.size(); ++round)
    for (std::size_t i = 0; i < tree.size(); ++i) give(2 * i);
  return set;
}

struct Expected {
  std::vector<std::string> versions;
  std::vector<std::string> disputed;
};

// Its seal leaves out the leaf of an entry that it follows.
bool contradicts_itself(const Tree& tree, std::size_t entry) {
  const Entry& opener = tree[entry];
  for (auto above = opener.parent; opener.opens() && above; above = tree[*above].parent)
    if (tree[*above].committed && tree[*above].parent_epoch == opener.parent_epoch &&
        tree[*above].branch.tip().number() >= opener.seal)
      return true;
  return false;
}

// The rules of design/network.md, word by word.
Expected expected_of(const Tree& tree) {
  Expected out;
  std::size_t tip = 0;
  for (;;) {
    out.versions.push_back(tree[tip].branch.tip().text());
    std::vector<std::size_t> committed, opening;
    for (std::size_t i = 1; i < tree.size(); ++i) {
      if (tree[i].parent != tip) continue;
      if (tree[i].committed) {
        if (!contradicts_itself(tree, i)) committed.push_back(i);
      } else if (tree[i].opens()) {
        opening.push_back(i);
      }
    }
    std::sort(opening.begin(), opening.end(), [&](std::size_t one, std::size_t other) {
      return tree[one].branch.tip().text() < tree[other].branch.tip().text();
    });
    if (opening.size() > issuer::kUncommittedSiblingsMax) opening.resize(issuer::kUncommittedSiblingsMax);
    std::erase_if(opening, [&](std::size_t i) { return contradicts_itself(tree, i); });
    const auto& candidates = committed.empty() ? opening : committed;
    if (candidates.empty()) return out;
    if (candidates.size() == 1) {
      tip = candidates[0];
      continue;
    }
    for (const std::size_t i : candidates) out.disputed.push_back(tree[i].branch.tip().text());
    std::sort(out.disputed.begin(), out.disputed.end());
    return out;
  }
}

std::vector<std::string> ids_of(const std::vector<issuer::Version>& versions) {
  std::vector<std::string> out;
  for (const auto& version : versions) out.push_back(version.state.version_id().text());
  return out;
}

}  // namespace

TEST_CASE("the history is a function of the set, and that of the model") {
  CHECK_PROPERTY("history", [] {
    const Tree tree = random_tree();
    const Expected expected = expected_of(tree);
    for (int order = 0; order < 3; ++order) {
      const auto history = filled(tree).history();
      RC_ASSERT(ids_of(history.versions) == expected.versions);
      auto disputed = history.dispute ? ids_of(history.dispute->siblings) : std::vector<std::string>();
      std::sort(disputed.begin(), disputed.end());
      RC_ASSERT(disputed == expected.disputed);
    }
  });
}

TEST_CASE("epochs are numbered without gaps, sealed but for the newest, each with a key of its own") {
  CHECK_PROPERTY("epochs", [] {
    const auto history = filled(random_tree()).history();
    std::set<Ed25519PublicKey> keys;
    for (std::size_t i = 0; i < history.epochs.size(); ++i) {
      const auto& epoch = history.epochs[i];
      RC_ASSERT(epoch.feed.epoch == i + 1);
      RC_ASSERT(keys.insert(epoch.feed.key).second);
      RC_ASSERT(epoch.seal.has_value() == (i + 1 < history.epochs.size()));
      RC_ASSERT(history.versions.at(epoch.opened_by).feed == epoch.feed);
      if (i > 0) RC_ASSERT(epoch.feed.seal == history.epochs[i - 1].seal);
    }
  });
}
