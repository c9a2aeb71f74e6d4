// An issuer from what is stored: its entries, then epoch after epoch.
//
// Which versions count hangs on what the leaves of an epoch commit to; where the epoch ends hangs on the
// version that opens the next one. So an epoch is read twice: as if it had no end, which tells the version
// that ends it, and then up to that end.
#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/multikey.h"
#include "protocol/feed/note.h"
#include "protocol/gossip/archive_reader.h"
#include "protocol/gossip/restore.h"
#include "protocol/issuer/origins.h"
#include "protocol/issuer/version_keys.h"

namespace vcnode::gossip {
namespace {

using issuer::EntryBody;
using issuer::EntrySet;
using issuer::History;
using webvh::VersionId;

struct Logged {
  VersionId id;
  EntryBody body;
};

std::vector<Logged> sorted(std::span<const EntryBody> log) {
  std::vector<Logged> out;
  for (const EntryBody& body : log)
    if (auto entry = webvh::Entry::parse(body.line)) out.push_back({entry->version_id(), body});
  std::sort(out.begin(), out.end(), [](const Logged& a, const Logged& b) { return a.id < b.id; });
  return out;
}

struct Cited {
  std::uint64_t index = 0;
  VersionId version;
};

// What is stored of one epoch.
struct Stored {
  std::optional<std::string> note;
  std::vector<Bytes> leaves;
  std::vector<Cited> cited;
};

std::vector<Cited> cited_by(std::span<const Bytes> leaves) {
  std::vector<Cited> out;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const auto leaf = feed::Leaf::parse(leaves[i]);
    if (!leaf || leaf->type != feed::kWebvhLeaf) continue;
    if (auto version = VersionId::parse(leaf->digest)) out.push_back({i, *std::move(version)});
  }
  return out;
}

Result<Stored> read_epoch(const FeedArchive& archive, const feed::Origin& origin) {
  Stored out;
  VCNODE_TRY(out.note, archive.note(origin.hash()));
  VCNODE_TRY(out.leaves, read_leaves(archive, origin.hash()));
  out.cited = cited_by(out.leaves);
  return out;
}

merkle::Frontier tree_of(std::span<const Bytes> leaves) {
  merkle::Frontier tree;
  for (const Bytes& leaf : leaves) tree.append(merkle::leaf_hash(leaf));
  return tree;
}

// Where an epoch ends, and who says so.
struct End {
  merkle::TreeHead seal;
  VersionId opener;
  Timestamp opened_at;
};

std::optional<End> end_of(const History& history, std::uint64_t epoch) {
  if (history.epochs.size() <= epoch) return std::nullopt;
  const issuer::Version& opener = history.versions[history.epochs[epoch].opened_by];
  return End{*history.epochs[epoch - 1].seal, opener.state.version_id(),
             opener.state.version_time().second()};
}

class Restoring {
 public:
  // `branch`: tried in place of what is stored of its epoch and of later ones. `said`: in place of a head.
  Restoring(const AdmittedHistory& admitted, std::string_view network, ArchiveReader reader, Timestamp now,
            std::span<const EntryBody> log, const FeedBranch* branch = nullptr,
            const SaidState* said = nullptr)
      : admitted_(admitted),
        network_(network),
        reader_(std::move(reader)),
        rules_{now, {}},
        log_(sorted(log)),
        branch_(branch),
        said_(said),
        entries_(admitted.scid, std::string(network)) {}

  Result<RestoredIssuer> run();
  Result<Trial> try_out();

 private:
  // How far what is stored of an epoch leads.
  struct Reach {
    std::optional<End> end;
    bool complete = false;  // everything up to its end is there
    bool closed = false;
  };
  [[nodiscard]] Result<Stored> read(const feed::Origin& origin) const;
  [[nodiscard]] Reach count(const Stored& stored, const feed::Origin& origin, const Ed25519PublicKey& key);
  void add_all();
  void commit(const Stored& stored, std::uint64_t epoch, const std::optional<End>& end, bool closed);
  [[nodiscard]] bool closes(const Stored& stored, const feed::Origin& origin, const Ed25519PublicKey& key,
                            const End& end) const;
  [[nodiscard]] Result<void> seal(feed::FeedReplica& replica, const Stored& stored, const End& end,
                                  bool closed, RestoredIssuer& out);
  [[nodiscard]] Result<void> resume(feed::FeedReplica& replica, const Stored& stored,
                                    const std::optional<End>& end, RestoredIssuer& out);
  [[nodiscard]] feed::ResolverAt keys() const;
  [[nodiscard]] bool is_said(const feed::Origin& origin) const {
    return said_ != nullptr && said_->origin == origin.hash();
  }

