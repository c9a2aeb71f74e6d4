// Epochs that have an end. What their leaves must be is said by the seal in the issuer's log, so nobody's
// head is needed: leaves from whoever has them, up to the seal's size, with the seal's root. Whatever else is
// held of such an epoch, a fork before the seal included, gives way to them.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/archive_reader.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {
namespace {

// Per comparison; an issuer that lost its keys often has epochs that nothing closes.
constexpr std::size_t kClosingsAskedMax = 4;

}  // namespace

void Engine::State::want_seal(Issuer& issuer, PeerId peer) {
  const Feed* feed = current_feed(issuer);
  if (feed == nullptr || !feed->replica.seal() || issuer.seal_asked.contains(peer)) return;
  auto& sources = issuer.seal_sources;
  if (std::find(sources.begin(), sources.end(), peer) == sources.end()) sources.push_back(peer);
}

void Engine::State::pump_seal(Issuer& issuer) {
  const Feed* feed = current_feed(issuer);
  if (feed == nullptr || !feed->replica.seal() || issuer.stale || issuer.saving > 0 || issuer.branch_pull ||
      issuer.replacement)
    return;
  while (!issuer.seal_pull && !issuer.seal_sources.empty()) {
    Peer* peer = find_usable(issuer.seal_sources.front());
    if (peer != nullptr && peer->requests.size() >= options.limits.pulls_per_peer_max) return;
    issuer.seal_sources.pop_front();
    if (peer == nullptr || !peer->shares(feed->origin())) continue;
    issuer.seal_asked.insert(peer->id);
    SealPull& pull = issuer.seal_pull.emplace();
    pull.peer = peer->id;
    pull.first_index = feed->replica.size();
    pull.tree = feed->replica.frontier();
    ask_sealed(issuer, *peer);
  }
}

void Engine::State::ask_sealed(Issuer& issuer, Peer& peer) {
  SealPull& pull = *issuer.seal_pull;
  pull.request = add_request(peer, {Request::Kind::seal, issuer.topic, 0, {}, false});
  send(peer, Priority::head, wire::GetFeed{pull.request, issuer.current->hash(), pull.tree.size()});
}

void Engine::State::take_sealed(Issuer& issuer, Peer& peer, const wire::FeedPart& part) {
  SealPull& pull = *issuer.seal_pull;
  const merkle::TreeHead seal = *current_feed(issuer)->replica.seal();
  if (part.origin != issuer.current->hash() || part.first_index != pull.tree.size()) {
    punish(
        peer, kCostMismatch,
        fail(codes::ANSWER_MISMATCH, name_of(peer), " answered request ", part.request, " for leaves from ",
             pull.tree.size(), " with leaves from ", part.first_index, " of ", hex_encode(part.origin.view()))
            .error);
    return seal_pull_ended(issuer);
  }
  if (!part.note.empty()) pull.note = part.note;
  for (const Bytes& leaf : part.leaves) {
    if (pull.tree.size() == seal.size) break;
    pull.tree.append(merkle::leaf_hash(leaf));
    pull.bytes += leaf.size() + kLeafOverhead;
    pull.leaves.push_back(leaf);
  }
  if (pulled_bytes() > options.limits.pull_bytes_max) {
    delay(issuer, peer.id,
          fail(codes::PULL_TOO_LARGE, "the leaves of ", issuer.current->text(), " up to its seal at ",
               seal.size, " do not fit with those of other feeds into the ", options.limits.pull_bytes_max,
               " bytes set aside")
              .error);
    return seal_pull_ended(issuer);
  }
  if (pull.tree.size() == seal.size) return seal_reached(issuer, peer);
  if (part.leaves.empty() || !peer.usable()) return seal_pull_ended(issuer);  // it has no more either
  ask_sealed(issuer, peer);
}

