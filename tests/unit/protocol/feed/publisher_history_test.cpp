// The issuer's side of feeds with a history: epochs, versions, state, delegations, batches, the end.
#include "protocol/feed/codes.h"
#include "protocol/feed/publisher.h"
#include "protocol/publication_batch.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::BodyState;
using feed::Changes;
using feed::FeedReplica;
using feed::Leaf;
using feed::Publication;
using feed::Publisher;
using feed::test::Disk;
using feed::test::Epoch;
using feed::test::kStart;
using feed::test::kUri;
using feed::test::list_state;
using status::StatusIndex;

namespace {

feed::NewEntry entry_of(std::uint64_t number) {
  return {number, feed::test::version_id(number), to_bytes(concat("line ", number, "\n"))};
}

std::vector<std::string> types_of(const Publication& publication) {
  std::vector<std::string> types;
  for (const Bytes& leaf : publication.leaves) types.push_back(Leaf::parse(leaf).value().type);
  return types;
}

struct EpochDesk {
  explicit EpochDesk(Epoch& of) : EpochDesk(of, of.replica()) {}
  EpochDesk(Epoch& of, const FeedReplica& replica)
      : epoch(of), publisher(Publisher::open(of.publisher_options(), replica).value()) {}

  Publication publish(const Changes& changes) {
    now = now.plus_seconds(1);
    auto prepared = publisher.prepare(changes, now);
    REQUIRE_OK(prepared);
    disk.write(*prepared);
    publisher.commit(*prepared);
    return *std::move(prepared);
  }
  // On top of `empty`, an empty replica of this epoch.
  [[nodiscard]] FeedReplica restored(FeedReplica empty) const {
    REQUIRE_OK(empty.replay(disk.note, disk.leaves, disk.reader(), epoch.resolver_at()));
    CHECK_FALSE(empty.snapshot()->false_state);
    return empty;
  }
  [[nodiscard]] FeedReplica sealed() const {
    FeedReplica replica = epoch.replica();
    REQUIRE_OK(
        replica.replay_sealed(Epoch::tree_of(disk.leaves), disk.leaves, disk.reader(), epoch.resolver_at()));
    return replica;
  }
  [[nodiscard]] feed::NewSeal seal() const {
    return {epoch.as.origin.text(), Epoch::tree_of(disk.leaves).root};
  }

  Epoch& epoch;
  Disk disk;
  Timestamp now = kStart;
  Publisher publisher;
};

}  // namespace

TEST_CASE("all that an issuer says at once stands in one order under one head") {
  Epoch epoch;
  EpochDesk desk(epoch);
  const auto delegation = feed::test::delegation_entry(epoch);
  const auto statement = feed::test::statement_entry(epoch.as, "urn:s:1");
  const std::string seen = "https://a.example/did.json#1#2026-01-01T00:00:00Z";
  const auto made = desk.publish(
      {.new_lists = {{kUri}},
       .statements = {{"urn:s:1", statement.body}},
       .entries = {entry_of(1), entry_of(2)},
       .list_keys = {{"urn:delegation:1", delegation.body}, {"urn:old", {}}},
       .time_batches = {{1, Sha256Digest()}},
       .observations = {{seen, to_bytes("seen")}},
       .close = feed::NewStatement{kStart.to_string(), to_bytes(feed::test::closed_text(epoch.as))}});
  CHECK(types_of(made) == std::vector<std::string>{"webvh", "webvh", "list-key", "list-key", "status",
                                                   "statement", "observation", "time-batch", "close"});
  CHECK(made.bodies.size() == 5);  // of the versions none is kept by digest
  CHECK(made.bodies[3] == to_bytes("seen"));
  CHECK(Leaf::parse(made.leaves[0]).value() == Leaf{"webvh", "1", feed::test::version_id(1)});
  CHECK(Leaf::parse(made.leaves[3]).value() == Leaf{"list-key", "urn:old", ""});
  CHECK(Leaf::parse(made.leaves[6]).value().key == seen);
  const auto replica = desk.restored(epoch.replica());
  CHECK(replica.closed());
  CHECK(list_state(replica).body == BodyState::held);
  CHECK(replica.version_leaves().size() == 2);

  const auto batch = batch_of(epoch.as.origin.hash(), made, "scid");
  CHECK(batch.leaves.at(0).leaves == made.leaves);
  CHECK(batch.bodies.size() == 5);
  REQUIRE(batch.entries.size() == 2);
  CHECK(batch.entries[1].scid == "scid");
  CHECK(batch.entries[1].version_id == feed::test::version_id(2));
  CHECK(batch.entries[1].body == to_bytes("line 2\n"));
}

