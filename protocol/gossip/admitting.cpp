// Whom this node reconciles: the roots its operator chose, and whom their Sponsorships admit.
//
// The set is a function of the feeds held here (protocol/statement/admission.h), computed anew when a
// sponsor's statements change. Whoever comes into it gets a place and is named to the peers, who answer with
// records if they name it too. Who leaves it (its sponsor forked its feed) keeps its place and what is held
// of it, and is not named any more: nothing new of it counts. Peers that differ, because one has seen a
// Sponsorship and the other has not, share what both name, and nobody is at fault.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/did/key.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"
#include "protocol/issuer/origins.h"
#include "protocol/webvh/did_webvh.h"

namespace vcnode::gossip {
namespace {

// The first of the DIDs of one issuer that can have a feed.
std::optional<Did> usable_did(const statement::Admitted& as) {
  for (const std::string& text : as.dids) {
    auto did = Did::parse(text);
    if (!did) continue;
    const bool usable = did->method() == "webvh" ? webvh::DidWebvh::parse(text).has_value()
                                                 : did->method() == "key" && did_key::key_of(*did);
    if (usable) return *std::move(did);
  }
  return std::nullopt;
}

// Restoring asks which bodies there are, however many feeds they belong to; most newcomers have none.
bool is_stored(const FeedArchive& archive, const OriginHash& origin) {
  const auto note = archive.note(origin);
  const auto mark = archive.note(feed::contradiction_mark(origin));
  const auto leaves = archive.leaf_count(origin);
  return !note || *note || !mark || *mark || !leaves || *leaves > 0;
}

}  // namespace

void Engine::State::seat_roots() {
  for (const AdmittedIssuer& issuer : options.admitted) {
    admission.roots.push_back({issuer.did.text(), issuer.quota});
    admission.held.emplace(lookup_name_of(issuer.did.text()), issuer.origin.hash());
  }
  for (const AdmittedHistory& issuer : options.histories) {
    admission.roots.push_back({issuer.did.text(), issuer.quota});
    admission.held.emplace(issuer.scid, issuer::topic_of(options.network, issuer.scid));
  }
  for (const auto& [name, place] : admission.held) admission.names.insert(place);
  admission.set =
      statement::admitted(admission.roots, [](std::string_view) { return statement::SponsorLog{}; });
}

OriginHash Engine::State::name_of_feed(const Feed& feed) {
  return feed.history != nullptr ? feed.history->topic : feed.origin();
}

// What an issuer says as a sponsor. Where a fork began is not known here: at the start of its epoch.
statement::SponsorLog Engine::State::said_by(const OriginHash& place) {
  const Issuer* issuer = find_issuer(place);
  const Feed* feed = issuer != nullptr ? current_feed(*issuer) : find_feed(place);
  if (feed == nullptr) return {};
  statement::SponsorLog out{feed->replica.statements()};
  if (feed->replica.contradicted()) out.below = statement::Place{feed->replica.origin().epoch(), 0};
  return out;
}

// A log that is shared did not change.
void Engine::State::sponsor_changed(const OriginHash& place) {
  const auto walked = admission.walked.find(place);
  if (walked == admission.walked.end()) return;
  const statement::SponsorLog now_said = said_by(place);
  if (now_said.log != walked->second.log || now_said.below != walked->second.below) admission.stale = true;
}

void Engine::State::settle_admission() {
  if (!admission.stale || now.monotonic < admission.renew_at) return;
  admission.stale = false;
  admission.renew_at = now.monotonic.plus_ms(kAdmissionMsMin);
  const std::size_t refused_before = admission.refused;
  AdmissionChanged changed;
  do {  // what the store holds of a newcomer may admit others
    compute_admission();
  } while (seat_newcomers(changed.admitted));
  if (admission.refused > refused_before) {
    changed.refused = fail(codes::ADMISSION_FULL, admission.refused,
                           " issuers more are sponsored than this node holds feeds of; the limit is ",
                           options.limits.issuers_max)
                          .error;
    counters.refusals_by_code[std::string(codes::ADMISSION_FULL.slug)] += admission.refused - refused_before;
  }
  name_admitted(changed.left);
  if (!changed.admitted.empty() || !changed.left.empty() || changed.refused) emit(std::move(changed));
}

void Engine::State::compute_admission() {
  const auto logs = [this](std::string_view name) {
    const auto held = admission.held.find(name);
    return held == admission.held.end() ? statement::SponsorLog{} : said_by(held->second);
  };
  admission.set = statement::admitted(admission.roots, logs, kSponsoredMax);
  admission.walked.clear();
  for (const auto& [name, as] : admission.set) {
    const auto held = admission.held.find(name);
    if (as.quota > 0 && held != admission.held.end())
      admission.walked.emplace(held->second, said_by(held->second));
  }
}

// Nearest to the roots first. True if somebody came.
bool Engine::State::seat_newcomers(std::vector<std::string>& came) {
  std::vector<std::pair<std::size_t, std::string_view>> newcomers;
  for (const auto& [name, as] : admission.set)
    if (!admission.held.contains(name)) newcomers.emplace_back(as.steps, name);
  std::sort(newcomers.begin(), newcomers.end());
  const std::size_t before = came.size();
  admission.refused = admission.without_feed = 0;
  admission.unreadable.reset();
  for (const auto& [steps, name] : newcomers) {
    const auto did = usable_did(admission.set.find(name)->second);
    if (!did) {
      ++admission.without_feed;
    } else if (admission.held.size() >= options.limits.issuers_max) {
      ++admission.refused;
    } else if (const auto seated = seat(*did); seated) {
      came.push_back(did->text());
    } else {  // the store cannot be read
      counters.refusals_by_code[std::string(seated.error().code.slug())] += 1;
      admission.unreadable = seated.error();
      admission.stale = true;
      admission.renew_at = now.monotonic.plus_ms(options.limits.repair_ms);
    }
  }
  return came.size() > before;
}

// With what the store holds of it: it may have been admitted before.
Result<void> Engine::State::seat(const Did& did) {
  if (did.method() == "webvh") return seat_history(did);
  VCNODE_TRY(auto origin, feed::Origin::of(options.network, did));
  const OriginHash place = origin.hash();
  AdmittedIssuer issuer{did, std::move(origin), *did_key::key_of(did)};
  std::optional<feed::FeedReplica> replica;
  if (is_stored(archive, place)) {
    VCNODE_TRY(auto restored, restore_feeds({&issuer, 1}, archive, DidKeyResolver()));
    if (!restored.empty()) replica = std::move(restored.front());
  }
  if (!replica) replica.emplace(issuer.origin, issuer.did, issuer.feed_key);
  const auto [feed, added] = feeds.try_emplace(place, std::move(issuer), *std::move(replica));
  VCNODE_ASSERT(added);
  admission.held.emplace(lookup_name_of(did.text()), place);
  feed_changed(feed->second);
  return {};
}

Result<void> Engine::State::seat_history(const Did& did) {
  const std::string scid(lookup_name_of(did.text()));
  Issuer issuer({scid, did}, options.network);
  const OriginHash topic = issuer.topic;
  VCNODE_TRY(const auto stored, archive.entries(scid));
  std::optional<RestoredIssuer> restored;
  if (!stored.empty()) {
    VCNODE_TRY(restored, restore_issuer(issuer.admitted, options.network, archive, now.wall));
  }
  Issuer& seated = issuers.try_emplace(topic, std::move(issuer)).first->second;
  admission.held.emplace(scid, topic);
  if (!restored) return {};
  install_stored(seated, *std::move(restored), stored.size());
  emit_issuer(seated);
  if (const Feed* feed = current_feed(seated)) feed_changed(*feed);
  return {};
}

// Tells the peers if the names changed. `left`: who is held and not named any more.
void Engine::State::name_admitted(std::vector<std::string>& left) {
  std::set<OriginHash> names;
  for (const auto& [name, place] : admission.held) {
    if (admission.set.contains(name))
      names.insert(place);
    else if (admission.names.contains(place))
      left.push_back(name);
  }
  if (names == admission.names) return;
  admission.names = std::move(names);
  ++admission.generation;
  for (auto& [id, peer] : peers) {
    if (!peer.usable()) continue;
    compare_names(peer);
    tell_names(peer);
  }
}

// ---- names on a link

void Engine::State::tell_names(Peer& peer) {
  send_free(peer, own_offer());
}

// Together with records: a renewal that was lost costs one period. Nobody is told what its hello said.
void Engine::State::tell_names_again(Peer& peer) {
  if (peer.hello_generation != admission.generation) tell_names(peer);
}

// Of a peer that is ready: only whom it reconciles is read.
void Engine::State::on(Peer& peer, wire::HelloOffer offer) {
  peer.named = std::move(offer.origins);
  peer.names_changed = true;
  run_names(peer);
}

// However often a peer changes its mind.
void Engine::State::run_names(Peer& peer) {
  if (const auto due = names_due(peer); !due || now.monotonic < *due) return;
  if (peer.names_changed) {
    peer.names_compared_at = now.monotonic;
    compare_names(peer);
  }
  if (!peer.more_shared || now.monotonic < peer.exchanged_at.plus_ms(kMoreSharedMsMin)) return;
  peer.more_shared = false;
  start_exchange(peer);
}

std::optional<MonotonicTime> Engine::State::names_due(const Peer& peer) {
  std::optional<MonotonicTime> due;
  if (peer.names_changed) due = peer.names_compared_at.plus_ms(kNamesMsMin);
  if (peer.more_shared) {
    const MonotonicTime exchange = peer.exchanged_at.plus_ms(kMoreSharedMsMin);
    due = due ? std::min(*due, exchange) : exchange;
  }
  return due;
}

// What both name is shared from now on.
void Engine::State::compare_names(Peer& peer) {
  const std::vector<OriginHash> before = std::exchange(peer.wanted, {});
  peer.topics.clear();
  peer.names_changed = false;
  for (const OriginHash& name : peer.named) {
    if (!admission.names.contains(name)) continue;
    peer.wanted.push_back(name);
    if (issuers.contains(name)) peer.topics.push_back(name);
  }
  const auto is_left = [&](const auto& item) { return !peer.follows(item.first); };
  std::erase_if(peer.logs, is_left);
  std::erase_if(peer.vain_logs, is_left);
  share_feeds(peer);
  if (!std::includes(before.begin(), before.end(), peer.wanted.begin(), peer.wanted.end()))
    peer.more_shared = true;
}

// ---- for others to see

AdmissionView Engine::admission() const {
  const Admission& admission = state_->admission;
  return {&admission.set,        admission.names.size(),
          admission.held.size(), state_->options.limits.issuers_max,
          admission.refused,     admission.without_feed};
}

bool Engine::reconciles(std::string_view lookup_name) const {
  const auto held = state_->admission.held.find(lookup_name);
  return held != state_->admission.held.end() && state_->admission.names.contains(held->second);
}

}  // namespace vcnode::gossip