// As many leaves as the seal says: are they those?
void Engine::State::seal_reached(Issuer& issuer, Peer& peer) {
  SealPull& pull = *issuer.seal_pull;
  const Feed& feed = *current_feed(issuer);
  const merkle::TreeHead seal = *feed.replica.seal();
  if (pull.tree.root() == seal.root) return save_sealed(issuer);
  if (pull.first_index > 0) {  // ours may be the wrong ones
    pull.first_index = pull.bytes = 0;
    pull.tree = {};
    pull.leaves.clear();
    return ask_sealed(issuer, peer);
  }
  // A peer that is no further than this epoch may hold another branch of it in good faith.
  const bool further = std::any_of(peer.known.begin(), peer.known.end(), [&](const auto& item) {
    const auto epoch = epochs.find(item.first);
    return epoch != epochs.end() && epoch->second.first == &issuer &&
           epoch->second.second > feed.replica.origin().epoch();
  });
  if (further)
    punish(peer, kCostFalse,
           fail(codes::HEAD_ROOT_MISMATCH, "the leaves of ", issuer.current->text(), " from ", name_of(peer),
                ", which claims a later epoch, are not those under the seal at ", seal.size)
               .error);
  seal_pull_ended(issuer);
}

// REQUIRES: a pull whose leaves lead to the seal.
void Engine::State::save_sealed(Issuer& issuer) {
  SealPull pull = *std::exchange(issuer.seal_pull, std::nullopt);
  const Feed& feed = *current_feed(issuer);
  for (const Bytes& leaf : pull.leaves)
    if (const auto parsed = feed::Leaf::parse(leaf); !parsed)
      return delay(issuer, pull.peer, parsed.error());  // the issuer sealed what nobody can read
  const merkle::TreeHead seal = *feed.replica.seal();
  const SealedFeed sealed{*issuer.current, seal, pull.tree, false};
  StoreBatch batch;
  if (const auto head = feed::verify_head(pull.note, *issuer.current, feed.replica.feed_key())) {
    const bool closing = head->tree == closed_tree(issuer, sealed);
    if (closing) pull.leaves.push_back(*closing_leaf_of(issuer, sealed));
    if (closing || head->tree == seal) batch.heads.push_back({feed.origin(), head->note});
  }
  if (pull.first_index == 0) batch.dropped_feeds.push_back(feed.origin());
  batch.leaves.push_back({feed.origin(), pull.first_index, std::move(pull.leaves)});
  save_leaves(issuer, std::move(batch));
}

void Engine::State::save_leaves(Issuer& issuer, StoreBatch batch) {
  const Token token(next_number());
  ++issuer.saving;
  saving.emplace(token, IssuerSave{issuer.topic, {}, true});
  outputs.list.emplace_back(Persist{token, std::move(batch)});
}

void Engine::State::seal_pull_ended(Issuer& issuer) {
  issuer.seal_pull.reset();
}

// The head of a feed that is not the current one of any issuer. False: nor of any epoch of one that is
// shared.
bool Engine::State::take_epoch_push(Peer& peer, const wire::HeadPush& push) {
  if (peer.topics.empty()) return false;
  const auto named = epochs.find(push.origin);
  if (named == epochs.end()) return true;  // perhaps of an epoch whose entry is on its way
  Issuer& issuer = *named->second.first;
  if (!peer.follows(issuer.topic)) return false;
  const std::uint64_t epoch = named->second.second;
  if (epoch <= issuer.sealed.size()) {
    take_closing(issuer, epoch, peer, push.note);
  } else if (const auto tree = peek_tree(push.note)) {
    peer.known[push.origin] = {push.origin, tree->size, tree->root, Timestamp()};
    want_seal(issuer, peer.id);
  }
  return true;
}

// The record of a feed that is not the current one of any issuer.
void Engine::State::take_epoch_record(Peer& peer, const wire::Record& record) {
  const auto named = epochs.find(record.origin);
  if (named == epochs.end()) return;
  Issuer& issuer = *named->second.first;
  if (!peer.follows(issuer.topic) || named->second.second <= issuer.sealed.size()) return;
  peer.known[record.origin] = record;
  want_seal(issuer, peer.id);
}

