#include "protocol/feed/publisher.h"

#include "crypto/base/rng.h"
#include "protocol/feed/codes.h"
#include "protocol/status/codes.h"
#include "tests/unit/protocol/feed/fixtures.h"
#include "tests/unit/protocol/feed/list_changes.h"

using namespace vcnode;
using feed::Changes;
using feed::Publication;
using feed::Publisher;
using feed::test::Disk;
using feed::test::Issuer;
using feed::test::kRevocation;
using feed::test::kStart;
using feed::test::kSuspension;
using feed::test::new_lists;
using feed::test::set;
using status::Purpose;
using status::StatusIndex;

namespace {

// A publisher, the disk it is made durable on, and the time.
struct Desk {
  Desk() { publish(new_lists()); }

  Publication publish(const Changes& changes) {
    auto prepared = publisher.prepare(changes, now);
    REQUIRE_OK(prepared);
    disk.write(*prepared);
    publisher.commit(*prepared);
    return *std::move(prepared);
  }
  [[nodiscard]] feed::FeedReplica restored() const {
    auto replica = disk.restore(issuer);
    REQUIRE_OK(replica);
    return *std::move(replica);
  }

  Issuer issuer;
  Disk disk;
  Timestamp now = kStart;
  Publisher publisher = Publisher::open(issuer.publisher_options(), issuer.replica()).value();
};

bool restored_bit(const Desk& desk, const std::string& uri, std::uint64_t index) {
  return desk.restored().snapshot()->status_lists.at(uri).list->bitmap.get(StatusIndex(index)).value();
}

}  // namespace

TEST_CASE("new lists become signed lists, leaves and one head") {
  Desk desk;
  CHECK(desk.publisher.size() == 2);
  CHECK(desk.publisher.has_list(kRevocation));
  CHECK(desk.publisher.has_list(kSuspension));
  CHECK(desk.publisher.head()->time == kStart);
  const auto snapshot = desk.restored().snapshot();
  REQUIRE(snapshot->status_lists.size() == 2);
  for (const auto& [uri, list] : snapshot->status_lists) {
    CHECK(list.sequence == 1);
    CHECK(list.body == feed::BodyState::held);
    CHECK(list.list->valid_from == kStart);
  }
  CHECK(snapshot->status_lists.at(kSuspension).list->purpose == Purpose::suspension);
}

TEST_CASE("changes to one list make one version of it, and all changes share one head") {
  Desk desk;
  desk.now = desk.now.plus_seconds(10);
  const auto made = desk.publish({.status = {{kRevocation, StatusIndex(1), true},
                                             {kSuspension, StatusIndex(1), true},
                                             {kRevocation, StatusIndex(2), true}}});
  CHECK(made.first_index == 2);
  CHECK(made.leaves.size() == 2);
  CHECK(made.bodies.size() == 2);
  CHECK(made.head.tree.size == 4);
  for (const std::uint64_t index : {1u, 2u}) CHECK(restored_bit(desk, kRevocation, index));
  CHECK(restored_bit(desk, kSuspension, 1));
  CHECK(desk.publisher.bit(kRevocation, StatusIndex(2)).value());
  CHECK_FALSE(desk.publisher.bit(kSuspension, StatusIndex(2)).value());
  CHECK(feed::Leaf::parse(made.leaves[0])->key == kRevocation + "#2");
}

TEST_CASE("a change that leaves every bit as it is makes no leaf") {
  Desk desk;
  desk.publish(set(kRevocation, 7));
  const auto head = *desk.publisher.head();
  for (const Changes& nothing : {Changes{}, set(kRevocation, 7), set(kSuspension, 7, false)}) {
    desk.now = desk.now.plus_seconds(10);
    const auto made = desk.publish(nothing);
    CHECK(made.leaves.empty());
    CHECK(made.head.note == head.note);
  }
  const auto there_and_back =
      desk.publish({.status = {{kSuspension, StatusIndex(7), true}, {kSuspension, StatusIndex(7), false}}});
  CHECK(there_and_back.leaves.empty());
  CHECK(desk.publisher.head()->note == head.note);
}

