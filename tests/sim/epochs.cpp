#include "tests/sim/epochs.h"

#include "crypto/base/assert.h"
#include "tests/sim/epoch_run.h"

namespace vcnode::sim {

void EpochRun::add_node(std::size_t number) {
  test::NodeSetup setup;
  setup.name = name_of(number);
  setup.clock_seconds = passed_seconds_;
  std::set<std::string> dials;
  if (number >= scenario_.nodes)  // who comes when some are gone
    dials.insert(running_.begin(), running_.end());
  else
    dials.insert(name_of((number + 1) % scenario_.nodes));
  while (dials.size() < scenario_.dials && number < scenario_.nodes)
    if (const std::size_t other = pick(rng_, scenario_.nodes); other != number) dials.insert(name_of(other));
  setup.dials.assign(dials.begin(), dials.end());
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
  for (std::size_t i = 0; i < kSites; ++i) sites_.emplace_back(i);
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

// The assertion key was stolen, and the issuer knows since when; what is proven to be older stays good.
void EpochRun::compromise(Told& issuer) {
  if (!may_sign(issuer)) return;
  forge(issuer);
  if (!may_sign(issuer)) return;  // any more
  ToldKey& stolen = issuer.keys.back();
  const std::int64_t known_seconds = issuer.log.clock().seconds() - stolen.from.seconds();
  stolen.stolen_since = stolen.from.plus_seconds(between(rng_, 1, std::max<std::int64_t>(known_seconds, 1)));
  say(concat(issuer.name, " declares its assertion key stolen since ", stolen.stolen_since->to_string()));
  issuer.log.compromise(issuer.host, *stolen.stolen_since);
  issuer.versions.push_back(issuer.log.version_id());
  issuer.keys.push_back({issuer.log.method(), issuer.log.time()});
  issuer.own = issuer.log.tree_at(issuer.host);
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

void EpochRun::act_of(Act act, Told& issuer) {
  const bool more_epochs = issuer.log.epoch() < scenario_.epochs;
  if (issuer.stolen && chance(rng_, 400)) return open_epoch(issuer);
  switch (act) {
    case Act::revoke:
      return revoke(issuer);
    case Act::rotate:
      return rotate(issuer);
    case Act::compromise:
      return compromise(issuer);
    case Act::rival:
      return rival(issuer);
    case Act::issue:
      return issue(issuer);
    case Act::epoch:
      if (more_epochs) open_epoch(issuer);
      return;
    case Act::steal:
      if (more_epochs) steal(issuer);
      return;
    case Act::observe:
      return observe(watchers_[pick(rng_, watchers_.size())], sites_[pick(rng_, sites_.size())]);
    case Act::site:
      return act_of(sites_[pick(rng_, sites_.size())]);
  }
}

Act EpochRun::drawn_act() {
  std::uint64_t weights = 0;
  for (const auto& [act, weight] : scenario_.acts) weights += weight;
  std::uint64_t dice = rng_.below(weights);
  for (const auto& [act, weight] : scenario_.acts) {
    if (dice < weight) return act;
    dice -= weight;
  }
  VCNODE_ASSERT(false);
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
    act_of(drawn_act(), issuers_[pick(rng_, issuers_.size())]);
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
      for (Site& site : sites_) observe(watcher, site);
    else
      object("can_publish", concat(watcher.name, " cannot publish although nothing is wrong any more"));
  }
}

// The last issuer closes; the others say nothing more, and that is all that anybody hears of them.
void EpochRun::close_last() {
  Told& last = issuers_.back();
  if (violation_ || issuers_.size() == 1) return;
  VCNODE_ASSERT(net_.run_until([&] { return may_sign(last); }, kRepairMs));
  say(concat(last.name, " closes"));
  last.log.close(last.host);
  last.own = last.log.tree_at(last.host);
  last.closed = true;
  converge("after an issuer closed");
}

// Issuers are gone for good, with their nodes and domains, and five years pass. Whoever comes then learns of
// them from the others, and who comes after these are gone from that one.
void EpochRun::leave_for_good() {
  std::vector<std::string> gone;
  for (const Told& issuer : issuers_) gone.push_back(issuer.host);
  for (const std::size_t latecomer : {scenario_.nodes, scenario_.nodes + 1}) {
    if (violation_) return;
    for (const std::string& node : gone) net_.kill(node);
    std::erase_if(running_,
                  [&](const auto& node) { return std::find(gone.begin(), gone.end(), node) != gone.end(); });
    if (passed_seconds_ == 0) let_years_pass();
    gone = running_;
    add_node(latecomer);
    converge("after the issuers were gone");
  }
}

void EpochRun::let_years_pass() {
  say("five years pass");
  passed_seconds_ = 5 * kYearSeconds;
  for (const std::string& node : running_) net_.set_clock(node, passed_seconds_);
  for (const std::string& node : running_) net_.restart(node);
}

// In half of the runs frames are lost, doubled and overtake each other, which is harsher than a stream can
// be.
void EpochRun::spoil_links() {
  if (chance(rng_, 500)) return;
  net_.faults.drop_percent = static_cast<unsigned>(rng_.below(15));
  net_.faults.duplicate_percent = static_cast<unsigned>(rng_.below(15));
  net_.faults.reorder = chance(rng_, 500);
  net_.faults.latency_ms_max = between(rng_, 30, 500);
}

Outcome EpochRun::run() {
  begin();
  spoil_links();
  const std::int64_t end = static_cast<std::int64_t>(scenario_.minutes) * 60'000;
  const auto pace_ms = static_cast<std::int64_t>(scenario_.change_ms);
  while (!violation_ && net_.now_ms() < end) {
    net_.run_ms(between(rng_, pace_ms / 4, pace_ms * 7 / 4));
    act();
    watch();
  }
  say("no more faults");
  net_.faults = {};
  net_.heal();
  while (!violation_ && running_.size() < scenario_.nodes) add_node(running_.size());
  for (Told& issuer : issuers_)
    if (!violation_ && issuer.stolen) open_epoch(issuer);
  converge("after the faults");
  last_words();
  converge("after the last words");
  close_last();
  leave_for_good();
  Outcome out;
  out.violation = violation_;
  out.trace = std::stoull(net_.trace().substr(0, 16), nullptr, 16);
  out.events = net_.events().size();
  for (const Told& issuer : issuers_) out.acknowledged += issuer.revoked;
  out.checks = judged_;
  out.converged_after_ms = converged_after_ms_;
  out.simulated_ms = net_.now_ms();
  return out;
}

Outcome run_epochs(const Scenario& scenario, std::uint64_t seed, bool trace) {
  return EpochRun(scenario, seed, trace).run();
}

}  // namespace vcnode::sim
