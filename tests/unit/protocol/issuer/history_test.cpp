#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"
#include "tests/unit/protocol/issuer/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using issuer::EntrySet;
using issuer::History;

namespace {

// All entries of the branch, each said to be committed to the epoch in force before it.
EntrySet committed(const Branch& branch, std::uint64_t epoch = 1) {
  EntrySet set = set_of(branch);
  for (std::size_t i = 0; i < branch.size(); ++i) {
    const auto entry = vcnode::webvh::Entry::parse(branch.body(i).line).value();
    set.commit(epoch, entry.version_id().number() - 1, entry.version_id());
    REQUIRE_OK(add(set, branch.body(i)));
  }
  return set;
}

Branch with_two() {
  Branch branch;
  return branch.add();
}

}  // namespace

TEST_CASE("the first entry counts by its SCID alone") {
  const Branch branch;
  EntrySet set = set_of(branch);
  CHECK(set.history().versions.empty());
  CHECK(add(set, branch.newest()).value());
  CHECK_FALSE(add(set, branch.newest()).value());  // held already
  const History history = set.history();
  REQUIRE(history.versions.size() == 1);
  CHECK_FALSE(history.versions[0].committed);
  REQUIRE(history.epochs.size() == 1);
  CHECK(history.epochs[0].feed.key == made::key(kFirstFeedKey).signer.public_key());
  CHECK(history.epochs[0].opened_by == 0);
  CHECK(history.find(branch.tip()) == 0);
  CHECK_FALSE(history.find(with_two().tip()).has_value());
  CHECK_FALSE(history.deactivated());
}

TEST_CASE("entries of other DIDs, bad ones and orphans are refused") {
  const Branch branch = with_two();
  EntrySet set = set_of(branch);
  CHECK_CODE(add(set, branch.body(1)), codes::ENTRY_PARENT_UNKNOWN);
  Branch other(false);
  CHECK_CODE(add(set, other.body(0)), codes::WEBVH_DID_MISMATCH);
  auto forged = branch.body(0);
  forged.line.replace(forged.line.rfind("2025-01-01"), 10, "2025-01-02");
  CHECK_CODE(add(set, forged), codes::WEBVH_SCID);
  CHECK_CODE(add(set, {"{}", {}}), codes::WEBVH_ENTRY);
}

TEST_CASE("an entry counts once its leaf stands in the feed its parent names") {
  const Branch branch = with_two();
  EntrySet set = set_of(branch);
  REQUIRE_OK(add(set, branch.body(0)));
  CHECK_CODE_NAMES(add(set, branch.body(1)), codes::ENTRY_WITHOUT_WEIGHT, branch.tip().text());
  set.commit(2, branch.tip().number() - 1, branch.tip());  // an epoch that is not in force
  CHECK_CODE(add(set, branch.body(1)), codes::ENTRY_WITHOUT_WEIGHT);
  set.commit(1, branch.tip().number() - 1, branch.tip());
  CHECK(set.missing() == std::vector{branch.tip()});
  CHECK(add(set, branch.body(1)).value());
  CHECK(set.missing().empty());
  CHECK(set.holds(branch.tip()));
  CHECK(set.body(branch.tip())->text() == branch.newest().text());
  CHECK_FALSE(set.body(Branch(false).tip()).has_value());
  const History history = set.history();
  REQUIRE(history.versions.size() == 2);
  CHECK(history.versions[1].committed);
  CHECK(history.epochs.size() == 1);
}

TEST_CASE("a spent update key alone kills nobody") {
  // Key 1 made entry 2 and was replaced by it; its thief makes another entry 2.
  Branch honest;
  Branch thief = honest;
  made::Making rotated;
  rotated.parameters = {{"updateKeys", made::multikeys({2})}};
  honest.add(rotated);
  made::Making stolen;
  stolen.parameters = {{"updateKeys", made::multikeys({9})}};
  thief.add(stolen);
  EntrySet set = committed(honest);
  CHECK_CODE(add(set, thief.newest()), codes::ENTRY_WITHOUT_WEIGHT);
  CHECK(tip_of(set) == honest.tip().text());
  // Not even one that opens an epoch, while a sibling is committed.
  Branch opener = Branch();
  opener.open_epoch(2);
  CHECK(add(set, opener.newest()).value());
  CHECK(tip_of(set) == honest.tip().text());
  CHECK_FALSE(set.history().dispute.has_value());
}

