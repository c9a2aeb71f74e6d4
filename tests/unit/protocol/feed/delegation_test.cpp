// Keys that sign status lists for an issuer.
#include <nlohmann/json.hpp>

#include "protocol/feed/codes.h"
#include "protocol/feed/delegations.h"
#include "protocol/feed/replica.h"
#include "protocol/status/codes.h"
#include "tests/unit/protocol/feed/epoch_fixtures.h"

using namespace vcnode;
using feed::BodyState;
using feed::FeedReplica;
using feed::test::delegated_list;
using feed::test::delegation_entry;
using feed::test::Entry;
using feed::test::Epoch;
using feed::test::kStart;
using feed::test::leaves_of;
using feed::test::list_state;

namespace {

const std::string kId = "urn:delegation:1";

Entry end_of(const std::string& id = kId) {
  return feed::test::bare(feed::kListKeyLeaf, id, "");
}

// The list in force after these leaves and their bodies.
feed::StatusListState list_after(Epoch& epoch, const std::vector<Entry>& entries) {
  FeedReplica replica = epoch.replica();
  epoch.grow(replica, leaves_of(entries));
  epoch.add_bodies(replica, entries);
  FeedReplica restored = epoch.replica();
  const auto leaves = leaves_of(entries);
  REQUIRE_OK(
      restored.replay(epoch.head(leaves).note, leaves, feed::test::reader_of(entries), epoch.resolver_at()));
  CHECK(list_state(restored).body == list_state(replica).body);
  return list_state(replica);
}

void refused(const Epoch& epoch, const nlohmann::json& document, std::string_view why) {
  CHECK_CODE_NAMES(feed::verify_list_delegation(document.dump(), kId, epoch.as.did, *epoch.resolver),
                   codes::LIST_KEY_INVALID, why);
}

nlohmann::json with(nlohmann::json document, const std::string& member, const nlohmann::json& value) {
  document[member] = value;
  return document;
}

}  // namespace

TEST_CASE("a delegation says whom, what and how long") {
  Epoch epoch;
  const Entry entry = delegation_entry(epoch);
  const auto read = feed::verify_list_delegation(as_text(entry.body), kId, epoch.as.did, *epoch.resolver);
  REQUIRE_OK(read);
  CHECK(read->delegate == feed::test::Issuer(50).key());
  CHECK(read->covers("https://issuer.example/status-lists/7", kStart));
  CHECK_FALSE(read->covers("https://issuer.example/other/7", kStart));
  CHECK(read->covers("https://issuer.example/status-lists/7", kStart.plus_seconds(-100)));
  CHECK_FALSE(read->covers("https://issuer.example/status-lists/7", kStart.plus_seconds(-101)));
  CHECK_FALSE(read->covers("https://issuer.example/status-lists/7", kStart.plus_seconds(1'000'000)));
  auto one = delegation_of(epoch, {.prefix = "https://issuer.example/status-lists/7"});
  CHECK(one.covers("https://issuer.example/status-lists/7", kStart));
  CHECK_FALSE(one.covers("https://issuer.example/status-lists/77", kStart));
}

TEST_CASE("what is no delegation of the issuer is refused, and why is said") {
  Epoch epoch;
  const auto good = nlohmann::json::parse(as_text(delegation_entry(epoch).body));
  refused(epoch, with(good, "type", "Delegation"), "has the type");
  refused(epoch, with(good, "id", "urn:delegation:2"), "has the id");
  refused(epoch, with(good, "issuer", "did:key:z6Mk"), "names the issuer");
  refused(epoch, with(good, "delegate", "did:key:z6Mk"), "no Ed25519 did:key");
  refused(epoch, with(good, "delegate", 1), "no \"delegate\"");
  refused(epoch, with(good, "prefix", "lists"), "URL without fragment");
  refused(epoch, with(good, "prefix", "https://issuer.example/#a"), "URL without fragment");
  refused(epoch, with(good, "notBefore", "soon"), "no time");
  refused(epoch, with(good, "notAfter", good["notBefore"]), "ends before it begins");
  refused(epoch, with(good, "onlyOn", "Sundays"), "which no rule explains");
  refused(epoch, with(good, "prefix", "https://issuer.example/"), "proof that fails");
  auto unsigned_one = good;
  unsigned_one.erase("proof");
  refused(epoch, unsigned_one, "cannot be checked");
  refused(epoch, nlohmann::json::array(), "not an object");
  CHECK_CODE_NAMES(feed::verify_list_delegation("{", kId, epoch.as.did, *epoch.resolver),
                   codes::LIST_KEY_INVALID, "strict JSON");
  feed::test::Issuer other(9);
  const auto text = feed::sign_list_delegation(delegation_of(epoch), other.method, kStart, other.signer);
  REQUIRE_OK(text);
  refused(epoch, nlohmann::json::parse(*text), "not of did:webvh");
  auto twice = good;
  twice["proof"] = nlohmann::json::array({good["proof"], good["proof"]});
  refused(epoch, twice, "has 2 proofs");
  CHECK_CODE(feed::sign_list_delegation(delegation_of(epoch, {.prefix = "x"}), epoch.as.method, kStart,
                                        epoch.as.signer),
             codes::LIST_KEY_INVALID);
}

