#include "protocol/feed/replica.h"

#include <algorithm>
#include <set>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "protocol/feed/bits.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/list_leaves.h"

namespace vcnode::feed {
namespace {

struct Version {  // one list of a URI that is not void
  std::uint64_t sequence = 0;
  Sha256Digest digest;
};

struct ListSlot {
  std::uint64_t leaves = 0;                               // of this URI, void ones included
  std::optional<StatusListState> newest;                  // none while every leaf was void
  std::shared_ptr<const status::StatusList> predecessor;  // last good list, kept until `newest` is found good
};
using Slots = std::map<std::string, ListSlot, std::less<>>;

// What the new leaves of one URI do to its slot.
struct SlotChange {
  std::uint64_t leaves = 0;
  std::optional<Version> newest;
};
using SlotChanges = std::map<std::string, SlotChange, std::less<>>;

struct Statement {
  Sha256Digest digest;
  std::string id;
  friend auto operator<=>(const Statement&, const Statement&) = default;
};

BodyNeed need_of(std::string_view uri, const Version& version) {
  return {version.digest, std::string(kStatusLeaf), StatusLeafKey{std::string(uri), version.sequence}.text()};
}
BodyNeed need_of(const Statement& statement) {
  return {statement.digest, std::string(kStatementLeaf), statement.id};
}

Version version_of(const StatusListState& list) {
  return {list.sequence, list.digest};
}

bool clears_revocation(const status::StatusList& list, const status::StatusList& predecessor) {
  if (predecessor.purpose != status::Purpose::revocation) return false;
  // A list that changed its purpose answers for none of the revocations any more.
  if (list.purpose != predecessor.purpose) return any_set(predecessor.bitmap);
  return list.bitmap.clears_any_of(predecessor.bitmap);
}

// Why `list` cannot follow `predecessor`.
std::optional<Error> fault_against(const status::StatusList& list, const status::StatusList& predecessor) {
  if (list.valid_from <= predecessor.valid_from)
    return fail(codes::STATUS_LIST_NOT_RISING, "the status list ", excerpt(list.uri), " has validFrom ",
                list.valid_from.to_string(), ", not later than its predecessor's ",
                predecessor.valid_from.to_string())
        .error;
  if (clears_revocation(list, predecessor))
    return fail(codes::STATUS_LIST_CLEARED_REVOCATION, "the status list ", excerpt(list.uri), " of ",
                list.valid_from.to_string(), " clears a revocation that the list of ",
                predecessor.valid_from.to_string(), " had set")
        .error;
  return std::nullopt;
}

void judge(ListSlot& slot, const CheckedBody& body) {
  VCNODE_ASSERT(body.bad || body.list);
  StatusListState& newest = *slot.newest;
  newest.reason = body.bad;
  if (!newest.reason && slot.predecessor) newest.reason = fault_against(*body.list, *slot.predecessor);
  newest.body = newest.reason ? BodyState::bad : BodyState::held;
  if (newest.body == BodyState::bad) return;
  newest.list = body.list;
  slot.predecessor.reset();
}

void apply(ListSlot& slot, const SlotChange& change) {
  slot.leaves = change.leaves;
  if (!change.newest) return;
  if (slot.newest && slot.newest->body == BodyState::held) slot.predecessor = std::move(slot.newest->list);
  slot.newest = StatusListState{};
  slot.newest->sequence = change.newest->sequence;
  slot.newest->digest = change.newest->digest;
}

using VersionsByUri = std::map<std::string, std::vector<Version>, std::less<>>;

// Of every URI the lists before the one in force, in leaf order.
VersionsByUri earlier_versions(std::span<const Bytes> leaves) {
  VersionsByUri versions;
  each_list(leaves, [&](ListLeaf list) {
    versions[std::move(list.uri)].push_back({list.sequence, list.digest});
  });
  for (auto& [uri, known] : versions) known.pop_back();
  return versions;
}

// What a replica that had got these lists in order would compare the next one with.
std::shared_ptr<const status::StatusList> last_good(std::span<const CheckedBody> newest_first) {
  std::shared_ptr<const status::StatusList> good;
  for (auto body = newest_first.rbegin(); body != newest_first.rend(); ++body)
    if (body->list && (!good || !fault_against(*body->list, *good))) good = body->list;
  return good;
}

}  // namespace

struct FeedReplica::Extension::Data {
  std::uint64_t from_size = 0;
  Head head;
  merkle::Frontier frontier;
  SlotChanges lists;
  std::set<Statement> statements;
};

FeedReplica::Extension::Extension(std::unique_ptr<Data> data) : data_(std::move(data)) {}
FeedReplica::Extension::~Extension() = default;

struct FeedReplica::State {
  Origin origin;
  Did issuer;
  Ed25519PublicKey feed_key;
  merkle::Frontier frontier;
  std::optional<Head> head;
  Slots lists;
  std::set<Statement> statements_missing;
  std::set<Statement> statements_known;  // held or bad: nothing more is asked for
  std::optional<PendingHead> pending;
  bool contradicted = false;
  mutable std::shared_ptr<const FeedSnapshot> snapshot;  // none when out of date

