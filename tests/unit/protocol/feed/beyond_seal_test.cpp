// What an epoch that is sealed before its end loses, by kind of leaf and by who may have written it.
#include "protocol/feed/beyond_seal.h"

#include "protocol/feed/codes.h"
#include "protocol/statement/create.h"
#include "tests/support/check.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::BeyondSeal;
using feed::FeedReplica;
using feed::LeafPlace;
using feed::test::bare;
using feed::test::Entry;
using feed::test::Epoch;
using feed::test::leaves_of;
using feed::test::list_entry;
using statement::Kind;

namespace {

using LossJson = nlohmann::json;

Entry said_of(Epoch& epoch, Kind kind, const std::string& id, const LossJson& subject) {
  const statement::DraftOptions options{id, epoch.as.did.text(), feed::test::kStart};
  const auto document = statement::draft(kind, subject, options);
  REQUIRE_OK(document);
  return feed::test::entry_of(feed::kStatementLeaf, id, feed::test::signed_text(*document, epoch.as));
}

Entry sponsors(Epoch& epoch, const std::string& id) {
  return said_of(epoch, Kind::sponsorship, id, {{"id", "did:web:body.example"}, {"quota", 1}});
}

Entry withdraws(Epoch& epoch, const std::string& id, const Entry& what) {
  return said_of(epoch, Kind::withdrawal, id,
                 {{"id", what.need.key},
                  {"digestMultibase", statement::digest_multibase(what.need.digest)},
                  {"effect", "voids"},
                  {"effectiveFrom", feed::test::kStart.to_string()}});
}

// An epoch of these entries, and what a seal at `seal` leaves out of it: "kind:count@first" each.
struct Sealing {
  Epoch epoch;
  std::vector<Entry> entries;
  FeedReplica replica = epoch.replica();

  void hold(const std::vector<Entry>& bodies) {
    epoch.grow(replica, leaves_of(entries));
    epoch.add_bodies(replica, bodies);
  }
  [[nodiscard]] std::vector<feed::LeftOut> left_out(std::uint64_t seal) const {
    BeyondSeal beyond(replica, seal);
    for (std::size_t i = seal; i < entries.size(); ++i) REQUIRE_OK(beyond.add(entries[i].leaf));
    return beyond.left_out();
  }
  [[nodiscard]] std::string shown(std::uint64_t seal) const {
    std::string out;
    for (const feed::LeftOut& row : left_out(seal))
      out += concat(out.empty() ? "" : " ", row.kind, ":", row.count, "@", row.first);
    return out;
  }
};

}  // namespace

TEST_CASE("withdrawals, ends, time batches and observations are what nobody says again") {
  Sealing at;
  const Entry sponsorship = sponsors(at.epoch, "urn:uuid:1");
  const Entry withdrawal = withdraws(at.epoch, "urn:uuid:9", sponsorship);
  const Entry delegation = feed::test::delegation_entry(at.epoch);
  const Entry seen = feed::test::entry_of(feed::kObservationLeaf,
                                          "https://a.example/did.json#1#2026-01-01T00:00:00Z", "seen");
  const std::string root(64, 'a');
  at.entries = {bare("webvh", "1", feed::test::version_id(1)),
                sponsorship,
                withdrawal,
                bare("time-batch", "1", root),
                bare("time-batch", "2", root),
                seen,
                delegation,
                bare("list-key", "urn:delegation:1", ""),
                bare("state", "1", root),
                bare("later-kind", "x", "y"),
                feed::test::closed_entry(at.epoch.as)};
  at.hold(at.entries);
  CHECK(at.replica.closed_at() == LeafPlace{1, 10});
  CHECK(at.shown(1) ==
        "close:1@10 withdrawal:1@2 list-key-end:1@7 statement:1@1 list-key:1@6 time-batch:2@3 "
        "observation:1@5 other:1@9");
  CHECK(at.shown(3) == "close:1@10 list-key-end:1@7 list-key:1@6 time-batch:2@3 observation:1@5 other:1@9");
  CHECK(at.shown(11).empty());
  CHECK(feed::words_of(at.left_out(2))
            .starts_with(
                "1 end of the feed (leaf 10, 2026-01-01T00:00:00Z), 1 withdrawal (leaf 2, urn:uuid:9), "
                "1 end of a list "
                "key (leaf 7, urn:delegation:1), 1 delegation to a list key (leaf 6, "
                "urn:delegation:1), 2 time batches "
                "(the first is leaf 3, 1), "));
  BeyondSeal beyond(at.replica, 1);
  CHECK_CODE(beyond.add(to_bytes("{}")), codes::LEAF_MALFORMED);
}

TEST_CASE("what acts on nothing is no loss; what cannot be judged may be one") {
  Sealing at;
  const Entry sponsorship = sponsors(at.epoch, "urn:uuid:1");
  const Entry unread = sponsors(at.epoch, "urn:uuid:2");
  Epoch thief(1, 9);  // signs with a key that is not the issuer's
  const Entry forged = feed::test::entry_of(
      feed::kStatementLeaf, "urn:uuid:3",
      feed::test::signed_text(feed::test::statement_document(at.epoch.as, "urn:uuid:3"), thief.as));
  const Entry bad_list = list_entry(thief.as, {.sequence = 2, .set = {7}, .seconds = 5});
  at.entries = {bare("webvh", "1", feed::test::version_id(1)), sponsorship, list_entry(at.epoch.as, {}),
                // Of a thief of the feed key.
                bare("webvh", "1", feed::test::version_id(1)),
                feed::test::entry_of(feed::kStatementLeaf, "urn:uuid:1", "another body of the same id"),
                forged, bad_list,
                feed::test::entry_of(feed::kCloseLeaf, "2026-01-02T00:00:00Z", "no Closed statement"),
                // Whoever wrote these.
                unread, bare("webvh", "2", feed::test::version_id(2)), feed::test::closed_entry(at.epoch.as)};
  std::vector<Entry> held(at.entries.begin(), at.entries.begin() + 8);
  at.hold(held);
  CHECK_FALSE(at.replica.closed_at());
  CHECK(at.shown(3) == "close:1@10 unread-statement:1@8 webvh:1@9");
  // A good list under the bad one goes with it.
  CHECK(at.shown(2) == "close:1@10 unread-statement:1@8 status:1@2 webvh:1@9");
}

TEST_CASE("a feed is closed where the first good Closed statement stands") {
  Sealing at;
  const auto second = feed::test::kStart.plus_seconds(60);
  at.entries = {feed::test::entry_of(feed::kCloseLeaf, "2026-01-02T00:00:00Z", "bad"),
                feed::test::closed_entry(at.epoch.as), feed::test::closed_entry(at.epoch.as, second)};
  at.hold({at.entries[0], at.entries[2]});
  CHECK(at.replica.closed_at() == LeafPlace{1, 2});
  CHECK(at.shown(0) == "close:2@1");
  at.epoch.add_body(at.replica, at.entries[1]);
  CHECK(at.replica.closed_at() == LeafPlace{1, 1});
  CHECK(at.shown(0) == "close:1@1");
  CHECK(at.shown(2).empty());
}
