// What must hold of issuers with histories; epoch_credentials.cpp and epoch_sites.cpp have the verdicts.
#include "protocol/gossip/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/key_at.h"
#include "tests/sim/epoch_run.h"

namespace vcnode::sim {

// No honest peer is punished, whoever showed it what; and nobody takes an issuer for closed.
void EpochRun::watch() {
  for (const std::string& node : running_)
    for (const Told& issuer : issuers_)
      if (const auto held = net_.engine(node).issuer(issuer.log.scid());
          held->feed && held->feed->closed() && !issuer.closed)
        object("closed", concat(node, " takes ", issuer.name, " for closed, and only a thief said so"));
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
  check_keys(node, issuer);
  check_credentials(node, issuer);
}

// What each key is good for: stolen ones for what is proven to be older, the others for their time.
void EpochRun::check_keys(const std::string& node, const Told& issuer) {
  const auto held = net_.engine(node).issuer(issuer.log.scid());
  for (const ToldKey& key : issuer.keys) {
    const auto claimed = issuer::find_key(*held->history, key.method, {key.from, std::nullopt});
    const auto proven = issuer::find_key(*held->history, key.method, {key.from, key.from});
    const bool as_told = key.stolen_since ? !claimed && claimed.error().code == codes::KEY_COMPROMISED &&
                                                proven && proven->compromised
                                          : claimed && !claimed->compromised;
    if (!as_told)
      object("keys", concat(node, " thinks otherwise of ", key.method, " than its issuer, which ",
                            key.stolen_since ? "declared it stolen" : "has nothing against it"));
  }
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
  for (const std::string& node : running_) check_sites(node);
}

}  // namespace vcnode::sim
