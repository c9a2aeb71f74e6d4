// EpochRun: one run of the scenario `epochs`; private to tests/sim/epoch*.cpp.
#pragma once

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <set>

#include "crypto/base/encoding.h"
#include "tests/sim/epochs.h"
#include "tests/sim/random.h"
#include "tests/support/net_history.h"

namespace vcnode::sim {

inline constexpr std::size_t kFirstKey = 10;  // key 1 signs the DID logs
inline constexpr std::size_t kKeysPerIssuer = 90;
inline constexpr std::uint8_t kThiefKey = 200;
// Who looks at an issuer without a node; the first of them lies.
inline constexpr std::size_t kWatchers = 3;
inline constexpr std::string_view kWatchedDid = "did:web:site.example";
inline constexpr std::uint8_t kWatchedKey = 3;
inline constexpr std::string_view kFirstPhase = "after the faults";
inline constexpr std::int64_t kSettleMs = 50;

// An assertion key, as its issuer thinks of it.
struct ToldKey {
  std::string method;
  Timestamp from;
  std::optional<Timestamp> stolen_since = std::nullopt;
};

// An issuer, what it has said so far, and what became of it.
struct Told {
  Told(test::GossipNet& net, std::size_t number)
      : name(concat("u", number)),
        list(concat("https://", name, ".example/status-lists/1")),
        log(net, name, static_cast<std::uint8_t>(kFirstKey + number * kKeysPerIssuer)) {
    versions.push_back(log.version_id());
    keys.push_back({log.method(), log.time()});
  }
  std::string name;
  std::string host;
  std::string list;
  test::NetHistory log;
  std::vector<std::string> versions;
  std::vector<merkle::TreeHead> seals;
  merkle::TreeHead own;       // the newest tree that the issuer itself signed in this epoch
  std::uint64_t revoked = 0;  // indexes below it; whoever asked was told
  bool stolen = false;        // the feed key of this epoch
  std::vector<ToldKey> keys;
  // As it was before an entry that its feed committed to: who holds the update key of then makes another one.
  std::optional<test::NetHistory> spent;
};

struct Watcher {
  std::string name;  // a did:key issuer
  std::string host;
  std::uint64_t seen = 0;
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
  void rival(Told& issuer);
  void compromise(Told& issuer);
  void observe(Watcher& watcher);
  [[nodiscard]] test::ScriptedPeer& thief_at(const std::string& target, const Told& issuer);
  void restart_somebody();
  void watch();
  void converge(std::string_view phase);
  void check(const std::string& node, const Told& issuer);
  void check_keys(const std::string& node, const Told& issuer);
  void check_watched(const std::string& node);
  void last_words();
  void fall_silent();
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
    const auto is_host = [&](const auto& of) { return of.host == node; };
    return std::any_of(issuers_.begin(), issuers_.end(), is_host) ||
           std::any_of(watchers_.begin(), watchers_.end(), is_host);
  }
  [[nodiscard]] bool may_sign(const Told& issuer) const {
    return net_.engine(issuer.host).may_sign(issuer.log.origin(issuer.log.epoch()).hash());
  }

  const Scenario& scenario_;
  const bool trace_;
  SeededRng rng_;
  test::GossipNet net_;
  std::deque<Told> issuers_;
  std::vector<Watcher> watchers_;
  std::vector<std::string> running_;
  std::size_t thefts_ = 0;
  std::size_t watched_ = 0;  // events
  std::map<gossip::PeerId, Ed25519PublicKey> keys_;
  std::set<Ed25519PublicKey> honest_;
  std::int64_t converged_after_ms_ = 0;
  std::optional<Violation> violation_;
};

}  // namespace vcnode::sim
