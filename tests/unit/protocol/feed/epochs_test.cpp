// Feeds of several epochs: seals, what the next epoch inherits, whose keys judge what.
#include "protocol/feed/codes.h"
#include "protocol/feed/list_leaves.h"
#include "protocol/feed/replica.h"
#include "protocol/status/codes.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::BodyState;
using feed::FeedReplica;
using feed::LeafPlace;
using feed::test::Entry;
using feed::test::Epoch;
using feed::test::kStart;
using feed::test::kUri;
using feed::test::leaves_of;
using feed::test::list_entry;
using feed::test::list_state;

TEST_CASE("a sealed epoch is replayed without a head, up to exactly its seal") {
  Epoch first;
  const std::vector<Entry> entries{list_entry(first.as, {}),
                                   list_entry(first.as, {.sequence = 2, .seconds = 1})};
  const auto leaves = leaves_of(entries);
  const auto seal = Epoch::tree_of(leaves);
  const auto read = feed::test::reader_of(entries);
  FeedReplica replica = sealed(first, entries, entries);
  CHECK(replica.size() == 2);
  CHECK_FALSE(replica.head());
  CHECK(replica.seal() == seal);
  CHECK(list_state(replica).body == BodyState::held);
  CHECK(list_state(replica).place == LeafPlace{1, 1});

  CHECK_CODE_NAMES(first.replica().replay_sealed(seal, std::span(leaves).first(1), read, first.resolver_at()),
                   codes::LEAF_COUNT, "sealed at 2 leaves and got 1");
  const std::vector<Bytes> others{leaves[1], leaves[0]};
  CHECK_CODE_NAMES(first.replica().replay_sealed(seal, others, read, first.resolver_at()),
                   codes::SEAL_CONTRADICTED, "first 2 leaves");
  const std::vector<Bytes> broken{leaves[0], to_bytes("{}")};
  CHECK_CODE(first.replica().replay_sealed(seal, broken, read, first.resolver_at()), codes::LEAF_MALFORMED);
}

TEST_CASE("the next epoch continues the count of lists, the newest and its predecessor") {
  Epoch first, second(2, 2);
  const std::vector<Entry> old{list_entry(first.as, {.set = {7}}), list_entry(first.as, {.sequence = 1})};
  FeedReplica replica = continued(sealed(first, old, old), second);
  CHECK(replica.size() == 0);
  CHECK_FALSE(replica.head());
  CHECK_FALSE(replica.seal());
  CHECK(replica.status_leaf_counts().at(kUri) == 2);  // the void one too
  CHECK(list_state(replica).body == BodyState::held);

  const Entry clears = list_entry(second.as, {.sequence = 3, .seconds = 5});
  second.grow(replica, {clears.leaf});
  CHECK(replica.missing().at(0).place == LeafPlace{2, 0});
  second.add_body(replica, clears);
  REQUIRE(list_state(replica).reason);
  CHECK(test::same_code(list_state(replica).reason->code, codes::STATUS_LIST_CLEARED_REVOCATION));

  FeedReplica again = continued(sealed(first, old, old), second);
  const Entry restarted = list_entry(second.as, {.sequence = 1, .seconds = 5});
  second.grow(again, {restarted.leaf});
  CHECK(list_state(again).sequence == 1);
  CHECK(list_state(again).place == LeafPlace{1, 0});  // the new one is void
}

TEST_CASE("bodies that were missing at the seal are asked for in the next epoch, with their old place") {
  Epoch first, second(2, 2);
  const Entry list = list_entry(first.as, {}), statement = statement_entry(first.as, "urn:s:1");
  FeedReplica replica = continued(sealed(first, {list, statement}, {}), second);
  const auto missing = replica.missing();
  REQUIRE(missing.size() == 2);
  CHECK(missing[0] == list.need);
  CHECK(missing[0].place == LeafPlace{1, 0});
  CHECK(missing[1] == statement.need);
  CHECK(missing[1].place == LeafPlace{1, 1});
  // Signed with the key of epoch 1: that of epoch 2 does not know the method.
  replica.add_body(check_body(missing[0], list.body, first.as.did, *first.resolver));
  CHECK(list_state(replica).body == BodyState::held);
  replica.add_body(check_body(missing[1], statement.body, first.as.did, *first.resolver));
  CHECK(replica.missing().empty());
}

