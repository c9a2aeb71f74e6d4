// From a note on the wire to an accepted head: verified, extended, durable, visible, announced.
#include <algorithm>
#include <map>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "crypto/multikey.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {

using Relation = feed::FeedReplica::Relation;

Result<merkle::TreeHead> peek_tree(std::string_view note) {
  VCNODE_TRY(const auto parsed, feed::Note::parse(note));
  VCNODE_TRY(const auto checkpoint, feed::Checkpoint::parse(parsed.text));
  return checkpoint.tree;
}

void Engine::State::on(Peer& peer, wire::HeadPush push, std::size_t frame_bytes) {
  ParkedPush parked{std::move(push), frame_bytes};
  if (peer.verifying >= options.limits.verify_queue_max)
    peer.parked.push_back(std::move(parked));
  else if (take_push(peer, parked))
    peer.intake.release(frame_bytes);
}

// True if nothing is left to do; otherwise its head is being verified and `parked` was moved from.
bool Engine::State::take_push(Peer& peer, ParkedPush& parked) {
  const wire::HeadPush& push = parked.push;
  Feed* feed = find_feed(push.origin);
  if (feed == nullptr || !peer.shares(push.origin)) {
    if (!take_epoch_push(peer, push))
      refuse(peer, 0, not_shared(peer, "the head", push.origin), peer.wanted.size());
    return true;
  }
  if (feed->replica.seal()) {
    want_seal(*feed->history, peer.id);
    return true;
  }
  if (feed->replica.contradicted()) return true;
  const auto& held = feed->replica.head();
  if (held && held->note == push.note) {
    peer.known[push.origin] = record_of(*feed);
    return true;
  }
  if (feed->pending && feed->pending->note == push.note) {
    push_verified(*feed, feed::Head(*feed->pending), &peer, push);
    return true;
  }
  const auto tree = peek_tree(push.note);
  if (!tree) {
    punish(peer, kCostSignature, tree.error(), limits::kNoteBytesMax);
    return true;
  }
  if (held && tree->size < held->tree.size) {
    push_ours(peer, *feed);  // whatever its signatures are worth, it is not news
    return true;
  }
  peer.verifying += 1;
  const std::string note = push.note;
  check_head(*feed, note, {peer.id, std::move(parked)});
  return false;
}

void Engine::State::check_head(Feed& feed, const std::string& note, HeadSource source) {
  const Sha256Digest digest = sha256(as_bytes(note));
  const std::pair key(feed.origin(), digest);
  if (const auto under_way = verifying_notes.find(key); under_way != verifying_notes.end()) {
    std::get<HeadJob>(verifying.at(under_way->second)).sources.push_back(std::move(source));
    return;
  }
  const Token token(next_number());
  HeadJob job{feed.origin(), feed.replica.feed_key(), digest, {}};
  job.sources.push_back(std::move(source));
  verifying.emplace(token, std::move(job));
  verifying_notes.emplace(key, token);
  outputs.list.emplace_back(Verify{token, CheckHead{note, feed.replica.origin(), feed.replica.feed_key()}});
}

void Engine::State::head_checked(HeadJob job, HeadChecked outcome) {
  VCNODE_ASSERT(outcome.head.has_value() != outcome.error.has_value());
  verifying_notes.erase({job.origin, job.note});
  Feed* feed = find_feed(job.origin);  // none: of an epoch that is sealed meanwhile
  if (feed != nullptr && feed->replica.feed_key() != job.key) feed = nullptr;
  for (HeadSource& source : job.sources) {
    Peer* peer = find_usable(source.peer);
    if (!source.push) {
      if (peer != nullptr && feed != nullptr) pull_answer_checked(*feed, *peer, job, outcome);
      continue;
    }
    if (outcome.head && feed != nullptr) push_verified(*feed, *outcome.head, peer, source.push->push);
    if (peer == nullptr) continue;
    if (outcome.error && feed != nullptr && !of_another_history(*feed, *peer, source.push->push.note))
      punish(*peer, kCostSignature, *outcome.error, limits::kNoteBytesMax);
    peer->verifying -= 1;
    peer->intake.release(source.push->frame_bytes);
    unpark(*peer);
  }
}

// Whoever counts another version that opens this epoch knows another key for it, in good faith. Its log says
// why.
bool Engine::State::of_another_history(Feed& feed, const Peer& peer, std::string_view note) {
  if (feed.history == nullptr || !of_another_key(note, feed.replica.feed_key())) return false;
  want_log(*feed.history, peer.id);
  return true;
}

