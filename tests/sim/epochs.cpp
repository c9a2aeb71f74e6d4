#include "tests/sim/epochs.h"

#include "crypto/base/assert.h"
#include "protocol/did/web.h"
#include "tests/sim/epoch_run.h"

namespace vcnode::sim {

void EpochRun::add_node(std::size_t number) {
  test::NodeSetup setup;
  setup.name = name_of(number);
  std::set<std::size_t> dials = {(number + 1) % scenario_.nodes};
  while (dials.size() < scenario_.dials)
    if (const std::size_t other = pick(rng_, scenario_.nodes); other != number) dials.insert(other);
  for (const std::size_t other : dials) setup.dials.push_back(name_of(other));
  if (number < issuers_.size()) setup.hosts.push_back(issuers_[number].name);
  for (const Watcher& watcher : watchers_)
    if (watcher.host == setup.name) setup.hosts.push_back(watcher.name);
  honest_.insert(test::named_key(concat("node ", setup.name)).public_key());
  running_.push_back(setup.name);
  net_.add(std::move(setup));
}

// A third of those that host nobody comes later.
void EpochRun::begin() {
  for (std::size_t i = 0; i < scenario_.issuers; ++i) issuers_.emplace_back(net_, i).host = name_of(i);
  const std::size_t early = scenario_.nodes - (scenario_.nodes - scenario_.issuers) / 3;
  for (std::size_t i = 0; i < kWatchers; ++i) {
    watchers_.push_back({concat("w", i), name_of(early - 1 - i % early)});
    static_cast<void>(net_.issuer(watchers_.back().name));  // every node is to follow it
  }
  for (std::size_t i = 0; i < early; ++i) add_node(i);
  net_.run_ms(1'000);
  for (Told& issuer : issuers_) {
    issuer.log.begin(issuer.host);
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
  if (!may_sign(issuer)) return;
  if (chance(rng_, 300)) issuer.spent.emplace(issuer.log);
  say(concat(issuer.name, " has a new assertion key"));
  issuer.log.rotate(issuer.host, concat("urn:", issuer.name, ":", issuer.versions.size()));
  issuer.versions.push_back(issuer.log.version_id());
  issuer.keys.push_back({issuer.log.method(), issuer.log.time()});
  issuer.own = issuer.log.tree_at(issuer.host);
}

// The assertion key was stolen, and the issuer knows since when; what it signed before that stays good.
void EpochRun::compromise(Told& issuer) {
  if (!may_sign(issuer)) return;
  say(concat(issuer.name, " declares its assertion key stolen"));
  ToldKey& stolen = issuer.keys.back();
  stolen.stolen_since = stolen.from.plus_seconds(1);
  issuer.log.compromise(issuer.host, *stolen.stolen_since);
  issuer.versions.push_back(issuer.log.version_id());
  issuer.keys.push_back({issuer.log.method(), issuer.log.time()});
  issuer.own = issuer.log.tree_at(issuer.host);
}

// A look at the document of an issuer without a node; the first observer says that it holds another key.
void EpochRun::observe(Watcher& watcher) {
  if (!net_.engine(watcher.host).may_sign(net_.issuer(watcher.name).hash())) return;
  const bool lies = &watcher == watchers_.data();
  const auto key = static_cast<std::uint8_t>(lies ? kWatchedKey + 1 : kWatchedKey);
  const auto url = did_web::https_url(did_web::DidWeb::parse(kWatchedDid).value());
  feed::Changes changes;
  changes.observations.push_back(
      {feed::ObservationLeafKey{url, ++watcher.seen, net_.wall()}.text(),
       to_bytes(test::webvh::document_with(std::string(kWatchedDid), key).dump())});
  VCNODE_ASSERT(net_.publish(watcher.host, watcher.name, changes).has_value());
  net_.run_ms(kSettleMs);
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
  issuer.stolen = false;
}

void EpochRun::act_of(Told& issuer) {
  const std::uint64_t dice = rng_.below(100);
  const bool more_epochs = issuer.log.epoch() < scenario_.epochs;
  if (issuer.stolen && dice < 40) return open_epoch(issuer);
  if (dice < 55) return revoke(issuer);
  if (dice < 72) return rotate(issuer);
  if (dice < 76) return compromise(issuer);
  if (dice < 80) return rival(issuer);
  if (dice < 89 && more_epochs) return open_epoch(issuer);
  if (more_epochs) return steal(issuer);
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
  else if (chance(rng_, 100))
    observe(watchers_[pick(rng_, watchers_.size())]);
  else
    act_of(issuers_[pick(rng_, issuers_.size())]);
}

// Everybody can still publish. A host that has just started compares itself with its peers first.
void EpochRun::last_words() {
  const std::int64_t patience_ms = static_cast<std::int64_t>(scenario_.quiet_periods) * kRepairMs;
  for (Told& issuer : issuers_) {
    if (violation_) return;
    if (net_.run_until([&] { return may_sign(issuer); }, patience_ms)) {
      revoke(issuer);
      continue;
    }
    const auto why = net_.engine(issuer.host).why_not_sign(issuer.log.origin(issuer.log.epoch()).hash());
    object(
        "can_publish",
        concat(issuer.name, " cannot publish although nothing is wrong any more: ", why ? why->message : ""));
  }
  for (Watcher& watcher : watchers_) {
    if (violation_) return;
    const auto origin = net_.issuer(watcher.name).hash();
    if (net_.run_until([&] { return net_.engine(watcher.host).may_sign(origin); }, patience_ms))
      observe(watcher);
    else
      object("can_publish", concat(watcher.name, " cannot publish although nothing is wrong any more"));
  }
}

// The host of one issuer is gone for good. Whoever comes now has the issuer's log and feeds from the others.
void EpochRun::fall_silent() {
  if (violation_) return;
  const std::string gone = issuers_.front().host;
  say(concat(gone, " is gone for good"));
  net_.kill(gone);
  std::erase(running_, gone);
  add_node(scenario_.nodes);
  converge("after an issuer fell silent");
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
  converge(kFirstPhase);
  last_words();
  converge("after the last words");
  fall_silent();
  Outcome out;
  out.violation = violation_;
  out.trace = std::stoull(net_.trace().substr(0, 16), nullptr, 16);
  out.events = net_.events().size();
  for (const Told& issuer : issuers_) out.acknowledged += issuer.revoked;
  out.converged_after_ms = converged_after_ms_;
  out.simulated_ms = net_.now_ms();
  return out;
}

Outcome run_epochs(const Scenario& scenario, std::uint64_t seed, bool trace) {
  return EpochRun(scenario, seed, trace).run();
}

}  // namespace vcnode::sim