  const AdmittedHistory& admitted_;
  std::string_view network_;
  ArchiveReader reader_;
  webvh::Rules rules_;
  std::vector<Logged> log_;
  const FeedBranch* branch_;
  const SaidState* said_;
  EntrySet entries_;
};

void Restoring::add_all() {
  for (const Logged& entry : log_)
    if (!entries_.holds(entry.id)) static_cast<void>(entries_.add(entry.body, rules_));
}

// `end`: what stands beyond it counts for nothing, except the leaf that closes it.
void Restoring::commit(const Stored& stored, std::uint64_t epoch, const std::optional<End>& end,
                       bool closed) {
  for (const Cited& leaf : stored.cited)
    if (!end || leaf.index < end->seal.size ||
        (closed && leaf.index == end->seal.size && leaf.version == end->opener))
      entries_.commit(epoch, leaf.index, leaf.version);
  add_all();
}

bool Restoring::closes(const Stored& stored, const feed::Origin& origin, const Ed25519PublicKey& key,
                       const End& end) const {
  if (!stored.note || stored.leaves.size() <= end.seal.size) return false;
  const Bytes leaf = closing_leaf(end.opener);
  if (stored.leaves[end.seal.size] != leaf) return false;
  const auto head = feed::verify_head(*stored.note, origin, key);
  if (!head || head->tree.size != end.seal.size + 1) return false;
  return tree_of(std::span(stored.leaves).first(end.seal.size + 1)).root() == head->tree.root;
}

feed::ResolverAt Restoring::keys() const {
  return [placed = std::make_shared<issuer::PlacedKeys>(entries_)](const feed::LeafPlace& place) {
    return placed->at(place);
  };
}

Result<void> Restoring::seal(feed::FeedReplica& replica, const Stored& stored, const End& end, bool closed,
                             RestoredIssuer& out) {
  const auto leaves = std::span(stored.leaves).first(end.seal.size);
  VCNODE_CHECK(replica.replay_sealed(end.seal, leaves, reader_.bodies(), keys()));
  out.sealed.push_back({replica.origin(), end.seal, tree_of(leaves), closed});
  return {};
}

// What is held of the epoch that is not complete.
Result<void> Restoring::resume(feed::FeedReplica& replica, const Stored& stored,
                               const std::optional<End>& end, RestoredIssuer& out) {
  if (is_said(replica.origin())) return replica.replay(said_->head, stored.leaves, reader_.bodies(), keys());
  const bool foreign = stored.note && of_another_key(*stored.note, replica.feed_key());
  const bool beyond = end && stored.leaves.size() >= end->seal.size && !stored.leaves.empty();
  // Leaves below a seal are stored without a head over them, and one of them may commit to another entry than
  // the one that sealed: then nothing ends the epoch any more.
  const auto covered = stored.note ? feed::verify_head(*stored.note, replica.origin(), replica.feed_key())
                                   : Result<feed::Head>(feed::Head{});
  const bool uncovered = covered && covered->tree.size < stored.leaves.size();
  out.astray = foreign || beyond || uncovered;
  if (!out.astray && stored.note)
    VCNODE_CHECK(replica.replay(*stored.note, stored.leaves, reader_.bodies(), keys()));
  if (end) {
    replica.set_seal(end->seal);
    replica.set_pending(feed::PendingHead{end->seal, end->opened_at});
    return {};
  }
  VCNODE_TRY(const auto mark, reader_.archive().note(feed::contradiction_mark(replica.origin().hash())));
  // As above, a mark may be another key's.
  if (mark && mark->find(multikey_encode(replica.feed_key())) != std::string::npos)
    replica.set_contradicted();
  return {};
}

Result<Stored> Restoring::read(const feed::Origin& origin) const {
  if (branch_ == nullptr || origin.epoch() < branch_->epoch) return read_epoch(reader_.archive(), origin);
  Stored out;
  if (origin.epoch() > branch_->epoch) return out;
  out.note = branch_->note;
  out.leaves.assign(branch_->leaves.begin(), branch_->leaves.end());
  out.cited = cited_by(out.leaves);
  return out;
}

// Commits to what the leaves of this epoch commit to.
Restoring::Reach Restoring::count(const Stored& stored, const feed::Origin& origin,
                                  const Ed25519PublicKey& key) {
  Reach out;
  const EntrySet before = entries_;
  commit(stored, origin.epoch(), std::nullopt, false);
  out.end = end_of(entries_.history(), origin.epoch());
  if (!out.end) return out;
  const merkle::TreeHead seal = out.end->seal;
  out.complete = stored.leaves.size() >= seal.size &&
                 tree_of(std::span(stored.leaves).first(seal.size)).root() == seal.root;
  out.closed = out.complete && closes(stored, origin, key, *out.end);
  entries_ = before;
  const bool astray = !out.complete && stored.leaves.size() >= seal.size;
  if (!astray) commit(stored, origin.epoch(), out.end, out.closed);
  const auto still = end_of(entries_.history(), origin.epoch());
  if (!still || still->opener != out.end->opener)
    out.end.reset();  // it counted by leaves beyond its own seal
  return out;
}

Result<RestoredIssuer> Restoring::run() {
  RestoredIssuer out{entries_, {}, std::nullopt, {}, false};
  std::optional<feed::FeedReplica> replica;
  for (std::uint64_t epoch = 1;; ++epoch) {
    add_all();
    const History history = entries_.history();
    if (history.epochs.size() < epoch) break;
    const issuer::FeedService service = history.epochs[epoch - 1].feed;
    VCNODE_TRY(auto origin, issuer::origin_of(network_, admitted_.scid, epoch));
    const Did did = history.versions.back().state.did().did();
    if (replica)
      replica = std::move(*replica).continued(origin, did, service.key);
    else
      replica.emplace(origin, did, service.key);
    VCNODE_TRY(const Stored stored, read(origin));
    auto [end, complete, closed] = count(stored, origin, service.key);
    complete = complete && !is_said(origin);
    const Result<void> read =
        end && complete ? seal(*replica, stored, *end, closed, out) : resume(*replica, stored, end, out);
    if (reader_.unreadable()) return Failure{*reader_.unreadable()};
    if (!read) return fail(read.error().code, "the stored feed ", origin.text(), ": ", read.error().message);
    if (!end || !complete) {
      out.feed = std::move(replica);
      break;
    }
  }
  out.history = entries_.history();
  out.entries = std::move(entries_);
  return out;
}

// As run(), for the history alone.
Result<Trial> Restoring::try_out() {
  Trial out;
  for (std::uint64_t epoch = 1;; ++epoch) {
    add_all();
    const History history = entries_.history();
    if (history.epochs.size() < epoch) break;
    VCNODE_TRY(const auto origin, issuer::origin_of(network_, admitted_.scid, epoch));
    VCNODE_TRY(const Stored stored, read(origin));
    const Reach reach = count(stored, origin, history.epochs[epoch - 1].feed.key);
    if (!reach.end || !reach.complete) break;
    out.complete = epoch;
  }
  out.history = entries_.history();
  return out;
}

}  // namespace

