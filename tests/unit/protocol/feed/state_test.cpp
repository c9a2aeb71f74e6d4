// `state` leaves: the root of what a feed says.
#include "protocol/feed/state_map.h"

#include "protocol/feed/replica.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::FeedReplica;
using feed::Leaf;
using feed::StateMap;
using feed::test::Epoch;

namespace {

const std::string kA(64, 'a'), kB(64, 'b');

StateMap map_of(const std::vector<Leaf>& leaves) {
  StateMap map;
  for (const Leaf& leaf : leaves) map.put(leaf);
  return map;
}

Sha256Digest root_of(const std::vector<Leaf>& sorted) {
  merkle::Frontier tree;
  for (const Leaf& leaf : sorted) tree.append(merkle::leaf_hash(leaf.encode()));
  return tree.root();
}

Bytes statement_leaf(std::uint64_t number) {
  return Leaf{"statement", concat("urn:s:", number), kA}.encode();
}

Bytes state_leaf(std::uint64_t number, const std::vector<Bytes>& below) {
  StateMap map;
  for (const Bytes& bytes : below) map.put(Leaf::parse(bytes).value());
  return Leaf{"state", concat(number), hex_encode(map.root().view())}.encode();
}

bool false_state(Epoch& epoch, const std::vector<Bytes>& leaves) {
  FeedReplica whole = epoch.replica(), stepwise = epoch.replica();
  epoch.grow(whole, leaves);
  for (std::size_t size = 1; size <= leaves.size(); size += 1 + size / 3)
    epoch.grow(stepwise, {leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(size)});
  epoch.grow(stepwise, leaves);
  CHECK(stepwise.snapshot()->false_state == whole.snapshot()->false_state);
  return whole.snapshot()->false_state;
}

}  // namespace

TEST_CASE("keys without sequence and time") {
  const auto key = [](std::string type, std::string text) {
    const Leaf leaf{std::move(type), std::move(text), kA};
    return std::string(feed::state_key(leaf));
  };
  CHECK(key("status", "https://a.example/l#7") == "https://a.example/l");
  CHECK(key("observation", "https://a.example/did.json#7#2026-01-01T00:00:00Z") ==
        "https://a.example/did.json");
  CHECK(key("statement", "urn:s#7") == "urn:s#7");
  CHECK(key("list-key", "urn:d#7") == "urn:d#7");
  CHECK(key("seal", "n/x/1") == "n/x/1");
  CHECK(key("webvh", "3").empty());
  CHECK(key("time-batch", "3").empty());
  CHECK(key("close", "2026-01-01T00:00:00Z").empty());
  CHECK(key("offering", "urn:o#7") == "urn:o");
  CHECK(key("offering", "urn:o#x") == "urn:o#x");
  CHECK(key("offering", "urn:o") == "urn:o");
}

TEST_CASE("the root is that of the newest of each key, by type and key, and state leaves are no part of it") {
  const auto map = map_of({{"status", "u:2#1", kA},
                           {"status", "u:1#1", kA},
                           {"statement", "u:1", kA},
                           {"state", "1", kA},
                           {"status", "u:2#2", kB}});
  CHECK(map.root() == root_of({{"statement", "u:1", kA}, {"status", "u:1", kA}, {"status", "u:2", kB}}));
  CHECK(StateMap().root() == merkle::empty_root());
}

TEST_CASE("two maps merge to what their leaves in order give") {
  const std::vector<Leaf> old{{"status", "u:1#1", kA}, {"status", "u:3#1", kA}};
  const std::vector<Leaf> newer{{"status", "u:0#1", kB}, {"status", "u:1#2", kB}, {"status", "u:4#1", kB}};
  auto all = old;
  all.insert(all.end(), newer.begin(), newer.end());
  auto map = map_of(old);
  CHECK(map.root_with(map_of(newer)) == map_of(all).root());
  map.merge(map_of(newer));
  CHECK(map.root() == map_of(all).root());
  map.merge({});
  CHECK(map.root() == map_of(all).root());
}

TEST_CASE("a state leaf that is not the root of what is below it marks the feed") {
  Epoch epoch;
  const std::vector<Bytes> below{statement_leaf(1), statement_leaf(2)};
  CHECK_FALSE(false_state(epoch, {below[0], below[1], state_leaf(1, below), statement_leaf(3)}));
  CHECK(false_state(epoch, {below[0], below[1], state_leaf(1, {below[0]})}));
  CHECK(false_state(epoch, {below[0], state_leaf(1, below), below[1]}));
}

TEST_CASE("a state leaf with another number than its count is void") {
  Epoch epoch;
  CHECK_FALSE(false_state(epoch, {statement_leaf(1), state_leaf(2, {})}));
  CHECK_FALSE(false_state(epoch, {statement_leaf(1), state_leaf(7, {})}));
}

TEST_CASE("the newest state leaf decides, and those too near to the one before are void") {
  Epoch epoch;
  std::vector<Bytes> leaves{statement_leaf(0)};
  leaves.push_back(state_leaf(1, {}));  // false
  leaves.push_back(state_leaf(2, {leaves[0]}));
  CHECK(false_state(epoch, leaves));  // the second is too near to heal it
  while (leaves.size() < 1 + feed::kStatePeriodLeaves) leaves.push_back(statement_leaf(leaves.size()));
  CHECK(false_state(epoch, leaves));
  leaves.push_back(state_leaf(3, leaves));
  CHECK_FALSE(false_state(epoch, leaves));
  leaves.push_back(state_leaf(4, {}));  // void
  CHECK_FALSE(false_state(epoch, leaves));
}

TEST_CASE("what a feed says goes on across epochs, the numbers of state leaves do not") {
  Epoch first, second(2, 1);
  const std::vector<Bytes> old{statement_leaf(1), state_leaf(1, {statement_leaf(1)})};
  FeedReplica sealed = first.replica();
  REQUIRE_OK(sealed.replay_sealed(Epoch::tree_of(old), old, feed::test::reader_of({}), first.resolver_at()));
  FeedReplica replica = continued(std::move(sealed), second);
  const Bytes both = state_leaf(1, {statement_leaf(1), statement_leaf(2)});
  second.grow(replica, {statement_leaf(2), both});
  CHECK_FALSE(replica.snapshot()->false_state);
  CHECK(replica.state_leaves().newest == 1);
}

TEST_CASE("a did:key feed has no state") {
  feed::test::Issuer issuer;
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, {statement_leaf(1), state_leaf(1, {})});
  CHECK_FALSE(replica.snapshot()->false_state);
  CHECK(replica.state_map().root() == merkle::empty_root());
}
