#include "protocol/feed/replica.h"

#include <set>
#include "protocol/feed/codes.h"
#include "protocol/status/codes.h"

#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::BodyState;
using feed::FeedReplica;
using feed::test::Entry;
using feed::test::Issuer;
using feed::test::kStart;
using feed::test::kUri;
using feed::test::leaves_of;
using Relation = FeedReplica::Relation;

namespace {

feed::StatusListState list_of(const FeedReplica& replica) {
  const auto snapshot = replica.snapshot();
  REQUIRE(snapshot->status_lists.contains(kUri));
  return snapshot->status_lists.at(kUri);
}

// A replica that holds `entries` and their bodies, each accepted and judged before the next.
FeedReplica replica_of(Issuer& issuer, const std::vector<Entry>& entries) {
  FeedReplica replica = issuer.replica();
  std::vector<Bytes> leaves;
  for (const Entry& entry : entries) {
    leaves.push_back(entry.leaf);
    grow(replica, issuer, leaves);
    add_body(replica, issuer, entry);
  }
  return replica;
}

void check_bad(const FeedReplica& replica, Code code, std::string_view part) {
  const auto list = list_of(replica);
  CHECK(list.body == BodyState::bad);
  CHECK_FALSE(list.list);
  REQUIRE(list.reason.has_value());
  CAPTURE(list.reason->message);
  CHECK(test::same_code(list.reason->code, code));
  CHECK(list.reason->message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("a feed grows by leaves that lead to a verified head") {
  Issuer issuer;
  const std::vector<Entry> entries{list_entry(issuer, {}), statement_entry(issuer, "urn:s:1")};
  FeedReplica replica = issuer.replica();
  CHECK(replica.size() == 0);
  CHECK_FALSE(replica.head());
  const auto leaves = leaves_of(entries);
  auto extension = replica.extend(issuer.head(leaves), leaves);
  REQUIRE_OK(extension);
  CHECK(replica.size() == 0);  // nothing is visible before accept
  CHECK(replica.needs_after(**extension) == std::vector{entries[0].need, entries[1].need});
  CHECK(replica.missing().empty());
  replica.accept(*std::move(extension));
  CHECK(replica.size() == 2);
  CHECK(replica.head()->tree.size == 2);
  CHECK(replica.missing() == std::vector{entries[0].need, entries[1].need});
  for (const Entry& entry : entries) add_body(replica, issuer, entry);
  CHECK(replica.missing().empty());
  CHECK(list_of(replica).body == BodyState::held);
  CHECK(replica.snapshot()->missing_bodies.empty());
}

TEST_CASE("leaves that do not match the head are refused and change nothing") {
  Issuer issuer;
  const auto leaves = leaves_of({statement_entry(issuer, "urn:s:1"), statement_entry(issuer, "urn:s:2")});
  const FeedReplica replica = issuer.replica();
  const auto head = issuer.head(leaves);
  CHECK_CODE_NAMES(replica.extend(head, std::span(leaves).first(1)), codes::LEAF_COUNT, "signed size 2");
  CHECK_CODE_NAMES(replica.extend(head, std::vector{leaves[0], leaves[1], leaves[1]}), codes::LEAF_COUNT,
                   "got 3");
  CHECK_CODE_NAMES(replica.extend(head, std::vector{leaves[1], leaves[0]}), codes::HEAD_ROOT_MISMATCH,
                   "2 leaves");
  CHECK_CODE_NAMES(replica.extend(head, std::vector{leaves[0], to_bytes("{}")}), codes::LEAF_MALFORMED,
                   "leaf 1 of");
  CHECK(replica.size() == 0);
}

TEST_CASE("a head behind the held one cannot be extended to") {
  Issuer issuer;
  const auto leaves = leaves_of({statement_entry(issuer, "urn:s:1"), statement_entry(issuer, "urn:s:2")});
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, leaves);
  CHECK_CODE(replica.extend(issuer.head({leaves[0]}), {}), codes::LEAF_COUNT);
}

TEST_CASE("the relation of a head to what is held") {
  Issuer issuer;
  const auto leaves = leaves_of({statement_entry(issuer, "urn:s:1"), statement_entry(issuer, "urn:s:2")});
  const std::vector<Bytes> one{leaves[0]}, other{leaves[1]};
  FeedReplica replica = issuer.replica();
  CHECK(replica.relation_to(issuer.head({})) == Relation::ahead);
  grow(replica, issuer, one);
  CHECK(replica.relation_to(issuer.head(leaves)) == Relation::ahead);
  CHECK(replica.relation_to(issuer.head({})) == Relation::behind);
  CHECK(replica.relation_to(issuer.head(one)) == Relation::same);
  CHECK(replica.relation_to(issuer.head(other)) == Relation::contradicts);
}

TEST_CASE("the empty tree has a head too") {
  Issuer issuer;
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, {});
  REQUIRE(replica.head());
  CHECK(replica.head()->tree.size == 0);
  CHECK(replica.snapshot()->status_lists.empty());
}

TEST_CASE("a re-assertion replaces the time and nothing else") {
  Issuer issuer;
  const auto leaves = leaves_of({statement_entry(issuer, "urn:s:1")});
  FeedReplica replica = issuer.replica();
  const std::int64_t offset = feed::reassert_offset(issuer.origin.hash());
  const Timestamp slot((kStart.seconds() / 3600 + 1) * 3600 + offset);
  grow(replica, issuer, leaves, slot.plus_seconds(1));
  const auto again = issuer.head(leaves, slot);
  REQUIRE(replica.relation_to(again) == Relation::newer_time);
  replica.accept_time(again);
  CHECK(replica.head()->time == slot);
  CHECK(replica.snapshot()->head.note == again.note);
  const auto off_slot = issuer.head(leaves, slot.plus_seconds(7));
  CHECK(replica.relation_to(off_slot) == Relation::same);
  auto extension = replica.extend(off_slot, {});
  REQUIRE_OK(extension);
  replica.accept(*std::move(extension));
  CHECK(replica.head()->time == slot);
}

TEST_CASE("the newest list of a URI is in force, and unknown while its body is missing") {
  Issuer issuer;
  const auto first = list_entry(issuer, {.sequence = 1, .set = {1}});
  const auto second = list_entry(issuer, {.sequence = 2, .set = {1, 2}, .seconds = 60});
  FeedReplica replica = replica_of(issuer, {first});
  CHECK(list_of(replica).body == BodyState::held);
  grow(replica, issuer, leaves_of({first, second}));
  CHECK(list_of(replica).sequence == 2);
  CHECK(list_of(replica).body == BodyState::missing);
  CHECK_FALSE(list_of(replica).list);
  CHECK(replica.snapshot()->missing_bodies == std::vector{second.need.digest});
  add_body(replica, issuer, second);
  CHECK(list_of(replica).body == BodyState::held);
  CHECK(list_of(replica).list->bitmap.get(status::StatusIndex(2)).value());
}

TEST_CASE("a superseded body, a body of another leaf and a second judgement are ignored") {
  Issuer issuer;
  const auto first = list_entry(issuer, {.sequence = 1});
  const auto second = list_entry(issuer, {.sequence = 2, .set = {1}, .seconds = 60});
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, leaves_of({first, second}));
  add_body(replica, issuer, first);
  add_body(replica, issuer, list_entry(issuer, {.uri = "https://issuer.example/unknown"}));
  add_body(replica, issuer, statement_entry(issuer, "urn:unknown"));
  CHECK(list_of(replica).body == BodyState::missing);
  add_body(replica, issuer, second);
  feed::CheckedBody late{second.need, nullptr, Error{codes::STATUS_LIST_PROOF, "late"}};
  replica.add_body(late);
  late.need.type = "offering";
  replica.add_body(late);
  CHECK(list_of(replica).body == BodyState::held);
}