TEST_CASE("a replay finds bodies that are stored by now, and lists between the inherited and the newest") {
  Epoch first, second(2, 1);
  const std::vector<Entry> old{list_entry(first.as, {.set = {7}})};
  const std::vector<Entry> entries{list_entry(second.as, {.sequence = 2, .set = {7, 8}, .seconds = 1}),
                                   list_entry(second.as, {.sequence = 3, .set = {7}, .seconds = 2})};
  const auto leaves = leaves_of(entries);
  const auto replayed = [&](const std::vector<Entry>& held) {
    FeedReplica replica = continued(sealed(first, old, {}), second);
    REQUIRE_OK(
        replica.replay(second.head(leaves).note, leaves, feed::test::reader_of(held), second.resolver_at()));
    return replica;
  };
  CHECK(list_state(replayed(entries)).body == BodyState::bad);  // 8 was cleared
  CHECK(list_state(replayed({entries[1]})).body == BodyState::held);
  FeedReplica late = continued(sealed(first, old, {}), second);
  const std::vector<Bytes> none;
  REQUIRE_OK(late.replay(second.head(none).note, none, feed::test::reader_of(old), second.resolver_at()));
  CHECK(list_state(late).body == BodyState::held);
}

TEST_CASE("a replay says what is wrong with stored leaves") {
  Epoch epoch;
  const auto leaves = leaves_of({list_entry(epoch.as, {}), statement_entry(epoch.as, "urn:s:1")});
  const auto read = feed::test::reader_of({});
  const std::string note = epoch.head(leaves).note;
  CHECK_CODE(epoch.replica().replay(note, std::span(leaves).first(1), read, epoch.resolver_at()),
             codes::LEAF_COUNT);
  const std::vector<Bytes> others{leaves[1], leaves[0]};
  CHECK_CODE(epoch.replica().replay(note, others, read, epoch.resolver_at()), codes::HEAD_ROOT_MISMATCH);
  CHECK_CODE(Epoch(2).replica().replay(note, leaves, read, epoch.resolver_at()), codes::HEAD_INVALID);
}

TEST_CASE("leaves are judged by the keys in force at their place, and not before those are known") {
  Epoch epoch, rotated(1, 2);
  const std::vector<Entry> entries{list_entry(epoch.as, {}),
                                   feed::test::bare(feed::kWebvhLeaf, "2", feed::test::version_id(2)),
                                   list_entry(rotated.as, {.sequence = 2, .seconds = 1})};
  const auto leaves = leaves_of(entries);
  const auto replayed = [&](const feed::ResolverAt& resolver_at) {
    FeedReplica replica = epoch.replica();
    REQUIRE_OK(replica.replay(epoch.head(leaves).note, leaves, feed::test::reader_of(entries), resolver_at));
    return list_state(replica).body;
  };
  std::vector<LeafPlace> asked;
  CHECK(replayed([&](const LeafPlace& place) {
          asked.push_back(place);
          return place.index > 1 ? rotated.resolver : epoch.resolver;
        }) == BodyState::held);
  CHECK(asked == std::vector<LeafPlace>{{1, 0}, {1, 2}});
  CHECK(replayed(epoch.resolver_at()) == BodyState::bad);
  CHECK(replayed([](const LeafPlace&) { return nullptr; }) == BodyState::missing);
}

TEST_CASE("an issuer that moved signs under each of its DIDs") {
  Epoch before, moved(1, 1, feed::test::webvh_did("neu.example"));
  const auto both = std::make_shared<feed::test::VersionMethods>();
  both->add(before.as.method, before.as.signer.public_key());
  const Entry list = list_entry(before.as, {}), statement = statement_entry(before.as, "urn:s:1");
  CHECK_FALSE(check_body(list.need, list.body, moved.as.did, *both).bad);
  CHECK_FALSE(check_body(statement.need, statement.body, moved.as.did, *both).bad);
  const auto other = concat("did:webvh:", feed::test::multihash("other"), ":uni.example");
  Epoch stranger(1, 1, Did::parse(other).value());
  const Entry strange = list_entry(stranger.as, {});
  CHECK(check_body(strange.need, strange.body, moved.as.did, *both).bad);
}

