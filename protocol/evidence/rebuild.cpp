#include "protocol/evidence/rebuild.h"

#include <algorithm>
#include <span>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/did/key.h"
#include "protocol/evidence/archive.h"
#include "protocol/evidence/bundle_feeds.h"
#include "protocol/evidence/codes.h"
#include "protocol/feed/list_leaves.h"
#include "protocol/gossip/restore.h"
#include "protocol/issuer/assurance.h"
#include "protocol/issuer/origins.h"

namespace vcnode::evidence {
namespace {

using issuer::EntryBody;
using webvh::VersionId;
using Leaves = std::span<const Bytes>;

// ---- the log of a DID

struct Offered {
  webvh::Entry entry;
  EntryBody body;
};

// Hashes decide which entry follows which, so nothing here has to be believed.
class Log {
 public:
  Log(const Bundle& bundle, std::string_view scid, std::string_view network) : scid_(scid) {
    for (const History& history : bundle.histories) {
      if (history.scid != scid || history.network != network) continue;
      for (const std::string& text : history.entries) {
        auto body = EntryBody::parse(text);
        auto entry = body ? webvh::Entry::parse(body->line) : Result<webvh::Entry>(body.failure());
        if (entry) offered_.push_back({*std::move(entry), *std::move(body)});
      }
    }
  }

  // The versions up to `tip`; a version that is not there otherwise.
  struct Chain {
    std::vector<EntryBody> bodies;
    std::optional<std::string> missing;
  };
  [[nodiscard]] Chain up_to(const VersionId& tip) const {
    Chain out;
    std::optional<VersionId> next = tip;
    while (next) {
      const VersionId version = *next;
      const Offered* found = add(version, out.bodies);
      if (found == nullptr) {
        out.missing = version.text();
        return out;
      }
      next.reset();
      if (version.number() == 1) return out;
      for (const Offered& other : offered_)
        if (follows(found->entry, other.entry.version_id())) next = other.entry.version_id();
      if (!next) out.missing = concat("the one before ", version.text());
    }
    return out;
  }
  // Those that follow `tip`.
  void add_followers(const VersionId& tip, std::vector<EntryBody>& out) const {
    for (const Offered& offered : offered_)
      if (follows(offered.entry, tip)) out.push_back(offered.body);
  }
  [[nodiscard]] std::vector<EntryBody> all() const {
    std::vector<EntryBody> out;
    for (const Offered& offered : offered_) out.push_back(offered.body);
    return out;
  }

 private:
  static bool follows(const webvh::Entry& entry, const VersionId& parent) {
    return entry.version_id().number() == parent.number() + 1 &&
           entry.hash_after(parent.text()) == entry.version_id().entry_hash();
  }
  // Every body of this version, since witness proofs may differ.
  const Offered* add(const VersionId& version, std::vector<EntryBody>& out) const {
    const Offered* found = nullptr;
    for (const Offered& offered : offered_) {
      if (offered.entry.version_id() != version) continue;
      out.push_back(offered.body);
      found = &offered;
    }
    return found;
  }

  std::string_view scid_;
  std::vector<Offered> offered_;
};

// ---- one row

class Rebuilding {
 public:
  Rebuilding(const StatedRow& row, const Bundle& bundle, Timestamp now, const Reading& reading)
      : row_(row), bundle_(bundle), now_(now), reading_(reading) {}

  Rebuilt run() {
    if (!row_.origin)
      read_history_alone();
    else if (row_.tip)
      read_issuer();
    else
      read_did_key();
    return std::move(out_);
  }

 private:
  void refute(std::string why) {
    out_.refuted = Error{codes::REPLAY_ROW_FALSE, concat(row_.name(), ": ", why)};
  }
  void lack_feed(const feed::Origin& origin, std::uint64_t size, std::optional<Ed25519PublicKey> key) {
    Lack lack{Lack::Kind::feed, row_.issuer};
    lack.origin = origin;
    lack.size = size;
    lack.feed_key = key;
    out_.lacking.push_back(std::move(lack));
  }
  void lack_history(std::string version) {
    Lack lack{Lack::Kind::history, row_.issuer};
    lack.version = std::move(version);
    lack.origin = row_.origin;
    out_.lacking.push_back(std::move(lack));
  }

  // Leaves with the stated root at the stated size; nullptr: none.
  [[nodiscard]] const Feed* with_stated_root() const {
    for (const Feed* feed : feeds_of(bundle_, *row_.origin))
      if (leads_to(feed->leaves, row_.tree)) return feed;
    return nullptr;
  }