TEST_CASE("an issuer that lost its feed key opens a new epoch") {
  Branch branch;
  branch.open_epoch(2, 12);
  EntrySet set = set_of(branch);
  REQUIRE_OK(add(set, branch.body(0)));
  REQUIRE_OK(add(set, branch.body(1)));
  History history = set.history();
  REQUIRE(history.versions.size() == 2);
  CHECK_FALSE(history.versions[1].committed);
  REQUIRE(history.epochs.size() == 2);
  CHECK(history.epochs[0].seal == seal_at(12));
  CHECK(history.epochs[1].opened_by == 1);
  CHECK_FALSE(history.epochs[1].seal.has_value());

  // What follows is committed to the new epoch, not to the old one.
  branch.add();
  set.commit(1, branch.tip().number() - 1, branch.tip());
  CHECK_CODE(add(set, branch.newest()), codes::ENTRY_WITHOUT_WEIGHT);
  set.commit(2, branch.tip().number() - 1, branch.tip());
  REQUIRE_OK(add(set, branch.newest()));
  CHECK(tip_of(set) == branch.tip().text());
}

TEST_CASE("a planned change of the feed key is committed by the old one") {
  Branch branch;
  branch.open_epoch(2, 12);
  EntrySet set = committed(branch);
  const History history = set.history();
  REQUIRE(history.versions.size() == 2);
  CHECK(history.versions[1].committed);
  CHECK(history.epochs.size() == 2);
}

TEST_CASE(
    "a seal that leaves out the leaf of a version it follows contradicts its epoch, and does not count") {
  const Branch two = with_two();
  for (const std::uint64_t seal : {5U, 6U}) {
    CAPTURE(seal);
    Branch opened = two;
    opened.open_epoch(2, seal);
    EntrySet set = set_of(opened);
    REQUIRE_OK(add(set, opened.body(0)));
    set.commit(1, 5, two.tip());  // the sixth leaf
    REQUIRE_OK(add(set, opened.body(1)));
    REQUIRE_OK(add(set, opened.body(2)));
    const History history = set.history();
    CHECK(history.epochs.size() == (seal == 5 ? 1 : 2));
    CHECK(history.versions.size() == (seal == 5 ? 2 : 3));
    CHECK_FALSE(history.dispute);
  }
}

TEST_CASE("two committed entries on one parent dispute, and so do two that only open an epoch") {
  Branch a;
  Branch b = a;
  a.open_epoch(2, 12);
  b.open_epoch(2, 13);
  for (const bool commit : {false, true}) {
    CAPTURE(commit);
    EntrySet set = set_of(a);
    REQUIRE_OK(add(set, a.body(0)));
    for (const Branch& branch : {a, b}) {
      if (commit) set.commit(1, branch.tip().number() - 1, branch.tip());
      REQUIRE_OK(add(set, branch.newest()));
    }
    const History history = set.history();
    CHECK(history.versions.size() == 1);
    CHECK(history.epochs.size() == 1);
    REQUIRE(history.dispute.has_value());
    REQUIRE(history.dispute->siblings.size() == 2);
    CHECK(history.dispute->siblings[0].state.version_id() < history.dispute->siblings[1].state.version_id());
  }
  // One of them committed: it counts, whichever came first.
  EntrySet set = set_of(a);
  REQUIRE_OK(add(set, a.body(0)));
  REQUIRE_OK(add(set, b.newest()));
  CHECK(tip_of(set) == b.tip().text());
  REQUIRE_OK(add(set, a.newest()));
  CHECK(set.history().dispute.has_value());
  set.commit(1, a.tip().number() - 1, a.tip());
  CHECK_FALSE(set.history().dispute.has_value());
  CHECK(tip_of(set) == a.tip().text());
}