TEST_CASE("after a seal, leaves that lead past another root are refused") {
  Epoch epoch;
  const auto leaves = leaves_of({statement_entry(epoch.as, "urn:s:1"), statement_entry(epoch.as, "urn:s:2"),
                                 statement_entry(epoch.as, "urn:s:3")});
  const std::vector<Bytes> sealed_leaves{leaves[0], leaves[1]}, other{leaves[0], leaves[2]};
  FeedReplica replica = epoch.replica();
  epoch.grow(replica, {leaves[0]});
  replica.set_seal(Epoch::tree_of(sealed_leaves));
  CHECK_CODE_NAMES(replica.extend(epoch.head(other), std::vector<Bytes>{leaves[2]}), codes::SEAL_CONTRADICTED,
                   "first 2 leaves");
  const std::vector<Bytes> longer{leaves[0], leaves[2], leaves[1]};
  CHECK_CODE(replica.extend(epoch.head(longer), std::vector<Bytes>{leaves[2], leaves[1]}),
             codes::SEAL_CONTRADICTED);
  epoch.grow(replica, sealed_leaves);
  epoch.grow(replica, leaves);  // the webvh leaf of the entry that seals may follow

  FeedReplica held = epoch.replica();
  epoch.grow(held, other);
  held.set_seal(Epoch::tree_of(sealed_leaves));
  CHECK_CODE(held.extend(epoch.head(longer), std::vector<Bytes>{leaves[1]}), codes::SEAL_CONTRADICTED);
}

TEST_CASE("the leaves of versions are listed in order, those of an extension too, the first thousand") {
  Epoch epoch, next(2, 1);
  std::vector<Bytes> leaves;
  const auto version_leaf = [](std::uint64_t number) {
    return feed::test::leaf_of(feed::kWebvhLeaf, concat(number), feed::test::version_id(number));
  };
  leaves.push_back(version_leaf(1));
  FeedReplica replica = epoch.replica();
  epoch.grow(replica, leaves);
  leaves.push_back(statement_entry(epoch.as, "urn:s:1").leaf);
  leaves.push_back(version_leaf(2));
  auto extension = replica.extend(epoch.head(leaves), std::span(leaves).subspan(1));
  REQUIRE_OK(extension);
  const std::vector<feed::VersionLeaf> both{{0, feed::test::version_id(1)}, {2, feed::test::version_id(2)}};
  CHECK(replica.version_leaves_after(**extension) == both);
  CHECK(replica.version_leaves().size() == 1);
  replica.accept(*std::move(extension));
  CHECK(replica.version_leaves() == both);
  while (leaves.size() < feed::kVersionLeavesMax + 10) leaves.push_back(version_leaf(leaves.size()));
  epoch.grow(replica, leaves);
  CHECK(replica.version_leaves().size() == feed::kVersionLeavesMax);

  FeedReplica first = epoch.replica();
  REQUIRE_OK(
      first.replay_sealed(Epoch::tree_of(leaves), leaves, feed::test::reader_of({}), epoch.resolver_at()));
  CHECK(first.version_leaves().size() == feed::kVersionLeavesMax);
  CHECK(continued(std::move(first), next).version_leaves().empty());
}

TEST_CASE("a snapshot knows which time batch stands where, in earlier epochs too") {
  Epoch epoch, next(2);
  std::vector<Bytes> leaves;
  for (int i = 0; i < 600; ++i) {
    const std::string root = hex_encode(merkle::leaf_hash(as_bytes(concat(i))).view());
    leaves.push_back(feed::Leaf{std::string(feed::kTimeBatchLeaf), concat(i + 1), root}.encode());
  }
  FeedReplica first = epoch.replica();
  REQUIRE_OK(
      first.replay_sealed(Epoch::tree_of(leaves), leaves, feed::test::reader_of({}), epoch.resolver_at()));
  FeedReplica second = continued(std::move(first), next);
  next.grow(second, {leaves[0]});
  const auto held = second.snapshot()->batches;
  REQUIRE(held != nullptr);
  for (const std::size_t index : {0u, 1u, 511u, 512u, 599u})
    CHECK(held->hash_at({1, index}) == merkle::leaf_hash(leaves[index]));
  CHECK_FALSE(held->hash_at({1, 600}));
  CHECK(held->hash_at({2, 0}) == merkle::leaf_hash(leaves[0]));
  CHECK_FALSE(held->hash_at({2, 1}));
  FeedReplica none = epoch.replica();
  epoch.grow(none, {closed_entry(epoch.as).leaf});
  CHECK(none.snapshot()->batches == nullptr);
}

