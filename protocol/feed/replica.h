// FeedReplica: one issuer's feed as this program holds it, and the rules by which it grows.
//
// Sans-IO. Used by the gossip engine (peers), by the CLI (whole objects fetched over HTTP) and at start
// (restore from the store). Growth has two phases so that nothing becomes visible before it is durable:
//   1. `extend` checks that leaves lead from what is held to a verified head and returns an Extension;
//   2. the caller makes leaves, note and bodies durable; then `accept` makes them visible.
// Bodies arrive in any order, before or after acceptance; a body is checked by `check_body`, a pure function
// that may run on another thread, and added by `add_body`. A missing body makes unknown exactly what needs
// it.
//
// Which status list is in force: the leaves of one URI count 1, 2, 3 … in leaf order; a leaf whose sequence
// is not its count is void and acts on nothing; the newest non-void leaf decides, and while its body is
// missing or bad the status is unknown, never its predecessor's. A list that clears a revocation its
// predecessor (if held) had set, or whose validFrom does not rise, is bad. The predecessor is the last list
// of the URI that this replica found good; `restore` judges the nearest earlier ones whose bodies are stored,
// at most kListsBackMax of a URI, so that a start forgets no predecessor.
//
// An issuer with a history (did:webvh) has one feed an epoch. A sealed epoch is replayed up to its seal, with
// or without a head of that size (`replay_sealed`), and the next one begins as an empty tree that inherits
// lists, statements and delegations (`continued`). A leaf's place is (epoch, index); whose keys judge its
// body is the caller's to know (`ResolverAt`): the newest version of the DID that counts below that place.
//
// Threading: not thread-safe; snapshots are immutable and shared freely.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/merkle.h"
#include "protocol/did/resolver.h"
#include "protocol/feed/batch_leaves.h"
#include "protocol/feed/head.h"
#include "protocol/feed/leaf.h"
#include "protocol/feed/list_delegation.h"
#include "protocol/feed/observations.h"
#include "protocol/feed/state_map.h"
#include "protocol/statement/log.h"
#include "protocol/status/status_list.h"