TEST_CASE("a leaf whose sequence is not its count is void and acts on nothing") {
  Issuer issuer;
  const auto first = list_entry(issuer, {.sequence = 1});
  const auto repeated = list_entry(issuer, {.sequence = 1, .set = {3}, .seconds = 60});
  const auto third = list_entry(issuer, {.sequence = 3, .set = {4}, .seconds = 120});
  FeedReplica replica = replica_of(issuer, {first, repeated});
  CHECK(list_of(replica).sequence == 1);
  CHECK(list_of(replica).digest == first.need.digest);
  CHECK(replica.missing().empty());
  replica = replica_of(issuer, {first, repeated, third});  // void leaves count
  CHECK(list_of(replica).sequence == 3);
  CHECK(list_of(replica).body == BodyState::held);
}

TEST_CASE("a URI with void leaves only has no list") {
  Issuer issuer;
  const FeedReplica replica = replica_of(issuer, {list_entry(issuer, {.sequence = 2})});
  CHECK(replica.snapshot()->status_lists.empty());
  CHECK(replica.missing().empty());
  CHECK(replica.status_leaf_counts().at(kUri) == 1);
}

TEST_CASE("a body that does not verify makes the status unknown, never its predecessor's") {
  Issuer issuer, other(2);
  const auto first = list_entry(issuer, {.sequence = 1});
  const auto forged = list_entry(other, {.sequence = 2, .set = {1}, .seconds = 60});
  const FeedReplica replica = replica_of(issuer, {first, forged});
  check_bad(replica, codes::STATUS_LIST_MALFORMED, "issuer");
  CHECK(replica.missing().empty());
}

