#include "node/cli/collect_history.h"

#include <algorithm>
#include <map>
#include <utility>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "node/cli/feed_source.h"
#include "node/cli/history_peer.h"
#include "node/codes/cli_codes.h"
#include "protocol/feed/leaf.h"
#include "protocol/gossip/restore.h"
#include "protocol/issuer/assurance.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/origins.h"
#include "storage/memory/memory_store.h"

namespace vcnode::cli {
namespace {

using issuer::EntryBody;
using issuer::EntrySet;
using webvh::VersionId;
using Peer = HistoryPeer;

// ---- the walk

// The leaves of an epoch: up to its seal, or up to the newest head.
struct Fetched {
  feed::Origin origin;
  std::optional<merkle::TreeHead> seal;  // none: the newest epoch
  std::vector<Bytes> leaves;             // of a sealed epoch perhaps with the one that closes it
  std::optional<std::string> note;       // of a head over all of them
};

// Where an epoch ends, and which version says so.
struct End {
  merkle::TreeHead seal;
  VersionId opener;
  friend bool operator==(const End&, const End&) = default;
};

class Walk {
 public:
  Walk(std::string scid, std::string network, std::vector<Peer*> peers, Timestamp now,
       const CollectOptions& options)
      : scid_(std::move(scid)),
        network_(std::move(network)),
        peers_(std::move(peers)),
        now_(now),
        options_(options),
        entries_(scid_, network_) {}

  void run(const std::map<VersionId, std::vector<std::string>>& offered);
  // What a node would make of it. `snapshot` stays empty where the feed's newest epoch is not there.
  void finish(Collected& out);

 private:
  void offer();
  void blame(const VersionId& version, const EntryBody& body, const Error& error);
  void blame_orphans();
  [[nodiscard]] std::optional<End> end_of(std::uint64_t epoch) const;
  void commit(const Fetched& epoch, std::uint64_t number);
  bool step(std::uint64_t number);
  [[nodiscard]] std::optional<Fetched> newest_leaves(const feed::Origin& origin, const Ed25519PublicKey& key);
  [[nodiscard]] Result<void> ask_newest(Peer& peer, const feed::Origin& origin, const Ed25519PublicKey& key);
  [[nodiscard]] std::optional<Fetched> sealed_leaves(const feed::Origin& origin, const End& end);
  [[nodiscard]] Result<Fetched> ask_sealed(Peer& peer, const feed::Origin& origin, const End& end) const;
  [[nodiscard]] Result<void> check_budget(std::uint64_t size) const;
  [[nodiscard]] StoreBatch batch() const;
  void add_bodies(const feed::FeedReplica& feed, Store& store);
  void judge(feed::FeedReplica& feed, Collected& out);
  void count_entries();
  void note_missing_head();

