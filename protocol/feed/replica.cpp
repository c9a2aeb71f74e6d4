#include "protocol/feed/replica.h"

#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/issuer_name.h"
#include "protocol/feed/replica_state.h"

namespace vcnode::feed {

FeedReplica::Extension::Extension(std::unique_ptr<Data> data) : data_(std::move(data)) {}
FeedReplica::Extension::~Extension() = default;

FeedReplica::FeedReplica(Origin origin, Did issuer, Ed25519PublicKey feed_key) {
  const bool history = has_history(issuer);
  state_.reset(new State{std::move(origin), std::move(issuer), feed_key, history});
}
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
const StateMap& FeedReplica::state_map() const noexcept {
  return state_->says;
}
const StateLeaves& FeedReplica::state_leaves() const noexcept {
  return state_->state_leaves;
}
bool FeedReplica::closed() const noexcept {
  return state_->closed_at.has_value();
}

const std::optional<LeafPlace>& FeedReplica::closed_at() const noexcept {
  return state_->closed_at;
}
const std::shared_ptr<const statement::StatementLog>& FeedReplica::statements() const {
  return state_->statements.log();
}
bool FeedReplica::has_statement(std::string_view id) const {
  return state_->statements.has(id);
}
const std::vector<VersionLeaf>& FeedReplica::version_leaves() const noexcept {
  return state_->versions;
}
const std::optional<merkle::TreeHead>& FeedReplica::seal() const noexcept {
  return state_->seal;
}

std::map<std::string, std::uint64_t, std::less<>> FeedReplica::status_leaf_counts() const {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  for (const auto& [uri, slot] : state_->lists) counts.emplace(uri, slot.leaves);
  return counts;
}

std::map<std::string, StatusListState, std::less<>> FeedReplica::status_lists() const {
  std::map<std::string, StatusListState, std::less<>> lists;
  for (const auto& [uri, slot] : state_->lists)
    if (slot.newest) lists.emplace_hint(lists.end(), uri, *slot.newest);
  return lists;
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
  auto next = std::make_unique<Extension::Data>(state_->next());
  next->head = verified;
  VCNODE_CHECK(state_->read_leaves(leaves, *next));
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

std::vector<VersionLeaf> FeedReplica::version_leaves_after(const Extension& extension) const {
  auto out = state_->versions;
  out.insert(out.end(), extension.data_->versions.begin(), extension.data_->versions.end());
  return out;
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
    if (!state_->statements.add_body(body)) return;
  } else if (body.need.type == kStatusLeaf) {
    if (!state_->add_list(body)) return;
  } else if (body.need.type == kListKeyLeaf) {
    if (!state_->add_delegation(body)) return;
  } else if (body.need.type == kCloseLeaf) {
    if (!state_->add_close(body)) return;
  } else if (body.need.type == kObservationLeaf) {
    if (!state_->observations.add_body(body.need.digest, body.observed)) return;
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

void FeedReplica::set_seal(merkle::TreeHead seal) {
  VCNODE_ASSERT(size() <= seal.size);
  state_->seal = seal;
}

std::shared_ptr<const FeedSnapshot> FeedReplica::snapshot() const {
  VCNODE_ASSERT(state_->head.has_value());
  if (!state_->snapshot) state_->snapshot = std::make_shared<const FeedSnapshot>(state_->make_snapshot());
  return state_->snapshot;
}

FeedReplica FeedReplica::continued(Origin next, Did issuer, Ed25519PublicKey next_key) && {
  VCNODE_ASSERT(state_->seal && state_->seal->size == size());
  FeedReplica out(std::move(next), std::move(issuer), next_key);
  out.state_->lists = std::move(state_->lists);
  out.state_->statements = std::move(state_->statements);
  out.state_->statements.begin_epoch();
  out.state_->delegations = std::move(state_->delegations);
  out.state_->observations = std::move(state_->observations);
  out.state_->batches = std::move(state_->batches);
  out.state_->says = std::move(state_->says);
  return out;
}

}  // namespace vcnode::feed