bool of_another_key(std::string_view note_text, const Ed25519PublicKey& key) {
  const auto note = feed::Note::parse(note_text);
  return note && std::none_of(note->signatures.begin(), note->signatures.end(), [&](const auto& line) {
           return feed::NoteKey{line.name, feed::NoteKeyType::ed25519, key}.id() == line.key_id;
         });
}

Bytes closing_leaf(const VersionId& opener) {
  return feed::Leaf{std::string(feed::kWebvhLeaf), concat(opener.number()), opener.text()}.encode();
}

Result<RestoredIssuer> restore_issuer(const AdmittedHistory& admitted, std::string_view network,
                                      const FeedArchive& archive, Timestamp now,
                                      std::span<const EntryBody> log) {
  VCNODE_TRY(auto reader, ArchiveReader::open(archive));
  return Restoring(admitted, network, std::move(reader), now, log).run();
}

Result<Trial> try_branch(const AdmittedHistory& admitted, std::string_view network,
                         const FeedArchive& archive, Timestamp now, std::span<const EntryBody> log,
                         const FeedBranch& branch) {
  VCNODE_TRY(auto reader, ArchiveReader::open(archive));
  return Restoring(admitted, network, std::move(reader), now, log, &branch).try_out();
}

Result<RestoredIssuer> restore_issuer(const AdmittedHistory& admitted, std::string_view network,
                                      const FeedArchive& archive, Timestamp now,
                                      std::span<const EntryBody> log, const SaidState& said) {
  VCNODE_TRY(auto reader, ArchiveReader::open(archive));
  return Restoring(admitted, network, std::move(reader), now, log, nullptr, &said).run();
}

Result<RestoredIssuer> restore_issuer(const AdmittedHistory& admitted, std::string_view network,
                                      const FeedArchive& archive, Timestamp now) {
  VCNODE_TRY(const auto stored, archive.entries(admitted.scid));
  std::vector<EntryBody> log;
  for (const StoredEntry& entry : stored)
    if (auto body = EntryBody::parse(as_text(entry.body))) log.push_back(*std::move(body));
  return restore_issuer(admitted, network, archive, now, log);
}

}  // namespace vcnode::gossip