  std::string scid_;
  std::string network_;
  std::vector<Peer*> peers_;
  Timestamp now_;
  const CollectOptions& options_;
  EntrySet entries_;
  std::set<VersionId> known_;  // of all that was given
  // What was given and is not known to be bad; parents come before their children.
  std::map<VersionId, std::vector<EntryBody>> offered_;
  std::vector<Fetched> epochs_;  // walked, from 1
  Peer* best_ = nullptr;         // of the newest epoch
  std::optional<Error> gap_;
};

// Whoever gave this body of the version; the others may have given another.
void Walk::blame(const VersionId& version, const EntryBody& body, const Error& error) {
  for (Peer* peer : peers_) {
    const auto given = peer->given.find(version);
    if (given == peer->given.end() || given->second != body.text()) continue;
    set_error(peer->candidate.report, bad_evidence(error).error);
    peer->given.erase(given);
  }
}

// Who holds an entry holds the one that it follows. One that follows none of all that were given was made up:
// its hash is that of something else.
void Walk::blame_orphans() {
  for (const auto& [version, bodies] : offered_) {
    for (const EntryBody& body : bodies) {
      const auto entry = webvh::Entry::parse(body.line);
      const auto follows = [&, number = version.number()](const VersionId& other) {
        return other.number() + 1 == number &&
               entry->hash_after(other.text()) == entry->version_id().entry_hash();
      };
      if (!entry || version.number() == 1 || std::ranges::any_of(known_, follows)) continue;
      blame(version, body,
            fail(codes::ENTRY_PARENT_UNKNOWN, "log entry ", version.text(),
                 " follows none of the entries that any peer gave")
                .error);
    }
  }
}

// Whatever has no weight yet may get it from a leaf; what an epoch is read with anew loses what leaves gave
// it.
void Walk::offer() {
  for (auto& [version, bodies] : offered_) {
    const VersionId& id = version;
    std::erase_if(bodies, [&, this](const EntryBody& body) {
      if (entries_.holds(id)) return false;
      const auto added = entries_.add(body, {now_, {}});
      if (added) return false;
      const Code code = added.error().code;
      if (code == codes::ENTRY_PARENT_UNKNOWN || code == codes::ENTRY_WITHOUT_WEIGHT ||
          code == codes::ENTRY_TOO_MANY)
        return false;
      blame(id, body, added.error());
      return true;
    });
  }
}

std::optional<End> Walk::end_of(std::uint64_t epoch) const {
  const auto history = entries_.history();
  if (history.epochs.size() <= epoch) return std::nullopt;
  return End{*history.epochs[epoch - 1].seal,
             history.versions[history.epochs[epoch].opened_by].state.version_id()};
}

void Walk::commit(const Fetched& epoch, std::uint64_t number) {
  for (std::size_t i = 0; i < epoch.leaves.size(); ++i) {
    const auto leaf = feed::Leaf::parse(epoch.leaves[i]);
    if (!leaf || leaf->type != feed::kWebvhLeaf) continue;
    if (const auto version = VersionId::parse(leaf->digest)) entries_.commit(number, i, *version);
  }
  offer();
}

Result<void> Walk::check_budget(std::uint64_t size) const {
  std::uint64_t leaves = size;
  for (const Fetched& epoch : epochs_) leaves += epoch.leaves.size();
  if (leaves <= kLeavesMax) return {};
  return fail(codes::PEER_FEED_TOO_LARGE, "the epochs of the feed have ", leaves,
              " leaves so far, the limit of this command is ", kLeavesMax);
}

Result<void> Walk::ask_newest(Peer& peer, const feed::Origin& origin, const Ed25519PublicKey& key) {
  Candidate& candidate = peer.candidate;
  VCNODE_TRY(const auto head, fetch_head(peer.line, origin, key, now_));
  candidate.report.head = head;
  candidate.report.network = network_;
  candidate.origin = origin;
  VCNODE_CHECK(check_budget(head.tree.size));
  VCNODE_TRY(candidate.leaves, fetch_leaves(peer.line, origin, head.tree.size));
  if (tree_at(candidate.leaves, head.tree.size).root != head.tree.root)
    return fail(codes::PEER_EVIDENCE_BAD, "the ", head.tree.size, " leaves of the feed ", origin.text(),
                " do not have the root that the issuer signed");
  candidate.whole = true;
  return {};
}

// Of every peer, since the newest of their heads counts. What one has not is its fault only at the end: an
// epoch that is over needs no head.
std::optional<Fetched> Walk::newest_leaves(const feed::Origin& origin, const Ed25519PublicKey& key) {
  best_ = nullptr;
  for (Peer* peer : peers_) {
    Candidate& candidate = peer->candidate;
    candidate.whole = false;
    peer->miss.reset();
    if (peer->line.broken() || peer->epochs < origin.epoch()) continue;
    if (const auto asked = ask_newest(*peer, origin, key); !asked) peer->miss = asked.error();
    if (!candidate.whole) continue;
    if (best_ == nullptr || newer_head(*candidate.report.head, *best_->candidate.report.head, origin.hash()))
      best_ = peer;
  }
  if (best_ == nullptr) return std::nullopt;
  return Fetched{origin, std::nullopt, best_->candidate.leaves, best_->candidate.report.head->note};
}

// The leaves of an epoch that is over, of those given under a head. With that head, if it shows the leaf that
// closes the epoch, which is the only one it may have beyond.
std::optional<Fetched> up_to_seal(const Candidate& candidate, const feed::Origin& origin, const End& end) {
  const auto& leaves = candidate.leaves;
  if (!candidate.whole || leaves.size() < end.seal.size || tree_at(leaves, end.seal.size) != end.seal)
    return std::nullopt;
  Fetched out{origin, end.seal, leaves, std::nullopt};
  if (leaves.size() == end.seal.size + 1 && leaves.back() == gossip::closing_leaf(end.opener)) {
    out.note = candidate.report.head->note;
  } else {
    out.leaves.resize(end.seal.size);
  }
  return out;
}

Result<Fetched> Walk::ask_sealed(Peer& peer, const feed::Origin& origin, const End& end) const {
  VCNODE_CHECK(check_budget(end.seal.size));
  Fetched out{origin, end.seal, {}, std::nullopt};
  VCNODE_TRY(out.leaves, fetch_leaves(peer.line, origin, end.seal.size));
  if (tree_at(out.leaves, end.seal.size) != end.seal)
    return fail(codes::PEER_EVIDENCE_BAD, "the first ", end.seal.size, " leaves of ", origin.text(),
                " are not those that the next epoch sealed");
  return out;
}

// Of the first peer that has them: whoever gives these leaves, they are the ones.
std::optional<Fetched> Walk::sealed_leaves(const feed::Origin& origin, const End& end) {
  for (const Peer* peer : peers_)
    if (auto known = up_to_seal(peer->candidate, origin, end)) return known;
  for (Peer* peer : peers_) {
    if (peer->line.broken()) continue;
    auto asked = ask_sealed(*peer, origin, end);
    if (asked) return *std::move(asked);
    const bool behind = asked.error().code == codes::PEER_WITHHOLDS && peer->epochs <= origin.epoch();
    if (!behind && !peer->candidate.report.error) set_error(peer->candidate.report, asked.error());
  }
  gap_ = fail(codes::PEER_WITHHOLDS, "no peer gave the ", end.seal.size, " leaves of ", origin.text(),
              " that the next epoch of the issuer's feed sealed")
             .error;
  return std::nullopt;
}

// One epoch further. False: that was the last, or it is not there. All leaves are looked at before it is
// asked where the epoch ends: one of them may commit to another entry than the one that claims to end it.
bool Walk::step(std::uint64_t number) {
  const auto history = entries_.history();
  if (history.epochs.size() < number) return false;
  const auto origin = issuer::origin_of(network_, scid_, number);
  if (!origin) return false;
  const EntrySet before = entries_;
  auto newest = newest_leaves(*origin, history.epochs[number - 1].feed.key);
  if (newest) commit(*newest, number);
  const auto end = end_of(number);
  if (!end) {
    if (newest) epochs_.push_back(*std::move(newest));
    return false;
  }
  auto sealed = sealed_leaves(*origin, *end);
  if (!sealed) return false;
  entries_ = before;
  commit(*sealed, number);
  epochs_.push_back(*std::move(sealed));
  return end_of(number) == end;
}

// A feed that a peer says it holds and nobody shows may commit to entries that nobody gives weight, the one
// that opens the next epoch among them.
void Walk::note_missing_head() {
  const auto history = entries_.history();
  if (gap_ || best_ != nullptr || history.epochs.empty()) return;
  const auto origin = issuer::origin_of(network_, scid_, history.epochs.size());
  for (const Peer* peer : peers_) {
    const bool further = peer->epochs > history.epochs.size();
    if (!origin || (peer->claimed_origin != origin->text() && !further)) continue;
    gap_ = fail(codes::PEER_WITHHOLDS, "no peer gave a head of ", origin->text(),
                " that verifies, with its leaves; ", peer->candidate.report.peer, " says that it holds ",
                further ? concat(peer->epochs, " epochs of the feed") : std::string("one"))
               .error;
    return;
  }
}

void Walk::run(const std::map<VersionId, std::vector<std::string>>& offered) {
  for (const auto& [version, texts] : offered) {
    known_.insert(version);
    for (const std::string& text : texts)
      if (auto body = EntryBody::parse(text)) offered_[version].push_back(*std::move(body));
  }
  offer();
  for (std::uint64_t number = 1; number <= kWalkStepsMax; ++number)
    if (!step(number)) break;
  note_missing_head();
  blame_orphans();
  count_entries();
}

void Walk::count_entries() {
  const auto held = entries_.held();
  for (Peer* peer : peers_) {
    SourceReport& report = peer->candidate.report;
    report.entries = peer->given.size();
    report.entries_lacking = static_cast<std::size_t>(std::ranges::count_if(
        held, [&](const VersionId& version) { return !peer->given.contains(version); }));
    if (report.error) continue;
    report.state = SourceState::behind;  // the newest is found when all heads are compared
    if (peer->miss) set_error(report, *peer->miss);
  }
}

// ---- what it comes to

StoreBatch Walk::batch() const {
  StoreBatch out;
  for (const VersionId& version : entries_.held()) {
    const std::string text = entries_.body(version)->text();
    out.entries.push_back({scid_, version.text(), to_bytes(text)});
  }
  for (const Fetched& epoch : epochs_) {
    out.leaves.push_back({epoch.origin.hash(), 0, epoch.leaves});
    if (epoch.note) out.heads.push_back({epoch.origin.hash(), *epoch.note});
  }
  return out;
}

// The newest lists, statements and what else the feed asks for, then the few lists before each.
void Walk::add_bodies(const feed::FeedReplica& feed, Store& store) {
  Candidate all;  // the issuer's feed as one, over all epochs
  for (const Fetched& epoch : epochs_) {
    const auto end = epoch.leaves.begin() +
                     static_cast<std::ptrdiff_t>(epoch.seal ? epoch.seal->size : epoch.leaves.size());
    all.leaves.insert(all.leaves.end(), epoch.leaves.begin(), end);
  }
  for (const feed::BodyNeed& need : feed.missing()) all.needed.push_back(wanted_body(need));
  std::vector<Peer*> order = peers_;
  std::stable_partition(order.begin(), order.end(), [&](const Peer* peer) { return peer == best_; });
  BodyPool pool;
  for (Peer* peer : order) {
    SourceReport& report = peer->candidate.report;
    if (peer->line.broken() || report.state == SourceState::too_large) continue;
    const auto asked = fetch_bodies(peer->line, wanted_of(all, pool), pool, peer->candidate.not_given);
    if (peer != best_) continue;
    if (!asked) set_error(report, asked.error());
    auto withheld = withheld_of(all.needed, peer->candidate.not_given);
    if (withheld && !report.error) set_error(report, *std::move(withheld));
  }
  StoreBatch batch;
  for (const auto& [digest, text] : pool) batch.bodies.push_back({digest, to_bytes(text)});
  VCNODE_ASSERT(store.commit(batch).has_value());
}

// What the heads and the words of the other peers say of it.
void Walk::judge(feed::FeedReplica& feed, Collected& out) {
  std::vector<Candidate> candidates;
  for (Peer* peer : peers_) {
    if (peer->claimed_origin != feed.origin().text()) {
      peer->candidate.report.says_contradicted = false;
      peer->candidate.report.says_pending_size.reset();
    }
    candidates.push_back(std::move(peer->candidate));
  }
  const auto place = std::ranges::find(peers_, best_) - peers_.begin();
  const Comparison found = compare_heads(candidates, candidates[static_cast<std::size_t>(place)]);
  if (found.pending) feed.set_pending(found.pending);
  if (found.contradicted) feed.set_contradicted();
  auto snapshot = std::make_shared<feed::FeedSnapshot>(*feed.snapshot());
  snapshot->hearsay = hearsay_of(candidates, feed.origin(), feed.size());
  out.snapshot = std::move(snapshot);
  for (std::size_t i = 0; i < peers_.size(); ++i) peers_[i]->candidate = std::move(candidates[i]);
}

void Walk::finish(Collected& out) {
  const auto store = storage::make_memory_store();
  VCNODE_ASSERT(store->commit(batch()).has_value());
  // Whatever place its log has now: the SCID names the issuer.
  const gossip::AdmittedHistory admitted{scid_, Did::parse("did:webvh:" + scid_).value()};
  auto restored = gossip::restore_issuer(admitted, network_, *store, now_);
  if (restored && restored->feed && best_ != nullptr && options_.bodies) {
    add_bodies(*restored->feed, *store);
    restored = gossip::restore_issuer(admitted, network_, *store, now_);
  }
  if (!restored) gap_ = restored.error();  // the issuer signed what no node takes
  out.gap = gap_;
  if (!restored || restored->history.versions.empty()) return;
  out.history = issuer::shared(std::move(restored->history));
  for (std::size_t i = 0; i < restored->sealed.size(); ++i)
    out.sealed.push_back({restored->sealed[i].origin, restored->sealed[i].seal, epochs_[i].leaves});
  const bool whole = restored->feed && best_ != nullptr && !gap_ && restored->feed->head() &&
                     restored->feed->origin() == epochs_.back().origin;
  if (!whole) return;
  out.feed_key = restored->feed->feed_key();
  out.leaves = epochs_.back().leaves;
  judge(*restored->feed, out);
}

// Peers by the network they speak of. A peer's word alone makes no network: only one whose feed verifies
// stands beside another.
std::map<std::string, std::vector<Peer*>> by_network(std::vector<Peer>& peers) {
  std::map<std::string, std::vector<Peer*>> out;
  for (Peer& peer : peers)
    if (!peer.network.empty()) out[peer.network].push_back(&peer);
  return out;
}

// Networks in which the issuer has a verifying feed, where that is more than one.
std::set<std::string> rival_networks(const std::map<std::string, Collected>& found) {
  std::set<std::string> out;
  for (const auto& [network, collected] : found)
    if (collected.snapshot) out.insert(network);
  return out.size() > 1 ? out : std::set<std::string>();
}

void refuse_rivals(const std::set<std::string>& networks, std::vector<Peer>& peers) {
  for (Peer& peer : peers) {
    if (!networks.contains(peer.network)) continue;
    set_error(peer.candidate.report,
              Error{codes::PEER_NETWORKS_DIFFER,
                    concat("the issuer has a feed in the network '", peer.network,
                           "' and in another that a peer gave; say with --network which one counts")});
  }
}

}  // namespace

Collected collect_history(const std::string& scid, const std::vector<PeerSource>& sources, Timestamp now,
                          const CollectOptions& options) {
  std::vector<Peer> peers;
  peers.reserve(sources.size());
  std::map<VersionId, std::vector<std::string>> offered;  // together one set, whoever keeps what back
  for (const PeerSource& source : sources) {
    Peer& peer = peers.emplace_back(PeerLine(options.connect_to(source), options.clock_ms));
    peer.candidate.report.peer = source.name;
    if (const auto asked = ask_history(peer, scid, options.network); !asked)
      set_error(peer.candidate.report, asked.error());
    for (const auto& [version, text] : peer.given) {
      auto& texts = offered[version];
      if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
    }
  }
  std::map<std::string, Collected> found;
  for (const auto& [network, of_it] : by_network(peers)) {
    Walk walk(scid, network, of_it, now, options);
    walk.run(offered);
    walk.finish(found[network]);
  }
  Collected out;
  out.networks = rival_networks(found);
  if (out.networks.empty()) {
    for (auto& [network, collected] : found)
      if (collected.snapshot || (collected.history && !out.history)) out = std::move(collected);
  } else {
    refuse_rivals(out.networks, peers);
  }
  for (Peer& peer : peers) out.sources.push_back(std::move(peer.candidate.report));
  return out;
}

}  // namespace vcnode::cli