TEST_CASE("an epoch begins with seal, version and state, and its lists go on") {
  Epoch first, second(2, 2);
  EpochDesk before(first);
  before.publish({.new_lists = {{kUri}}, .entries = {entry_of(1)}});
  before.publish({.status = {{kUri, StatusIndex(7), true}}});

  const FeedReplica empty = continued(before.sealed(), second);
  EpochDesk after(second, empty);
  CHECK(after.publisher.bit(kUri, StatusIndex(7)).value());
  CHECK_CODE_NAMES(after.publisher.prepare({.status = {{kUri, StatusIndex(8), true}}}, kStart),
                   codes::SEAL_MISPLACED, "begins with the seal");
  CHECK_CODE(after.publisher.prepare({}, kStart), codes::SEAL_MISPLACED);
  after.now = kStart.plus_seconds(10);
  const auto made = after.publish(
      {.status = {{kUri, StatusIndex(8), true}}, .seal = before.seal(), .entries = {entry_of(2)}});
  CHECK(types_of(made) == std::vector<std::string>{"seal", "webvh", "state", "status"});
  CHECK(Leaf::parse(made.leaves[3]).value().key == kUri + "#3");
  const auto replica = after.restored(continued(before.sealed(), second));
  CHECK(list_state(replica).body == BodyState::held);
  CHECK(replica.state_leaves().newest == 2);
  CHECK_CODE_NAMES(after.publisher.prepare({.seal = before.seal()}, kStart), codes::SEAL_MISPLACED,
                   "no seal");
}

TEST_CASE("only the epoch before is sealed, and only where an epoch begins") {
  Epoch first, second(2), third(3);
  const feed::NewSeal seal{first.as.origin.text(), {}};
  const auto opened = [](Epoch& epoch) {
    return Publisher::open(epoch.publisher_options(), epoch.replica()).value();
  };
  CHECK_CODE(opened(first).prepare({.seal = seal}, kStart), codes::SEAL_MISPLACED);
  REQUIRE_OK(opened(second).prepare({.seal = seal}, kStart));
  CHECK_CODE_NAMES(opened(third).prepare({.seal = seal}, kStart), codes::SEAL_MISPLACED,
                   "not of the epoch before");
  const feed::NewSeal elsewhere{feed::Origin::of("other.example", first.as.did).value().text(), {}};
  CHECK_CODE(opened(second).prepare({.seal = elsewhere}, kStart), codes::SEAL_MISPLACED);
  CHECK_CODE(opened(second).prepare({.seal = feed::NewSeal{"x", {}}}, kStart), codes::SEAL_MISPLACED);
}

TEST_CASE("about every 1,024 leaves a state leaf goes along, never alone") {
  Epoch epoch;
  EpochDesk desk(epoch);
  std::vector<feed::NewTimeBatch> batches;
  while (batches.size() < feed::kStatePeriodLeaves) batches.push_back({batches.size() + 1, {}});
  CHECK(desk.publish({.time_batches = batches}).leaves.size() == feed::kStatePeriodLeaves);
  CHECK(desk.publish({}).leaves.empty());
  CHECK(types_of(desk.publish({.new_lists = {{kUri}}})) == std::vector<std::string>{"state", "status"});
  CHECK(types_of(desk.publish({.status = {{kUri, StatusIndex(1), true}}})) ==
        std::vector<std::string>{"status"});
  CHECK(types_of(desk.publish({.time_batches = batches})).front() == "time-batch");
  Publisher again = Publisher::open(epoch.publisher_options(), desk.restored(epoch.replica())).value();
  const auto next = again.prepare({.entries = {entry_of(1)}}, desk.now.plus_seconds(9)).value();
  CHECK(types_of(next) == std::vector<std::string>{"webvh", "state"});
  CHECK(Leaf::parse(next.leaves[1]).value().key == "2");
  const auto same = again.prepare({.status = {{kUri, StatusIndex(1), true}}}, desk.now.plus_seconds(9));
  REQUIRE_OK(same);
  CHECK(same->leaves.empty());
  desk.publisher = std::move(again);
  desk.publish({.entries = {entry_of(1)}});
  CHECK(desk.restored(epoch.replica()).state_leaves().count == 2);
}

TEST_CASE("a did:key feed has the leaves it always had") {
  feed::test::Issuer issuer;
  auto publisher = Publisher::open(issuer.publisher_options(), issuer.replica()).value();
  std::vector<feed::NewTimeBatch> batches(feed::kStatePeriodLeaves, {1, {}});
  const auto first = publisher.prepare({.time_batches = batches}, kStart);
  REQUIRE_OK(first);
  publisher.commit(*first);
  CHECK(types_of(publisher.prepare({.new_lists = {{kUri}}}, kStart).value()) ==
        std::vector<std::string>{"status"});
}

