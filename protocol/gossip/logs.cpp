// The entries of an issuer's log: asked for, pushed, judged, kept, served.
//
// An entry that is not valid is its sender's fault. One that lacks its parent, or a leaf that commits to it,
// is nobody's: the first is a reason to ask for the log, the second waits for its leaf.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"
#include "protocol/issuer/codes.h"
#include "protocol/webvh/codes.h"

namespace vcnode::gossip {

void Engine::State::on(Peer& peer, const wire::GetLog& request) {
  queue_request(peer, request.request, request);
}

void Engine::State::serve_log(Peer& peer, const wire::GetLog& request) {
  const Issuer* issuer = find_issuer(request.topic);
  if (issuer == nullptr || !peer.follows(request.topic))
    return refuse(peer, request.request, not_shared(peer, "the log", request.topic), peer.shared.size());
  wire::LogPart part{request.request, request.topic, {}, true};
  const auto held = issuer->entries.held();
  auto next = held.begin();
  if (const auto after = webvh::VersionId::parse(request.after))
    next = std::upper_bound(held.begin(), held.end(), *after);
  std::size_t bytes = 0;
  for (; next != held.end(); ++next) {
    Bytes text = to_bytes(issuer->entries.body(*next)->text());
    bytes += text.size();
    if (part.entries.size() == wire::kEntriesPerFrameMax || bytes > wire::kEntryBytesPerFrameMax) break;
    part.entries.push_back(std::move(text));
  }
  part.last = next == held.end();
  send(peer, Priority::body, part);
}

// What a peer says its log holds.
void Engine::State::compare_log(Peer& peer, Issuer& issuer, const wire::Record& record) {
  peer.logs[issuer.topic] = record;
  if (issuer.row && issuer.row->root == record.root) return;
  ask_closings(issuer, peer);
  const auto vain = peer.vain_logs.find(issuer.topic);
  if (vain != peer.vain_logs.end() && vain->second == std::pair(record.root, issuer.generation)) return;
  want_log(issuer, peer.id);
}

void Engine::State::want_log(Issuer& issuer, PeerId peer) {
  const bool asking = issuer.log_pull && issuer.log_pull->peer == peer;
  const auto& sources = issuer.log_sources;
  if (!asking && std::find(sources.begin(), sources.end(), peer) == sources.end())
    issuer.log_sources.push_back(peer);
}

// Entries that leaves commit to are asked of a few peers; after that the next comparison asks.
void Engine::State::want_log_elsewhere(Issuer& issuer) {
  if (issuer.log_pull || !issuer.log_sources.empty() || issuer.log_asked.size() >= kPullTriesMax ||
      issuer.entries.missing().empty())
    return;
  for (const auto& [id, peer] : peers)
    if (peer.usable() && peer.follows(issuer.topic) && !issuer.log_asked.contains(id))
      return want_log(issuer, id);
}

void Engine::State::pump_log(Issuer& issuer) {
  while (!issuer.log_pull && !issuer.log_sources.empty()) {
    Peer* peer = find_usable(issuer.log_sources.front());
    if (peer != nullptr && peer->requests.size() >= options.limits.pulls_per_peer_max) return;
    issuer.log_sources.pop_front();
    if (peer == nullptr || !peer->follows(issuer.topic)) continue;
    issuer.log_asked.insert(peer->id);
    issuer.log_pull.emplace().peer = peer->id;
    ask_log(issuer, *peer);
  }
}

void Engine::State::ask_log(Issuer& issuer, Peer& peer) {
  LogPull& pull = *issuer.log_pull;
  pull.request = add_request(peer, {Request::Kind::log, issuer.topic, 0, {}, false});
  send(peer, Priority::head, wire::GetLog{pull.request, issuer.topic, pull.after ? pull.after->text() : ""});
}

void Engine::State::log_pull_ended(Issuer& issuer, bool answered) {
  LogPull pull = *std::exchange(issuer.log_pull, std::nullopt);
  Peer* peer = find_usable(pull.peer);
  if (peer != nullptr && pull.weightless) {
    if (answered) want_branch(issuer, *peer, std::move(pull.unheld));
    if (Feed* feed = current_feed(issuer)) {
      feed->hinted.insert(peer->id);
      want(*feed, peer->id);
    }
  }
  if (answered && !pull.news && !pull.weightless && peer != nullptr)
    if (const auto claim = peer->logs.find(issuer.topic); claim != peer->logs.end())
      peer->vain_logs[issuer.topic] = {claim->second.root, issuer.generation};
  want_log_elsewhere(issuer);
}

void Engine::State::on(Peer& peer, const wire::LogPart& part) {
  if (part.request == 0) {
    Issuer* issuer = find_issuer(part.topic);
    if (issuer == nullptr || !peer.follows(part.topic))
      return refuse(peer, 0, not_shared(peer, "the log", part.topic), peer.shared.size());
    take_entries(*issuer, peer, part);
    return;
  }
  const auto request = take_request(peer, part.request, Request::Kind::log);
  if (!request) return;
  Issuer& issuer = issuers.at(request->origin);
  VCNODE_ASSERT(issuer.log_pull && issuer.log_pull->request == part.request);
  if (part.topic != request->origin) {
    punish(peer, kCostMismatch,
           fail(codes::ANSWER_MISMATCH, name_of(peer), " answered request ", part.request,
                " with entries of another issuer")
               .error);
    return log_pull_ended(issuer, false);
  }
  const bool usable = take_entries(issuer, peer, part);
  if (usable && !part.last && !part.entries.empty() && peer.usable()) return ask_log(issuer, peer);
  log_pull_ended(issuer, usable);
}

// An answer lists entries in order, each once, and no more than anybody holds.
Result<void> Engine::State::check_order(Issuer& issuer, const Peer& peer, const webvh::VersionId& id) {
  LogPull& pull = *issuer.log_pull;
  if ((pull.after && id <= *pull.after) || ++pull.count > issuer::kEntriesMax)
    return fail(codes::ANSWER_MISMATCH, name_of(peer), " answered request ", pull.request, " with the entry ",
                id.text(), " out of order or beyond the ", issuer::kEntriesMax, " that a log may have");
  pull.after = id;
  return {};
}

void Engine::State::note_unheld(Issuer& issuer, const issuer::EntryBody& body) {
  LogPull& pull = *issuer.log_pull;
  pull.weightless = true;
  const std::size_t bytes = body.text().size();
  if (pull.unheld.size() == kBranchEntriesMax || pull.unheld_bytes + bytes > kBranchEntryBytesMax) return;
  pull.unheld_bytes += bytes;
  pull.unheld.push_back(body);
}

// False if the rest of the answer is not worth having.
bool Engine::State::take_entries(Issuer& issuer, Peer& peer, const wire::LogPart& part) {
  const bool pushed = part.request == 0;
  bool held = false;
  bool orphans = false;
  std::optional<Error> fault;
  bool exhausted = false;
  for (const Bytes& text : part.entries) {
    auto body = issuer::EntryBody::parse(as_text(text));
    const auto entry = body ? webvh::Entry::parse(body->line) : Result<webvh::Entry>(body.failure());
    if (!entry) fault = entry.error();
    if (entry && !pushed)
      if (const auto order = check_order(issuer, peer, entry->version_id()); !order) fault = order.error();
    if (fault) break;
    const webvh::VersionId id = entry->version_id();
    if (!pushed && issuer.parks(id)) note_unheld(issuer, *body);
    if (issuer.entries.holds(id) || issuer.parks(id)) continue;
    exhausted = !peer.entry_budget.take(now.monotonic);
    if (exhausted) break;
    const auto added = offer_entry(issuer, {id, *body, peer.id, pushed});
    if (added && *added) {
      peer.entry_budget.give_back();
      held = true;
    } else if (!added && (added.error().code == codes::ENTRY_PARENT_UNKNOWN ||
                          added.error().code == codes::ENTRY_WITHOUT_WEIGHT)) {
      orphans = orphans || added.error().code == codes::ENTRY_PARENT_UNKNOWN;
      if (!pushed) note_unheld(issuer, *body);
    } else if (!added && is_fault(added.error().code)) {
      fault = added.error();
      break;
    }
  }
  if (held) {
    if (!pushed) issuer.log_pull->news = true;
    peer.proved = true;
    take_parked(issuer);
    entries_changed(issuer);
  }
  if (fault) punish(peer, kCostFalse, *fault);
  if (orphans && pushed) want_log(issuer, peer.id);
  return !fault && !exhausted;
}

// Whether a peer that holds such an entry can only be at fault.
bool Engine::State::is_fault(Code code) {
  return code != codes::ENTRY_PARENT_UNKNOWN && code != codes::ENTRY_WITHOUT_WEIGHT &&
         code != codes::ENTRY_TOO_MANY && code != codes::WEBVH_TIME_FUTURE;
}

Result<bool> Engine::State::offer_entry(Issuer& issuer, ParkedEntry entry) {
  auto added = issuer.entries.add(entry.body, {now.wall, {}});
  if (added && *added) entry_held(issuer, entry);
  if (added || added.error().code != codes::ENTRY_WITHOUT_WEIGHT) return added;
  if (issuer.parked.size() >= kParkedEntriesMax) {
    const auto oldest = std::find_if(issuer.parked.begin(), issuer.parked.end(),
                                     [](const ParkedEntry& parked) { return parked.source.has_value(); });
    issuer.parked.erase(oldest == issuer.parked.end() ? issuer.parked.begin() : oldest);
  }
  issuer.parked.push_back(std::move(entry));
  return added;
}

// After a commitment or another entry: what waited for it.
void Engine::State::take_parked(Issuer& issuer) {
  for (auto at = issuer.parked.begin(); at != issuer.parked.end();) {
    const auto added = issuer.entries.add(at->body, {now.wall, {}});
    if (!added && !is_fault(added.error().code)) {
      ++at;
      continue;
    }
    const ParkedEntry entry = std::move(*at);
    issuer.parked.erase(at);
    if (added && *added) entry_held(issuer, entry);
    at = issuer.parked.begin();  // it may be what another one waited for
  }
}

// To be stored, and passed on once: before the head whose leaf cites it.
void Engine::State::entry_held(Issuer& issuer, const ParkedEntry& entry) {
  if (entry.source) issuer.unsaved.insert(entry.id);
  if (!entry.pushed) return;
  const wire::LogPart part{0, issuer.topic, {to_bytes(entry.body.text())}, true};
  for (auto& [id, peer] : peers)
    if (peer.usable() && peer.follows(issuer.topic) && entry.source != id) send(peer, Priority::head, part);
}

void Engine::State::save(Issuer& issuer) {
  IssuerSave save{issuer.topic, {}, false};
  StoreBatch batch;
  for (const webvh::VersionId& version : std::exchange(issuer.unsaved, {})) {
    const auto body = issuer.entries.body(version);
    if (!body) continue;  // two smaller ones took its place
    if (!issuer.history->find(version) && ++issuer.uncounted_stored > kUncountedStoredMax) continue;
    batch.entries.push_back({issuer.admitted.scid, version.text(), to_bytes(body->text())});
    save.entries.push_back(version);
  }
  if (save.entries.empty()) return;
  const Token token(next_number());
  saving.emplace(token, std::move(save));
  outputs.list.emplace_back(Persist{token, std::move(batch)});
}

// What the disk did not take is offered to it again.
void Engine::State::save_again() {
  for (auto& [topic, issuer] : issuers) save(issuer);
}

void Engine::State::saved(const IssuerSave& save, const std::optional<Error>& error) {
  Issuer& issuer = issuers.at(save.topic);
  if (save.leaves) {
    --issuer.saving;
    if (!error) issuer.stale = true;
    if (Feed* feed = error ? current_feed(issuer) : nullptr) advance(*feed);  // it waited
  }
  if (!error) return;
  issuer.unsaved.insert(save.entries.begin(), save.entries.end());
  delay(issuer, std::nullopt, *error);
}

}  // namespace vcnode::gossip
