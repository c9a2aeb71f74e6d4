// EpochRun: one run of a scenario with `epochs`; private to tests/sim/epoch*.cpp.
#pragma once

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <set>

#include "crypto/base/encoding.h"
#include "protocol/batch/time_batch.h"
#include "protocol/verify/verify.h"
#include "protocol/witness/cosigner.h"
#include "tests/sim/epochs.h"
#include "tests/sim/random.h"
#include "tests/support/net_history.h"

namespace vcnode::sim {

inline constexpr std::size_t kFirstKey = 10;  // key 1 signs the DID logs
inline constexpr std::size_t kKeysPerIssuer = 90;
inline constexpr std::uint8_t kThiefKey = 200;
inline constexpr std::size_t kWitnesses = 3;
inline constexpr std::size_t kQuorum = 2;
// Between the indexes of an issuer's credentials, so that not all are revoked before long.
inline constexpr std::uint64_t kIndexStep = 4;
// Who looks at an issuer without a node; the first of them lies.
inline constexpr std::size_t kWatchers = 3;
inline constexpr std::size_t kSites = 4;
inline constexpr std::int64_t kSettleMs = 50;
inline constexpr std::int64_t kYearSeconds = 365 * 86'400;

// An assertion key, as its issuer thinks of it.
struct ToldKey {
  std::string method;
  Timestamp from;
  std::optional<Timestamp> stolen_since = std::nullopt;
};

// A credential by an issuer or by who stole its assertion key.
struct ToldCredential {
  std::string text;
  std::size_t key = 0;  // of its issuer's keys
  std::uint64_t index = 0;
  std::optional<Timestamp> seen;  // by a quorum, in the issuer's own log
};

// Cosigns a log that goes on from what it cosigned before.
struct ToldWitness {
  explicit ToldWitness(std::size_t number)
      : signer(test::named_key(concat("witness ", number))),
        key{concat("witness", number), feed::NoteKeyType::cosignature_v1, signer.public_key()} {}
  KeyPairSigner signer;
  feed::NoteKey key;
  std::map<feed::OriginHash, witness::WitnessRecord> records = {};
};

// A log under a checkpoint, and a time batch whose leaf is in it.
struct BatchedLog {
  const feed::Origin& origin;
  std::uint64_t epoch = 1;
  std::vector<Sha256Digest> leaves;
  std::string note;
  const batch::TimeBatch& batch;
  std::uint64_t number = 0;
};

[[nodiscard]] inline std::vector<Sha256Digest> hashes_of(const std::vector<Bytes>& leaves) {
  std::vector<Sha256Digest> out;
  for (const Bytes& leaf : leaves) out.push_back(merkle::leaf_hash(leaf));
  return out;
}

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
  bool closed = false;
  std::vector<ToldKey> keys;
  std::vector<ToldCredential> credentials;
  std::uint64_t batches = 0;
  // As it was before an entry that its feed committed to: who holds the update key of then makes another one.
  std::optional<test::NetHistory> spent;
};

// An issuer without a node: a did:web. Its keys are #k1, #k2 …, one at a time.
struct Site {
  explicit Site(std::size_t number) : did(concat("did:web:site", number, ".example")) {}
  [[nodiscard]] std::string method() const { return concat(did, "#k", key); }
  std::string did;
  std::size_t key = 1;
  bool served = true;
  struct Signed {
    std::string text;
    std::size_t key = 1;
    Timestamp created;
  };
  std::vector<Signed> credentials = {};
};

// Who looks at them.
struct Watcher {
  std::string name;  // a did:key issuer
  std::string host;
  struct Look {
    Timestamp at;
    std::size_t key = 1;
  };
  std::map<std::string, std::vector<Look>> looks = {};  // by DID
};

class EpochRun {
 public:
  EpochRun(const Scenario& scenario, std::uint64_t seed, bool trace)
      : scenario_(scenario), trace_(trace), rng_(stream(seed, "epochs")), net_(derive_seed(seed, "net")) {
    for (std::size_t i = 0; i < kWitnesses; ++i) witnesses_.emplace_back(i);
  }
  Outcome run();

 private:
  void begin();
  void add_node(std::size_t number);
  void act();
  [[nodiscard]] Act drawn_act();
  void act_of(Act act, Told& issuer);
  void act_on_network();
  void revoke(Told& issuer);
  void rotate(Told& issuer);
  void open_epoch(Told& issuer);
  void steal(Told& issuer);
  void rival(Told& issuer);
  void compromise(Told& issuer);
  void issue(Told& issuer);
  void forge(Told& issuer);
  [[nodiscard]] nlohmann::json draft_of(const Told& issuer) const;
  void sign(Told& issuer, const nlohmann::json& document, std::optional<Timestamp> seen);
  [[nodiscard]] std::optional<Timestamp> batched(Told& issuer, nlohmann::json& document);
  [[nodiscard]] std::optional<Timestamp> insert_entry(const Told& issuer, const BatchedLog& log,
                                                      nlohmann::json& document);
  [[nodiscard]] std::optional<Timestamp> ask(ToldWitness& witness, const Told& issuer, const BatchedLog& log,
                                             std::string& checkpoint);
  void observe(Watcher& watcher, const Site& site);
  void act_of(Site& site);
  void check_sites(const std::string& node);
  [[nodiscard]] test::ScriptedPeer& thief_at(const std::string& target, const Told& issuer);
  void spoil_links();
  void restart_somebody();
  void watch();
  void converge(std::string_view phase);
  void check(const std::string& node, const Told& issuer);
  void check_keys(const std::string& node, const Told& issuer);
  void check_credentials(const std::string& node, const Told& issuer);
  void last_words();
  void close_last();
  void leave_for_good();
  void let_years_pass();
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
  std::vector<Site> sites_;
  std::vector<Watcher> watchers_;
  std::vector<ToldWitness> witnesses_;
  std::uint64_t judged_ = 0;         // credentials
  std::int64_t passed_seconds_ = 0;  // by all clocks, after the issuers were gone
  std::vector<std::string> running_;
  std::size_t thefts_ = 0;
  std::size_t watched_ = 0;  // events
  std::map<gossip::PeerId, Ed25519PublicKey> keys_;
  std::set<Ed25519PublicKey> honest_;
  std::int64_t converged_after_ms_ = 0;
  std::optional<Violation> violation_;
};

}  // namespace vcnode::sim
