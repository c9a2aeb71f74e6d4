// did:webvh issuers: which feed is current, and what happens when a history changes.
#include "protocol/issuer/origins.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"
#include "protocol/issuer/assurance.h"

namespace vcnode::gossip {
namespace {

bool same_version(const issuer::Version& held, const issuer::Version& next) {
  return held.state.version_id() == next.state.version_id() && (!held.placed || held.placed == next.placed);
}

std::vector<std::string> disputed(const issuer::History& history) {
  std::vector<std::string> out;
  if (history.dispute)
    for (const issuer::Version& sibling : history.dispute->siblings)
      out.push_back(sibling.state.version_id().text());
  return out;
}

// SHA-256 over the sorted versionIds, and over which ended epochs have the leaf that closes them.
Sha256Digest digest_of(const issuer::EntrySet& entries, const std::vector<SealedFeed>& sealed) {
  std::vector<std::string> ids;
  for (const webvh::VersionId& version : entries.held()) ids.push_back(version.text());
  std::sort(ids.begin(), ids.end());
  std::string text;
  for (const std::string& id : ids) text += id + "\n";
  for (const SealedFeed& feed : sealed)
    if (feed.closed) text += concat("closed ", feed.origin.epoch(), "\n");
  return sha256(as_bytes(text));
}

const std::shared_ptr<const Resolver>& no_keys_needed() {
  static const std::shared_ptr<const Resolver> keys = std::make_shared<const DidKeyResolver>();
  return keys;
}

}  // namespace

Issuer::Issuer(AdmittedHistory as, std::string_view network)
    : admitted(std::move(as)),
      topic(issuer::topic_of(network, admitted.scid)),
      entries(admitted.scid, std::string(network)),
      history(std::make_shared<const issuer::History>()),
      keys(std::make_shared<issuer::PlacedKeys>(entries, history)) {}

void Issuer::renew() {
  ++generation;
  row.reset();
  if (entries.size() > 0) row = wire::Record{topic, entries.size(), digest_of(entries, sealed), Timestamp()};
}

bool Issuer::parks(const webvh::VersionId& id) const {
  return std::any_of(parked.begin(), parked.end(), [&](const ParkedEntry& entry) { return entry.id == id; });
}

Issuer* Engine::State::find_issuer(const OriginHash& topic) {
  const auto found = issuers.find(topic);
  return found == issuers.end() ? nullptr : &found->second;
}

Feed* Engine::State::current_feed(const Issuer& issuer) {
  return issuer.current ? &feeds.at(issuer.current->hash()) : nullptr;
}

void Engine::State::install(Issuer& issuer, RestoredIssuer restored) {
  if (issuer.current) retire(issuer.current->hash());
  if (issuer.seal_pull) {
    if (Peer* asked = find_usable(issuer.seal_pull->peer)) asked->requests.erase(issuer.seal_pull->request);
    issuer.seal_pull.reset();
  }
  issuer.seal_sources.clear();
  issuer.seal_asked.clear();
  issuer.entries = std::move(restored.entries);
  issuer.history = issuer::shared(std::move(restored.history));
  issuer.keys = std::make_shared<issuer::PlacedKeys>(issuer.entries, issuer.history);
  issuer.sealed = std::move(restored.sealed);
  issuer.astray = restored.astray;
  issuer.stale = false;
  issuer.current.reset();
  if (restored.feed) {
    const feed::FeedReplica& replica = *restored.feed;
    issuer.current = replica.origin();
    const OriginHash origin = replica.origin().hash();
    AdmittedIssuer named{replica.issuer(), replica.origin(), replica.feed_key()};  // before it is moved from
    Feed feed(std::move(named), *std::move(restored.feed));
    feed.history = &issuer;
    feed.fresh = !feed.replica.head() && !feed.replica.seal();
    feeds.emplace(origin, std::move(feed));
  }
  issuer.renew();
  name_epochs(issuer);
  share_feeds();
  sponsor_changed(issuer.topic);
}

// `stored`: how many entries the archive holds of it.
void Engine::State::install_stored(Issuer& issuer, RestoredIssuer restored, std::size_t stored) {
  install(issuer, std::move(restored));
  issuer.uncounted_stored = stored - std::min(stored, issuer.history->versions.size());
}

// REQUIRES: no batch of it on its way to the disk.
void Engine::State::retire(const OriginHash& origin) {
  for (auto& [id, peer] : peers)
    std::erase_if(peer.requests, [&](const auto& item) {
      const Request& request = item.second;
      return request.origin == origin &&
             (request.kind == Request::Kind::feed || request.kind == Request::Kind::bodies);
    });
  hungry.erase(origin);
  holding_back.erase(origin);
  feeds.erase(origin);
}

void Engine::State::name_epochs(Issuer& issuer) {
  std::erase_if(epochs, [&](const auto& item) { return item.second.first == &issuer; });
  for (const issuer::Epoch& epoch : issuer.history->epochs)
    if (const auto origin = issuer::origin_of(options.network, issuer.admitted.scid, epoch.feed.epoch))
      epochs.emplace(origin->hash(), std::pair(&issuer, epoch.feed.epoch));
}

void Engine::State::share_feeds() {
  for (auto& [id, peer] : peers) share_feeds(peer);
}

void Engine::State::share_feeds(Peer& peer) const {
  peer.shared.clear();
  for (const OriginHash& name : peer.wanted) {
    const auto found = issuers.find(name);
    if (found == issuers.end()) {
      peer.shared.push_back(name);
      continue;
    }
    for (const SealedFeed& sealed : found->second.sealed) peer.shared.push_back(sealed.origin.hash());
    if (found->second.current) peer.shared.push_back(found->second.current->hash());
  }
  std::sort(peer.shared.begin(), peer.shared.end());
  std::erase_if(peer.known,
                [&](const auto& item) { return !peer.shares(item.first) && !epochs.contains(item.first); });
}

// Whether the feeds that are held are still those that `history` names, and their bodies judged as it says.
bool Engine::State::fits(const Issuer& issuer, const issuer::History& history) const {
  const issuer::History& held = *issuer.history;
  if (history.epochs.size() != held.epochs.size() || history.versions.size() < held.versions.size() ||
      disputed(history) != disputed(held))
    return false;
  for (std::size_t i = 0; i < held.epochs.size(); ++i)
    if (held.epochs[i].feed != history.epochs[i].feed || held.epochs[i].seal != history.epochs[i].seal)
      return false;
  return std::equal(held.versions.begin(), held.versions.end(), history.versions.begin(), same_version);
}

void Engine::State::entries_changed(Issuer& issuer) {
  auto next = issuer::shared(issuer.entries.history());
  const bool fitting = fits(issuer, *next);
  const bool longer = next->versions.size() != issuer.history->versions.size();
  issuer.history = std::move(next);
  issuer.keys = std::make_shared<issuer::PlacedKeys>(issuer.entries, issuer.history);
  issuer.renew();
  name_epochs(issuer);
  save(issuer);
  if (!fitting) {
    issuer.stale = true;
  } else {
    if (longer) emit_issuer(issuer);
    if (Feed* feed = current_feed(issuer)) {
      feed->bodies_asked.clear();
      want_bodies_elsewhere(*feed);
    }
  }
  want_log_elsewhere(issuer);
}

void Engine::State::emit_issuer(const Issuer& issuer) {
  emit(IssuerChanged{issuer.admitted.scid, issuer.history, issuer.current});
}

// After the feed grew: its `webvh` leaves commit.
void Engine::State::leaves_accepted(Feed& feed) {
  Issuer& issuer = *feed.history;
  feed.fresh = false;
  issuer.astray = false;
  const auto& leaves = feed.replica.version_leaves();
  if (leaves.size() == feed.versions_committed) return;
  feed.versions_committed = leaves.size();
  for (const feed::VersionLeaf& leaf : leaves)
    if (const auto version = webvh::VersionId::parse(leaf.version_id))
      issuer.entries.commit(feed.replica.origin().epoch(), leaf.index, *version);
  take_parked(issuer);
  entries_changed(issuer);
}

std::shared_ptr<issuer::PlacedKeys> Engine::State::keys_after(
    const Feed& feed, const feed::FeedReplica::Extension& next) const {
  if (feed.history == nullptr) return nullptr;
  const auto leaves = feed.replica.version_leaves_after(next);
  if (leaves.size() == feed.replica.version_leaves().size()) return nullptr;
  issuer::EntrySet entries = feed.history->entries;
  for (const feed::VersionLeaf& leaf : leaves)
    if (const auto version = webvh::VersionId::parse(leaf.version_id))
      entries.commit(feed.replica.origin().epoch(), leaf.index, *version);
  for (const ParkedEntry& parked : feed.history->parked)
    static_cast<void>(entries.add(parked.body, {now.wall, {}}));
  return std::make_shared<issuer::PlacedKeys>(entries);
}

// nullptr: which keys judge the body is not known yet.
std::shared_ptr<const Resolver> Engine::State::keys_for(const Feed& feed, const BodyBasket& basket,
                                                        const feed::BodyNeed& need) const {
  if (need.type == feed::kObservationLeaf) return no_keys_needed();
  const bool of_adoption = feed.adoption && &feed.adoption->basket == &basket && feed.adoption->keys;
  return (of_adoption ? feed.adoption->keys : feed.history->keys)->at(need.place);
}

// What cannot be judged yet is not asked for.
void Engine::State::drop_unjudged(const Feed& feed, issuer::PlacedKeys* keys,
                                  std::vector<feed::BodyNeed>& needs) const {
  if (feed.history == nullptr) return;
  issuer::PlacedKeys& judges = keys != nullptr ? *keys : *feed.history->keys;
  std::erase_if(needs, [&](const feed::BodyNeed& need) {
    return need.type != feed::kObservationLeaf && judges.at(need.place) == nullptr;
  });
}

void Engine::State::settle_issuers() {
  for (auto& [topic, issuer] : issuers) {
    if (issuer.replacement) store_replacement(issuer);
    if (issuer.stale) rebuild(issuer);
  }
}

void Engine::State::rebuild(Issuer& issuer) {
  const Feed* feed = current_feed(issuer);
  const bool storing = issuer.saving > 0 || (feed != nullptr && feed->adoption && feed->adoption->persisting);
  if (storing || now.monotonic < issuer.retry_at) return;
  std::vector<issuer::EntryBody> log;
  for (const webvh::VersionId& version : issuer.entries.held()) log.push_back(*issuer.entries.body(version));
  for (const ParkedEntry& parked : issuer.parked) log.push_back(parked.body);
  log.insert(log.end(), issuer.supplied.begin(), issuer.supplied.end());
  auto restored = restore_issuer(issuer.admitted, options.network, archive, now.wall, log);
  if (!restored) {
    issuer.retry_at = now.monotonic.plus_ms(options.limits.repair_ms);
    return delay(issuer, std::nullopt, restored.error());
  }
  const auto sealed_before = issuer.sealed;
  const std::string note_before = feed != nullptr && feed->replica.head() ? feed->replica.head()->note : "";
  install(issuer, *std::move(restored));
  issuer.supplied.clear();
  for (auto at = issuer.parked.begin(); at != issuer.parked.end();) {
    if (!issuer.entries.holds(at->id)) {
      ++at;
      continue;
    }
    const ParkedEntry entry = std::move(*at);
    at = issuer.parked.erase(at);
    entry_held(issuer, entry);
  }
  save(issuer);
  show_rebuilt(issuer, sealed_before, note_before);
}

// Whoever waits for what is new here hears of it, and who may have what is missing is asked.
void Engine::State::show_rebuilt(Issuer& issuer, const std::vector<SealedFeed>& sealed_before,
                                 const std::string& note_before) {
  emit_issuer(issuer);
  for (std::size_t i = 0; i < issuer.sealed.size(); ++i)
    if (issuer.sealed[i].closed && (i >= sealed_before.size() || !sealed_before[i].closed))
      push_closing(issuer, issuer.sealed[i]);
  want_log_elsewhere(issuer);
  Feed* feed = current_feed(issuer);
  if (feed == nullptr) return;
  feed->versions_committed = feed->replica.version_leaves().size();
  feed_changed(*feed);
  const bool new_head = feed->replica.head() && feed->replica.head()->note != note_before;
  for (auto& [id, peer] : peers) {
    if (!peer.usable() || !peer.follows(issuer.topic)) continue;
    if (new_head && !knows(peer, *feed)) push_ours(peer, *feed);
    want(*feed, id);  // or the rest of it, if it has a seal
  }
  want_bodies_elsewhere(*feed);
}

void Engine::State::pump_issuers() {
  for (auto& [topic, issuer] : issuers) {
    pump_log(issuer);
    pump_seal(issuer);
  }
}

// After records were compared with `peer`: it may be asked again.
void Engine::State::compare_issuers(Peer& peer) {
  for (const OriginHash& topic : peer.topics) {
    Issuer& issuer = issuers.at(topic);
    issuer.log_asked.erase(peer.id);
    issuer.seal_asked.erase(peer.id);
    want_seal(issuer, peer.id);
    if (!issuer.entries.missing().empty()) want_log(issuer, peer.id);
  }
}

void Engine::State::forget(PeerId peer) {
  for (auto& [topic, issuer] : issuers) {
    issuer.log_asked.erase(peer);
    issuer.seal_asked.erase(peer);
    issuer.branch_delays.erase(peer);
    issuer.plainly_asked.erase(peer);
    if (Feed* feed = current_feed(issuer)) feed->hinted.erase(peer);
  }
}

// Of the current epoch, of an earlier one, or of the one that this publication opens.
Issuer* Engine::State::issuer_of(const Publish& publish) {
  if (const auto named = epochs.find(publish.origin); named != epochs.end()) return named->second.first;
  for (auto& [topic, issuer] : issuers) {
    const auto next =
        issuer::origin_of(options.network, issuer.admitted.scid, issuer.history->epochs.size() + 1);
    if (next && next->hash() == publish.origin) return &issuer;
  }
  return nullptr;
}

// The publication is durable: where it does not simply extend the current feed it is read from the archive.
void Engine::State::publish_of_history(Issuer& issuer, Publish publish) {
  bool held = false;
  for (const feed::NewEntry& entry : publish.publication.entries) {
    auto body = issuer::EntryBody::parse(as_text(entry.body));
    auto id = webvh::VersionId::parse(entry.version_id);
    if (!body || !id || issuer.entries.holds(*id)) continue;
    const auto added = offer_entry(issuer, {*std::move(id), *std::move(body), std::nullopt, true});
    held = held || (added && *added);
  }
  if (held) {
    take_parked(issuer);
    entries_changed(issuer);
  }
  Feed* feed = current_feed(issuer);
  if (issuer.stale || feed == nullptr || feed->origin() != publish.origin || feed->replica.seal()) {
    issuer.stale = true;
    return;
  }
  feed->publications.push_back(std::move(publish.publication));
  advance(*feed);
}

void Engine::State::issuer_request_failed(const Peer& peer, std::uint64_t number, const Request& request,
                                          const Error& reason) {
  if (request.kind == Request::Kind::closing) {
    ++counters.refusals_by_code[std::string(reason.code.slug())];
    return;
  }
  Issuer& issuer = issuers.at(request.origin);
  delay(issuer, peer.id, reason);
  if (issuer.log_pull && issuer.log_pull->request == number) log_pull_ended(issuer, false);
  if (issuer.seal_pull && issuer.seal_pull->request == number) seal_pull_ended(issuer);
  if (issuer.branch_pull && issuer.branch_pull->request == number) branch_ended(issuer);
}

void Engine::State::delay(const Issuer& issuer, std::optional<PeerId> peer, const Error& reason) {
  ++counters.refusals_by_code[std::string(reason.code.slug())];
  emit(FeedDelayed{issuer.current ? issuer.current->hash() : issuer.topic, peer, reason});
}

std::optional<IssuerView> Engine::issuer(std::string_view scid) const {
  for (auto& [topic, issuer] : state_->issuers)
    if (issuer.admitted.scid == scid) {
      const Feed* feed = state_->current_feed(issuer);
      return IssuerView{issuer.history, &issuer.entries, feed == nullptr ? nullptr : &feed->replica,
                        issuer.sealed};
    }
  return std::nullopt;
}

}  // namespace vcnode::gossip
