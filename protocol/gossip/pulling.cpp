// Pulling: a feed's head and leaves from one peer at a time, page by page.
//
// Whom to believe when leaves do not lead to a verified head: the peer is asked for the whole log once (an
// audit). If that leads to the head, the issuer signed two logs and the feed is frozen; if not, the leaves
// are the peer's doing.
#include <algorithm>
#include <limits>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {

using Relation = feed::FeedReplica::Relation;

namespace {

constexpr MonotonicTime kNever(std::numeric_limits<std::int64_t>::max());

}  // namespace

void Engine::State::want(Feed& feed, PeerId peer) {
  if (feed.replica.seal()) return want_seal(*feed.history, peer);
  if (feed.replica.contradicted()) return;
  if (std::find(feed.sources.begin(), feed.sources.end(), peer) == feed.sources.end())
    feed.sources.push_back(peer);
  if (!feed.pull) hungry.insert(feed.origin());
}

// A head that could not be had from one peer is asked of a few others; after that the next repair asks.
void Engine::State::want_elsewhere(Feed& feed) {
  if (feed.asked.size() >= kPullTriesMax) feed.fresh = false;
  if ((!feed.pending && !feed.fresh) || !feed.sources.empty() || feed.asked.size() >= kPullTriesMax) return;
  for (const auto& [id, peer] : peers) {
    if (!peer.usable() || !peer.shares(feed.origin()) || feed.asked.contains(id)) continue;
    want(feed, id);
    return;
  }
}

bool Engine::State::worth_asking(const Feed& feed, const Peer& peer) const {
  const bool adopting = feed.adoption && feed.adoption->head && feed.pending &&
                        feed.adoption->head->tree.size >= feed.pending->tree.size;
  if (feed.pending && !adopting && !dated_ahead(feed.pending->time)) return true;
  if ((feed.fresh && !feed.asked.contains(peer.id)) || feed.hinted.contains(peer.id)) return true;
  const auto known = peer.known.find(feed.origin());
  return known != peer.known.end() && !peer.paused_until && claims_more(feed, known->second);
}

void Engine::State::pump_pulls() {
  for (auto it = hungry.begin(); it != hungry.end();) {
    Feed& feed = feeds.at(*it);
    const bool served = feed.pull || feed.replica.contradicted() || start_pull(feed);
    it = served || feed.sources.empty() ? hungry.erase(it) : std::next(it);
  }
}

// False if everybody who could be asked is busy.
bool Engine::State::start_pull(Feed& feed) {
  if (now.monotonic < feed.retry_at) return false;
  for (auto source = feed.sources.begin(); source != feed.sources.end();) {
    Peer* peer = find_usable(*source);
    if (peer == nullptr || !peer->shares(feed.origin()) || !worth_asking(feed, *peer)) {
      source = feed.sources.erase(source);
    } else if (peer->requests.size() >= options.limits.pulls_per_peer_max) {
      ++source;
    } else {
      feed.sources.erase(source);
      begin_pull(feed, *peer);
      return true;
    }
  }
  return false;
}

void Engine::State::begin_pull(Feed& feed, Peer& peer) {
  feed.hinted.erase(peer.id);
  Pull& pull = feed.pull.emplace();
  pull.peer = peer.id;
  pull.first_index = pull.next_index = feed.replica.size();
  if (const auto known = peer.known.find(feed.origin()); known != peer.known.end())
    pull.claim = known->second;
  ask_leaves(feed, peer);
}

void Engine::State::begin_audit(Feed& feed, Peer& peer) {
  const feed::Head target = *feed.pull->target;
  Pull& pull = feed.pull.emplace();
  pull.peer = peer.id;
  pull.target = target;
  pull.audit = true;
  pull.first_index = feed.replica.size();
  ask_leaves(feed, peer);
}

void Engine::State::ask_leaves(Feed& feed, Peer& peer) {
  Pull& pull = *feed.pull;
  pull.request = add_request(peer, {Request::Kind::feed, feed.origin(), 0, {}, false});
  send(peer, Priority::head, wire::GetFeed{pull.request, feed.origin(), pull.next_index});
}

std::uint64_t Engine::State::add_request(Peer& peer, Request request) {
  request.deadline = now.monotonic.plus_ms(options.limits.request_ms_max);
  const std::uint64_t number = next_number();
  peer.requests.emplace(number, request);
  return number;
}

// None for an answer to nothing: late, repeated, or never asked for.
std::optional<Request> Engine::State::take_request(Peer& peer, std::uint64_t number, Request::Kind kind) {
  const auto found = peer.requests.find(number);
  if (found == peer.requests.end() || found->second.answered || found->second.kind != kind)
    return std::nullopt;
  const Request request = found->second;
  peer.requests.erase(found);
  return request;
}