TEST_CASE("a list that clears a revocation its predecessor had set is bad") {
  Issuer issuer;
  const auto first = list_entry(issuer, {.sequence = 1, .set = {1, 2}});
  const auto second = list_entry(issuer, {.sequence = 2, .set = {1, 3}, .seconds = 60});
  check_bad(replica_of(issuer, {first, second}), codes::STATUS_LIST_CLEARED_REVOCATION,
            "2026-01-01T00:01:00Z");
}

TEST_CASE("a cleared revocation does not become good by being cleared twice") {
  Issuer issuer;
  const auto first = list_entry(issuer, {.sequence = 1, .set = {1}});
  const auto second = list_entry(issuer, {.sequence = 2, .seconds = 60});
  const auto third = list_entry(issuer, {.sequence = 3, .seconds = 120});
  const auto fourth = list_entry(issuer, {.sequence = 4, .set = {1}, .seconds = 180});
  check_bad(replica_of(issuer, {first, second, third}), codes::STATUS_LIST_CLEARED_REVOCATION, kUri);
  CHECK(list_of(replica_of(issuer, {first, second, third, fourth})).body == BodyState::held);
}

TEST_CASE("a revocation list that turns into a suspension list clears what it had set") {
  Issuer issuer;
  const auto turned =
      list_entry(issuer, {.sequence = 2, .set = {1}, .purpose = status::Purpose::suspension, .seconds = 60});
  check_bad(replica_of(issuer, {list_entry(issuer, {.set = {1}}), turned}),
            codes::STATUS_LIST_CLEARED_REVOCATION, kUri);
  CHECK(list_of(replica_of(issuer, {list_entry(issuer, {}), turned})).body == BodyState::held);
}

TEST_CASE("a suspension may be lifted") {
  Issuer issuer;
  const auto suspended =
      list_entry(issuer, {.sequence = 1, .set = {1}, .purpose = status::Purpose::suspension});
  const auto lifted =
      list_entry(issuer, {.sequence = 2, .purpose = status::Purpose::suspension, .seconds = 60});
  CHECK(list_of(replica_of(issuer, {suspended, lifted})).body == BodyState::held);
}

TEST_CASE("a list whose validFrom does not rise is bad") {
  Issuer issuer;
  const auto first = list_entry(issuer, {.sequence = 1, .seconds = 60});
  for (const std::int64_t seconds : {60, 59}) {
    const auto second = list_entry(issuer, {.sequence = 2, .set = {1}, .seconds = seconds});
    check_bad(replica_of(issuer, {first, second}), codes::STATUS_LIST_NOT_RISING, "2026-01-01T00:01:00Z");
  }
}

