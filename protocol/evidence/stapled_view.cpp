#include "protocol/evidence/stapled_view.h"

#include <algorithm>
#include <span>
#include <tuple>

#include "crypto/base/limits.h"
#include "protocol/did/key.h"
#include "protocol/did/lookup_name.h"
#include "protocol/evidence/archive.h"
#include "protocol/evidence/bundle_feeds.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/note.h"
#include "protocol/gossip/restore.h"
#include "protocol/issuer/assurance.h"
#include "protocol/issuer/origins.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::evidence {

// What the bundle alone says of one issuer.
struct StapledView::State {
  std::shared_ptr<const feed::FeedSnapshot> feed;
  std::span<const Bytes> leaves;  // of that feed's epoch
  std::shared_ptr<const issuer::History> history;
};

namespace {

using StapledFeed = std::pair<std::shared_ptr<const feed::FeedSnapshot>, std::span<const Bytes>>;

// Under the head that goes furthest. Another one is no less signed, but nobody needs two words of one peer.
StapledFeed read_key_feed(const Bundle& bundle, const feed::Origin& origin, Timestamp latest) {
  const auto did = Did::parse("did:key:" + issuer_of(origin));
  const auto key = did ? did_key::key_of(*did) : Result<Ed25519PublicKey>(did.failure());
  if (!key) return {};
  std::optional<feed::Head> best;
  std::span<const Bytes> leaves;
  for (const Feed* feed : feeds_of(bundle, origin)) {
    const auto head = feed->head ? feed::verify_head(*feed->head, origin, *key)
                                 : Result<feed::Head>(fail(codes::HEAD_INVALID, "there is none"));
    if (!head || head->time > latest || !leads_to(feed->leaves, head->tree)) continue;
    if (best && head->tree.size <= best->tree.size) continue;
    best = *head;
    leaves = std::span(feed->leaves).first(head->tree.size);
  }
  if (!best) return {};
  feed::FeedReplica replica(origin, *did, *key);
  const DidKeyResolver resolver;
  const BundleArchive archive(bundle, {});
  const auto read = replica.replay(
      *best, leaves, [&](const Sha256Digest& digest) { return *archive.body(digest); },
      feed::at_every_place(resolver));
  return read ? StapledFeed{replica.snapshot(), leaves} : StapledFeed{};
}

// Leaves beyond a head are nobody's word; without a head only a seal can cover them.
std::size_t covered(const Feed& feed) {
  if (!feed.head) return feed.leaves.size();
  const auto note = feed::Note::parse(*feed.head);
  if (!note) return 0;
  const auto checkpoint = feed::Checkpoint::parse(note->text);
  return checkpoint && checkpoint->tree.size <= feed.leaves.size()
             ? static_cast<std::size_t>(checkpoint->tree.size)
             : 0;
}

std::vector<issuer::EntryBody> entries_of(const Bundle& bundle, std::string_view scid,
                                          std::string_view network) {
  std::vector<issuer::EntryBody> out;
  for (const History& history : bundle.histories) {
    if (history.scid != scid || history.network != network) continue;
    for (const std::string& text : history.entries)
      if (auto body = issuer::EntryBody::parse(text)) out.push_back(*std::move(body));
  }
  return out;
}

// The whole issuer as a node restores it; nothing of one that no node would take.
std::optional<gossip::RestoredIssuer> read_issuer(const Bundle& bundle, const std::string& scid,
                                                  std::string_view network, Timestamp now) {
  BundleArchive archive(bundle, {});
  for (std::uint64_t epoch = 1;; ++epoch) {
    const auto origin = issuer::origin_of(network, scid, epoch);
    const Feed* feed = origin ? longest_of(bundle, *origin) : nullptr;
    if (feed == nullptr) break;
    archive.put(origin->hash(), std::span(feed->leaves).first(covered(*feed)), feed->head);
  }
  const gossip::AdmittedHistory admitted{scid, Did::parse("did:webvh:" + scid).value()};
  auto restored = gossip::restore_issuer(admitted, network, archive, now, entries_of(bundle, scid, network));
  if (!restored || restored->history.versions.empty() || restored->astray) return std::nullopt;
  return *std::move(restored);
}

using Snapshot = std::shared_ptr<const feed::FeedSnapshot>;

Snapshot contradicted(const feed::FeedSnapshot& held) {
  auto out = std::make_shared<feed::FeedSnapshot>(held);
  out->contradicted = true;
  return out;
}

// What a longer log, or a fuller one, does not make undone.
Snapshot with_doubts_of(const feed::FeedSnapshot& held, const feed::FeedSnapshot& newer) {
  auto out = std::make_shared<feed::FeedSnapshot>(newer);
  out->contradicted = newer.contradicted || held.contradicted;
  out->hearsay.contradicted = held.hearsay.contradicted;
  if (held.pending && held.pending->tree.size > newer.head.tree.size) out->pending = held.pending;
  return out;
}

enum class Relation : std::uint8_t { passed_over, contradicts, counts };

// Two states of one epoch's log, of which the leaves of the one handed over are there.
Relation compare(const feed::FeedSnapshot& held, const feed::FeedSnapshot& given,
                 std::span<const Bytes> leaves) {
  const merkle::TreeHead& mine = held.head.tree;
  const merkle::TreeHead& its = given.head.tree;
  if (its.size < mine.size) return Relation::passed_over;
  if (tree_at(leaves, mine.size).root != mine.root) return Relation::contradicts;
  const bool newer =
      its.size > mine.size || feed::time_supersedes(given.head.time, held.head.time, held.origin.hash());
  const bool fuller = given.head.time >= held.head.time && given.missing_count < held.missing_count;
  return newer || fuller ? Relation::counts : Relation::passed_over;
}

// Whether everything that `held` has led to leads on to `given`.
bool leads_on(const issuer::History* held, const issuer::History* given) {
  if (held == nullptr || held->versions.empty()) return true;
  if (given == nullptr) return false;
  return !held->dispute && given->find(held->versions.back().state.version_id()).has_value();
}

}  // namespace