namespace vcnode::feed {

enum class BodyState : std::uint8_t { missing, held, bad };

struct StatusListState {
  std::uint64_t sequence = 0;
  Sha256Digest digest;
  BodyState body = BodyState::missing;
  std::shared_ptr<const status::StatusList> list;  // when held
  std::optional<Error> reason;                     // when bad
  LeafPlace place = {};                            // of its leaf
};

struct PendingHead {
  merkle::TreeHead tree;
  Timestamp time;
};

// Enough to see what is missing; an issuer that announces a million statements and serves none must not make
// every reader of its feed, and every verdict, carry the list.
inline constexpr std::size_t kMissingShownMax = 64;

// Two would do for issuers that err; more only bounds how many bad lists in a row make a start forget what
// was good.
inline constexpr std::size_t kListsBackMax = 4;

// What somebody says of a feed without a signature that would prove it: never set by a replica, only by who
// asked several peers and has judged whose word counts.
struct Hearsay {
  bool contradicted = false;
  std::optional<std::uint64_t> pending_size = std::nullopt;  // of a newer head, larger than the one held
  friend bool operator==(const Hearsay&, const Hearsay&) = default;
};

// What everybody else sees of a feed.
struct FeedSnapshot {
  Origin origin;
  Did issuer;
  Head head;
  std::map<std::string, StatusListState, std::less<>> status_lists;  // newest non-void, by URI
  std::optional<PendingHead> pending;        // a verified newer head whose leaves are not held yet
  std::vector<Sha256Digest> missing_bodies;  // ascending, the first kMissingShownMax of them
  std::size_t missing_count = 0;             // of all
  bool contradicted = false;                 // a verified head exists that this log does not extend to
  Hearsay hearsay = {};
  bool closed = false;  // a good Closed statement stands in it: the head is final and never ages
  std::shared_ptr<const ObservedUrls> observations = nullptr;  // none: it has no observation leaves
  bool false_state =
      false;  // its newest state leaf is not the root of what the feed says: the issuer's doing
  // What the issuer said of others, over all epochs; never null. A good Closed statement of a `close` leaf of
  // this epoch is in it too, if it says what its kind asks for.
  std::shared_ptr<const statement::StatementLog> statements = statement::StatementLog::none();
  // The `time-batch` leaves of this epoch and those before, up to their seals; nullptr: there are none.
  std::shared_ptr<const BatchLeaves> batches = nullptr;
};

// A body the feed's leaves ask for.
struct BodyNeed {
  Sha256Digest digest;
  std::string type;      // leaf type
  std::string key;       // leaf key
  LeafPlace place = {};  // of the leaf; not compared
  friend bool operator==(const BodyNeed& a, const BodyNeed& b) {
    return a.digest == b.digest && a.type == b.type && a.key == b.key;
  }
};

struct CheckedBody {
  BodyNeed need;
  std::shared_ptr<const status::StatusList> list;  // status bodies that verified
  std::optional<Error> bad;                        // the issuer's doing, never the sender's
  // The list is good if this key was delegated to sign it: the replica knows. None: the issuer signed it.
  std::optional<Ed25519PublicKey> delegate = std::nullopt;
  std::shared_ptr<const ListDelegation> delegation = nullptr;  // list-key bodies that verified
  std::shared_ptr<const Bytes> observed = nullptr;             // observation bodies, which are never bad
  // Statement and close bodies that are good and of a kind that is known here.
  std::shared_ptr<const statement::Statement> statement = nullptr;
};

// A `webvh` leaf: the feed commits to this version of the issuer's DID.
struct VersionLeaf {
  std::uint64_t index = 0;
  std::string version_id;
  friend bool operator==(const VersionLeaf&, const VersionLeaf&) = default;
};
// A change a day for three years, as issuer::kEntriesMax; those after are kept as leaves only.
inline constexpr std::size_t kVersionLeavesMax = 1000;

// REQUIRES: sha256(bytes) == need.digest (asserted). Pure; may run on any thread. `resolver`: whose keys are
// in force at need.place.
// A status body is bad for the reasons of status::verify_status_list; a statement body for STATEMENT_INVALID:
// not a VCDM 2.0 credential whose id is the leaf's key, not issued by `issuer`, or not verified as its
// signature, or for STATEMENT_MALFORMED: it says what its kind does not allow; a close body for
// STATEMENT_INVALID, where in place of the id the type must be Closed, validFrom the leaf's date and the
// subject the issuer; a list-key body for LIST_KEY_INVALID.
[[nodiscard]] CheckedBody check_body(const BodyNeed& need, BytesView bytes, const Did& issuer,
                                     const Resolver& resolver);

// Reads a stored body; nullopt if it is not there.
using BodyReader = std::function<std::optional<Bytes>(const Sha256Digest&)>;
// Whose keys are in force at a place; nullptr: not known yet, the body stays missing.
using ResolverAt = std::function<std::shared_ptr<const Resolver>(const LeafPlace&)>;
// The same at every place. `resolver` outlives it.
[[nodiscard]] ResolverAt at_every_place(const Resolver& resolver);

class FeedReplica {
 public:
  FeedReplica(Origin origin, Did issuer, Ed25519PublicKey feed_key);
  ~FeedReplica();
  FeedReplica(FeedReplica&&) noexcept;
  FeedReplica& operator=(FeedReplica&&) noexcept;

  [[nodiscard]] const Origin& origin() const noexcept;
  [[nodiscard]] const Did& issuer() const noexcept;
  [[nodiscard]] const Ed25519PublicKey& feed_key() const noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept;               // accepted leaves
  [[nodiscard]] const std::optional<Head>& head() const noexcept;  // accepted head; none before the first
  // For the issuer's own Publisher: the right edge of the accepted tree, and status leaves per URI, void ones
  // included.
  [[nodiscard]] const merkle::Frontier& frontier() const noexcept;
  [[nodiscard]] std::map<std::string, std::uint64_t, std::less<>> status_leaf_counts() const;
  [[nodiscard]] std::map<std::string, StatusListState, std::less<>> status_lists() const;  // newest non-void
  [[nodiscard]] const StateMap& state_map() const noexcept;  // empty for a did:key issuer
  [[nodiscard]] const StateLeaves& state_leaves() const noexcept;
  // A good `close` leaf stands in this epoch.
  [[nodiscard]] bool closed() const noexcept;
  [[nodiscard]] const std::optional<LeafPlace>& closed_at() const noexcept;  // where the first one stands
  // As in snapshots; there is one before the first head too, of what earlier epochs said.
  [[nodiscard]] const std::shared_ptr<const statement::StatementLog>& statements() const;
  // A statement leaf has spent this id, in whatever epoch; its body may be missing or bad.
  [[nodiscard]] bool has_statement(std::string_view id) const;

