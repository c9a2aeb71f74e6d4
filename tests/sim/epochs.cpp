#include "tests/sim/epochs.h"

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <set>

#include "crypto/base/encoding.h"
#include "protocol/gossip/codes.h"
#include "tests/sim/random.h"
#include "tests/support/net_history.h"

namespace vcnode::sim {
namespace {

constexpr std::int64_t kRepairMs = 30'000;  // gossip::Limits::repair_ms
constexpr std::int64_t kTheftMs = 5'000;    // how long a thief stays
constexpr std::size_t kFirstKey = 10;       // key 1 signs the DID logs
constexpr std::size_t kKeysPerIssuer = 90;

// An issuer, what it has said so far, and what became of it.
struct Told {
  Told(test::GossipNet& net, std::size_t number)
      : name(concat("u", number)),
        list(concat("https://", name, ".example/status-lists/1")),
        log(net, name, static_cast<std::uint8_t>(kFirstKey + number * kKeysPerIssuer)) {
    versions.push_back(log.version_id());
  }
  std::string name;
  std::string host;
  std::string list;
  test::NetHistory log;
  std::vector<std::string> versions;
  std::vector<merkle::TreeHead> seals;
  merkle::TreeHead own;       // the newest tree that the issuer itself signed in this epoch
  std::uint64_t revoked = 0;  // indexes below it; whoever asked was told
  std::uint64_t settled = 0;  // leaves of this epoch through the one of the newest version
  bool stolen = false;        // the feed key of this epoch
};

class EpochRun {
 public:
  EpochRun(const Scenario& scenario, std::uint64_t seed, bool trace)
      : scenario_(scenario), trace_(trace), rng_(stream(seed, "epochs")), net_(derive_seed(seed, "net")) {}
  Outcome run();

 private:
  void begin();
  void add_node(std::size_t number);
  void act();
  void act_of(Told& issuer);
  void act_on_network();
  void revoke(Told& issuer);
  void rotate(Told& issuer);
  void open_epoch(Told& issuer);
  void steal(Told& issuer);
  void restart_somebody();
  void watch();
  void converge(std::string_view phase);
  void check(const std::string& node, const Told& issuer);
  [[nodiscard]] std::string state_of(const std::string& node, const Told& issuer) const;
  void object(std::string_view checker, const std::string& message) {
    if (!violation_) violation_ = Violation{std::string(checker), net_.now_ms(), message};
  }
  void say(const std::string& line) const {
    if (trace_) std::cerr << net_.now_ms() << " ms  " << line << "\n";
  }
  [[nodiscard]] static std::string name_of(std::size_t number) { return concat("n", 100 + number); }
  [[nodiscard]] const std::string& any_node() { return running_[pick(rng_, running_.size())]; }
  [[nodiscard]] bool hosts(const std::string& node) const {
    return std::any_of(issuers_.begin(), issuers_.end(), [&](const Told& of) { return of.host == node; });
  }
  [[nodiscard]] bool may_sign(const Told& issuer) const {
    return net_.engine(issuer.host).may_sign(issuer.log.origin(issuer.log.epoch()).hash());
  }

