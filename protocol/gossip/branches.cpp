// Another log of an epoch than the one held here.
//
// A peer's log of an issuer may hold entries that nothing here commits to, although the peer counts them.
// Then the leaves that commit to them stand on a branch of the feed that is not held: this node was shown a
// thief's, or follows an entry made with a spent update key. So the peer's leaves are fetched from the
// beginning, under a head of the epoch's key, and tried: which history would count if they were what is
// stored? They replace what is stored only where that history is better by the rules of issuer.md, never
// because they are longer.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"
#include "protocol/issuer/origins.h"

namespace vcnode::gossip {
namespace {

using issuer::History;

constexpr std::size_t kBranchLeafOverhead = sizeof(Bytes);
constexpr int kBranchDoublingsMax = 7;  // of the repair period: an hour

// The first version that only one of the histories has, or that differs.
std::size_t parting(const History& a, const History& b) {
  const std::size_t common = std::min(a.versions.size(), b.versions.size());
  std::size_t at = 0;
  while (at < common && a.versions[at].state.version_id() == b.versions[at].state.version_id()) ++at;
  return at;
}

// Whether what this branch of `epoch` leads to counts before what is held: where they part, only the branch
// has a committed version; or it leads on from all that is held, up to a seal that it keeps.
bool counts_before(const Trial& trial, const History& held, std::uint64_t epoch) {
  const std::size_t at = parting(held, trial.history);
  if (at == 0 || at == trial.history.versions.size()) return false;
  const issuer::Version& parent = trial.history.versions[at - 1];
  if (!parent.feed || parent.feed->epoch != epoch) return false;
  if (at < held.versions.size()) return trial.history.versions[at].committed && !held.versions[at].committed;
  return held.epochs.size() == epoch && trial.complete >= epoch;
}

}  // namespace

// The epoch on another branch of which the leaves for some of these entries may stand; none: the ordinary
// ways to have its leaves were not tried yet, or what is held is final.
std::optional<std::uint64_t> Engine::State::doubtful_epoch(
    Issuer& issuer, PeerId peer, const std::vector<issuer::EntryBody>& entries) const {
  const History& history = *issuer.history;
  for (const issuer::EntryBody& body : entries) {
    const auto entry = webvh::Entry::parse(body.line);
    const issuer::Version* parent = entry ? issuer.entries.followed_by(*entry) : nullptr;
    const auto index = parent == nullptr ? std::nullopt : history.find(parent->state.version_id());
    if (!index || !parent->feed) continue;
    const std::uint64_t epoch = parent->feed->epoch;
    if (epoch < history.epochs.size()) {  // it rivals the version that opens the next epoch
      const std::size_t opener = history.epochs[epoch].opened_by;
      if (*index + 1 == opener && !history.versions[opener].committed) return epoch;
      continue;
    }
    const auto held = issuer.current ? feeds.find(issuer.current->hash()) : feeds.end();
    if (held == feeds.end() || issuer.current->epoch() != epoch) continue;
    const Feed& feed = held->second;
    if (feed.replica.contradicted()) return epoch;
    const std::pair asked(issuer.generation, feed.replica.size());
    if (std::exchange(issuer.plainly_asked[peer], asked) == asked && !feed.pull) return epoch;
  }
  return std::nullopt;
}

void Engine::State::want_branch(Issuer& issuer, Peer& peer, std::vector<issuer::EntryBody> entries) {
  if (issuer.branch_pull || issuer.replacement || issuer.stale || issuer.saving > 0 ||
      peer.requests.size() >= options.limits.pulls_per_peer_max)
    return;
  const auto delay = issuer.branch_delays.find(peer.id);
  if (delay != issuer.branch_delays.end() && now.monotonic < delay->second.until) return;
  const auto epoch = doubtful_epoch(issuer, peer.id, entries);
  if (!epoch) return;
  BranchPull& pull = issuer.branch_pull.emplace();
  pull.peer = peer.id;
  pull.epoch = *epoch;
  for (const issuer::EntryBody& body : entries) pull.bytes += body.text().size();
  pull.entries = std::move(entries);
  ask_branch(issuer, peer);
}

void Engine::State::ask_branch(Issuer& issuer, Peer& peer) {
  BranchPull& pull = *issuer.branch_pull;
  if (pulled_bytes() > options.limits.pull_bytes_max) {
    delay(issuer, peer.id,
          fail(codes::PULL_TOO_LARGE, "another log of epoch ", pull.epoch, " of ", issuer.admitted.scid,
               " does not fit with those of other feeds into the ", options.limits.pull_bytes_max,
               " bytes set aside")
              .error);
    return branch_ended(issuer);
  }
  const auto origin = issuer::origin_of(options.network, issuer.admitted.scid, pull.epoch);
  pull.request = add_request(peer, {Request::Kind::branch, issuer.topic, 0, {}, false});
  send(peer, Priority::head, wire::GetFeed{pull.request, origin->hash(), pull.tree.size()});
}

// What does not fit is nobody's fault: the peer may have come to hold another log meanwhile, or know another
// key for this epoch in good faith.
void Engine::State::take_branch(Issuer& issuer, Peer& peer, const wire::FeedPart& part) {
  BranchPull& pull = *issuer.branch_pull;
  const auto origin = issuer::origin_of(options.network, issuer.admitted.scid, pull.epoch);
  if (part.origin != origin->hash() || part.first_index != pull.tree.size()) {
    punish(
        peer, kCostMismatch,
        fail(codes::ANSWER_MISMATCH, name_of(peer), " answered request ", part.request, " for leaves from ",
             pull.tree.size(), " with leaves from ", part.first_index, " of ", hex_encode(part.origin.view()))
            .error);
    return branch_ended(issuer);
  }
  if (issuer.history->epochs.size() < pull.epoch || !peer.usable()) return branch_ended(issuer);
  if (!pull.head) {
    auto head = feed::verify_head(part.note, *origin, issuer.history->epochs[pull.epoch - 1].feed.key);
    if (!head || dated_ahead(head->time)) return branch_ended(issuer);
    pull.head = *std::move(head);
  }
  const std::uint64_t size = pull.head->tree.size;
  for (const Bytes& leaf : part.leaves) {
    if (pull.tree.size() == size) break;
    pull.tree.append(merkle::leaf_hash(leaf));
    pull.bytes += leaf.size() + kBranchLeafOverhead;
    pull.leaves.push_back(leaf);
  }
  if (pull.tree.size() == size) return branch_reached(issuer);
  if (part.leaves.empty()) return branch_ended(issuer);
  ask_branch(issuer, peer);
}

void Engine::State::branch_reached(Issuer& issuer) {
  const BranchPull& pull = *issuer.branch_pull;
  if (pull.tree.root() != pull.head->tree.root) return branch_ended(issuer);
  std::vector<issuer::EntryBody> log = pull.entries;
  for (const webvh::VersionId& version : issuer.entries.held()) log.push_back(*issuer.entries.body(version));
  const auto trial = try_branch(issuer.admitted, options.network, archive, now.wall, log,
                                {pull.epoch, pull.head->note, pull.leaves});
  if (!trial || issuer.stale || !counts_before(*trial, *issuer.history, pull.epoch))
    return branch_ended(issuer);
  replace_branch(issuer, *trial);
}

// What an earlier branch led to gives way, later epochs included.
void Engine::State::replace_branch(Issuer& issuer, const Trial& trial) {
  BranchPull pull = *std::exchange(issuer.branch_pull, std::nullopt);
  issuer.branch_delays.erase(pull.peer);
  StoreBatch& batch = issuer.replacement.emplace();
  for (std::uint64_t epoch = pull.epoch;
       epoch <= std::max(issuer.history->epochs.size(), trial.history.epochs.size()); ++epoch)
    if (const auto origin = issuer::origin_of(options.network, issuer.admitted.scid, epoch))
      batch.dropped_feeds.push_back(origin->hash());
  const OriginHash origin = batch.dropped_feeds.front();
  bool covered = true;
  if (trial.complete >= pull.epoch) {  // beyond the seal only the leaf that closes it
    const issuer::Epoch& next = trial.history.epochs[pull.epoch];
    const merkle::TreeHead seal = next.feed.seal.value();
    const Bytes closing = closing_leaf(trial.history.versions[next.opened_by].state.version_id());
    const bool closed = pull.leaves.size() == seal.size + 1 && pull.leaves.back() == closing;
    covered = closed || pull.leaves.size() == seal.size;
    if (!closed) pull.leaves.resize(seal.size);
  }
  batch.leaves.push_back({origin, 0, std::move(pull.leaves)});
  if (covered) batch.heads.push_back({origin, pull.head->note});
  for (const issuer::Version& version : trial.history.versions)
    if (!issuer.entries.holds(version.state.version_id()))
      batch.entries.push_back(
          {issuer.admitted.scid, version.state.version_id().text(),
           to_bytes(issuer::EntryBody{version.state.entry().line(), version.proofs}.text())});
  issuer.supplied = std::move(pull.entries);
}

void Engine::State::store_replacement(Issuer& issuer) {
  const Feed* feed = current_feed(issuer);
  if (issuer.saving > 0 || (feed != nullptr && feed->adoption && feed->adoption->persisting)) return;
  save_leaves(issuer, *std::exchange(issuer.replacement, std::nullopt));
}

// It changed nothing.
void Engine::State::branch_ended(Issuer& issuer) {
  BranchDelay& delay = issuer.branch_delays[issuer.branch_pull->peer];
  const std::int64_t factor = std::int64_t{1} << std::min(delay.vain++, kBranchDoublingsMax);
  delay.until = now.monotonic.plus_ms(options.limits.repair_ms * factor);
  issuer.branch_pull.reset();
}

}  // namespace vcnode::gossip