StapledView::StapledView(const verify::View& under, const Bundle& bundle, std::string_view network,
                         Timestamp now)
    : under_(under) {
  const Timestamp latest = now.plus_seconds(limits::kClockSkewSecondsMax);
  for (const Feed& feed : bundle.feeds) {
    if (network_of(feed.origin) != network || webvh::is_multihash(issuer_of(feed.origin))) continue;
    const std::string name = "did:key:" + issuer_of(feed.origin);
    if (laid_.contains(name)) continue;
    State state;
    std::tie(state.feed, state.leaves) = read_key_feed(bundle, feed.origin, latest);
    lay(name, state);
  }
  for (const History& history : bundle.histories) {
    if (history.network != network || laid_.contains(history.scid)) continue;
    const auto restored = read_issuer(bundle, history.scid, network, now);
    if (!restored) continue;
    State state;
    state.history = issuer::shared(restored->history);
    const auto& feed = restored->feed;
    if (feed && feed->head() && feed->head()->time <= latest) {
      state.feed = feed->snapshot();
      state.leaves = std::span(longest_of(bundle, feed->origin())->leaves).first(feed->size());
    }
    lay(history.scid, state);
  }
}

void StapledView::lay(const std::string& name, const State& state) {
  Laid& laid = laid_[name];
  laid.feed = under_.feed_of(name);
  laid.history = under_.history_of(name);
  if (!leads_on(laid.history.get(), state.history.get())) return;
  if (laid.feed == nullptr || state.feed == nullptr || !(laid.feed->origin == state.feed->origin)) {
    const bool later = laid.feed == nullptr ||
                       (state.feed != nullptr && laid.feed->origin.epoch() < state.feed->origin.epoch());
    if (!later) return;
    laid.feed = state.feed;
  } else {
    const Relation found = compare(*laid.feed, *state.feed, state.leaves);
    if (found == Relation::contradicts) laid.feed = contradicted(*laid.feed);
    if (found != Relation::counts) return;
    laid.feed = with_doubts_of(*laid.feed, *state.feed);
  }
  laid.history = state.history;
  laid.stapled = laid.feed != nullptr;
}

Snapshot StapledView::feed_of(std::string_view issuer_did) const {
  const auto laid = laid_.find(lookup_name_of(issuer_did));
  return laid == laid_.end() ? under_.feed_of(issuer_did) : laid->second.feed;
}

std::shared_ptr<const issuer::History> StapledView::history_of(std::string_view did) const {
  const auto laid = laid_.find(lookup_name_of(did));
  return laid == laid_.end() ? under_.history_of(did) : laid->second.history;
}

bool StapledView::is_stapled(std::string_view issuer_did) const {
  const auto laid = laid_.find(lookup_name_of(issuer_did));
  return laid != laid_.end() && laid->second.stapled;
}

}  // namespace vcnode::evidence