TEST_CASE("a delegate signs lists from its leaf on, until the leaf that ends it") {
  Epoch epoch;
  const Entry delegation = delegation_entry(epoch);
  const Entry list = delegated_list(epoch, {}), next = delegated_list(epoch, {.sequence = 2, .seconds = 1});
  CHECK(list_after(epoch, {delegation, list}).body == BodyState::held);
  CHECK(list_after(epoch, {delegation, list, end_of()}).body == BodyState::held);  // what it signed stays
  CHECK(list_after(epoch, {delegation, list, next}).body == BodyState::held);
  const auto before = list_after(epoch, {list, delegation});
  REQUIRE(before.reason);
  CHECK(test::same_code(before.reason->code, codes::STATUS_LIST_PROOF));
  CHECK(list_after(epoch, {delegation, list, end_of(), next}).body == BodyState::bad);
  CHECK(list_after(epoch, {delegation, end_of(), delegation, list}).body == BodyState::held);  // begun again
  CHECK(list_after(epoch, {delegation, delegation, list}).body == BodyState::held);            // said twice
  CHECK(list_after(epoch, {delegation, end_of("urn:delegation:2"), list}).body == BodyState::held);
  CHECK(list_after(epoch, {list}).body == BodyState::bad);
}

TEST_CASE("a delegate signs nothing that its delegation does not cover") {
  Epoch epoch;
  const Entry list = delegated_list(epoch, {});
  CHECK(
      list_after(epoch, {delegation_entry(epoch, {.prefix = "https://issuer.example/other/"}), list}).body ==
      BodyState::bad);
  CHECK(list_after(epoch, {delegation_entry(epoch, {.not_before = 1}), list}).body == BodyState::bad);
  CHECK(list_after(epoch, {delegation_entry(epoch, {.not_after = 0}), list}).body == BodyState::bad);
  CHECK(list_after(epoch, {delegation_entry(epoch, {.delegate_seed = 51}), list}).body == BodyState::bad);
  // A later leaf of the same id takes the place of the one before.
  CHECK(list_after(epoch, {delegation_entry(epoch), delegation_entry(epoch, {.delegate_seed = 51}), list})
            .body == BodyState::bad);
  const Entry forged = feed::test::entry_of(feed::kListKeyLeaf, kId, "{}");
  CHECK(list_after(epoch, {forged, list}).body == BodyState::bad);
}