  enum class Relation : std::uint8_t {
    same,        // nothing new (also an older T by the rule in head.h)
    newer_time,  // same tree, T supersedes: accept at once with accept_time
    ahead,       // larger tree, or nothing is held yet: leaves are needed
    behind,      // smaller tree
    contradicts  // same size, other root
  };
  [[nodiscard]] Relation relation_to(const Head& verified) const;

  class Extension;  // opaque: the state after the new leaves
  // `leaves` are those from size() to verified.tree.size. Errors: LEAF_MALFORMED (no honest peer holds such a
  // leaf), LEAF_COUNT, HEAD_ROOT_MISMATCH (the leaves do not lead to the head's root: sender's fault or
  // contradiction; the caller retries elsewhere), SEAL_CONTRADICTED (see set_seal).
  [[nodiscard]] Result<std::unique_ptr<Extension>> extend(const Head& verified,
                                                          std::span<const Bytes> leaves) const;
  // Bodies the state after the extension asks for and does not hold (newest status list per URI, all
  // statements).
  [[nodiscard]] std::vector<BodyNeed> needs_after(const Extension& extension) const;
  // REQUIRES: made by this replica, and nothing accepted since. Drops a pending head that is reached.
  void accept(std::unique_ptr<Extension> extension);
  void accept_time(const Head& verified);  // REQUIRES: relation_to(verified) == newer_time

  // `webvh` leaves of this tree, and those it will have; in leaf order, the first kVersionLeavesMax.
  [[nodiscard]] const std::vector<VersionLeaf>& version_leaves() const noexcept;
  [[nodiscard]] std::vector<VersionLeaf> version_leaves_after(const Extension& extension) const;

  // REQUIRES: size() <= seal.size. The next epoch sealed this one there: from now on extend() refuses leaves
  // whose prefix of that size has another root, also if that prefix is held already.
  void set_seal(merkle::TreeHead seal);
  [[nodiscard]] const std::optional<merkle::TreeHead>& seal() const noexcept;

  [[nodiscard]] std::vector<BodyNeed> missing() const;
  // Ignored unless still needed.
  void add_body(const CheckedBody& body);
  void set_pending(std::optional<PendingHead> pending);
  void set_contradicted();
  [[nodiscard]] const std::optional<PendingHead>& pending() const noexcept;
  [[nodiscard]] bool contradicted() const noexcept;

  // Rebuilt lazily; O(number of lists).
  [[nodiscard]] std::shared_ptr<const FeedSnapshot> snapshot() const;  // REQUIRES: head()

  // Replays a feed from its stored parts. REQUIRES: size() == 0 and no head; it may inherit. A stored body
  // that does not match its digest counts as not there. Errors: those of verify_head for the stored note, and
  // those of extend; the replica is then of no use.
  [[nodiscard]] Result<void> replay(const std::string& note, std::span<const Bytes> leaves,
                                    const BodyReader& read_body, const ResolverAt& resolver_at);
  // The same under a head that somebody says: that the issuer signed these leaves, if it did, is for the
  // caller to know.
  [[nodiscard]] Result<void> replay(Head said, std::span<const Bytes> leaves, const BodyReader& read_body,
                                    const ResolverAt& resolver_at);
  // Replays an epoch up to its seal; needs no head. REQUIRES: as replay. Errors: LEAF_MALFORMED, LEAF_COUNT
  // (not exactly seal.size leaves), SEAL_CONTRADICTED (their root is another one).
  [[nodiscard]] Result<void> replay_sealed(const merkle::TreeHead& seal, std::span<const Bytes> leaves,
                                           const BodyReader& read_body, const ResolverAt& resolver_at);
  // The empty tree of the next epoch with the lists, statements and delegations of this one. REQUIRES: size()
  // is that of the seal. Heads, a contradiction, `closed` and the leaves of versions stay behind.
  [[nodiscard]] FeedReplica continued(Origin next, Did issuer, Ed25519PublicKey next_key) &&;

  // An empty replica and its replay, for issuers of one epoch whose keys never change.
  [[nodiscard]] static Result<FeedReplica> restore(Origin origin, Did issuer, Ed25519PublicKey feed_key,
                                                   const std::string& note, std::span<const Bytes> leaves,
                                                   const BodyReader& read_body, const Resolver& resolver);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class FeedReplica::Extension {
 public:
  ~Extension();

 private:
  friend class FeedReplica;
  friend struct FeedReplica::State;
  struct Data;
  explicit Extension(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

}  // namespace vcnode::feed