TEST_CASE("a predecessor that is not held is not compared with") {
  Issuer issuer;
  const auto first = list_entry(issuer, {.sequence = 1, .set = {1}});
  const auto second = list_entry(issuer, {.sequence = 2, .seconds = 60});
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, leaves_of({first, second}));
  add_body(replica, issuer, second);
  CHECK(list_of(replica).body == BodyState::held);
}

TEST_CASE("a statement is asked for once, however often its leaf stands") {
  Issuer issuer;
  const auto statement = statement_entry(issuer, "urn:s:1");
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, leaves_of({statement, statement}));
  CHECK(replica.missing() == std::vector{statement.need});
  const auto leaves = leaves_of({statement, statement, statement});
  auto extension = replica.extend(issuer.head(leaves), std::span(leaves).last(1));
  REQUIRE_OK(extension);
  add_body(replica, issuer, statement);  // between extend and accept
  replica.accept(*std::move(extension));
  CHECK(replica.missing().empty());
  grow(replica, issuer, leaves_of({statement, statement, statement, statement}));
  CHECK(replica.missing().empty());
}

TEST_CASE("two leaves with one digest are one missing body and two needs") {
  Issuer issuer;
  const auto statement = statement_entry(issuer, "urn:s:1");
  const auto claimed = feed::test::entry_of(feed::kStatementLeaf, "urn:s:2", as_text(statement.body));
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, leaves_of({statement, claimed}));
  CHECK(replica.missing().size() == 2);
  CHECK(replica.snapshot()->missing_bodies == std::vector{statement.need.digest});
}

TEST_CASE("a feed that announces much and serves nothing shows a part and the count") {
  Issuer issuer;
  std::vector<Entry> entries;
  std::set<Sha256Digest> digests;
  for (std::size_t i = 0; i < feed::kMissingShownMax + 30; ++i) {
    entries.push_back(statement_entry(issuer, concat("urn:s:", i)));
    digests.insert(entries.back().need.digest);
  }
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, leaves_of(entries));
  const auto snapshot = replica.snapshot();
  CHECK(snapshot->missing_count == entries.size());
  std::vector<Sha256Digest> first(digests.begin(), digests.end());
  first.resize(feed::kMissingShownMax);
  CHECK(snapshot->missing_bodies == first);
}

TEST_CASE("a pending head shows until its size is reached, a contradiction for good") {
  Issuer issuer;
  const auto leaves = leaves_of({statement_entry(issuer, "urn:s:1"), statement_entry(issuer, "urn:s:2")});
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, {leaves[0]});
  replica.set_pending(feed::PendingHead{issuer.head(leaves).tree, kStart});
  REQUIRE(replica.pending());
  CHECK(replica.snapshot()->pending->tree.size == 2);
  replica.set_contradicted();
  CHECK(replica.contradicted());
  CHECK(replica.snapshot()->contradicted);
  grow(replica, issuer, leaves);
  CHECK_FALSE(replica.snapshot()->pending);
  CHECK(replica.snapshot()->contradicted);
}

TEST_CASE("a snapshot is shared until something changes, and never changes itself") {
  Issuer issuer;
  const auto first = list_entry(issuer, {});
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, {first.leaf});
  const auto before = replica.snapshot();
  CHECK(replica.snapshot() == before);
  add_body(replica, issuer, first);
  CHECK(replica.snapshot() != before);
  CHECK(before->status_lists.at(kUri).body == BodyState::missing);
}

TEST_CASE("a restored feed is what it was") {
  Issuer issuer;
  const std::vector<Entry> entries{list_entry(issuer, {.set = {1}}), statement_entry(issuer, "urn:s:1"),
                                   list_entry(issuer, {.sequence = 2, .set = {1, 2}, .seconds = 60})};
  const auto restored = disk_of(issuer, entries).restore(issuer);
  REQUIRE_OK(restored);
  CHECK(feed::test::describe(*restored->snapshot()) ==
        feed::test::describe(*replica_of(issuer, entries).snapshot()));
}