TEST_CASE("lists are signed with the assertion key, heads with the feed key") {
  Epoch epoch;
  EpochDesk desk(epoch);
  const auto made = desk.publish({.new_lists = {{kUri}}});
  REQUIRE_OK(feed::verify_head(made.head.note, epoch.as.origin, epoch.feed.public_key()));
  CHECK(as_text(made.bodies.at(0)).find(epoch.as.method) != std::string_view::npos);
  CHECK(list_state(desk.restored(epoch.replica())).body == BodyState::held);
}

TEST_CASE("what no leaf can hold, and forms that are wrong, are refused before anything is signed") {
  Epoch epoch;
  const EpochDesk desk(epoch);
  const auto refused = [&](const Changes& changes, Code code) {
    CHECK_CODE(desk.publisher.prepare(changes, kStart), code);
  };
  refused({.entries = {{1, "1-x", {}}}}, codes::LEAF_MALFORMED);
  refused({.time_batches = {{0, {}}}}, codes::LEAF_MALFORMED);
  refused({.observations = {{"x", {}}}}, codes::LEAF_MALFORMED);
  refused({.list_keys = {{"", {}}}}, codes::LEAF_MALFORMED);
  refused({.list_keys = {{"urn:d:1", to_bytes("{}")}}}, codes::LIST_KEY_INVALID);
  const auto closed = to_bytes(feed::test::closed_text(epoch.as));
  refused({.close = feed::NewStatement{"2026-01-01", closed}}, codes::STATEMENT_INVALID);
  refused({.close = feed::NewStatement{kStart.to_string(), to_bytes("{}")}}, codes::STATEMENT_INVALID);
  const auto plain = to_bytes(signed_text(feed::test::statement_document(epoch.as, "urn:s:1"), epoch.as));
  refused({.close = feed::NewStatement{kStart.to_string(), plain}}, codes::STATEMENT_INVALID);
}

TEST_CASE("nothing follows a close, not even a re-assertion") {
  Epoch epoch;
  EpochDesk desk(epoch);
  desk.publish(
      {.close = feed::NewStatement{kStart.to_string(), to_bytes(feed::test::closed_text(epoch.as))}});
  CHECK_CODE(desk.publisher.prepare({.new_lists = {{kUri}}}, kStart), codes::FEED_CLOSED);
  REQUIRE_OK(desk.publisher.prepare({}, kStart));
  CHECK_FALSE(desk.publisher.prepare_reassert(kStart.plus_seconds(100 * 3600)).value());
  CHECK_CODE(Publisher::open(epoch.publisher_options(), desk.restored(epoch.replica())), codes::FEED_CLOSED);
}

TEST_CASE("a sealed feed is not continued") {
  Epoch epoch;
  EpochDesk desk(epoch);
  desk.publish({.new_lists = {{kUri}}});
  CHECK_CODE_NAMES(Publisher::open(epoch.publisher_options(), desk.sealed()),
                   codes::PUBLISHER_STATE_INCOMPLETE, "sealed at 1 leaves");
}

TEST_CASE("an epoch is not begun while the body of an inherited list is missing") {
  Epoch first, second(2);
  const std::vector<feed::test::Entry> list{list_entry(first.as, {})};
  CHECK_CODE_NAMES(Publisher::open(second.publisher_options(), continued(sealed(first, list, {}), second)),
                   codes::PUBLISHER_STATE_INCOMPLETE, "missing");
}

TEST_CASE("changes are empty when nothing is asked for") {
  CHECK(Changes().empty());
  CHECK_FALSE(Changes{.new_lists = {{kUri}}}.empty());
  CHECK_FALSE(Changes{.status = {{kUri, StatusIndex(1), true}}}.empty());
  CHECK_FALSE(Changes{.statements = {{"x", {}}}}.empty());
  CHECK_FALSE(Changes{.seal = feed::NewSeal{}}.empty());
  CHECK_FALSE(Changes{.entries = {entry_of(1)}}.empty());
  CHECK_FALSE(Changes{.list_keys = {{"x", {}}}}.empty());
  CHECK_FALSE(Changes{.time_batches = {{1, {}}}}.empty());
  CHECK_FALSE(Changes{.observations = {{"x", {}}}}.empty());
  CHECK_FALSE(Changes{.close = feed::NewStatement{}}.empty());
}
