// Repair: two peers compare the records of the feeds both replicate, and the one behind pulls.
//
//   A: MapSummary → B, equal:   MapSummary{reply}
//                   B, unequal: MapRecords → A: MapRecords{reply}
// No side keeps state between the frames: a lost, repeated or reordered one costs at most this exchange.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {
namespace {

void append_number(Bytes& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
}

// origin || size || root || T, numbers of eight bytes, big endian.
Bytes record_bytes(const wire::Record& record) {
  Bytes out(record.origin.view().begin(), record.origin.view().end());
  append_number(out, record.size);
  out.insert(out.end(), record.root.view().begin(), record.root.view().end());
  append_number(out, static_cast<std::uint64_t>(record.time.seconds()));
  return out;
}

bool by_origin(const wire::Record& a, const wire::Record& b) {
  return a.origin < b.origin;
}

}  // namespace

wire::MapRoot Engine::map_root(const std::vector<wire::Record>& sorted) {
  merkle::Frontier tree;
  for (const wire::Record& record : sorted) tree.append(merkle::leaf_hash(record_bytes(record)));
  return *wire::MapRoot::from(tree.root().view());
}

std::vector<wire::Record> Engine::records() const {
  std::vector<wire::Record> out;
  const std::set<OriginHash>& names = state_->admission.names;
  for (const auto& [origin, feed] : state_->feeds)
    if (feed.replica.head() && names.contains(State::name_of_feed(feed)))
      out.push_back(state_->record_of(feed));
  for (const auto& [topic, issuer] : state_->issuers)
    if (issuer.row && names.contains(topic)) out.push_back(*issuer.row);
  std::sort(out.begin(), out.end(), by_origin);
  return out;
}

wire::Record Engine::State::record_of(const Feed& feed) const {
  const feed::Head& head = *feed.replica.head();
  return {feed.origin(), head.tree.size, head.tree.root, head.time};
}

std::vector<wire::Record> Engine::State::shared_records(const Peer& peer) const {
  std::vector<wire::Record> out;
  for (const OriginHash& origin : peer.shared)  // a sealed epoch has no record
    if (const auto feed = feeds.find(origin); feed != feeds.end() && feed->second.replica.head())
      out.push_back(record_of(feed->second));
  for (const OriginHash& topic : peer.topics)
    if (const Issuer& issuer = issuers.at(topic); issuer.row) out.push_back(*issuer.row);
  std::sort(out.begin(), out.end(), by_origin);
  return out;
}

wire::MapSummary Engine::State::summary_for(const Peer& peer) const {
  const auto records = shared_records(peer);
  return {Engine::map_root(records), records.size(), false};
}

void Engine::State::schedule_repair() {
  const std::int64_t sixth = options.limits.repair_ms / 6;
  const auto drawn = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(2 * sixth + 1)));
  repair_at = now.monotonic.plus_ms(options.limits.repair_ms - sixth + drawn);
}

// With the peer that was not compared with for longest: nobody is left out, whatever the order of ids.
void Engine::State::run_repair() {
  if (now.monotonic < repair_at) return;
  schedule_repair();
  save_again();
  Peer* longest = nullptr;
  for (auto& [id, peer] : peers)
    if (peer.usable() && !peer.paused_until &&
        (longest == nullptr || peer.exchanged_at < longest->exchanged_at))
      longest = &peer;
  if (longest != nullptr) start_exchange(*longest);
}

void Engine::State::start_exchange(Peer& peer) {
  peer.exchanged_at = now.monotonic;  // a peer that never answers must not be chosen for ever
  tell_names_again(peer);
  send(peer, Priority::head, summary_for(peer));
}

void Engine::State::send_records(Peer& peer, bool reply) {
  const auto records = shared_records(peer);
  std::size_t first = 0;
  do {
    const std::size_t count = std::min(wire::kRecordsPerFrameMax, records.size() - first);
    const auto begin = records.begin() + static_cast<std::ptrdiff_t>(first);
    first += count;
    send(peer, Priority::head,
         wire::MapRecords{
             {begin, begin + static_cast<std::ptrdiff_t>(count)}, first == records.size(), reply});
  } while (first < records.size());
}

