#include "crypto/base/rng.h"
#include "protocol/feed/codes.h"
#include "protocol/status/codes.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::Changes;
using feed::FeedReplica;
using feed::Publication;
using feed::Publisher;
using feed::test::Disk;
using feed::test::Issuer;
using feed::test::kStart;
using status::Purpose;
using status::StatusIndex;

namespace {

const std::string kRevocation = "https://issuer.example/status-lists/r";
const std::string kSuspension = "https://issuer.example/status-lists/s";
constexpr std::uint64_t kIndexes = 6;  // few, so that changes meet

// An issuer under a random history: what it asked for, what is on its disk, and a peer that follows.
struct History {
  explicit History(std::uint64_t seed) : rng(seed) {
    step({.new_lists = {{kRevocation, Purpose::revocation}, {kSuspension, Purpose::suspension}}});
  }

  // One publication, with a crash before or after it is durable, or none.
  void step(const Changes& changes) {
    for (;;) {
      auto prepared = publisher.prepare(changes, now);
      RC_ASSERT(prepared.has_value());
      const std::uint64_t crash = rng.below(6);
      if (crash == 0) {  // before: nothing was released, the change is asked for again
        reopen();
        continue;
      }
      release(*prepared);
      if (crash == 1)
        reopen();  // after: the program never learnt that it was durable
      else
        publisher.commit(*prepared);
      return;
    }
  }

  void reassert() {
    auto prepared = publisher.prepare_reassert(now);
    RC_ASSERT(prepared.has_value());
    if (!prepared->has_value()) return;
    release(**prepared);
    publisher.commit(**prepared);
  }

  void reopen() {
    publisher = Publisher::open(issuer.publisher_options(), disk.restore(issuer).value()).value();
  }

  void release(const Publication& publication) {
    if (publication.head.note == disk.note) return;
    if (last) RC_ASSERT(publication.head.time > *last);
    last = publication.head.time;
    disk.write(publication);
    follow();
  }

  // The peer verifies and takes what was released.
  void follow() {
    const auto head = feed::verify_head(disk.note, issuer.origin, issuer.key());
    RC_ASSERT(head.has_value());
    if (peer.head() && head->tree.size == peer.size()) {
      RC_ASSERT(peer.relation_to(*head) == FeedReplica::Relation::newer_time);
      peer.accept_time(*head);
      return;
    }
    auto extension = peer.extend(*head, std::span(disk.leaves).subspan(peer.size()));
    RC_ASSERT(extension.has_value());
    peer.accept(*std::move(extension));
    for (const feed::BodyNeed& need : peer.missing())
      peer.add_body(check_body(need, disk.bodies.at(need.digest), issuer.did, issuer.resolver));
  }

  void check_bits() const {
    const auto snapshot = peer.snapshot();
    for (const auto& [uri, bits] : asked) {
      const auto& list = snapshot->status_lists.at(uri);
      RC_ASSERT(list.body == feed::BodyState::held);
      for (std::uint64_t i = 0; i < kIndexes; ++i) {
        RC_ASSERT(list.list->bitmap.get(StatusIndex(i)).value() == bits[i]);
        RC_ASSERT(publisher.bit(uri, StatusIndex(i)).value() == bits[i]);
      }
    }
  }

  SeededRng rng;
  Issuer issuer;
  Disk disk;
  Timestamp now = kStart;
  std::optional<Timestamp> last;
  Publisher publisher = Publisher::open(issuer.publisher_options(), issuer.replica()).value();
  FeedReplica peer = issuer.replica();
  std::map<std::string, std::array<bool, kIndexes>> asked{{kRevocation, {}}, {kSuspension, {}}};
};

// Random changes that are allowed, applied to the model.
Changes random_changes(History& history) {
  Changes changes;
  for (std::uint64_t i = 0; i < history.rng.below(4); ++i) {
    const std::string& uri = history.rng.below(2) == 0 ? kRevocation : kSuspension;
    const std::uint64_t index = history.rng.below(kIndexes);
    bool& bit = history.asked[uri][index];
    bit = uri == kRevocation || history.rng.below(2) == 0;
    changes.status.push_back({uri, StatusIndex(index), bit});
  }
  if (history.rng.below(4) == 0) {
    std::string id = concat("urn:statement:", history.rng.below(1000));
    const auto entry = statement_entry(history.issuer, id);
    changes.statements.push_back({std::move(id), entry.body});
  }
  return changes;
}

}  // namespace

TEST_CASE("what an issuer asks for is what a peer sees, through crashes and clocks that step back") {
  CHECK_PROPERTY("publisher, disk and replica agree with the model; head times rise strictly",
                 [](std::uint64_t seed) {
                   History history(seed);
                   const std::uint64_t steps = 1 + history.rng.below(8);
                   for (std::uint64_t i = 0; i < steps; ++i) {
                     const std::int64_t moves[] = {0, 1, 30, 3600, 90'000, -500, -100'000};
                     history.now = history.now.plus_seconds(moves[history.rng.below(std::size(moves))]);
                     if (history.rng.below(4) == 0)
                       history.reassert();
                     else
                       history.step(random_changes(history));
                     history.check_bits();
                   }
                   const auto restored = history.disk.restore(history.issuer);
                   RC_ASSERT(restored.has_value());
                   RC_ASSERT(feed::test::describe(*restored->snapshot()) ==
                             feed::test::describe(*history.peer.snapshot()));
                 });
}

TEST_CASE("no revocation that was set is ever cleared") {
  CHECK_PROPERTY("asking for it is refused, alone or among other changes", [](std::uint64_t seed) {
    History history(seed);
    history.step({.status = {{kRevocation, StatusIndex(0), true}}});
    Changes changes = random_changes(history);
    const auto at =
        changes.status.begin() + static_cast<std::ptrdiff_t>(history.rng.below(changes.status.size() + 1));
    changes.status.insert(at, {kRevocation, StatusIndex(0), false});
    const auto refused = history.publisher.prepare(changes, history.now);
    RC_ASSERT(!refused.has_value());
    RC_ASSERT(refused.error().code == codes::STATUS_REVOCATION_FINAL);
  });
}