void Engine::State::request_failed(const Peer& peer, std::uint64_t number, const Request& request,
                                   const Failure& reason) {
  if (request.kind != Request::Kind::feed && request.kind != Request::Kind::bodies)
    return issuer_request_failed(peer, number, request, reason.error);
  Feed& feed = feeds.at(request.origin);
  delay(feed, peer.id, reason.error);
  if (request.kind == Request::Kind::feed) {
    if (feed.pull && feed.pull->request == number) pull_failed(feed);  // else frozen meanwhile
  } else if (BodyBasket* basket = feed.basket(request.basket)) {
    basket->asking = false;
    advance(feed);
  }
}

void Engine::State::on(Peer& peer, const wire::FeedPart& part) {
  if (const auto sealed = take_request(peer, part.request, Request::Kind::seal))
    return take_sealed(issuers.at(sealed->origin), peer, part);
  if (const auto branch = take_request(peer, part.request, Request::Kind::branch))
    return take_branch(issuers.at(branch->origin), peer, part);
  if (const auto closing = take_request(peer, part.request, Request::Kind::closing))
    return take_closing(closing->origin, peer, part.note);
  const auto request = take_request(peer, part.request, Request::Kind::feed);
  if (!request) return;
  Feed& feed = feeds.at(request->origin);
  Pull& pull = *feed.pull;
  VCNODE_ASSERT(pull.request == part.request);
  if (part.origin != request->origin || part.first_index != pull.next_index) {
    accuse(feed, peer, kCostMismatch,
           fail(codes::ANSWER_MISMATCH, name_of(peer), " answered request ", part.request,
                " for leaves from ", pull.next_index, " with leaves from ", part.first_index, " of ",
                hex_encode(part.origin.view())));
    return;
  }
  const auto& held = feed.replica.head();
  if (pull.target) {
    absorb(feed, peer, part.leaves);
  } else if (part.note.empty()) {
    if (const auto claim = check_claim(feed, peer, pull, 0, {}); !claim)
      return accuse(feed, peer, kCostFalse, claim.failure());
    pull_failed(feed);
  } else if (held && held->note == part.note) {
    answer_verified(feed, peer, feed::Head(*held), part.leaves);
  } else if (feed.pending && feed.pending->note == part.note) {
    answer_verified(feed, peer, feed::Head(*feed.pending), part.leaves);
  } else {
    pull.unverified = part;
    peer.requests.emplace(part.request, Request{Request::Kind::feed, feed.origin(), 0, kNever, true});
    check_head(feed, part.note, {peer.id, std::nullopt});
  }
}

// What a peer shows must reach what it said it held. An epoch may have given way to the log under its seal
// meanwhile, which may be shorter.
Result<void> Engine::State::check_claim(const Feed& feed, const Peer& peer, const Pull& pull,
                                        std::uint64_t size, const Sha256Digest& root) const {
  if (feed.history != nullptr || !pull.claim || size > pull.claim->size ||
      (size == pull.claim->size && root == pull.claim->root))
    return {};
  return fail(codes::RECORD_FALSE, name_of(peer), " claimed a head of size ", pull.claim->size, " and root ",
              hex_encode(pull.claim->root.view()), " and showed one of size ", size);
}

void Engine::State::answer_verified(Feed& feed, Peer& peer, const feed::Head& head,
                                    std::vector<Bytes> leaves) {
  Pull& pull = *feed.pull;
  if (const auto claim = check_claim(feed, peer, pull, head.tree.size, head.tree.root); !claim)
    return accuse(feed, peer, kCostFalse, claim.failure());
  peer.known[feed.origin()] = {feed.origin(), head.tree.size, head.tree.root, head.time};
  if (dated_ahead(head.time)) {
    hold_back(feed, head, peer.id);
    return pull_failed(feed);
  }
  switch (feed.replica.relation_to(head)) {
    case Relation::same:
    case Relation::behind:
      if (pull.claim && claims_more(feed, *pull.claim)) peer.answered_vainly = true;
      return pull_failed(feed);
    case Relation::newer_time:
      peer.proved = true;
      feed.newer_time = head;
      end_pull(feed);
      return advance(feed);
    case Relation::contradicts:
      return freeze(feed, head.tree, peer.id);
    case Relation::ahead:
      break;
  }
  raise_pending(feed, head);
  if (feed.replica.contradicted()) return;  // two verified heads of one size
  pull.target = head;
  absorb(feed, peer, std::move(leaves));
}