TEST_CASE("before the first head, no change makes the head of the empty tree") {
  Issuer issuer;
  auto publisher = Publisher::open(issuer.publisher_options(), issuer.replica()).value();
  CHECK(publisher.earliest_next() == Timestamp());
  CHECK_FALSE(publisher.prepare_reassert(kStart).value());
  const auto made = publisher.prepare({}, kStart);
  REQUIRE_OK(made);
  CHECK(made->leaves.empty());
  CHECK(made->head.tree.size == 0);
  publisher.commit(*made);
  CHECK(publisher.head()->note == made->head.note);
}

TEST_CASE("a revocation is final, a suspension is not") {
  Desk desk;
  desk.publish(set(kRevocation, 3));
  CHECK_CODE_NAMES(desk.publisher.prepare(set(kRevocation, 3, false), desk.now),
                   codes::STATUS_REVOCATION_FINAL, "index 3");
  desk.publish(set(kSuspension, 3));
  CHECK(restored_bit(desk, kSuspension, 3));
  desk.publish(set(kSuspension, 3, false));
  CHECK_FALSE(restored_bit(desk, kSuspension, 3));
  CHECK(restored_bit(desk, kRevocation, 3));
}

TEST_CASE("changes that name no list or no entry are refused whole") {
  Desk desk;
  const std::string elsewhere = "https://issuer.example/status-lists/x";
  CHECK_CODE_NAMES(desk.publisher.prepare(set(elsewhere, 1), desk.now), codes::STATUS_LIST_UNKNOWN,
                   elsewhere);
  CHECK_CODE_NAMES(desk.publisher.prepare(set(kRevocation, 131'072), desk.now), codes::STATUS_INDEX_RANGE,
                   "131072");
  CHECK_CODE(desk.publisher.bit(elsewhere, StatusIndex(1)), codes::STATUS_LIST_UNKNOWN);
  CHECK_CODE(desk.publisher.bit(kRevocation, StatusIndex(131'072)), codes::STATUS_INDEX_RANGE);
  CHECK_FALSE(desk.publisher.has_list(elsewhere));
  CHECK(desk.publisher.size() == 2);
}

TEST_CASE("new lists need a name that is free and fits a leaf, and an allowed size") {
  Desk desk;
  const auto create = [&](const std::string& uri, std::uint64_t entries = status::kListEntriesMin) {
    return desk.publisher.prepare({.new_lists = {{uri, Purpose::revocation, entries}}}, desk.now);
  };
  CHECK_CODE_NAMES(create(kRevocation), codes::STATUS_LIST_EXISTS, kRevocation);
  CHECK_CODE_NAMES(create("https://a.example/l", 131'064), codes::STATUS_LIST_SIZE, "131072");
  CHECK_CODE_NAMES(create("https://a.example/l", 131'076), codes::STATUS_LIST_SIZE, "131076");
  CHECK_CODE_NAMES(create("https://a.example/l", 16'777'224), codes::STATUS_LIST_SIZE, "16777216");
  CHECK_CODE(create("https://a.example/l#fragment"), codes::LEAF_MALFORMED);
  CHECK_CODE(create("no url"), codes::LEAF_MALFORMED);
  const feed::NewList twice{"https://a.example/l"};
  CHECK_CODE(desk.publisher.prepare({.new_lists = {twice, twice}}, desk.now), codes::STATUS_LIST_EXISTS);
}

TEST_CASE("a signed list too large to be a body is refused with the limit") {
  Desk desk;
  const std::string uri = "https://issuer.example/status-lists/large";
  Changes changes{.new_lists = {{uri, Purpose::revocation, status::kListEntriesMax}}};
  SeededRng rng(1);
  for (int i = 0; i < 3'000'000; ++i)
    changes.status.push_back({uri, StatusIndex(rng.below(status::kListEntriesMax)), true});
  CHECK_CODE_NAMES(desk.publisher.prepare(changes, desk.now), codes::STATUS_LIST_SIZE, "1048576");
}

TEST_CASE("statements follow the lists, in the order given") {
  Desk desk;
  const auto first = statement_entry(desk.issuer, "urn:s:1"),
             second = statement_entry(desk.issuer, "urn:s:2");
  Changes changes = set(kRevocation, 1);
  changes.statements = {{"urn:s:2", second.body}, {"urn:s:1", first.body}};
  const auto made = desk.publish(changes);
  REQUIRE(made.leaves.size() == 3);
  CHECK(made.leaves[1] == second.leaf);
  CHECK(made.leaves[2] == first.leaf);
  CHECK(made.bodies[2] == first.body);
  CHECK(desk.restored().missing().empty());
}

TEST_CASE("what is not a statement of this issuer is refused before it is signed for") {
  Desk desk;
  Issuer other(2);
  const auto prepare = [&](const std::string& id, const Bytes& text) {
    return desk.publisher.prepare({.statements = {{id, text}}}, desk.now);
  };
  CHECK_CODE(prepare("urn:s:1", to_bytes("{}")), codes::STATEMENT_INVALID);
  CHECK_CODE(prepare("urn:s:1", statement_entry(desk.issuer, "urn:s:2").body), codes::STATEMENT_INVALID);
  CHECK_CODE(prepare("urn:s:1", statement_entry(other, "urn:s:1").body), codes::STATEMENT_INVALID);
}

TEST_CASE("head times rise by at least a second, also when the clock steps back") {
  Desk desk;
  CHECK(desk.publisher.earliest_next() == kStart.plus_seconds(1));
  desk.publish(set(kRevocation, 1));  // within the same second
  CHECK(desk.publisher.head()->time == kStart.plus_seconds(1));
  desk.now = kStart.plus_seconds(-1000);
  desk.publish(set(kRevocation, 2));
  CHECK(desk.publisher.head()->time == kStart.plus_seconds(2));
  CHECK(desk.publisher.earliest_next() == kStart.plus_seconds(3));
  CHECK(desk.restored().snapshot()->status_lists.at(kRevocation).list->valid_from == kStart.plus_seconds(2));
  CHECK(restored_bit(desk, kRevocation, 2));
}

TEST_CASE("an idle issuer re-asserts before its head is a day old, at its own second of the hour") {
  Desk desk;
  const std::int64_t offset = feed::reassert_offset(desk.issuer.origin.hash());
  std::optional<Publication> due;
  Timestamp now = kStart;
  for (; !due; now = now.plus_seconds(60)) due = desk.publisher.prepare_reassert(now).value();
  CHECK(due->leaves.empty());
  CHECK(due->first_index == desk.publisher.size());
  CHECK(due->head.tree.root == desk.publisher.head()->tree.root);
  CHECK(due->head.time.seconds() % 3600 == offset);
  CHECK(due->head.time <= now);
  const std::int64_t age = due->head.time.seconds() - kStart.seconds();
  CHECK(age > 23 * 3600);
  CHECK(age <= 24 * 3600);
  desk.publisher.commit(*due);
  CHECK_FALSE(desk.publisher.prepare_reassert(now.plus_seconds(23 * 3600)).value());
  const auto next = desk.publisher.prepare_reassert(due->head.time.plus_seconds(24 * 3600)).value();
  REQUIRE(next);
  CHECK(next->head.time == due->head.time.plus_seconds(24 * 3600));
  CHECK_FALSE(
      desk.publisher.prepare_reassert(kStart.plus_seconds(-100'000)).value());  // the clock stepped back
}

TEST_CASE("while something is suspended, heads are re-asserted every hour") {
  Desk desk;
  desk.publish(set(kSuspension, 1));
  const Timestamp changed = desk.publisher.head()->time;
  const auto due = desk.publisher.prepare_reassert(changed.plus_seconds(3600)).value();
  REQUIRE(due);
  desk.publisher.commit(*due);
  CHECK_FALSE(desk.publisher.prepare_reassert(due->head.time.plus_seconds(3599)).value());
  CHECK(desk.publisher.prepare_reassert(due->head.time.plus_seconds(3600)).value());
  desk.now = due->head.time.plus_seconds(10);
  desk.publish(set(kSuspension, 1, false));
  CHECK_FALSE(desk.publisher.prepare_reassert(desk.now.plus_seconds(2 * 3600)).value());
}

TEST_CASE("a re-assertion is a newer time to a replica that holds the tree") {
  Desk desk;
  auto replica = desk.restored();
  const auto due = desk.publisher.prepare_reassert(kStart.plus_seconds(24 * 3600)).value();
  REQUIRE(due);
  const auto head = feed::verify_head(due->head.note, desk.issuer.origin, desk.issuer.key());
  REQUIRE_OK(head);
  CHECK(replica.relation_to(*head) == feed::FeedReplica::Relation::newer_time);
}

TEST_CASE("a publisher opened on a restored feed continues it") {
  Desk desk;
  desk.publish(set(kRevocation, 1));
  auto again = Publisher::open(desk.issuer.publisher_options(), desk.restored());
  REQUIRE_OK(again);
  CHECK(again->size() == desk.publisher.size());
  CHECK(again->head()->note == desk.publisher.head()->note);
  CHECK(again->bit(kRevocation, StatusIndex(1)).value());
  const auto made = again->prepare(set(kRevocation, 2), kStart.plus_seconds(60));
  REQUIRE_OK(made);
  CHECK(feed::Leaf::parse(made->leaves[0])->key == kRevocation + "#3");
  desk.disk.write(*made);
  CHECK(restored_bit(desk, kRevocation, 1));
  CHECK(restored_bit(desk, kRevocation, 2));
}

TEST_CASE("a URI with void leaves only can become a list, counted from there") {
  Desk desk;
  Issuer& issuer = desk.issuer;
  auto replica = issuer.replica();
  const auto voided = list_entry(issuer, {.sequence = 5});
  grow(replica, issuer, {voided.leaf});
  const auto publisher = Publisher::open(issuer.publisher_options(), replica);
  REQUIRE_OK(publisher);
  CHECK_FALSE(publisher->has_list("https://issuer.example/status-lists/1"));
  const auto made =
      publisher->prepare({.new_lists = {{"https://issuer.example/status-lists/1"}}}, kStart.plus_seconds(5));
  REQUIRE_OK(made);
  CHECK(feed::Leaf::parse(made->leaves[0])->key == "https://issuer.example/status-lists/1#2");
}

TEST_CASE("a feed that is not wholly held is not continued") {
  Desk desk;
  Issuer& issuer = desk.issuer;
  Issuer other(2), other_network(1, "other.example");
  const auto open = [&](const feed::FeedReplica& replica) {
    return Publisher::open(issuer.publisher_options(), replica);
  };

  CHECK_CODE_NAMES(open(other.replica()), codes::PUBLISHER_STATE_INCOMPLETE, other.origin.text());
  CHECK_CODE(open(other_network.replica()), codes::PUBLISHER_STATE_INCOMPLETE);
  CHECK_CODE_NAMES(open(feed::FeedReplica(issuer.origin, issuer.did, other.key())),
                   codes::PUBLISHER_STATE_INCOMPLETE, "feed key");

  auto bodiless = desk.disk;
  bodiless.bodies.clear();
  CHECK_CODE_NAMES(open(bodiless.restore(issuer).value()), codes::PUBLISHER_STATE_INCOMPLETE, "missing");

  auto pending = desk.restored();
  pending.set_pending(feed::PendingHead{{17, {}}, kStart});
  CHECK_CODE_NAMES(open(pending), codes::PUBLISHER_STATE_INCOMPLETE, "size 17");

  auto contradicted = desk.restored();
  contradicted.set_contradicted();
  CHECK_CODE_NAMES(open(contradicted), codes::PUBLISHER_STATE_INCOMPLETE, "contradicts");

  auto bad = issuer.replica();
  const auto forged = list_entry(other, {});
  grow(bad, issuer, {forged.leaf});
  add_body(bad, issuer, forged);
  CHECK_CODE_NAMES(open(bad), codes::PUBLISHER_STATE_INCOMPLETE, "bad");
}

TEST_CASE("what the signer refuses is not published") {
  struct Refusing final : Signer {
    explicit Refusing(Ed25519PublicKey key) : key_(key) {}
    [[nodiscard]] const Ed25519PublicKey& public_key() const noexcept override { return key_; }
    [[nodiscard]] Result<Ed25519Signature> sign(BytesView) override {
      return fail(codes::FILE_UNREADABLE, "token is gone");
    }
    Ed25519PublicKey key_;
  };
  Issuer issuer;
  Refusing refusing(issuer.key());
  auto options = issuer.publisher_options();
  options.feed_signer = &refusing;
  auto publisher = Publisher::open(options, issuer.replica()).value();
  CHECK_CODE(publisher.prepare(new_lists(), kStart), codes::FILE_UNREADABLE);
  options.feed_signer = &issuer.signer;
  options.assertion_signer = &refusing;
  publisher = Publisher::open(options, issuer.replica()).value();
  CHECK_CODE(publisher.prepare(new_lists(), kStart), codes::FILE_UNREADABLE);
  CHECK_FALSE(publisher.head());
}