TEST_CASE("a restored feed that cleared a revocation is still bad") {
  Issuer issuer;
  const auto disk =
      disk_of(issuer, {list_entry(issuer, {.set = {1}}), list_entry(issuer, {.sequence = 2, .seconds = 60})});
  const auto restored = disk.restore(issuer);
  REQUIRE_OK(restored);
  check_bad(*restored, codes::STATUS_LIST_CLEARED_REVOCATION, kUri);
}

TEST_CASE("a restored feed compares with the nearest list that is stored, as the feed that ran on did") {
  Issuer issuer;
  const std::vector<Entry> entries{list_entry(issuer, {.set = {1}}),
                                   list_entry(issuer, {.sequence = 2, .set = {1}, .seconds = 30}),
                                   list_entry(issuer, {.sequence = 3, .seconds = 60})};
  FeedReplica running = replica_of(issuer, {entries[0]});
  grow(running, issuer, leaves_of(entries));  // two lists in one head: the first of them is never asked for
  auto disk = disk_of(issuer, entries);
  disk.bodies.erase(entries[1].need.digest);
  disk.bodies.erase(entries[2].need.digest);
  auto restored = disk.restore(issuer);  // before the newest body has arrived
  REQUIRE_OK(restored);
  for (FeedReplica* replica : {&running, &*restored}) {
    add_body(*replica, issuer, entries[2]);
    check_bad(*replica, codes::STATUS_LIST_CLEARED_REVOCATION, kUri);
  }
  disk.bodies[entries[2].need.digest] = entries[2].body;
  check_bad(disk.restore(issuer).value(), codes::STATUS_LIST_CLEARED_REVOCATION, kUri);
}

TEST_CASE("a bad list is nobody's predecessor after a restore either") {
  Issuer issuer;
  const std::vector<Entry> entries{list_entry(issuer, {.set = {1}}),
                                   list_entry(issuer, {.sequence = 2, .seconds = 30}),
                                   list_entry(issuer, {.sequence = 3, .seconds = 60})};
  check_bad(replica_of(issuer, entries), codes::STATUS_LIST_CLEARED_REVOCATION, kUri);
  check_bad(disk_of(issuer, entries).restore(issuer).value(), codes::STATUS_LIST_CLEARED_REVOCATION, kUri);
}

TEST_CASE("a restore looks back at a few lists, not at all") {
  Issuer issuer;
  std::vector<Entry> entries{list_entry(issuer, {.set = {1}})};
  for (std::uint64_t sequence = 2; sequence <= feed::kListsBackMax + 2; ++sequence)
    entries.push_back(
        list_entry(issuer, {.sequence = sequence, .seconds = 60 * static_cast<std::int64_t>(sequence)}));
  CHECK(list_of(disk_of(issuer, entries).restore(issuer).value()).body == BodyState::held);
  entries.pop_back();
  CHECK(list_of(disk_of(issuer, entries).restore(issuer).value()).body == BodyState::bad);
}

TEST_CASE("bodies that are not stored, or not whole, are missing after a restore") {
  Issuer issuer;
  const auto list = list_entry(issuer, {});
  const auto statement = statement_entry(issuer, "urn:s:1");
  auto disk = disk_of(issuer, {list, statement});
  disk.bodies.erase(statement.need.digest);
  disk.bodies[list.need.digest].pop_back();
  const auto restored = disk.restore(issuer);
  REQUIRE_OK(restored);
  CHECK(restored->missing() == std::vector{list.need, statement.need});
}

TEST_CASE("stored leaves must lead to the stored head") {
  Issuer issuer;
  const auto good = disk_of(issuer, {statement_entry(issuer, "urn:s:1"), statement_entry(issuer, "urn:s:2")});
  auto disk = good;
  std::swap(disk.leaves[0], disk.leaves[1]);
  CHECK_CODE(disk.restore(issuer), codes::HEAD_ROOT_MISMATCH);
  disk = good;
  disk.leaves.pop_back();
  CHECK_CODE(disk.restore(issuer), codes::LEAF_COUNT);
  disk = good;
  disk.note.back() = 'x';
  CHECK_CODE(disk.restore(issuer), codes::NOTE_MALFORMED);
}
