#include <algorithm>
#include <set>

#include "crypto/base/rng.h"
#include "protocol/feed/codes.h"
#include "tests/property/feed/random.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::FeedReplica;
using feed::Leaf;
using feed::test::Entry;
using feed::test::Issuer;
using feed::test::kStart;
using feed::test::leaves_of;
using feed::test::shuffle;
using feed::test::uri_of;
using Relation = FeedReplica::Relation;

namespace {

std::string digest_text(std::uint64_t number) {
  return hex_encode(sha256(as_bytes(concat(number))).view());
}

// Leaves without bodies: lists of three URIs with right and wrong sequences, statements, a type to come.
std::vector<Leaf> random_leaves(Rng& rng, std::size_t count) {
  std::map<std::uint64_t, std::uint64_t> counts;
  std::vector<Leaf> leaves;
  while (leaves.size() < count) {
    const std::uint64_t kind = rng.below(10);
    if (kind == 0) {
      leaves.push_back({"offering", concat("urn:offering#", rng.below(5) + 1), "anything"});
    } else if (kind <= 2) {
      const std::uint64_t number = rng.below(6);  // some stand twice
      leaves.push_back({"statement", concat("urn:statement:", number), digest_text(number)});
    } else {
      const std::uint64_t uri = rng.below(3);
      const std::uint64_t right = ++counts[uri];
      const std::uint64_t sequence = rng.below(4) == 0 ? rng.below(right + 3) + 1 : right;
      leaves.push_back(
          {"status", feed::StatusLeafKey{uri_of(uri), sequence}.text(), digest_text(rng.next())});
    }
  }
  return leaves;
}

std::vector<Bytes> encoded(const std::vector<Leaf>& leaves) {
  std::vector<Bytes> out;
  for (const Leaf& leaf : leaves) out.push_back(leaf.encode());
  return out;
}

// All that a replica answers, as text.
std::string answers_of(const FeedReplica& replica) {
  std::string out = feed::test::describe(*replica.snapshot());
  for (const feed::BodyNeed& need : replica.missing())
    out += concat(need.type, " ", need.key, " ", hex_encode(need.digest.view()), "\n");
  for (const auto& [uri, leaves] : replica.status_leaf_counts()) out += concat(uri, " ", leaves, "\n");
  return out + hex_encode(replica.frontier().root().view());
}

// The rule of protocol/spec/feed.md, leaf by leaf over the whole log: URI → "sequence digest".
std::map<std::string, std::string> in_force(const std::vector<Leaf>& leaves) {
  std::map<std::string, std::string> newest;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i].type != "status") continue;
    const auto uri = leaves[i].key.substr(0, leaves[i].key.find('#'));
    const auto count = std::count_if(
        leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(i) + 1,
        [&](const Leaf& leaf) { return leaf.type == "status" && leaf.key.starts_with(uri + "#"); });
    if (leaves[i].key == concat(uri, "#", count)) newest[uri] = concat(count, " ", leaves[i].digest);
  }
  return newest;
}

}  // namespace

TEST_CASE("any split of the leaves into steps gives the same state") {
  CHECK_PROPERTY("many extensions equal one", [](std::uint64_t seed) {
    SeededRng rng(seed);
    Issuer issuer;
    const auto leaves = encoded(random_leaves(rng, rng.below(60)));
    FeedReplica whole = issuer.replica(), stepwise = issuer.replica();
    grow(whole, issuer, leaves);
    for (std::size_t size = 0; size < leaves.size(); size += rng.below(9)) {
      const std::vector<Bytes> prefix(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(size));
      grow(stepwise, issuer, prefix);
    }
    grow(stepwise, issuer, leaves);
    RC_ASSERT(answers_of(stepwise) == answers_of(whole));
    feed::test::Disk disk;
    disk.leaves = leaves;
    disk.note = issuer.head(leaves).note;
    RC_ASSERT(answers_of(disk.restore(issuer).value()) == answers_of(whole));
  });
}

TEST_CASE("the list in force is the one the rule says, counted naively") {
  CHECK_PROPERTY("snapshot against model", [](std::uint64_t seed) {
    SeededRng rng(seed);
    Issuer issuer;
    const auto leaves = random_leaves(rng, rng.below(60));
    FeedReplica replica = issuer.replica();
    grow(replica, issuer, encoded(leaves));
    std::map<std::string, std::string> found;
    for (const auto& [uri, list] : replica.snapshot()->status_lists)
      found[uri] = concat(list.sequence, " ", hex_encode(list.digest.view()));
    RC_ASSERT(found == in_force(leaves));
  });
}