  const Scenario& scenario_;
  const bool trace_;
  SeededRng rng_;
  test::GossipNet net_;
  std::deque<Told> issuers_;
  std::vector<std::string> running_;
  std::size_t thefts_ = 0;
  std::size_t watched_ = 0;  // events
  std::map<gossip::PeerId, Ed25519PublicKey> keys_;
  std::set<Ed25519PublicKey> honest_;
  std::int64_t converged_after_ms_ = 0;
  std::optional<Violation> violation_;
};

void EpochRun::add_node(std::size_t number) {
  test::NodeSetup setup;
  setup.name = name_of(number);
  std::set<std::size_t> dials = {(number + 1) % scenario_.nodes};
  while (dials.size() < scenario_.dials)
    if (const std::size_t other = pick(rng_, scenario_.nodes); other != number) dials.insert(other);
  for (const std::size_t other : dials) setup.dials.push_back(name_of(other));
  if (number < issuers_.size()) setup.hosts.push_back(issuers_[number].name);
  honest_.insert(test::named_key(concat("node ", setup.name)).public_key());
  running_.push_back(setup.name);
  net_.add(std::move(setup));
}

// A third of those that host nobody comes later.
void EpochRun::begin() {
  for (std::size_t i = 0; i < scenario_.issuers; ++i) issuers_.emplace_back(net_, i).host = name_of(i);
  const std::size_t early = scenario_.nodes - (scenario_.nodes - scenario_.issuers) / 3;
  for (std::size_t i = 0; i < early; ++i) add_node(i);
  net_.run_ms(1'000);
  for (Told& issuer : issuers_) {
    issuer.log.begin(issuer.host);
    issuer.settled = issuer.log.tree_at(issuer.host).size;
    feed::Changes changes;
    changes.new_lists.push_back({issuer.list, status::Purpose::revocation, status::kListEntriesMin});
    issuer.log.publish(issuer.host, changes);
    issuer.own = issuer.log.tree_at(issuer.host);
  }
}

// ---- what issuers do

void EpochRun::revoke(Told& issuer) {
  if (!may_sign(issuer)) return;
  const auto lists = net_.engine(issuer.host).issuer(issuer.log.scid())->feed->status_lists();
  if (!lists.contains(issuer.list))
    return object("acknowledged", concat("the host of ", issuer.name, " does not hold its list any more"));
  feed::Changes changes;
  changes.status.push_back({issuer.list, status::StatusIndex(issuer.revoked), true});
  issuer.log.publish(issuer.host, changes);
  issuer.own = issuer.log.tree_at(issuer.host);
  ++issuer.revoked;
}

void EpochRun::rotate(Told& issuer) {
  if (issuer.stolen || !may_sign(issuer)) return;
  say(concat(issuer.name, " has a new assertion key"));
  issuer.log.rotate(issuer.host, concat("urn:", issuer.name, ":", issuer.versions.size()));
  issuer.versions.push_back(issuer.log.version_id());
  issuer.own = issuer.log.tree_at(issuer.host);
  issuer.settled = issuer.own.size;
}

// In the planned way if the old feed may still be signed, and not always then.
void EpochRun::open_epoch(Told& issuer) {
  const bool planned = may_sign(issuer) && chance(rng_, 600);
  say(concat(issuer.name, planned ? " ends epoch " : " leaves epoch ", issuer.log.epoch(), " at size ",
             issuer.own.size));
  issuer.seals.push_back(issuer.own);
  if (planned)
    issuer.log.open_epoch(issuer.host);
  else
    issuer.log.open_epoch_at(issuer.host, issuer.own);
  issuer.versions.push_back(issuer.log.version_id());
  issuer.own = issuer.log.tree_at(issuer.host);
  issuer.settled = issuer.own.size;
  issuer.stolen = false;
}

// Another log that begins like the issuer's, shown to some nodes. It parts above the leaf of the newest
// version, and the issuer makes no further version in a stolen epoch: see README.md, taken for granted.
void EpochRun::steal(Told& issuer) {
  const feed::Origin origin = issuer.log.origin(issuer.log.epoch());
  auto leaves = net_.archive(issuer.host).leaves(origin.hash(), 0, issuer.own.size).value();
  leaves.resize(static_cast<std::size_t>(between(rng_, static_cast<std::int64_t>(issuer.settled),
                                                 static_cast<std::int64_t>(leaves.size()) - 1)));
  for (std::int64_t left = between(rng_, 1, 6); left > 0; --left)
    leaves.push_back(feed::Leaf{"bare", concat("stolen ", thefts_, " ", left), ""}.encode());
  merkle::Frontier tree;
  for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
  auto& key = issuer.log.feed_signer(issuer.log.epoch());
  const auto head = feed::sign_head(origin, {tree.size(), tree.root()}, net_.wall(), key).value();
  issuer.stolen = true;
  for (std::int64_t left = between(rng_, 1, 3); left > 0; --left) {
    const std::string target = any_node();
    test::ScriptedPeer& thief = net_.script(concat("thief ", ++thefts_));
    say(concat("a thief shows ", target, " another log of ", issuer.name, " of size ", tree.size()));
    thief.origins = {issuer.log.topic()};
    thief.on_frame = [&thief, leaves, head, origin](const wire::Frame& frame) {
      const auto* get = std::get_if<wire::GetFeed>(&frame);
      if (get == nullptr || get->origin != origin.hash()) return;
      wire::FeedPart part{get->request, get->origin, head.note, get->first_index, {}};
      for (std::size_t i = get->first_index; i < leaves.size(); ++i) part.leaves.push_back(leaves[i]);
      thief.send(part);
    };
    net_.script_dials(concat("thief ", thefts_), target);
    net_.run_ms(500);
    thief.send(wire::HeadPush{origin.hash(), head.note, leaves.size(), {}, {}});
    net_.run_ms(kTheftMs);
    thief.hang_up();
  }
}

void EpochRun::act_of(Told& issuer) {
  const std::uint64_t dice = rng_.below(100);
  const bool more_epochs = issuer.log.epoch() < scenario_.epochs;
  if (issuer.stolen && dice < 40) return open_epoch(issuer);
  if (dice < 55) return revoke(issuer);
  if (dice < 75) return rotate(issuer);
  if (dice < 87 && more_epochs) return open_epoch(issuer);
  if (more_epochs && issuer.own.size > issuer.settled) return steal(issuer);
}

// ---- what happens to nodes

// Hosts keep what they stored: from an old disk they would have to be told first what they have said.
void EpochRun::restart_somebody() {
  const std::string node = any_node();
  const bool old_disk = !hosts(node) && chance(rng_, 500);
  say(concat(node, " starts again", old_disk ? " from an old disk" : ""));
  if (!old_disk) return net_.restart(node);
  net_.restart(node, pick(rng_, net_.journal_size(node) + 1));
}

void EpochRun::act_on_network() {
  const std::uint64_t dice = rng_.below(100);
  const std::string one = any_node();
  const std::string other = any_node();
  if (dice < 35) return restart_somebody();
  if (dice < 60 && one != other) return net_.drop_links(one, other);
  if (dice < 80 && one != other) return net_.cut(one, other);
  if (dice < 90) return net_.heal();
  if (running_.size() < scenario_.nodes) add_node(running_.size());
}

void EpochRun::act() {
  if (chance(rng_, 500))
    act_on_network();
  else
    act_of(issuers_[pick(rng_, issuers_.size())]);
}

// ---- what must hold

// No honest peer is punished, whoever showed it what.
void EpochRun::watch() {
  for (; watched_ < net_.events().size(); ++watched_) {
    const test::SeenEvent& seen = net_.events()[watched_];
    const auto blame = [&](gossip::PeerId peer, const Error& reason) {
      const auto key = keys_.find(peer);
      if (key != keys_.end() && honest_.contains(key->second))
        object("honest", concat(seen.node, " punishes an honest node at ", seen.at_ms,
                                " ms: ", reason.code.slug(), ": ", reason.message));
    };
    if (const auto* ready = std::get_if<gossip::PeerReady>(&seen.event))
      keys_.insert_or_assign(ready->peer, ready->node_key);
    if (const auto* accused = std::get_if<gossip::MisbehaviourSeen>(&seen.event))
      blame(accused->peer, accused->reason);
    if (const auto* lost = std::get_if<gossip::PeerRefused>(&seen.event))
      if (lost->reason.code == codes::PEER_STANDING) blame(lost->peer, lost->reason);
    if (const auto* done = std::get_if<gossip::RepairDone>(&seen.event))
      if (done->paused) blame(done->peer, *done->paused);
  }
}

std::string EpochRun::state_of(const std::string& node, const Told& issuer) const {
  const auto held = net_.engine(node).issuer(issuer.log.scid());
  std::string out = concat("  ", node, " holds of ", issuer.name, " ", held->entries->size(), " entries (",
                           held->entries->missing().size(), " missing), ", held->sealed.size(), " sealed");
  if (held->history->dispute) out += ", a dispute";
  if (held->feed == nullptr) return out;
  out += concat(", size ", held->feed->size(), " (", held->feed->missing().size(), " bodies missing)");
  if (held->feed->seal()) out += concat(" of ", held->feed->seal()->size);
  return out + (held->feed->contradicted() ? ", contradicted" : "");
}

void EpochRun::check(const std::string& node, const Told& issuer) {
  const auto held = net_.engine(node).issuer(issuer.log.scid());
  std::vector<std::string> versions;
  for (const issuer::Version& version : held->history->versions)
    versions.push_back(version.state.version_id().text());
  if (versions != issuer.versions || held->history->dispute)
    object("history", concat(node, " counts ", versions.size(), " versions of ", issuer.name,
                             ", and it made ", issuer.versions.size()));
  std::vector<merkle::TreeHead> seals;
  for (const gossip::SealedFeed& sealed : held->sealed) seals.push_back(sealed.seal);
  if (seals != issuer.seals || held->feed->contradicted() || held->feed->head()->tree != issuer.own)
    object("history", concat(node, " holds another log of ", issuer.name, " than it signed"));
  const auto snapshot = held->feed->snapshot();
  const auto list = snapshot->status_lists.find(issuer.list);
  if (list == snapshot->status_lists.end() || !list->second.list)
    return object("acknowledged", concat(node, " does not hold the list of ", issuer.name));
  for (std::uint64_t index = 0; index < issuer.revoked; ++index)
    if (!*list->second.list->bitmap.get(status::StatusIndex(index)))
      object("acknowledged", concat(node, " does not know that index ", index, " of ", issuer.name,
                                    " is revoked, which was acknowledged"));
}

void EpochRun::converge(std::string_view phase) {
  if (violation_) return;
  const std::int64_t began = net_.now_ms();
  if (!net_.converge(static_cast<std::int64_t>(scenario_.quiet_periods) * kRepairMs))
    object("converged", concat(phase, ", after ", scenario_.quiet_periods,
                               " repair periods without faults, the nodes do not hold the same"));
  converged_after_ms_ = std::max(converged_after_ms_, net_.now_ms() - began);
  watch();
  for (const std::string& node : running_)
    for (const Told& issuer : issuers_) say(state_of(node, issuer));
  if (violation_) return;
  for (const std::string& node : running_)
    for (const Told& issuer : issuers_) check(node, issuer);
}

Outcome EpochRun::run() {
  begin();
  const std::int64_t end = static_cast<std::int64_t>(scenario_.minutes) * 60'000;
  const auto pace_ms = static_cast<std::int64_t>(scenario_.change_ms);
  while (!violation_ && net_.now_ms() < end) {
    net_.run_ms(between(rng_, pace_ms / 4, pace_ms * 7 / 4));
    act();
    watch();
  }
  say("no more faults");
  net_.heal();
  while (!violation_ && running_.size() < scenario_.nodes) add_node(running_.size());
  for (Told& issuer : issuers_)
    if (!violation_ && issuer.stolen) open_epoch(issuer);
  converge("after the faults");
  for (Told& issuer : issuers_) {
    if (violation_) break;
    // A host that has just started compares itself with its peers first.
    const std::int64_t patience_ms = static_cast<std::int64_t>(scenario_.quiet_periods) * kRepairMs;
    if (net_.run_until([&] { return may_sign(issuer); }, patience_ms)) {
      revoke(issuer);
      continue;
    }
    const auto why = net_.engine(issuer.host).why_not_sign(issuer.log.origin(issuer.log.epoch()).hash());
    object(
        "can_publish",
        concat(issuer.name, " cannot publish although nothing is wrong any more: ", why ? why->message : ""));
  }
  converge("after the last words");
  Outcome out;
  out.violation = violation_;
  out.trace = std::stoull(net_.trace().substr(0, 16), nullptr, 16);
  out.events = net_.events().size();
  for (const Told& issuer : issuers_) out.acknowledged += issuer.revoked;
  out.converged_after_ms = converged_after_ms_;
  out.simulated_ms = net_.now_ms();
  return out;
}

}  // namespace

Outcome run_epochs(const Scenario& scenario, std::uint64_t seed, bool trace) {
  return EpochRun(scenario, seed, trace).run();
}

}  // namespace vcnode::sim