void Engine::State::pull_answer_checked(Feed& feed, Peer& peer, const HeadJob& job,
                                        const HeadChecked& outcome) {
  if (!feed.pull || feed.pull->peer != peer.id || !feed.pull->unverified) return;  // frozen meanwhile
  if (sha256(as_bytes(feed.pull->unverified->note)) != job.note) return;
  const wire::FeedPart part = *std::exchange(feed.pull->unverified, std::nullopt);
  peer.requests.erase(feed.pull->request);
  if (outcome.head)
    answer_verified(feed, peer, *outcome.head, part.leaves);
  else if (of_another_history(feed, peer, part.note))
    pull_failed(feed);
  else
    accuse(feed, peer, kCostSignature, Failure{*outcome.error});
}

void Engine::State::unpark(Peer& peer) {
  while (!peer.parked.empty() && peer.verifying < options.limits.verify_queue_max) {
    ParkedPush parked = std::move(peer.parked.front());
    peer.parked.pop_front();
    const std::size_t frame_bytes = parked.frame_bytes;
    if (take_push(peer, parked)) peer.intake.release(frame_bytes);
  }
}

// `peer`: none if it is gone, or if the head was held back until now.
void Engine::State::push_verified(Feed& feed, const feed::Head& head, Peer* peer,
                                  const wire::HeadPush& push) {
  if (feed.replica.contradicted() || feed.replica.seal()) return;
  const auto id = peer == nullptr ? std::nullopt : std::optional(peer->id);
  if (peer != nullptr)
    peer->known[feed.origin()] = {feed.origin(), head.tree.size, head.tree.root, head.time};
  if (dated_ahead(head.time)) return hold_back(feed, head, id);
  switch (feed.replica.relation_to(head)) {
    case Relation::same:
      return;
    case Relation::behind:
      if (peer != nullptr) push_ours(*peer, feed);
      return;
    case Relation::contradicts:
      return freeze(feed, head.tree, id);
    case Relation::newer_time:
      if (!feed.newer_time || feed::time_supersedes(head.time, feed.newer_time->time, feed.origin()))
        feed.newer_time = head;
      return advance(feed);
    case Relation::ahead:
      break;
  }
  raise_pending(feed, head);
  if (feed.replica.contradicted()) return;  // two verified heads of one size
  if (peer == nullptr)
    want_elsewhere(feed);
  else if (!adopt_inline(feed, head, peer->id, push))
    want(feed, peer->id);
}

void Engine::State::hold_back(Feed& feed, const feed::Head& head, std::optional<PeerId> peer) {
  const Relation relation = feed.replica.relation_to(head);
  if (relation == Relation::contradicts) return freeze(feed, head.tree, peer);  // true whatever the date
  if (relation == Relation::same || relation == Relation::behind) return;
  if (relation == Relation::ahead) raise_pending(feed, head);
  if (feed.replica.contradicted() || (feed.held_back && feed.held_back->time <= head.time)) return;
  feed.held_back = head;
  holding_back.insert(feed.origin());
  delay(feed, peer,
        fail(codes::HEAD_IN_FUTURE, "the head of ", feed.replica.origin().text(), " is dated ",
             head.time.to_string(), ", ", head.time.seconds() - now.wall.seconds(),
             " seconds ahead of this node's clock; the limit is ", limits::kClockSkewSecondsMax)
            .error);
}

void Engine::State::release_held_back() {
  for (auto it = holding_back.begin(); it != holding_back.end();) {
    Feed& feed = feeds.at(*it);
    if (feed.held_back && dated_ahead(feed.held_back->time)) {
      ++it;
      continue;
    }
    it = holding_back.erase(it);
    const auto head = std::exchange(feed.held_back, std::nullopt);
    if (head) push_verified(feed, *head, nullptr, {});
  }
}

// REQUIRES: `head` is larger than what is held.
void Engine::State::raise_pending(Feed& feed, const feed::Head& head) {
  const auto same_size = [&](const merkle::TreeHead& tree) { return tree.size == head.tree.size; };
  const auto other = std::find_if(feed.unproved.begin(), feed.unproved.end(), same_size);
  if (other == feed.unproved.end()) {
    if (feed.unproved.size() >= kUnprovedMax) feed.unproved.erase(feed.unproved.begin());
    feed.unproved.push_back(head.tree);
  } else if (other->root != head.tree.root) {
    return freeze(feed, head.tree, std::nullopt);
  }
  if (feed.pending && feed.pending->tree.size >= head.tree.size) return;
  feed.pending = head;
  feed.replica.set_pending(feed::PendingHead{head.tree, head.time});
  feed.asked.clear();
  feed.audited.clear();
  feed_changed(feed);
}