  void count_leaf(const Leaf& leaf, Extension::Data& next) const;
  [[nodiscard]] std::vector<BodyNeed> needs(const Extension::Data* next) const;
  void apply(Extension::Data& next);
  void restore_bodies(std::span<const Bytes> leaves, const BodyReader& read_body, const Resolver& resolver);
  [[nodiscard]] FeedSnapshot make_snapshot() const;
};

void FeedReplica::State::count_leaf(const Leaf& leaf, Extension::Data& next) const {
  if (leaf.type == kStatementLeaf) {
    Statement statement{leaf.body_digest(), leaf.key};
    if (!statements_known.contains(statement)) next.statements.insert(std::move(statement));
  }
  if (leaf.type != kStatusLeaf) return;
  auto key = StatusLeafKey::parse(leaf.key);
  VCNODE_ASSERT(key.has_value());  // Leaf::parse checked it
  auto found = next.lists.find(key->uri);
  if (found == next.lists.end()) {
    SlotChange change;
    if (const auto slot = lists.find(key->uri); slot != lists.end()) change.leaves = slot->second.leaves;
    found = next.lists.emplace(std::move(key->uri), change).first;
  }
  SlotChange& change = found->second;
  ++change.leaves;
  if (key->sequence != change.leaves) return;  // void: acts on nothing
  change.newest = Version{key->sequence, leaf.body_digest()};
}

std::vector<BodyNeed> FeedReplica::State::needs(const Extension::Data* next) const {
  std::map<std::string_view, Version> wanted;
  for (const auto& [uri, slot] : lists)
    if (slot.newest && slot.newest->body == BodyState::missing) wanted[uri] = version_of(*slot.newest);
  std::set<Statement> statements = statements_missing;
  if (next != nullptr) {
    for (const auto& [uri, change] : next->lists)
      if (change.newest) wanted[uri] = *change.newest;
    statements.insert(next->statements.begin(), next->statements.end());
  }
  std::vector<BodyNeed> out;
  for (const auto& [uri, version] : wanted) out.push_back(need_of(uri, version));
  for (const Statement& statement : statements) out.push_back(need_of(statement));
  return out;
}

void FeedReplica::State::apply(Extension::Data& next) {
  for (const auto& [uri, change] : next.lists) feed::apply(lists[uri], change);
  for (const Statement& statement : next.statements)
    if (!statements_known.contains(statement)) statements_missing.insert(statement);
  frontier = std::move(next.frontier);
  const bool same_tree = head && head->tree.size == next.head.tree.size;
  if (!same_tree || time_supersedes(next.head.time, head->time, origin.hash())) head = std::move(next.head);
  if (pending && pending->tree.size <= frontier.size()) pending.reset();
  snapshot.reset();
}

void FeedReplica::State::restore_bodies(std::span<const Bytes> leaves, const BodyReader& read_body,
                                        const Resolver& resolver) {
  // A stored body that does not match its digest is not there: it will be asked for again.
  const auto read = [&](const Sha256Digest& digest) {
    auto bytes = read_body(digest);
    if (bytes && sha256(*bytes) != digest) bytes.reset();
    return bytes;
  };
  const auto read_list = [&](std::string_view uri, const Version& version) -> std::optional<CheckedBody> {
    const auto bytes = read(version.digest);
    if (!bytes) return std::nullopt;
    return check_body(need_of(uri, version), *bytes, issuer, resolver);
  };
  for (const auto& [uri, earlier] : earlier_versions(leaves)) {
    std::vector<CheckedBody> stored;  // newest first
    for (auto at = earlier.rbegin(); at != earlier.rend() && stored.size() < kListsBackMax; ++at)
      if (auto body = read_list(uri, *at)) stored.push_back(*std::move(body));
    lists.find(uri)->second.predecessor = last_good(stored);
  }
  for (auto& [uri, slot] : lists) {
    if (!slot.newest) continue;
    if (const auto newest = read_list(uri, version_of(*slot.newest))) judge(slot, *newest);
  }
  for (auto next = statements_missing.begin(); next != statements_missing.end();) {
    const auto statement = next++;
    if (read(statement->digest)) statements_known.insert(statements_missing.extract(statement));
  }
}

FeedSnapshot FeedReplica::State::make_snapshot() const {
  FeedSnapshot out{origin, issuer, *head, {}, pending, {}, statements_missing.size(), contradicted};
  std::set<Sha256Digest> missing;
  for (const auto& [uri, slot] : lists) {
    if (!slot.newest) continue;
    out.status_lists.emplace(uri, *slot.newest);
    if (slot.newest->body != BodyState::missing) continue;
    missing.insert(slot.newest->digest);
    ++out.missing_count;
  }
  for (const Statement& statement : statements_missing) {  // ascends by digest
    if (missing.size() >= kMissingShownMax && statement.digest > *missing.rbegin()) break;
    missing.insert(statement.digest);
    if (missing.size() > kMissingShownMax) missing.erase(std::prev(missing.end()));
  }
  while (missing.size() > kMissingShownMax) missing.erase(std::prev(missing.end()));
  out.missing_bodies.assign(missing.begin(), missing.end());
  return out;
}

FeedReplica::FeedReplica(Origin origin, Did issuer, Ed25519PublicKey feed_key)
    : state_(new State{
          std::move(origin), std::move(issuer), feed_key, {}, {}, {}, {}, {}, {}, false, nullptr}) {}
FeedReplica::~FeedReplica() = default;
FeedReplica::FeedReplica(FeedReplica&&) noexcept = default;
FeedReplica& FeedReplica::operator=(FeedReplica&&) noexcept = default;

const Origin& FeedReplica::origin() const noexcept {
  return state_->origin;
}
const Did& FeedReplica::issuer() const noexcept {
  return state_->issuer;
}
const Ed25519PublicKey& FeedReplica::feed_key() const noexcept {
  return state_->feed_key;
}
std::uint64_t FeedReplica::size() const noexcept {
  return state_->frontier.size();
}
const std::optional<Head>& FeedReplica::head() const noexcept {
  return state_->head;
}
const merkle::Frontier& FeedReplica::frontier() const noexcept {
  return state_->frontier;
}
const std::optional<PendingHead>& FeedReplica::pending() const noexcept {
  return state_->pending;
}
bool FeedReplica::contradicted() const noexcept {
  return state_->contradicted;
}

std::map<std::string, std::uint64_t, std::less<>> FeedReplica::status_leaf_counts() const {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  for (const auto& [uri, slot] : state_->lists) counts.emplace(uri, slot.leaves);
  return counts;
}

FeedReplica::Relation FeedReplica::relation_to(const Head& verified) const {
  if (!state_->head || verified.tree.size > size()) return Relation::ahead;
  if (verified.tree.size < size()) return Relation::behind;
  if (verified.tree.root != state_->head->tree.root) return Relation::contradicts;
  return time_supersedes(verified.time, state_->head->time, state_->origin.hash()) ? Relation::newer_time
                                                                                   : Relation::same;
}

Result<std::unique_ptr<FeedReplica::Extension>> FeedReplica::extend(const Head& verified,
                                                                    std::span<const Bytes> leaves) const {
  if (verified.tree.size < size() || verified.tree.size - size() != leaves.size())
    return fail(codes::LEAF_COUNT, "the feed ", state_->origin.text(), " has ", size(),
                " leaves here and got ", leaves.size(), " more, which is not the signed size ",
                verified.tree.size);
  auto next = std::make_unique<Extension::Data>();
  next->from_size = size();
  next->head = verified;
  next->frontier = state_->frontier;
  for (const Bytes& bytes : leaves) {
    const auto leaf = Leaf::parse(bytes);
    if (!leaf)
      return fail(codes::LEAF_MALFORMED, "leaf ", next->frontier.size(), " of ", state_->origin.text(), ": ",
                  leaf.error().message);
    state_->count_leaf(*leaf, *next);
    next->frontier.append(merkle::leaf_hash(bytes));
  }
  if (next->frontier.root() != verified.tree.root)
    return fail(codes::HEAD_ROOT_MISMATCH, "the ", verified.tree.size, " leaves of ", state_->origin.text(),
                " do not lead to the signed root ", hex_encode(verified.tree.root.view()));
  return std::unique_ptr<Extension>(new Extension(std::move(next)));
}

std::vector<BodyNeed> FeedReplica::needs_after(const Extension& extension) const {
  return state_->needs(extension.data_.get());
}
std::vector<BodyNeed> FeedReplica::missing() const {
  return state_->needs(nullptr);
}

void FeedReplica::accept(std::unique_ptr<Extension> extension) {
  VCNODE_ASSERT(extension->data_->from_size == size());
  state_->apply(*extension->data_);
}

void FeedReplica::accept_time(const Head& verified) {
  VCNODE_ASSERT(relation_to(verified) == Relation::newer_time);
  state_->head = verified;
  state_->snapshot.reset();
}

void FeedReplica::add_body(const CheckedBody& body) {
  if (body.need.type == kStatementLeaf) {
    const auto found = state_->statements_missing.find(Statement{body.need.digest, body.need.key});
    if (found == state_->statements_missing.end()) return;
    state_->statements_known.insert(state_->statements_missing.extract(found));
  } else if (body.need.type == kStatusLeaf) {
    const auto key = StatusLeafKey::parse(body.need.key);
    if (!key) return;
    const auto slot = state_->lists.find(key->uri);
    if (slot == state_->lists.end() || !slot->second.newest) return;
    const StatusListState& newest = *slot->second.newest;
    if (newest.body != BodyState::missing || newest.sequence != key->sequence ||
        newest.digest != body.need.digest)
      return;
    judge(slot->second, body);
  }
  state_->snapshot.reset();
}

void FeedReplica::set_pending(std::optional<PendingHead> pending) {
  state_->pending = std::move(pending);
  state_->snapshot.reset();
}

void FeedReplica::set_contradicted() {
  state_->contradicted = true;
  state_->snapshot.reset();
}

std::shared_ptr<const FeedSnapshot> FeedReplica::snapshot() const {
  VCNODE_ASSERT(state_->head.has_value());
  if (!state_->snapshot) state_->snapshot = std::make_shared<const FeedSnapshot>(state_->make_snapshot());
  return state_->snapshot;
}

Result<FeedReplica> FeedReplica::restore(Origin origin, Did issuer, Ed25519PublicKey feed_key,
                                         const std::string& note, std::span<const Bytes> leaves,
                                         const BodyReader& read_body, const Resolver& resolver) {
  VCNODE_TRY(const Head head, verify_head(note, origin, feed_key));
  FeedReplica replica(std::move(origin), std::move(issuer), feed_key);
  VCNODE_TRY(auto extension, replica.extend(head, leaves));
  replica.accept(std::move(extension));
  replica.state_->restore_bodies(leaves, read_body, resolver);
  return replica;
}

}  // namespace vcnode::feed