TEST_CASE("a list waits for the delegation of its signer, and is not asked for again") {
  Epoch epoch;
  const Entry delegation = delegation_entry(epoch), list = delegated_list(epoch, {});
  FeedReplica replica = epoch.replica();
  epoch.grow(replica, {delegation.leaf, list.leaf});
  CHECK(replica.missing() == std::vector{delegation.need, list.need});
  CHECK(replica.snapshot()->missing_count == 2);
  epoch.add_body(replica, list);
  CHECK(list_state(replica).body == BodyState::missing);
  CHECK(replica.missing() == std::vector{delegation.need});
  CHECK(replica.snapshot()->missing_count == 2);
  epoch.add_body(replica, delegation);
  CHECK(list_state(replica).body == BodyState::held);
  CHECK(replica.missing().empty());
  CHECK(replica.snapshot()->missing_count == 0);

  FeedReplica unlucky = epoch.replica();
  const Entry forged = feed::test::entry_of(feed::kListKeyLeaf, kId, "{}");
  epoch.grow(unlucky, {forged.leaf, list.leaf});
  epoch.add_bodies(unlucky, {list, forged});
  CHECK(list_state(unlucky).body == BodyState::bad);

  const Entry next = list_entry(epoch.as, {.sequence = 2, .seconds = 1});
  FeedReplica overtaken = epoch.replica();
  epoch.grow(overtaken, {delegation.leaf, list.leaf});
  epoch.add_body(overtaken, list);
  epoch.grow(overtaken, {delegation.leaf, list.leaf, next.leaf});
  epoch.add_bodies(overtaken, {next, delegation});
  CHECK(list_state(overtaken).body == BodyState::held);
  CHECK(list_state(overtaken).sequence == 2);
}

TEST_CASE("delegations are inherited by the next epoch") {
  Epoch first, second(2, 2);
  const Entry delegation = delegation_entry(first), list = delegated_list(second, {});
  for (const bool held : {true, false}) {
    const std::vector<Entry> bodies = held ? std::vector{delegation} : std::vector<Entry>();
    FeedReplica replica = continued(sealed(first, {delegation}, bodies), second);
    second.grow(replica, {list.leaf});
    second.add_body(replica, list);
    CHECK(list_state(replica).body == (held ? BodyState::held : BodyState::missing));
    if (!held) first.add_body(replica, delegation);
    CHECK(list_state(replica).body == BodyState::held);
    second.grow(replica, {list.leaf, end_of().leaf});
    CHECK(list_state(replica).body == BodyState::held);
  }
}

TEST_CASE("the predecessor of a list may be a delegate's") {
  Epoch epoch;
  const std::vector<Entry> entries{delegation_entry(epoch), delegated_list(epoch, {.set = {7}}),
                                   list_entry(epoch.as, {.sequence = 2, .seconds = 1})};
  const auto leaves = leaves_of(entries);
  FeedReplica replica = epoch.replica();
  REQUIRE_OK(
      replica.replay(epoch.head(leaves).note, leaves, feed::test::reader_of(entries), epoch.resolver_at()));
  REQUIRE(list_state(replica).reason);
  CHECK(test::same_code(list_state(replica).reason->code, codes::STATUS_LIST_CLEARED_REVOCATION));
  FeedReplica unjudged =
      epoch.replica();  // whose the older list is is not known: it is compared with nothing
  REQUIRE_OK(unjudged.replay(epoch.head(leaves).note, leaves, feed::test::reader_of({entries[1], entries[2]}),
                             epoch.resolver_at()));
  CHECK(list_state(unjudged).body == BodyState::held);
}

TEST_CASE("of one issuer a bounded number of delegations counts") {
  Epoch epoch;
  std::vector<Bytes> leaves;
  const std::string digest(64, 'a');
  for (std::size_t i = 0; i < feed::kDelegationsMax + 5; ++i)
    leaves.push_back(feed::test::leaf_of(feed::kListKeyLeaf, concat("urn:d:", i), digest));
  FeedReplica replica = epoch.replica();
  auto extension = replica.extend(epoch.head(leaves), leaves);
  REQUIRE_OK(extension);
  CHECK(replica.needs_after(**extension).size() == feed::kDelegationsMax);
  replica.accept(*std::move(extension));
  CHECK(replica.missing().size() == feed::kDelegationsMax);
}

TEST_CASE("in a did:key feed nobody else signs lists") {
  feed::test::Issuer issuer, delegate(50);
  delegate.did = issuer.did;
  Epoch epoch(1, 1, issuer.did);
  const Entry delegation = delegation_entry(epoch), list = list_entry(delegate, {});
  FeedReplica replica = issuer.replica();
  grow(replica, issuer, {delegation.leaf, list.leaf});
  CHECK(replica.missing() == std::vector{list.need});
  add_body(replica, issuer, list);
  CHECK(list_state(replica).body == BodyState::bad);
}