// The issuer contradicts itself; the peers that showed it did us a service.
void Engine::State::freeze(Feed& feed, merkle::TreeHead other, std::optional<PeerId> peer) {
  if (feed.replica.contradicted()) return;
  if (feed.pull) {
    if (Peer* asked = find_usable(feed.pull->peer)) asked->requests.erase(feed.pull->request);
    feed.pull.reset();
  }
  feed.sources.clear();
  feed.pending.reset();
  feed.unproved.clear();
  feed.held_back.reset();
  feed.newer_time.reset();
  feed.replica.set_pending(std::nullopt);
  feed.replica.set_contradicted();
  const Error reason = fail(codes::FEED_CONTRADICTED, "the key ", multikey_encode(feed.replica.feed_key()),
                            " of ", feed.replica.origin().text(), " signed a head of size ", other.size,
                            " and root ", hex_encode(other.root.view()), " that the log held here, of size ",
                            feed.replica.size(), ", cannot grow to or from")
                           .error;
  delay(feed, peer, reason);
  StoreBatch mark;  // a fork is for ever, whether or not anybody shows it again after a restart
  mark.heads.push_back({feed::contradiction_mark(feed.origin()), reason.message});
  outputs.list.emplace_back(Persist{Token(next_number()), std::move(mark)});
  feed_changed(feed);
}

bool Engine::State::adopt_inline(Feed& feed, const feed::Head& head, PeerId peer,
                                 const wire::HeadPush& push) {
  const std::uint64_t size = feed.replica.size();
  if (feed.adoption || push.first_index > size || push.first_index + push.leaves.size() != head.tree.size)
    return false;
  const std::vector<Bytes> leaves(push.leaves.begin() + static_cast<std::ptrdiff_t>(size - push.first_index),
                                  push.leaves.end());
  auto extension = feed.replica.extend(head, leaves);
  if (!extension) return false;  // pulling finds out whose doing that is
  Adoption adoption;
  adoption.source = peer;
  adoption.head = head;
  adoption.extension = *std::move(extension);
  adoption.first_index = size;
  adoption.leaves = leaves;
  start_adoption(feed, std::move(adoption), push.bodies);
  advance(feed);
  return true;
}

// REQUIRES: a free slot. Takes it, unless the feed turns out to be contradicted; the caller advances the
// feed.
void Engine::State::start_adoption(Feed& feed, Adoption adoption, std::vector<Bytes> bodies) {
  VCNODE_ASSERT(!feed.adoption);
  if (const auto other = refuted_by(feed, adoption)) return freeze(feed, *other, adoption.source);
  Adoption& slot = feed.adoption.emplace(std::move(adoption));
  BodyBasket& basket = slot.basket;
  basket.id = next_number();
  if (slot.extension) {
    basket.needs = feed.replica.needs_after(*slot.extension);
    slot.keys = keys_after(feed, *slot.extension);
    drop_unjudged(feed, slot.keys.get(), basket.needs);
  }
  static_cast<void>(fill(feed, basket, std::move(bodies)));  // what came along and is not needed does no harm
  Peer* source = slot.source ? find_usable(*slot.source) : nullptr;
  // More than one frame's worth is asked for after the head is accepted: it must not wait for that long.
  if (source != nullptr && basket.needs.size() <= wire::kBodiesPerFrameMax)
    static_cast<void>(ask_bodies(feed, basket, *source));
}

void Engine::State::advance(Feed& feed) {
  for (;;) {
    if (feed.adoption) {
      if (feed.adoption->persisting || !feed.adoption->basket.settled()) return;
      // What is on its way to the disk may replace this feed.
      if (feed.history != nullptr && feed.history->saving > 0) return;
      if (!feed.adoption->durable) return persist(feed);
      finish(feed);
    } else if (!feed.publications.empty()) {
      publish_next(feed);
    } else if (feed.newer_time) {
      adopt_time(feed);
    } else if (feed.pull && feed.pull->complete) {
      extend_by_pull(feed);
    } else if (feed.body_pull && feed.body_pull->basket.settled()) {
      adopt_bodies(feed);
    } else {
      return;
    }
  }
}

void Engine::State::publish_next(Feed& feed) {
  feed::Publication publication = std::move(feed.publications.front());
  feed.publications.pop_front();
  const Relation relation = feed.replica.relation_to(publication.head);
  if (relation == Relation::same) return;
  Adoption adoption;
  adoption.durable = true;
  adoption.head = publication.head;
  adoption.first_index = publication.first_index;
  if (relation == Relation::ahead && publication.first_index == feed.replica.size()) {
    auto extension = feed.replica.extend(publication.head, publication.leaves);
    if (!extension) return freeze(feed, publication.head.tree, std::nullopt);
    adoption.extension = *std::move(extension);
    adoption.leaves = std::move(publication.leaves);
  } else if (relation != Relation::newer_time) {
    return freeze(feed, publication.head.tree, std::nullopt);
  }
  start_adoption(feed, std::move(adoption), std::move(publication.bodies));
}