  // What one signed head says of the row; nullopt: nothing.
  struct Word {
    bool covers = false;  // the stated leaves; else it shows others in their place
    TimeSource time = TimeSource::stated;
    bool too_late = false;  // the stated time lies after this later head's
    Sha256Digest root;      // at the stated size
  };
  [[nodiscard]] std::optional<Word> word_of(const Feed& feed, const Ed25519PublicKey& key) const {
    if (!feed.head) return std::nullopt;
    const auto head = feed::verify_head(*feed.head, *row_.origin, key);
    if (!head || head->tree.size < row_.tree.size || !leads_to(feed.leaves, head->tree)) return std::nullopt;
    Word word;
    word.root = tree_at(feed.leaves, row_.tree.size).root;
    word.covers = word.root == row_.tree.root;
    const bool later = head->tree.size > row_.tree.size;
    if (!later && head->time == *row_.time)
      word.time = TimeSource::signed_head;
    else if (head->time >= *row_.time)
      word.time = TimeSource::bounded;
    word.too_late = later && head->time < *row_.time;
    return word;
  }

  // Whether the issuer signed the stated leaves, as far as heads of that epoch tell.
  [[nodiscard]] bool is_signed(const Ed25519PublicKey& key) {
    bool covered = false;
    std::optional<Sha256Digest> other;
    for (const Feed* feed : feeds_of(bundle_, *row_.origin)) {
      const auto word = word_of(*feed, key);
      if (!word) continue;
      if (!word->covers) {
        other = word->root;
        continue;
      }
      if (word->too_late) refute(concat("the issuer signed a later head before ", row_.time->to_string()));
      out_.time = covered ? std::min(out_.time, word->time) : word->time;
      covered = true;
    }
    if (!covered && other)
      refute(concat("the issuer signed the root ", digest_text(*other), ", the verdict states ",
                    digest_text(row_.tree.root)));
    return covered;
  }

  void read_did_key() {
    const auto did = Did::parse(row_.issuer);
    const auto key = did ? did_key::key_of(*did) : Result<Ed25519PublicKey>(did.failure());
    VCNODE_ASSERT(key.has_value());  // Origin::parse has seen it
    const Feed* feed = with_stated_root();
    const bool covered = is_signed(*key);
    if (out_.refuted) return;
    if (!covered || feed == nullptr) return lack_feed(*row_.origin, row_.tree.size, *key);
    const auto leaves = Leaves(feed->leaves).first(row_.tree.size);
    const BundleArchive archive(bundle_, hidden_of(leaves));
    feed::FeedReplica replica(*row_.origin, *did, *key);
    const DidKeyResolver resolver;
    const auto read = replica.replay(
        stated_head(), leaves, [&](const Sha256Digest& digest) { return *archive.body(digest); },
        feed::at_every_place(resolver));
    if (!read) return refute(read.error().message);
    show(replica);
  }

  [[nodiscard]] feed::Head stated_head() const { return {row_.tree, *row_.time, {}}; }

  // Bodies that were not held then, by the row and the reading.
  [[nodiscard]] std::set<Sha256Digest> hidden_of(Leaves leaves) {
    std::set<Sha256Digest> out = row_.missing;
    for (const Sha256Digest& digest : feed::earlier_lists(leaves)) {
      if (!reading_.earlier_lists) out.insert(digest);
      if (!bundle_.bodies.contains(digest)) out_.helpful.push_back(digest);
    }
    return out;
  }

  void show(const feed::FeedReplica& replica) {
    for (const feed::BodyNeed& need : replica.missing()) {
      if (row_.missing.contains(need.digest) || bundle_.bodies.contains(need.digest)) continue;
      Lack lack{Lack::Kind::body, row_.issuer};
      lack.origin = row_.origin;
      lack.digest = need.digest;
      out_.lacking.push_back(std::move(lack));
    }
    auto snapshot = std::make_shared<feed::FeedSnapshot>(*replica.snapshot());
    using Contradiction = Reading::Contradiction;
    snapshot->contradicted = row_.contradicted && reading_.contradiction == Contradiction::head;
    snapshot->hearsay = {};
    snapshot->hearsay.contradicted = row_.contradicted && reading_.contradiction == Contradiction::word;
    snapshot->pending.reset();
    if (row_.pending && row_.pending->root)
      snapshot->pending = feed::PendingHead{{row_.pending->size, *row_.pending->root}, *row_.pending->time};
    else if (row_.pending)
      snapshot->hearsay.pending_size = row_.pending->size;
    out_.snapshot = std::move(snapshot);
  }

  // ---- issuers with a history

  [[nodiscard]] std::optional<std::vector<EntryBody>> log_of(const Log& log) {
    auto chain = log.up_to(*row_.tip);
    if (chain.missing) {
      lack_history(*std::move(chain.missing));
      return std::nullopt;
    }
    if (row_.contradicted && reading_.contradiction == Reading::Contradiction::versions)
      log.add_followers(*row_.tip, chain.bodies);
    return std::move(chain.bodies);
  }

  [[nodiscard]] std::vector<Bytes> put_epochs(BundleArchive& archive, std::string_view network,
                                              std::uint64_t epoch) const {
    return evidence::put_epochs(archive, bundle_, network, row_.issuer, epoch);
  }