TEST_CASE("what an extension says it will need is what is missing after it") {
  CHECK_PROPERTY("needs_after == missing", [](std::uint64_t seed) {
    SeededRng rng(seed);
    Issuer issuer;
    const auto leaves = encoded(random_leaves(rng, 1 + rng.below(40)));
    const auto split = static_cast<std::ptrdiff_t>(rng.below(leaves.size() + 1));
    FeedReplica replica = issuer.replica();
    grow(replica, issuer, {leaves.begin(), leaves.begin() + split});
    auto extension = replica.extend(issuer.head(leaves), std::span(leaves).subspan(replica.size()));
    RC_ASSERT(extension.has_value());
    const auto needs = replica.needs_after(**extension);
    replica.accept(*std::move(extension));
    RC_ASSERT(replica.missing() == needs);
  });
}

namespace {

// An honest issuer's log, here and there with a body that does not verify.
std::vector<Entry> random_entries(Issuer& issuer, Rng& rng) {
  Issuer forger(2);
  std::map<std::uint64_t, std::uint64_t> counts;
  std::map<std::uint64_t, std::vector<std::uint64_t>> set;
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < 1 + rng.below(8); ++i) {
    if (rng.below(4) == 0) {
      entries.push_back(statement_entry(rng.below(3) == 0 ? forger : issuer, concat("urn:statement:", i)));
      continue;
    }
    const std::uint64_t uri = rng.below(2);
    set[uri].push_back(rng.below(status::kListEntriesMin));
    entries.push_back(
        list_entry(rng.below(4) == 0 ? forger : issuer, {.uri = uri_of(uri),
                                                         .sequence = ++counts[uri],
                                                         .set = set[uri],
                                                         .seconds = static_cast<std::int64_t>(i)}));
  }
  return entries;
}

// A peer as the gossip engine drives it: heads extend if they are ahead, bodies wait until they are needed.
struct Peer {
  explicit Peer(Issuer& of) : issuer(of), replica(of.replica()) {}

  void head(const std::vector<Entry>& entries, std::size_t size, Timestamp time) {
    const auto leaves = leaves_of({entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(size)});
    const auto verified = issuer.head(leaves, time);
    switch (replica.relation_to(verified)) {
      case Relation::ahead: {
        auto extension = replica.extend(verified, std::span(leaves).subspan(replica.size()));
        RC_ASSERT(extension.has_value());
        replica.accept(*std::move(extension));
        break;
      }
      case Relation::newer_time:
        replica.accept_time(verified);
        break;
      case Relation::contradicts:
        RC_FAIL("an honest issuer contradicts itself");
      case Relation::same:
      case Relation::behind:
        break;
    }
    for (const auto& [digest, entry] : received) add_body(replica, issuer, entry);
  }
  void body(const Entry& entry) {
    received.emplace(entry.need.digest, entry);
    add_body(replica, issuer, entry);
  }

  Issuer& issuer;
  FeedReplica replica;
  std::map<Sha256Digest, Entry> received;
};

struct Event {
  std::optional<std::size_t> body;
  std::size_t size = 0;
  Timestamp time;
};

void deliver(Peer& peer, const std::vector<Entry>& entries, const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (event.body)
      peer.body(entries[*event.body]);
    else
      peer.head(entries, event.size, event.time);
  }
}

}  // namespace

TEST_CASE("heads and bodies in any order, repeated or withheld, give the same snapshot") {
  CHECK_PROPERTY("the state is a function of the set of objects", [](std::uint64_t seed) {
    SeededRng rng(seed);
    Issuer issuer;
    const auto entries = random_entries(issuer, rng);
    const std::int64_t offset = feed::reassert_offset(issuer.origin.hash());
    std::vector<Event> events{{std::nullopt, entries.size(), kStart}};
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (rng.below(5) != 0) events.push_back({i, 0, {}});
    for (std::uint64_t i = 0; i < rng.below(5); ++i) {
      const auto second =
          static_cast<std::int64_t>(rng.below(2) == 0 ? rng.below(3600) : static_cast<std::uint64_t>(offset));
      events.push_back({std::nullopt, rng.below(entries.size() + 1),
                        kStart.plus_seconds(static_cast<std::int64_t>(rng.below(5)) * 3600 + second)});
    }
    Peer first(issuer), second(issuer);
    deliver(first, entries, events);
    auto shuffled = events;
    for (const Event& event : events)
      if (rng.below(3) == 0) shuffled.push_back(event);
    shuffle(shuffled, rng);
    deliver(second, entries, shuffled);
    RC_ASSERT(answers_of(first.replica) == answers_of(second.replica));
  });
}