void Engine::State::adopt_time(Feed& feed) {
  const feed::Head head = *std::exchange(feed.newer_time, std::nullopt);
  if (feed.replica.relation_to(head) != Relation::newer_time) return;
  Adoption adoption;
  adoption.head = head;
  adoption.first_index = feed.replica.size();
  start_adoption(feed, std::move(adoption), {});
}

void Engine::State::persist(Feed& feed) {
  Adoption& adoption = *feed.adoption;
  StoreBatch batch;
  std::size_t bytes = 0;
  for (const Bytes& leaf : adoption.leaves) bytes += leaf.size();
  // What can travel inline is kept for the announcement; the rest is not held twice.
  const bool keep = bytes <= wire::kInlineBytesMax;
  // Without leaves too: a head may only be stored over the leaves that it was checked against.
  if (adoption.head)
    batch.leaves.push_back(
        {feed.origin(), adoption.first_index, keep ? adoption.leaves : std::move(adoption.leaves)});
  if (adoption.head) batch.heads.push_back({feed.origin(), adoption.head->note});
  // A branch that its seal disowned gives way.
  if (adoption.head && feed.history != nullptr && feed.history->astray)
    batch.dropped_feeds.push_back(feed.origin());
  for (const auto& [digest, body] : adoption.basket.bodies) batch.bodies.push_back({digest, body});
  adoption.persisting = Token(next_number());
  persisting.emplace(*adoption.persisting, feed.origin());
  outputs.list.emplace_back(Persist{*adoption.persisting, std::move(batch)});
}

void Engine::State::take(Persisted persisted) {
  if (const auto job = saving.find(persisted.token); job != saving.end()) {
    const IssuerSave save = std::move(job->second);
    saving.erase(job);
    return saved(save, persisted.error);
  }
  const auto found = persisting.find(persisted.token);
  if (found == persisting.end()) return;
  Feed& feed = feeds.at(found->second);
  persisting.erase(found);
  VCNODE_ASSERT(feed.adoption && feed.adoption->persisting == persisted.token);
  if (persisted.error) {
    const auto source = feed.adoption->source;
    feed.adoption.reset();
    set_back(feed, std::nullopt, *persisted.error);
    if (source) want(feed, *source);
  } else {
    finish(feed);
  }
  advance(feed);
}

void Engine::State::take(Publish publish) {
  Feed* feed = find_feed(publish.origin);
  if (feed == nullptr || feed->history != nullptr) {
    Issuer* issuer = feed != nullptr ? feed->history : issuer_of(publish);
    VCNODE_ASSERT(issuer != nullptr);
    return publish_of_history(*issuer, std::move(publish));
  }
  feed->publications.push_back(std::move(publish.publication));
  advance(*feed);
}

// A verified head that the leaves about to be accepted pass without having its root.
std::optional<merkle::TreeHead> Engine::State::refuted_by(const Feed& feed, const Adoption& adoption) const {
  if (!adoption.extension || feed.unproved.empty()) return std::nullopt;
  std::map<std::uint64_t, Sha256Digest> roots;
  for (const merkle::TreeHead& tree : feed.unproved) roots[tree.size] = tree.root;
  merkle::Frontier tree = feed.replica.frontier();
  for (const Bytes& leaf : adoption.leaves) {
    tree.append(merkle::leaf_hash(leaf));
    const auto passed = roots.find(tree.size());
    if (passed != roots.end() && passed->second != tree.root())
      return merkle::TreeHead{passed->first, passed->second};
  }
  return std::nullopt;
}

void Engine::State::finish(Feed& feed) {
  Adoption adoption = *std::exchange(feed.adoption, std::nullopt);
  if (adoption.extension)
    feed.replica.accept(std::move(adoption.extension));
  else if (adoption.head)
    feed.replica.accept_time(*adoption.head);
  for (const feed::CheckedBody& body : adoption.basket.checked) feed.replica.add_body(body);
  feed.setbacks = 0;
  if (adoption.head) {
    ++counters.heads_accepted;
    if (feed.pending && feed.pending->tree.size <= feed.replica.size()) feed.pending.reset();
    std::erase_if(feed.unproved, [&](const auto& tree) { return tree.size <= feed.replica.size(); });
    feed.asked.clear();
    feed.audited.clear();
    feed.bodies_asked.clear();
  }
  if (feed.history != nullptr && adoption.head) leaves_accepted(feed);
  feed_changed(feed);
  Peer* source = adoption.source ? find_usable(*adoption.source) : nullptr;
  if (source != nullptr && adoption.head) {
    standing.change(source->node_key(), kGainUseful, now.monotonic);
    source->proved = true;
    if (adoption.basket.asked) feed.bodies_asked.insert(source->id);
  }
  if (adoption.head) announce(feed, adoption);
  want_bodies_elsewhere(feed);
}

}  // namespace vcnode::gossip