  [[nodiscard]] gossip::AdmittedHistory admitted() const {
    return {row_.issuer, Did::parse("did:webvh:" + row_.issuer).value()};
  }

  void take_history(issuer::History history) { out_.history = issuer::shared(std::move(history)); }

  // The newest epoch's state beyond an epoch that is not all there.
  void lack_earlier_epoch(const gossip::RestoredIssuer& restored) {
    const auto& feed = restored.feed;
    if (feed && feed->seal()) return lack_feed(feed->origin(), feed->seal()->size, feed->feed_key());
    refute("no version of the DID up to the stated tip names this epoch");
  }

  void read_issuer() {
    const std::string network = network_of(*row_.origin);
    const Log log(bundle_, row_.issuer, network);
    const auto entries = log_of(log);
    if (!entries) return;
    const Feed* feed = with_stated_root();
    const auto leaves = feed == nullptr ? Leaves() : Leaves(feed->leaves).first(row_.tree.size);
    // Whose lists are earlier is known once all epochs are together.
    BundleArchive finding(bundle_, {});
    std::vector<Bytes> all = put_epochs(finding, network, row_.origin->epoch());
    all.insert(all.end(), leaves.begin(), leaves.end());
    BundleArchive archive(bundle_, hidden_of(all));
    static_cast<void>(put_epochs(archive, network, row_.origin->epoch()));
    archive.put(row_.origin->hash(), leaves, std::nullopt);
    const auto who = admitted();
    const auto restored = feed == nullptr ? gossip::restore_issuer(who, network, finding, now_, *entries)
                                          : gossip::restore_issuer(who, network, archive, now_, *entries,
                                                                   {row_.origin->hash(), stated_head()});
    if (!restored) return refute(restored.error().message);
    if (!restored->feed || !(restored->feed->origin() == *row_.origin)) return lack_earlier_epoch(*restored);
    const Ed25519PublicKey key = restored->feed->feed_key();
    const bool covered = is_signed(key) || (feed != nullptr && is_sealed(log, network, *feed));
    if (out_.refuted) return;
    if (!covered || feed == nullptr) return lack_feed(*row_.origin, row_.tree.size, key);
    show(*restored->feed);
    take_history(restored->history);
  }

  // Whether the next epoch's seal covers the stated leaves, by everything that the bundle has.
  [[nodiscard]] bool is_sealed(const Log& log, const std::string& network, const Feed& feed) const {
    BundleArchive archive(bundle_, {});
    constexpr std::uint64_t kEpochsMax = 1'000;
    static_cast<void>(put_epochs(archive, network, kEpochsMax));
    archive.put(row_.origin->hash(), feed.leaves, std::nullopt);
    const auto restored = gossip::restore_issuer(admitted(), network, archive, now_, log.all());
    return restored && std::ranges::any_of(restored->sealed, [&](const gossip::SealedFeed& sealed) {
             return sealed.origin == *row_.origin && sealed.seal.size >= row_.tree.size;
           });
  }

  // The epochs before the newest are needed all the same: their leaves decide which versions count.
  void read_history_alone() {
    const auto named = std::ranges::find_if(
        bundle_.histories, [&](const History& history) { return history.scid == row_.issuer; });
    if (named == bundle_.histories.end()) return lack_history(row_.tip->text());
    const Log log(bundle_, row_.issuer, named->network);
    const auto entries = log_of(log);
    if (!entries) return;
    std::uint64_t newest = 1;
    for (;;) {
      BundleArchive archive(bundle_, {});
      static_cast<void>(put_epochs(archive, named->network, newest));
      auto restored = gossip::restore_issuer(admitted(), named->network, archive, now_, *entries);
      if (!restored) return refute(restored.error().message);
      const std::uint64_t epochs = restored->history.epochs.size();
      if (epochs > newest) {
        newest = epochs;
        continue;
      }
      if (restored->feed && restored->feed->seal()) return lack_earlier_epoch(*restored);
      return take_history(std::move(restored->history));
    }
  }

  const StatedRow& row_;
  const Bundle& bundle_;
  Timestamp now_;
  const Reading& reading_;
  Rebuilt out_;
};

}  // namespace

std::string Lack::name() const {
  switch (kind) {
    case Kind::history:
      return concat("the log entry ", version, " of ", issuer);
    case Kind::feed:
      return concat("the ", size, " leaves of ", origin->text(), " with a signature of the issuer over them");
    case Kind::body:
      break;
  }
  return concat("the body ", digest_text(digest), " of ", origin->text());
}

std::string_view name_of(TimeSource source) noexcept {
  switch (source) {
    case TimeSource::signed_head:
      return "signed";
    case TimeSource::bounded:
      return "bounded";
    case TimeSource::stated:
      break;
  }
  return "stated";
}

Rebuilt rebuild(const StatedRow& row, const Bundle& bundle, Timestamp now, const Reading& reading) {
  return Rebuilding(row, bundle, now, reading).run();
}

}  // namespace vcnode::evidence