bool Engine::State::may_answer_map(Peer& peer) {
  if (peer.map_answered_at && now.monotonic < peer.map_answered_at->plus_ms(kExchangeMsMin)) return false;
  peer.map_answered_at = now.monotonic;
  return true;
}

void Engine::State::on(Peer& peer, const wire::MapSummary& summary) {
  if (!may_answer_map(peer)) return;
  tell_names_again(peer);
  wire::MapSummary ours = summary_for(peer);
  const bool equal = ours.root == summary.root && ours.count == summary.count;
  if (equal) {
    for (const wire::Record& record : shared_records(peer))
      (peer.follows(record.origin) ? peer.logs : peer.known)[record.origin] = record;
    ours.reply = true;
    if (!summary.reply) send(peer, Priority::head, ours);
    exchange_done(peer, true);
  } else if (!summary.reply) {
    send_records(peer, false);
  }
}

void Engine::State::on(Peer& peer, const wire::MapRecords& records) {
  bool refused = false;
  for (const wire::Record& record : records.records) {
    if (peer.follows(record.origin)) {
      compare_log(peer, issuers.at(record.origin), record);
      continue;
    }
    Feed* feed = find_feed(record.origin);
    if (feed == nullptr || !peer.shares(record.origin)) {
      // It may know epochs that are not known here, and the other way round.
      if (!peer.topics.empty())
        take_epoch_record(peer, record);
      else if (!std::exchange(refused, true))
        refuse(peer, 0, not_shared(peer, "the record", record.origin), peer.wanted.size());
      continue;
    }
    peer.known[record.origin] = record;
    if (claims_more(*feed, record)) want(*feed, peer.id);
  }
  if (!records.last) return;
  if (!records.reply && may_answer_map(peer)) send_records(peer, true);
  exchange_done(peer, false);
}

bool Engine::State::dated_ahead(Timestamp time) const {
  return time > now.wall.plus_seconds(limits::kClockSkewSecondsMax);
}

// True if asking the holder of `record` can bring news.
bool Engine::State::claims_more(const Feed& feed, const wire::Record& record) const {
  if (feed.replica.contradicted() || dated_ahead(record.time)) return false;
  const bool adopting = feed.adoption && feed.adoption->head;
  const std::optional<feed::Head>& held = adopting ? feed.adoption->head : feed.replica.head();
  if (!held) return true;
  if (record.size != held->tree.size) return record.size > held->tree.size;
  return record.root != held->tree.root || feed::time_supersedes(record.time, held->time, record.origin);
}

void Engine::State::exchange_done(Peer& peer, bool equal) {
  ++counters.repairs;
  if (!equal) ++counters.repairs_unequal;
  peer.exchanged_at = now.monotonic;
  for (const OriginHash& origin : peer.shared) {
    Feed* feed = find_feed(origin);
    if (feed == nullptr) continue;
    feed->asked.erase(peer.id);
    feed->bodies_asked.erase(peer.id);
    want_bodies(*feed, peer);
  }
  compare_issuers(peer);
  note_answers(peer);
  emit(RepairDone{peer.id, equal, judge_fruit(peer)});
}

// Claims that come to nothing again and again cost traffic on every repair. Only answers count: a peer that
// is slow, or whose frames are lost, has not shown itself wrong.
std::optional<Error> Engine::State::judge_fruit(Peer& peer) {
  peer.fruitless = peer.answered_vainly && !peer.proved ? peer.fruitless + 1 : 0;
  peer.answered_vainly = peer.proved = false;
  if (peer.fruitless < kFruitlessMax) return std::nullopt;
  peer.fruitless = 0;
  peer.paused_until = now.monotonic.plus_ms(kRepairPauseMs);
  const Error reason =
      fail(codes::REPAIR_PAUSED, "what ", name_of(peer), " claims came to nothing in ", kFruitlessMax,
           " repairs in a row; it is not asked for ", kRepairPauseMs / 1000, " seconds")
          .error;
  peer.last_error = concat(reason.code.slug(), ": ", reason.message);
  ++counters.refusals_by_code[std::string(reason.code.slug())];
  return reason;
}

}  // namespace vcnode::gossip
