// What the engine remembers of a did:webvh issuer; private to protocol/gossip.
//
// Of its feeds at most one is among Engine::State::feeds, the current one. Whatever changes which one that
// is, or which leaves count, marks the issuer stale, and at the end of the step it is built anew from its
// entries and the archive (restore.h): rare, so simple beats fast.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "protocol/gossip/credit.h"
#include "protocol/gossip/engine.h"
#include "protocol/issuer/version_keys.h"

namespace vcnode::gossip {

// Entries that would count once a leaf commits to them: of a publication whose entry came before its leaf.
inline constexpr std::size_t kParkedEntriesMax = 8;
// Entries of one peer's log that are tried together with a branch: more than an issuer makes before it finds
// that its feed key was stolen.
inline constexpr std::size_t kBranchEntriesMax = 256;
inline constexpr std::size_t kBranchEntryBytesMax = 4 * 1024 * 1024;
// Stored entries that did not count when they came: two on each parent are kept in memory, but a store never
// forgets one, and a thief of an update key can make ever smaller ones. Beyond this many none is stored;
// after a start peers are asked for them again.
inline constexpr std::size_t kUncountedStoredMax = 256;

struct ParkedEntry {
  webvh::VersionId id;
  issuer::EntryBody body;
  std::optional<PeerId> source;  // none: a publication of this node
  bool pushed = false;           // to be passed on once it is held
};

// The log on its way from one peer.
struct LogPull {
  PeerId peer;
  std::uint64_t request = 0;
  std::optional<webvh::VersionId> after;  // the newest that came
  std::size_t count = 0;
  bool news = false;
  bool weightless = false;  // it holds entries that leaves would have to commit to which are not held here
  std::vector<issuer::EntryBody> unheld;  // those, and what follows them
  std::size_t unheld_bytes = 0;
};

constexpr std::size_t kLeafOverhead = sizeof(Bytes);  // an empty leaf costs memory too

// The leaves of an epoch whose seal is known: no head is needed to tell whether they are the right ones.
struct SealPull {
  PeerId peer;
  std::uint64_t request = 0;
  std::uint64_t first_index = 0;  // of leaves.front()
  merkle::Frontier tree;          // of all leaves so far
  std::vector<Bytes> leaves;
  std::size_t bytes = 0;
  std::string note;  // of the newest answer; stored if it covers what is stored
};

// Another log of an epoch than the one held, under a head of the epoch's key, to be tried: branches.cpp.
struct BranchPull {
  PeerId peer;
  std::uint64_t epoch = 0;
  std::uint64_t request = 0;
  std::vector<issuer::EntryBody> entries;  // of the peer's log; none of them is held
  std::optional<feed::Head> head;
  merkle::Frontier tree;  // of the leaves so far
  std::vector<Bytes> leaves;
  std::size_t bytes = 0;  // of entries and leaves
};

// When to try a peer's branch again, after it changed nothing.
struct BranchDelay {
  MonotonicTime until;
  int vain = 0;  // in a row
};

// A batch on its way to the disk that is not an Adoption.
struct IssuerSave {
  feed::OriginHash topic;
  std::vector<webvh::VersionId> entries;
  bool leaves = false;  // of an epoch that has an end
};

struct Issuer {
  explicit Issuer(AdmittedHistory as, std::string_view network);

  AdmittedHistory admitted;
  feed::OriginHash topic;
  issuer::EntrySet entries;
  std::shared_ptr<const issuer::History> history;
  std::shared_ptr<issuer::PlacedKeys> keys;  // as `entries` says now
  std::optional<feed::Origin> current;
  std::vector<SealedFeed> sealed;
  bool astray = false;  // what is stored of `current` does not count
  bool stale = false;
  MonotonicTime retry_at;          // of building it anew, after the archive failed
  std::uint64_t generation = 0;    // of entries and closed epochs
  std::deque<ParkedEntry> parked;  // oldest first
  std::set<webvh::VersionId> unsaved;
  std::size_t uncounted_stored = 0;
  std::size_t saving = 0;          // batches under way that hold leaves of this issuer
  std::deque<PeerId> log_sources;  // to be asked for the log
  std::set<PeerId> log_asked;      // for entries that leaves commit to, since the last comparison
  std::optional<LogPull> log_pull;
  std::deque<PeerId> seal_sources;  // to be asked for the rest of the current epoch, which has a seal
  std::set<PeerId> seal_asked;
  std::optional<SealPull> seal_pull;
  std::optional<BranchPull> branch_pull;
  std::map<PeerId, BranchDelay> branch_delays;
  // Generation and size when a peer was last asked in the ordinary way for what its log says is missing here.
  std::map<PeerId, std::pair<std::uint64_t, std::uint64_t>> plainly_asked;
  std::optional<StoreBatch> replacement;    // waits until nothing else of this issuer is being stored
  std::vector<issuer::EntryBody> supplied;  // with it; to be read with the rest
  std::size_t next_closing = 0;             // of `sealed`, round and round: whose closing leaf to ask for

  std::optional<wire::Record> row;  // of the record map; none while it holds no entry

  void renew();  // the row, after entries or closed epochs changed
  [[nodiscard]] bool parks(const webvh::VersionId& id) const;
};

// How many entries a peer may have checked that bring nothing: a burst and a rate. A check costs up to two
// hundred microseconds, so this is a fiftieth of a core at most.
class EntryBudget : public RateBudget {
 public:
  static constexpr std::int64_t kBurst = 256;
  static constexpr std::int64_t kPerSecond = 100;
  EntryBudget() : RateBudget(kBurst, kPerSecond) {}
  void give_back() { put_back(); }  // it brought something
};

}  // namespace vcnode::gossip
