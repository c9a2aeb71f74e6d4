#include "protocol/feed/replica_state.h"

#include <algorithm>
#include <iterator>

#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"

namespace vcnode::feed {
namespace {

// The type is the last member of a leaf's one form, so its end says whether it is a state leaf.
bool is_state_leaf(BytesView leaf) {
  return as_text(leaf).ends_with(R"("t":"state"})");
}

}  // namespace

FeedReplica::Extension::Data FeedReplica::State::next() const {
  return {
      .from_size = frontier.size(), .head = std::nullopt, .frontier = frontier, .state_leaves = state_leaves};
}

Result<void> FeedReplica::State::check_seal(const merkle::Frontier& tree) const {
  if (!seal || tree.size() != seal->size || tree.root() == seal->root) return {};
  return fail(codes::SEAL_CONTRADICTED, "the first ", seal->size, " leaves of ", origin.text(),
              " have another root than the next epoch sealed, ", hex_encode(seal->root.view()));
}

// Only the newest is checked: the root is a walk over all that the feed says. Returns its index.
std::optional<std::uint64_t> FeedReplica::State::count_state_leaves(std::span<const Bytes> leaves,
                                                                    Extension::Data& next) const {
  std::optional<std::uint64_t> newest;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!is_state_leaf(leaves[i])) continue;
    const auto leaf = Leaf::parse(leaves[i]);
    const std::uint64_t index = next.from_size + i;
    if (leaf && next.state_leaves.count_leaf(*leaf, index)) newest = index;
  }
  return newest;
}

Result<void> FeedReplica::State::read_leaves(std::span<const Bytes> leaves, Extension::Data& next) const {
  const auto checked = has_history ? count_state_leaves(leaves, next) : std::nullopt;
  VCNODE_CHECK(check_seal(next.frontier));
  Leaf leaf;
  for (const Bytes& bytes : leaves) {
    const LeafPlace place{origin.epoch(), next.frontier.size()};
    if (const auto parsed = Leaf::parse_into(leaf, bytes); !parsed)
      return fail(codes::LEAF_MALFORMED, "leaf ", place.index, " of ", origin.text(), ": ",
                  parsed.error().message);
    if (checked == place.index)
      next.false_state = hex_encode(says.root_with(next.says).view()) != leaf.digest;
    count_leaf(leaf, place, next);
    const auto hash = merkle::leaf_hash(bytes);
    if (leaf.type == kTimeBatchLeaf) next.batches.push_back({place, hash});
    next.frontier.append(hash);
    VCNODE_CHECK(check_seal(next.frontier));
  }
  return {};
}

void FeedReplica::State::count_leaf(const Leaf& leaf, const LeafPlace& place, Extension::Data& next) const {
  if (has_history) next.says.put(leaf);
  if (leaf.type == kStatusLeaf) {
    count_list(leaf, place, lists, next.keep_earlier, next.lists);
  } else if (leaf.type == kStatementLeaf) {
    statements.count(leaf, place, next.statements);
  } else if (leaf.type == kCloseLeaf) {
    Claim claim{leaf.body_digest(), leaf.key, place};
    if (!closes.known.contains(claim)) next.closes.insert(std::move(claim));
  } else if (leaf.type == kWebvhLeaf) {
    if (versions.size() + next.versions.size() < kVersionLeavesMax)
      next.versions.push_back({place.index, leaf.digest});
  } else if (leaf.type == kListKeyLeaf && has_history) {
    next.delegations.push_back(
        {place, leaf.key, leaf.digest.empty() ? std::nullopt : std::optional(leaf.body_digest())});
  } else if (leaf.type == kObservationLeaf) {
    auto key = ObservationLeafKey::parse(leaf.key);
    VCNODE_ASSERT(key.has_value());  // Leaf::parse checked it
    next.observations.push_back({*std::move(key), leaf.body_digest(), place});
  }
}

void FeedReplica::State::apply(Extension::Data& next) {
  for (const auto& [uri, change] : next.lists) feed::apply(lists[uri], change);
  statements.apply(std::move(next.statements));
  closes.take(next.closes);
  for (const DelegationLeaf& leaf : next.delegations) delegations.apply(leaf);
  for (const ObservationLeaf& leaf : next.observations)
    observations.append(leaf.key, leaf.digest, leaf.place);
  versions.insert(versions.end(), std::make_move_iterator(next.versions.begin()),
                  std::make_move_iterator(next.versions.end()));
  for (const BatchLeaf& leaf : next.batches) batches.append(leaf);
  if (!next.batches.empty()) shown_batches.reset();
  says.merge(std::move(next.says));
  state_leaves = next.state_leaves;
  if (next.false_state) false_state = *next.false_state;
  frontier = std::move(next.frontier);
  const bool same_tree = head && next.head && head->tree.size == next.head->tree.size;
  if (next.head && (!same_tree || time_supersedes(next.head->time, head->time, origin.hash())))
    head = std::move(next.head);
  if (pending && pending->tree.size <= frontier.size()) pending.reset();
  snapshot.reset();
}