TEST_CASE("a feed is closed by a Closed statement that the issuer signed, and by nothing else") {
  Epoch epoch;
  const Entry close = closed_entry(epoch.as);
  FeedReplica replica = epoch.replica();
  epoch.grow(replica, {close.leaf});
  CHECK_FALSE(replica.snapshot()->closed);
  CHECK(replica.missing() == std::vector{close.need});
  CHECK(replica.snapshot()->missing_count == 1);
  epoch.add_body(replica, close);
  CHECK(replica.snapshot()->closed);
  CHECK(replica.missing().empty());

  FeedReplica stored = epoch.replica();
  const std::vector<Bytes> leaves{close.leaf};
  REQUIRE_OK(
      stored.replay(epoch.head(leaves).note, leaves, feed::test::reader_of({close}), epoch.resolver_at()));
  CHECK(stored.closed());
  CHECK_FALSE(continued(sealed(epoch, {close}, {close}), Epoch(2)).closed());  // a new epoch goes on
}

TEST_CASE("a Closed statement that is none is void") {
  Epoch epoch;
  feed::test::Issuer thief(9);
  thief.did = epoch.as.did;
  const auto closed_by = [&](const Entry& entry) {
    FeedReplica replica = epoch.replica();
    epoch.grow(replica, {entry.leaf});
    const auto checked = check_body(replica.missing().at(0), entry.body, epoch.as.did, *epoch.resolver);
    REQUIRE(checked.bad);
    CHECK(test::same_code(checked.bad->code, codes::STATEMENT_INVALID));
    replica.add_body(checked);
    CHECK(replica.missing().empty());
    return replica.snapshot()->closed;
  };
  CHECK_FALSE(closed_by(closed_entry(thief)));  // by a key of its own
  const std::string late = kStart.plus_seconds(1).to_string();
  CHECK_FALSE(closed_by(feed::test::entry_of(feed::kCloseLeaf, late, feed::test::closed_text(epoch.as))));
  const auto plain = signed_text(feed::test::statement_document(epoch.as, "urn:s:1"), epoch.as);
  CHECK_FALSE(closed_by(feed::test::entry_of(feed::kCloseLeaf, kStart.to_string(), plain)));
  CHECK_FALSE(closed_by(feed::test::entry_of(feed::kCloseLeaf, kStart.to_string(), "{}")));
  // Signed by the issuer, and about somebody else, nobody or several: whoever stole the feed key may cite
  // what the issuer once published about others.
  const nlohmann::json own = {{"id", epoch.as.did.text()}};
  const nlohmann::json others[] = {
      {{"id", "did:web:other.example"}}, {{"name", "nobody"}}, nlohmann::json::array({own, own})};
  for (const nlohmann::json& subject : others)
    CHECK_FALSE(closed_by(feed::test::entry_of(feed::kCloseLeaf, kStart.to_string(),
                                               feed::test::closed_text(epoch.as, kStart, subject))));
}

TEST_CASE("a did:key issuer closes its feed too") {
  feed::test::Issuer issuer;
  const Entry close = closed_entry(issuer);
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, {close.leaf});
  add_body(replica, issuer, close);
  CHECK(replica.snapshot()->closed);
}

TEST_CASE("lists are counted from where the epochs before left them") {
  Epoch epoch;
  const auto leaves =
      leaves_of({list_entry(epoch.as, {.sequence = 3}), list_entry(epoch.as, {.sequence = 5})});
  std::vector<std::uint64_t> sequences;
  feed::each_list(leaves, [&](const feed::ListLeaf& list) { sequences.push_back(list.sequence); },
                  {{kUri, 2}});
  CHECK(sequences == std::vector<std::uint64_t>{3});
}