void Engine::State::accuse(Feed& feed, Peer& peer, int cost, const Failure& reason) {
  peer.answered_vainly = true;
  peer.known.erase(feed.origin());
  punish(peer, cost, reason.error);
  pull_failed(feed);
}

void Engine::State::absorb(Feed& feed, Peer& peer, std::vector<Bytes> leaves) {
  Pull& pull = *feed.pull;
  const std::uint64_t open = pull.target->tree.size - pull.next_index;
  if (leaves.size() > open) leaves.resize(open);  // the peer has grown since
  if (leaves.empty() && open > 0)
    return accuse(
        feed, peer, kCostWithheld,
        fail(codes::LEAVES_WITHHELD, name_of(peer), " showed a head of size ", pull.target->tree.size,
             " and sent none of the ", open, " leaves from ", pull.next_index));
  for (Bytes& leaf : leaves) {
    if (pull.audit) pull.audited.append(merkle::leaf_hash(leaf));
    if (pull.next_index++ < pull.first_index) continue;
    pull.bytes += leaf.size() + kLeafOverhead;
    pull.leaves.push_back(std::move(leaf));
  }
  if (pulled_bytes() > options.limits.pull_bytes_max) {
    set_back(feed, peer.id,
             fail(codes::PULL_TOO_LARGE, "the leaves of ", feed.replica.origin().text(), " up to size ",
                  pull.target->tree.size, " do not fit with those of other feeds into the ",
                  options.limits.pull_bytes_max, " bytes set aside")
                 .error);
    return end_pull(feed);
  }
  if (pull.next_index < pull.target->tree.size) return ask_leaves(feed, peer);
  pull.complete = true;
  advance(feed);
}

std::size_t Engine::State::pulled_bytes() const {
  std::size_t sum = 0;
  for (const auto& [origin, feed] : feeds)
    if (feed.pull) sum += feed.pull->bytes;
  for (const auto& [topic, issuer] : issuers) {
    if (issuer.seal_pull) sum += issuer.seal_pull->bytes;
    if (issuer.branch_pull) sum += issuer.branch_pull->bytes;
  }
  return sum;
}

// REQUIRES: a complete pull and a free slot.
void Engine::State::extend_by_pull(Feed& feed) {
  Pull& pull = *feed.pull;
  const feed::Head target = *pull.target;
  const PeerId source = pull.peer;
  const Relation relation = feed.replica.relation_to(target);
  if (relation == Relation::contradicts) return freeze(feed, target.tree, source);
  if (relation == Relation::newer_time) feed.newer_time = target;
  if (relation != Relation::ahead) return end_pull(feed);
  const auto held = static_cast<std::ptrdiff_t>(feed.replica.size() - pull.first_index);
  std::vector<Bytes> leaves(std::make_move_iterator(pull.leaves.begin() + held),
                            std::make_move_iterator(pull.leaves.end()));
  auto extension = feed.replica.extend(target, leaves);
  if (!extension) return judge_mismatch(feed, extension.error());
  Adoption adoption;
  adoption.source = source;
  adoption.head = target;
  adoption.extension = *std::move(extension);
  adoption.first_index = feed.replica.size();
  adoption.leaves = std::move(leaves);
  end_pull(feed);
  start_adoption(feed, std::move(adoption), {});
}

void Engine::State::judge_mismatch(Feed& feed, const Error& reason) {
  const Pull& pull = *feed.pull;
  Peer* peer = find_usable(pull.peer);
  if (peer == nullptr) return pull_failed(feed);
  const bool mismatch = reason.code == codes::HEAD_ROOT_MISMATCH;
  if (mismatch && pull.audit && pull.audited.root() == pull.target->tree.root)
    return freeze(feed, pull.target->tree, peer->id);
  // Only an audit that came to its end tells an issuer with two logs from a peer that shows the wrong leaves.
  if (mismatch && !pull.audit && feed.replica.size() > 0 && !feed.audited.contains(peer->id)) {
    if (peer->requests.size() >= options.limits.pulls_per_peer_max) return pull_failed(feed);  // for now
    return begin_audit(feed, *peer);
  }
  if (pull.audit) feed.audited.insert(peer->id);
  accuse(feed, *peer, kCostFalse,
         fail(reason.code, "leaves of ", feed.replica.origin().text(), " from ", name_of(*peer),
              " are not the log of size ", pull.target->tree.size, ": ", reason.message));
}

void Engine::State::end_pull(Feed& feed) {
  feed.pull.reset();
  if (!feed.sources.empty()) hungry.insert(feed.origin());
}

void Engine::State::pull_failed(Feed& feed) {
  feed.asked.insert(feed.pull->peer);
  end_pull(feed);
  want_elsewhere(feed);
}

}  // namespace vcnode::gossip