std::vector<BodyNeed> FeedReplica::State::needs(const Extension::Data* next) const {
  std::map<std::string_view, ListVersion> wanted;
  for (const auto& [uri, slot] : lists)
    if (slot.newest && slot.newest->body == BodyState::missing && !slot.waiting)
      wanted[uri] = version_of(*slot.newest);
  std::set<Claim> closing = closes.missing;
  if (next != nullptr) {
    for (const auto& [uri, change] : next->lists)
      if (change.newest) wanted[uri] = *change.newest;
    closing.insert(next->closes.begin(), next->closes.end());
  }
  std::vector<BodyNeed> out;
  delegations.add_needs(next != nullptr ? next->delegations : std::vector<DelegationLeaf>(), out);
  for (const auto& [uri, version] : wanted) out.push_back(need_of(uri, version));
  statements.add_needs(next != nullptr ? &next->statements : nullptr, out);
  for (const Claim& claim : closing)
    out.push_back({claim.digest, std::string(kCloseLeaf), claim.key, claim.place});
  for (const Observations::Need& need : missing_observations(next))
    out.push_back({need.digest, std::string(kObservationLeaf), need.key, need.place});
  return out;
}

std::vector<Observations::Need> FeedReplica::State::missing_observations(const Extension::Data* next) const {
  if (next == nullptr || next->observations.empty()) return observations.missing();
  Observations after = observations;
  for (const ObservationLeaf& leaf : next->observations) after.append(leaf.key, leaf.digest, leaf.place);
  return after.missing();
}

bool FeedReplica::State::add_list(const CheckedBody& body) {
  const auto key = StatusLeafKey::parse(body.need.key);
  if (!key) return false;
  const auto slot = lists.find(key->uri);
  if (slot == lists.end() || !slot->second.newest) return false;
  const StatusListState& newest = *slot->second.newest;
  if (newest.body != BodyState::missing || newest.sequence != key->sequence ||
      newest.digest != body.need.digest)
    return false;
  judge(slot->second, body, delegations);
  return true;
}

bool FeedReplica::State::add_delegation(const CheckedBody& body) {
  if (!delegations.add_body(body)) return false;
  for (auto& [uri, slot] : lists)
    if (const auto waiting = slot.waiting) judge(slot, *waiting, delegations);
  return true;
}

bool FeedReplica::State::add_close(const CheckedBody& body) {
  if (!closes.add(body.need)) return false;
  if (body.bad) return true;
  const LeafPlace place = closes.known.find({body.need.digest, body.need.key, {}})->place;
  closed_at = closed_at ? std::min(*closed_at, place) : place;
  statements.add_closed(body.statement, place);
  return true;
}

// The first kMissingShownMax of all.
std::set<Sha256Digest> FeedReplica::State::missing_digests(std::size_t& count) const {
  std::set<Sha256Digest> missing;
  const auto add = [&](const Sha256Digest& digest) {
    if (missing.size() >= kMissingShownMax && digest > *missing.rbegin()) return false;
    missing.insert(digest);
    if (missing.size() > kMissingShownMax) missing.erase(std::prev(missing.end()));
    return true;
  };
  for (const auto& [uri, slot] : lists) {
    if (!slot.newest || slot.newest->body != BodyState::missing) continue;
    add(slot.newest->digest);
    ++count;
  }
  std::vector<BodyNeed> delegated;
  delegations.add_needs({}, delegated);
  for (const BodyNeed& need : delegated) add(need.digest);
  for (const Claim& claim : closes.missing)  // ascends by digest
    if (!add(claim.digest)) break;
  statements.each_missing(add);
  const auto observed = observations.missing();
  for (const Observations::Need& need : observed) add(need.digest);
  count += delegated.size() + closes.missing.size() + statements.missing_count() + observed.size();
  return missing;
}

FeedSnapshot FeedReplica::State::make_snapshot() const {
  FeedSnapshot out{origin, issuer, *head, {}, pending, {}, 0, contradicted};
  for (const auto& [uri, slot] : lists)
    if (slot.newest) out.status_lists.emplace_hint(out.status_lists.end(), uri, *slot.newest);
  const auto missing = missing_digests(out.missing_count);
  out.missing_bodies.assign(missing.begin(), missing.end());
  out.closed = closed_at.has_value();
  out.false_state = false_state;
  out.observations = observations.shown();
  out.statements = statements.log();
  if (!shown_batches && !batches.empty()) shown_batches = std::make_shared<const BatchLeaves>(batches);
  out.batches = shown_batches;
  return out;
}

}  // namespace vcnode::feed
