#include "protocol/gossip/engine.h"

#include <algorithm>

#include "crypto/base/limits.h"
#include "protocol/gossip/engine_state.h"
#include "protocol/issuer/origins.h"

namespace vcnode::gossip {

Engine::Engine(Options options, Signer& node_key, const FeedArchive& archive,
               std::vector<feed::FeedReplica> replicas, std::vector<RestoredIssuer> issuers)
    : state_(std::make_unique<State>(std::move(options), node_key, archive, std::move(replicas),
                                     std::move(issuers))) {}
Engine::~Engine() = default;

Engine::State::State(Options chosen, Signer& key, const FeedArchive& kept,
                     std::vector<feed::FeedReplica> replicas, std::vector<RestoredIssuer> restored)
    : options(std::move(chosen)),
      node_key(key),
      archive(kept),
      rng(options.seed),
      standing({options.limits.standing_close, options.limits.refuse_ms}) {
  VCNODE_ASSERT(options.limits.issuers_max <= wire::kHelloOriginsMax);
  VCNODE_ASSERT(options.admitted.size() + options.histories.size() <= options.limits.issuers_max);
  VCNODE_ASSERT(options.limits.credit_frames >= wire::kCreditFramesMin);
  VCNODE_ASSERT(options.limits.credit_bytes >= wire::kCreditBytesMin);
  for (feed::FeedReplica& replica : replicas) {
    const OriginHash origin = replica.origin().hash();
    for (const AdmittedIssuer& issuer : options.admitted)
      if (issuer.origin.hash() == origin) feeds.try_emplace(origin, issuer, std::move(replica));
  }
  for (const AdmittedIssuer& issuer : options.admitted)
    feeds.try_emplace(issuer.origin.hash(), issuer,
                      feed::FeedReplica(issuer.origin, issuer.did, issuer.feed_key));
  for (const AdmittedHistory& admitted : options.histories) {
    Issuer issuer(admitted, options.network);
    const OriginHash topic = issuer.topic;
    issuers.try_emplace(topic, std::move(issuer));
  }
  for (RestoredIssuer& held : restored)
    if (Issuer* issuer = find_issuer(issuer::topic_of(options.network, held.entries.scid()))) {
      const auto stored = archive.entries(issuer->admitted.scid);
      install_stored(*issuer, std::move(held), stored ? stored->size() : 0);
    }
  seat_roots();
  for (const HostedIssuer& issuer : options.hosted) host(issuer);
  for (const PeerAddress& peer : options.peers) {
    Address address;
    address.config = peer;
    address.backoff_ms = options.limits.redial_ms_min;
    addresses.emplace(peer.url, std::move(address));
  }
}

void Engine::State::host(HostedIssuer issuer) {
  const bool has_history = !issuer.scid.empty();
  const OriginHash name = has_history ? issuer::topic_of(options.network, issuer.scid) : issuer.origin.hash();
  const Issuer* history = find_issuer(name);
  VCNODE_ASSERT(has_history ? history != nullptr : feeds.contains(name));
  const Feed* feed = has_history ? current_feed(*history) : &feeds.at(name);
  issuer.has_signed = issuer.has_signed || (feed != nullptr && feed->replica.head()) ||
                      (history != nullptr && !history->sealed.empty());
  hosted.emplace(name, std::move(issuer));
}

Result<void> Engine::begin(Now now) {
  state_->now = now;
  state_->settle_admission();
  if (const auto& unreadable = state_->admission.unreadable) return Failure{*unreadable};
  return {};
}

Outputs Engine::step(Input input, Now now) {
  state_->step(std::move(input), now);
  return std::exchange(state_->outputs, {});
}

void Engine::State::step(Input input, const Now& at) {
  VCNODE_ASSERT(at.monotonic >= now.monotonic);
  now = at;
  if (!std::exchange(started, true)) start();
  std::visit([&](auto& kind) { take(std::move(kind)); }, input);
  run_timers();
  do {
    reap();
    settle_issuers();
    settle_admission();
    pump_issuers();
    pump_pulls();
  } while (
      std::any_of(peers.begin(), peers.end(), [](const auto& item) { return item.second.doom.has_value(); }));
  run_start_checks();
  watch_clock();
  counters.heads_pending = counters.send_queue_bytes = 0;
  for (const auto& [origin, feed] : feeds) counters.heads_pending += feed.pending ? 1 : 0;
  for (const auto& [id, peer] : peers) counters.send_queue_bytes += peer.outbox.queued_bytes();
  outputs.next_deadline = std::max(next_deadline(), now.monotonic.plus_ms(1));
}

void Engine::State::start() {
  schedule_repair();
  for (auto& [url, address] : addresses) address.dial_at = now.monotonic;
}

void Engine::State::run_timers() {
  for (auto& [id, peer] : peers) run_peer_timers(peer);
  release_held_back();
  run_repair();
  run_dialing();
}

MonotonicTime Engine::State::next_deadline() const {
  MonotonicTime next = std::min(repair_at, feeds_deadline());
  if (admission.stale) next = std::min(next, admission.renew_at);
  for (const auto& [id, peer] : peers) next = std::min(next, peer_deadline(peer));
  for (const auto& [url, address] : addresses)
    if (!address.link && !address.ourselves && !address.dialing) next = std::min(next, address.dial_at);
  return next;
}

MonotonicTime Engine::State::peer_deadline(const Peer& peer) const {
  const Limits& limits = options.limits;
  if (!peer.ready) return peer.up_at.plus_ms(limits.hello_ms_max);
  // The third ping's turn is also the moment at which silence ends the link.
  MonotonicTime next = std::max(peer.heard_at, peer.pinged_at).plus_ms(limits.ping_ms);
  if (const auto grant = peer.intake.grant_at()) next = std::min(next, *grant);
  if (peer.paused_until) next = std::min(next, *peer.paused_until);
  if (const auto due = names_due(peer)) next = std::min(next, *due);
  for (const auto& [number, request] : peer.requests) next = std::min(next, request.deadline);
  return next;
}

MonotonicTime Engine::State::feeds_deadline() const {
  MonotonicTime next = repair_at;
  for (const OriginHash& origin : hungry)
    if (const Feed& feed = feeds.at(origin); feed.retry_at > now.monotonic)
      next = std::min(next, feed.retry_at);
  for (const OriginHash& origin : holding_back) {
    const auto& head = feeds.at(origin).held_back;
    if (!head) continue;
    const std::int64_t seconds =
        head->time.seconds() - vcnode::limits::kClockSkewSecondsMax - now.wall.seconds();
    next = std::min(next, now.monotonic.plus_ms(seconds * 1000));
  }
  return next;
}

void Engine::State::take(Verified verified) {
  const auto found = verifying.find(verified.token);
  if (found == verifying.end()) return;
  auto job = std::move(found->second);
  verifying.erase(found);
  if (auto* head = std::get_if<HeadJob>(&job))
    head_checked(std::move(*head), std::get<HeadChecked>(std::move(verified.outcome)));
  else
    body_checked(std::get<BodyJob>(job), std::get<feed::CheckedBody>(std::move(verified.outcome)));
}

Verified run_verify(const Verify& verify, const Resolver& resolver) {
  if (const auto* body = std::get_if<CheckBody>(&verify.job))
    return {verify.token,
            feed::check_body(body->need, body->bytes, body->issuer, body->keys ? *body->keys : resolver)};
  const auto& job = std::get<CheckHead>(verify.job);
  auto head = feed::verify_head(job.note, job.origin, job.feed_key);
  if (!head) return {verify.token, HeadChecked{std::nullopt, head.error()}};
  return {verify.token, HeadChecked{*std::move(head), std::nullopt}};
}

void Engine::State::emit(Event event) {
  outputs.list.emplace_back(std::move(event));
}

Feed* Engine::State::find_feed(const OriginHash& origin) {
  const auto found = feeds.find(origin);
  return found == feeds.end() ? nullptr : &found->second;
}

Peer* Engine::State::find_usable(PeerId peer) {
  const auto found = peers.find(peer);
  return found == peers.end() || !found->second.usable() ? nullptr : &found->second;
}

void Engine::State::delay(const Feed& feed, std::optional<PeerId> peer, const Error& reason) {
  ++counters.refusals_by_code[std::string(reason.code.slug())];
  emit(FeedDelayed{feed.origin(), peer, reason});
}

void Engine::State::set_back(Feed& feed, std::optional<PeerId> peer, const Error& reason) {
  delay(feed, peer, reason);
  if (now.monotonic < feed.retry_at) return;  // what was under way before the first setback fails with it
  const int doublings = std::min(feed.setbacks++, 16);
  feed.retry_at = now.monotonic.plus_ms(std::min(options.limits.repair_ms << doublings, kSetBackMsMax));
}

void Engine::State::feed_changed(const Feed& feed) {
  sponsor_changed(name_of_feed(feed));
  if (feed.replica.head()) emit(FeedChanged{feed.origin(), feed.replica.snapshot()});
}

bool Engine::may_sign(const feed::OriginHash& hosted) const {
  return !state_->why_not_sign(hosted).has_value();
}
std::optional<Error> Engine::why_not_sign(const feed::OriginHash& hosted) const {
  return state_->why_not_sign(hosted);
}

const feed::FeedReplica* Engine::replica(const feed::OriginHash& origin) const {
  const Feed* feed = state_->find_feed(origin);
  return feed == nullptr ? nullptr : &feed->replica;
}

const Counters& Engine::counters() const {
  return state_->counters;
}
std::size_t Engine::peers_sharing(const OriginHash& origin) const {
  return static_cast<std::size_t>(
      std::count_if(state_->peers.begin(), state_->peers.end(),
                    [&](const auto& item) { return item.second.usable() && item.second.shares(origin); }));
}
std::vector<PeerStatus> Engine::peers() const {
  return state_->peer_statuses();
}
void Engine::check_invariants() const {
  state_->check_invariants();
}

}  // namespace vcnode::gossip