TEST_CASE("without a feed the only entry on a parent counts, two dispute") {
  Branch a(false);
  Branch b = a;
  a.add();
  made::Making other;
  other.parameters = {{"ttl", 60}};
  b.add(other);
  EntrySet set = set_of(a);
  REQUIRE_OK(add(set, a.body(0)));
  REQUIRE_OK(add(set, a.body(1)));
  CHECK(set.history().epochs.empty());
  CHECK(tip_of(set) == a.tip().text());
  REQUIRE_OK(add(set, b.body(1)));
  CHECK(set.history().versions.size() == 1);
  CHECK(set.history().dispute.has_value());
}

TEST_CASE("a feed begins at epoch 1, whenever it begins") {
  Branch branch(false);
  made::Making making;
  making.document = with_feed(branch.maker().document(), kFirstFeedKey);
  branch.add(making);
  EntrySet set = set_of(branch);
  REQUIRE_OK(add(set, branch.body(0)));
  REQUIRE_OK(add(set, branch.body(1)));
  REQUIRE(set.history().epochs.size() == 1);
  CHECK(set.history().epochs[0].opened_by == 1);

  Branch late(false);
  making.document = with_feed(late.maker().document(), kFirstFeedKey, 2);
  late.add(making);
  EntrySet other = set_of(late);
  REQUIRE_OK(add(other, late.body(0)));
  CHECK_CODE_NAMES(add(other, late.body(1)), codes::FEED_SERVICE_INVALID, "the first epoch is 1");
}

TEST_CASE("a feed changes by the next epoch and a new key only, and is given up by deactivating only") {
  const auto refused = [](const Branch& branch, std::string_view why) {
    CAPTURE(why);
    EntrySet set = set_of(branch);
    for (std::size_t i = 0; i < branch.size(); ++i) {
      set.commit(1, i, vcnode::webvh::Entry::parse(branch.body(i).line).value().version_id());
      if (i + 1 < branch.size()) REQUIRE_OK(add(set, branch.body(i)));
    }
    CHECK_CODE_NAMES(add(set, branch.newest()), codes::FEED_SERVICE_INVALID, why);
  };
  Branch same_epoch;
  same_epoch.open_epoch(1, 0, 60);
  refused(same_epoch, "changes the feed of epoch 1 and names epoch 1");
  Branch skipping;
  skipping.open_epoch(3);
  refused(skipping, "names epoch 3; a change opens epoch 2");
  Branch old_key;
  old_key.open_epoch(2, 7, kFirstFeedKey);
  refused(old_key, "with the feed key of epoch 1");
  Branch older_key;
  older_key.open_epoch(2).open_epoch(3, 7, kFirstFeedKey);
  refused(older_key, "with the feed key of epoch 1");
  Branch other_seal;
  other_seal.open_epoch(2, 7).open_epoch(2, 8);
  refused(other_seal, "changes the feed of epoch 2 and names epoch 2");
  Branch dropped;
  made::Making making;
  making.document = dropped.maker().document();
  making.document->erase("service");
  dropped.add(making);
  refused(dropped, "only a deactivated DID may give it up");

  Branch closed;
  making.document = closed.maker().document();
  making.document->erase("service");
  making.parameters = {{"deactivated", true}, {"updateKeys", nlohmann::json::array()}};
  closed.add(making);
  EntrySet set = committed(closed);
  CHECK(set.history().deactivated());
  CHECK(set.history().epochs.size() == 1);
  EntrySet uncommitted = set_of(closed);
  REQUIRE_OK(add(uncommitted, closed.body(0)));
  CHECK_CODE(add(uncommitted, closed.body(1)), codes::ENTRY_WITHOUT_WEIGHT);
}