std::optional<Bytes> Engine::State::closing_leaf_of(const Issuer& issuer, const SealedFeed& sealed) const {
  const issuer::History& history = *issuer.history;
  const std::uint64_t epoch = sealed.origin.epoch();
  if (history.epochs.size() <= epoch) return std::nullopt;
  return closing_leaf(history.versions[history.epochs[epoch].opened_by].state.version_id());
}

// The sealed tree and the leaf that closes it.
std::optional<merkle::TreeHead> Engine::State::closed_tree(const Issuer& issuer,
                                                           const SealedFeed& sealed) const {
  const auto leaf = closing_leaf_of(issuer, sealed);
  if (!leaf) return std::nullopt;
  merkle::Frontier tree = sealed.tree;
  tree.append(merkle::leaf_hash(*leaf));
  return merkle::TreeHead{tree.size(), tree.root()};
}

void Engine::State::ask_closings(Issuer& issuer, Peer& peer) {
  std::size_t asked = 0;
  for (std::size_t i = 0; i < issuer.sealed.size(); ++i) {
    const SealedFeed& sealed = issuer.sealed[issuer.next_closing++ % issuer.sealed.size()];
    if (asked == kClosingsAskedMax) return;
    if (sealed.closed || peer.requests.size() >= options.limits.pulls_per_peer_max) continue;
    const OriginHash origin = sealed.origin.hash();
    const std::uint64_t number = add_request(peer, {Request::Kind::closing, origin, 0, {}, false});
    send(peer, Priority::head, wire::GetFeed{number, origin, sealed.seal.size});
    ++asked;
  }
}

void Engine::State::take_closing(const OriginHash& origin, Peer& peer, const std::string& note) {
  if (const auto named = epochs.find(origin); named != epochs.end())
    take_closing(*named->second.first, named->second.second, peer, note);
}

// What the note must say is known, so a note is all it takes. Any other head of a sealed epoch changes
// nothing.
void Engine::State::take_closing(Issuer& issuer, std::uint64_t epoch, Peer& peer, const std::string& note) {
  if (epoch > issuer.sealed.size() || issuer.saving > 0 || issuer.stale) return;
  const SealedFeed& sealed = issuer.sealed[epoch - 1];
  const auto tree = peek_tree(note);
  if (sealed.closed || !tree || *tree != closed_tree(issuer, sealed) ||
      !peer.entry_budget.take(now.monotonic))
    return;
  const auto head = feed::verify_head(note, sealed.origin, issuer.history->epochs[epoch - 1].feed.key);
  if (!head && of_another_key(note, issuer.history->epochs[epoch - 1].feed.key)) return;
  if (!head) return punish(peer, kCostSignature, head.error());
  const OriginHash& origin = sealed.origin.hash();
  const auto count = archive.leaf_count(origin);
  if (!count) return delay(issuer, peer.id, count.error());
  LeafAppend append{origin, sealed.seal.size, {}};
  StoreBatch batch;
  if (*count > sealed.seal.size) {  // what was signed beyond the seal gives way
    auto leaves = read_leaves(archive, origin);
    if (!leaves) return delay(issuer, peer.id, leaves.error());
    leaves->resize(sealed.seal.size);
    append = {origin, 0, *std::move(leaves)};
    batch.dropped_feeds.push_back(origin);
  }
  append.leaves.push_back(*closing_leaf_of(issuer, sealed));
  batch.leaves.push_back(std::move(append));
  batch.heads.push_back({origin, note});
  save_leaves(issuer, std::move(batch));
}

void Engine::State::push_closing(const Issuer& issuer, const SealedFeed& sealed) {
  const OriginHash& origin = sealed.origin.hash();
  const auto note = archive.note(origin);
  if (!note || !*note) return;
  for (auto& [id, peer] : peers) {
    if (!peer.usable() || !peer.follows(issuer.topic)) continue;
    ++counters.pushes_sent;
    send(peer, Priority::head, wire::HeadPush{origin, **note, sealed.seal.size + 1, {}, {}});
  }
}

}  // namespace vcnode::gossip
