// How a hosted issuer opens an epoch by an entry alone: its feed key is lost, or a thief's too. Where the old
// epoch ends says the entry's seal; what that would undo is looked at before anything is stored.
#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/codes.h"
#include "node/app/issuer_service.h"
#include "protocol/feed/beyond_seal.h"
#include "protocol/feed/codes.h"
#include "protocol/issuer/origins.h"
#include "storage/codes.h"

namespace vcnode::node {
namespace {

constexpr std::uint64_t kLeavesPerRead = 4'096;

// visit(leaf) → Result<void>, of the leaves from `from` to before `to` that are held.
template <class Visit>
Result<void> each_leaf(const Store& store, const feed::OriginHash& origin, std::uint64_t from,
                       std::uint64_t to, Visit visit) {
  while (from < to) {
    VCNODE_TRY(const auto leaves, store.leaves(origin, from, std::min(kLeavesPerRead, to - from)));
    if (leaves.empty()) return {};
    for (const Bytes& leaf : leaves) VCNODE_CHECK(visit(leaf));
    from += leaves.size();
  }
  return {};
}

// The tree of the first `size` leaves; a smaller one if fewer are held.
Result<merkle::TreeHead> tree_at(const Store& store, const feed::OriginHash& origin, std::uint64_t size) {
  merkle::Frontier tree;
  VCNODE_CHECK(each_leaf(store, origin, 0, size, [&](const Bytes& leaf) -> Result<void> {
    tree.append(merkle::leaf_hash(leaf));
    return {};
  }));
  return merkle::TreeHead{tree.size(), tree.root()};
}

bool counts(const issuer::History& history, const std::string& version_id) {
  return std::ranges::any_of(history.versions, [&](const issuer::Version& version) {
    return version.state.version_id().text() == version_id;
  });
}

// What no seal takes back, whoever asks: that a version counts, what a good list of the issuer's own says,
// and, where it keeps the leaf, that the feed is closed.
Result<void> check_seal(const feed::FeedReplica& feed, const issuer::History& history, std::uint64_t seal) {
  std::set<std::string_view> committed;
  for (const feed::VersionLeaf& leaf : feed.version_leaves()) {
    if (leaf.index < seal) committed.insert(leaf.version_id);
    if (leaf.index >= seal && !committed.contains(leaf.version_id) && counts(history, leaf.version_id))
      return fail(codes::SEAL_OUTDATED, "a seal at size ", seal, " would cut off leaf ", leaf.index,
                  ", which commits the feed to version ", leaf.version_id);
  }
  for (const auto& [uri, list] : feed.status_lists())
    if (list.body == feed::BodyState::held && list.place.epoch == feed.origin().epoch() &&
        list.place.index >= seal)
      return fail(codes::SEAL_OUTDATED, "a seal at size ", seal, " would take back the status list ", uri,
                  " of leaf ", list.place.index, ", signed by the issuer");
  if (feed.closed_at() && feed.closed_at()->index < seal)
    return fail(codes::FEED_CLOSED, "the feed ", feed.origin().text(), " was closed by leaf ",
                feed.closed_at()->index, ", which a seal at size ", seal,
                " keeps: no epoch follows an end that stands");
  return {};
}

Result<std::vector<feed::LeftOut>> taken_back_by(const Store& store, const feed::FeedReplica& feed,
                                                 std::uint64_t seal) {
  feed::BeyondSeal beyond(feed, seal);
  VCNODE_CHECK(each_leaf(store, feed.origin().hash(), seal, feed.size(),
                         [&](const Bytes& leaf) { return beyond.add(leaf); }));
  return beyond.left_out();
}

// Without keys of leaves: ids do not go into the log.
std::string counts_of(const std::vector<feed::LeftOut>& taken) {
  std::string out;
  for (const feed::LeftOut& row : taken) out += concat(out.empty() ? "" : " ", row.kind, ":", row.count);
  return out;
}

}  // namespace

// No leaf commits to the entry, so only one such entry may ever be made; begin_feed() goes on when the engine
// has followed it.
void IssuerService::recover_epoch() {
  const auto checked = check_recovery();
  if (!checked) return end_change(checked.failure());
  auto next = issuer::origin_of(identity_.network, identity_.log->scid, change_->feed->epoch);
  if (!next) return end_change(next.failure());
  const webvh::VersionId& version = change_->version.version_id();
  const feed::NewEntry entry{version.number(), version.text(), to_bytes(change_->body.text())};
  StoreBatch batch;
  batch.entries.push_back({identity_.log->scid, entry.version_id, entry.body});
  ports_.commits.submit(std::move(batch), [this, entry, origin = next->hash()](const Result<void>& stored) {
    ports_.loop.post([this, entry, origin, stored] {
      if (!stored) {
        if (ends_storing(stored.error())) ports_.health.store_failed = stored.error();
        return end_change(stored.failure());
      }
      feed::Publication alone;
      alone.entries.push_back(entry);
      ports_.driver.publish(origin, alone);
      finish_change();
    });
  });
}

// Whether the epoch may end at the seal. What is taken back on purpose is noted for the answer.
Result<void> IssuerService::check_recovery() {
  const auto held = ports_.driver.engine().issuer(identity_.log->scid);
  const feed::FeedReplica& feed = *held->feed;
  const merkle::TreeHead& seal = *change_->feed->seal;
  VCNODE_TRY(const auto tree, tree_at(ports_.store, feed.origin().hash(), seal.size));
  const bool at_end = seal.size == feed.size();
  if (tree != seal || !(at_end || change_->recovery.alone))
    return fail(codes::SEAL_OUTDATED, "the entry seals epoch ", feed.origin().epoch(), " at size ", seal.size,
                "; that is not the end of the feed that is held here, which has ", feed.size(), " leaves");
  VCNODE_CHECK(check_seal(feed, *held->history, seal.size));
  VCNODE_CHECK(feed_signer_of(identity_.keys, *change_->feed));
  VCNODE_TRY(const auto taken, taken_back_by(ports_.store, feed, seal.size));
  if (taken.empty()) return {};
  const std::string words = feed::words_of(taken);
  if (!change_->recovery.takes_back)
    return fail(codes::SEAL_TAKES_BACK, "a seal at size ", seal.size, " of the feed's ", feed.size(),
                " leaves would take back what nobody says again: ", words,
                "; leave --seal out so that the epoch ends where the feed does, or seal a later state; if it "
                "was somebody else who wrote them, --take-back does it");
  change_->warnings.push_back(
      {codes::SEAL_TAKES_BACK, concat("the seal at size ", seal.size, " took back ", words)});
  ports_.log.warn("issuer", "an epoch is sealed before its end",
                  {{"issuer", identity_.name},
                   {"seal", std::to_string(seal.size)},
                   {"leaves", std::to_string(feed.size())},
                   {"taken_back", counts_of(taken)}});
  return {};
}

}  // namespace vcnode::node
