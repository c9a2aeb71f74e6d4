// Which versions of an issuer's DID count, which feed each of them names, and where histories part
// (design/network.md, "Which DID history counts"; protocol/spec/issuer.md).
//
// An EntrySet holds the valid log entries of one SCID as a tree. Which of them its feeds commit to is said by
// commit(); the rest is a function of that set: history() gives the same answer whatever came first.
//
//   - Entry 1 counts by the SCID.
//   - An entry is committed once its `webvh` leaf stands in the feed of the epoch in force at its parent.
//   - Of several entries on one parent the only committed one counts; two dispute.
//   - Without a committed one, the only entry that opens a new epoch, or any only one if no feed was in
//   force,
//     counts; two dispute. So whoever lost a feed key can go on, and a spent update key alone kills nobody.
//   - An entry that names another feed than its parent must raise the epoch by one, with a key no earlier
//   epoch
//     had, and seal the epoch before; else it never counts. A feed is given up by deactivating only.
//
// Entries that could not count and are not committed are refused, and of those on one parent that could, two
// are kept, the smallest by versionId: enough to dispute, and all that a thief of an update key can make
// others store.
//
// Threading: const access from several threads is safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"
#include "protocol/feed/leaf.h"
#include "protocol/issuer/feed_service.h"
#include "protocol/webvh/state.h"
#include "protocol/webvh/witness.h"

namespace vcnode::issuer {

// A change a day for three years; and what one issuer may make every peer hold.
inline constexpr std::size_t kEntriesMax = 1000;
inline constexpr std::size_t kEntryBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kUncommittedSiblingsMax = 2;
inline constexpr std::size_t kMissingShownMax = 16;
// A line of 64 KiB and a proof by each of a hundred witnesses stay below; it travels in one frame.
inline constexpr std::size_t kEntryBodyBytesMax = 256 * 1024;

// What travels of an entry: its line and, where its DID asks for witnesses, the proofs that reach the
// threshold; as bytes "line LF [did-witness.json of this version LF]".
struct EntryBody {
  std::string line;
  std::vector<webvh::WitnessProof> proofs;

  // Errors: ENTRY_BODY_MALFORMED.
  [[nodiscard]] static Result<EntryBody> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

struct Version {
  webvh::State state;
  std::vector<webvh::WitnessProof> proofs;
  std::optional<FeedService> feed;
  bool committed = false;
  std::optional<feed::LeafPlace> placed;  // its first `webvh` leaf, in whatever epoch
};

struct Epoch {
  FeedService feed;
  std::size_t opened_by = 0;             // index of the first version that names it
  std::optional<merkle::TreeHead> seal;  // what the next epoch says of it; none: it is the newest
};

// From the parent on nobody but the issuer knows which history is its own.
struct Dispute {
  std::vector<Version> siblings;  // entries on the newest version that counts, by versionId
};

// How well the keys are guarded: assurance.h.
struct Assurance {
  // The newest version commits to update keys that no version has shown; of a deactivated DID: one ever did.
  bool pre_rotation = false;
  // A key that versions name for two purposes: to change the DID, now or next, and as a method; or for the
  // feed and for assertions.
  std::optional<std::string> reused;
  [[nodiscard]] bool high() const noexcept { return pre_rotation && !reused; }
};

struct History {
  std::vector<Version> versions;  // that count, from the first
  std::vector<Epoch> epochs;      // ascending, from 1; empty while no version names a feed
  std::optional<Dispute> dispute;
  // Cited by leaves of its feeds, and not held, by number, then text: it is unknown what they say of keys,
  // places and epochs, so nothing but what is bad already can be told. The first kMissingShownMax.
  std::vector<webvh::VersionId> missing;
  Assurance assurance;  // none before shared()

  [[nodiscard]] bool deactivated() const { return !versions.empty() && versions.back().state.deactivated(); }
  // Index of a version that counts.
  [[nodiscard]] std::optional<std::size_t> find(const webvh::VersionId& version) const;
  [[nodiscard]] std::vector<webvh::State> states() const;
  // The version that judges the leaf at this place: the newest that counts and stands below it. nullptr:
  // none.
  [[nodiscard]] const Version* version_at(feed::LeafPlace place) const;
};

class EntrySet {
 public:
  // Entries of `scid` as the network of this name sees them.
  EntrySet(std::string scid, std::string network);

  // True if it is held now and was not before. Errors: those of webvh::apply, FEED_SERVICE_INVALID and
  // WEBVH_WITNESS_THRESHOLD (no peer holds such an entry); WEBVH_DID_MISMATCH (of another DID);
  // ENTRY_PARENT_UNKNOWN (ask for the ones before); ENTRY_WITHOUT_WEIGHT; ENTRY_TOO_MANY.
  [[nodiscard]] Result<bool> add(const EntryBody& body, const webvh::Rules& rules);
  // A `webvh` leaf of this version stands at this index of the accepted log of that epoch, before its end. In
  // leaf order; may come before the entry itself. Beyond kEntriesMax of an epoch they are ignored.
  void commit(std::uint64_t epoch, std::uint64_t index, const webvh::VersionId& version);

  [[nodiscard]] const std::string& scid() const noexcept { return scid_; }
  [[nodiscard]] bool holds(const webvh::VersionId& version) const;
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  // All that are held, by number, then text; parents come before their children.
  [[nodiscard]] std::vector<webvh::VersionId> held() const;
  // Entries that leaves commit to and that are not held.
  [[nodiscard]] std::vector<webvh::VersionId> missing() const;
  // The first leaf that cites one of those: which version judges what stands above it is unknown.
  [[nodiscard]] std::optional<feed::LeafPlace> first_missing() const;
  [[nodiscard]] std::optional<EntryBody> body(const webvh::VersionId& version) const;
  // The held version that this entry follows; nullptr if it is a first one, or none that is held.
  [[nodiscard]] const Version* followed_by(const webvh::Entry& entry) const;
  [[nodiscard]] History history() const;

 private:
  struct Node {
    Version version;     // `committed` is not kept here: a leaf may come later
    std::string parent;  // versionId, "" for the first
    bool leads = false;  // may count without being committed
    std::size_t bytes = 0;
  };
  [[nodiscard]] const Node* find(std::string_view version_id) const;
  [[nodiscard]] Result<const Node*> parent_of(const webvh::Entry& entry) const;
  [[nodiscard]] Result<bool> may_lead(const webvh::State& state, const std::optional<FeedService>& next,
                                      const Node* parent) const;
  [[nodiscard]] bool is_committed(const Node& node) const;
  [[nodiscard]] std::optional<feed::LeafPlace> place_of(const webvh::VersionId& version) const;
  // By versionId. `number`: of the parent, 0 for none.
  [[nodiscard]] std::vector<const Node*> children_of(std::uint32_t number, std::string_view parent) const;
  void keep_smallest(const std::string& parent);
  void remove(const std::string& version_id);

  std::string scid_;
  std::string network_;
  std::size_t bytes_ = 0;
  std::map<std::string, Node, std::less<>> nodes_;                                  // by versionId
  std::map<std::uint64_t, std::map<webvh::VersionId, std::uint64_t>> commitments_;  // leaf index, by epoch
};

}  // namespace vcnode::issuer