TEST_CASE("an entry brings the proofs of its own witnesses") {
  Branch branch(false);
  made::Making making;
  making.parameters = {{"witness", made::witness_rule(2, {20, 21, 22})}};
  branch.add(making);
  branch.maker().witness(20);
  EntrySet set = set_of(branch);
  REQUIRE_OK(add(set, branch.body(0)));
  auto body = branch.newest();
  CHECK_CODE_NAMES(add(set, body), codes::WEBVH_WITNESS_THRESHOLD, "proofs of 0 of the 2 witnesses");
  body.proofs = branch.maker().proofs();
  body.proofs.push_back(body.proofs[0]);  // twice the same
  CHECK_CODE_NAMES(add(set, body), codes::WEBVH_WITNESS_THRESHOLD, "proofs of 1 of the 2 witnesses");
  branch.maker().witness(9);  // a stranger
  body.proofs = branch.maker().proofs();
  CHECK_CODE(add(set, body), codes::WEBVH_WITNESS_THRESHOLD);
  branch.maker().witness(22);
  body.proofs = branch.maker().proofs();
  REQUIRE_OK(add(set, body));
  CHECK(set.body(branch.tip())->proofs == body.proofs);
}

TEST_CASE("of many that would open an epoch two are kept, with what follows them") {
  Branch base;
  std::vector<Branch> branches;
  for (std::uint64_t i = 0; i < 6; ++i) {
    Branch branch = base;
    branches.push_back(branch.open_epoch(2, 20 + i));
  }
  std::sort(branches.begin(), branches.end(),
            [](const Branch& a, const Branch& b) { return a.tip().text() < b.tip().text(); });
  for (const bool rising : {true, false}) {
    CAPTURE(rising);
    EntrySet set = set_of(base);
    REQUIRE_OK(add(set, base.newest()));
    for (std::size_t i = 0; i < branches.size(); ++i) {
      Branch branch = branches[rising ? i : branches.size() - 1 - i];
      CHECK(add(set, branch.newest()).value() == (rising ? i < 2 : true));
      branch.add();
      set.commit(2, branch.tip().number() - 1, branch.tip());
      CHECK(add(set, branch.newest()).has_value() == (rising ? i < 2 : true));
    }
    for (std::size_t i = 0; i < branches.size(); ++i) CHECK(set.holds(branches[i].tip()) == (i < 2));
    REQUIRE(set.history().dispute.has_value());
    CHECK(set.history().dispute->siblings.size() == 2);
    // One that was dropped turns out to be committed: it is asked for again, and ends the dispute.
    set.commit(1, branches[5].tip().number() - 1, branches[5].tip());
    CHECK_FALSE(set.missing().empty());
    CHECK(add(set, branches[5].newest()).value());
    CHECK_FALSE(set.history().dispute.has_value());
  }
}

TEST_CASE("entries have a limit") {
  Branch branch(false);
  EntrySet set = set_of(branch);
  REQUIRE_OK(add(set, branch.newest()));
  std::vector<vcnode::webvh::VersionId> ids;
  while (branch.size() < issuer::kEntriesMax) {
    made::Making making;
    making.time = made::kFirstTime.plus_seconds(static_cast<std::int64_t>(branch.size())).to_string();
    REQUIRE_OK(add(set, branch.add(making).newest()));
  }
  made::Making making;
  making.time = made::kNow.to_string();
  CHECK_CODE_NAMES(add(set, branch.add(making).newest()), codes::ENTRY_TOO_MANY, "has 1000 log entries");
  CHECK(set.history().versions.size() == issuer::kEntriesMax);
}

TEST_CASE("commitments of an epoch have a limit") {
  const Branch branch;
  EntrySet set = set_of(branch);
  for (std::uint32_t i = 1; i <= issuer::kEntriesMax + 5; ++i)
    set.commit(1, i, vcnode::webvh::VersionId::of(i, branch.tip().entry_hash()));
  CHECK(set.missing().size() == issuer::kEntriesMax);
  CHECK(set.missing().back().number() == issuer::kEntriesMax);
}
