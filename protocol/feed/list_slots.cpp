#include "protocol/feed/list_slots.h"

#include "crypto/base/encoding.h"
#include "protocol/did/key.h"
#include "protocol/feed/list_order.h"
#include "protocol/status/codes.h"

namespace vcnode::feed {
namespace {

Allowed signer_of(const CheckedBody& body, const LeafPlace& place, const Delegations& delegations) {
  if (!body.list || !body.delegate) return Allowed::yes;
  return delegations.may_sign(*body.delegate, *body.list, place);
}

Error not_delegated(const CheckedBody& body) {
  return fail(codes::STATUS_LIST_PROOF, "the status list ", excerpt(body.list->uri), " is signed by ",
              did_key::did_of(*body.delegate).text(),
              ", to which no delegation in force at its leaf allows it")
      .error;
}

}  // namespace

BodyNeed need_of(std::string_view uri, const ListVersion& version) {
  return {version.digest, std::string(kStatusLeaf), StatusLeafKey{std::string(uri), version.sequence}.text(),
          version.place};
}

ListVersion version_of(const StatusListState& list) {
  return {list.sequence, list.digest, list.place};
}

void count_list(const Leaf& leaf, const LeafPlace& place, const ListSlots& slots, bool keep_earlier,
                ListChanges& changes) {
  const StatusKeyParts key = split_status_key(leaf.key);
  auto found = changes.find(key.uri);
  if (found == changes.end()) {
    ListChange change;
    if (const auto slot = slots.find(key.uri); slot != slots.end()) change.leaves = slot->second.leaves;
    found = changes.emplace(std::string(key.uri), std::move(change)).first;
  }
  ListChange& change = found->second;
  ++change.leaves;
  if (key.sequence != change.leaves) return;  // void: acts on nothing
  if (keep_earlier && change.newest) change.earlier.push_back(*change.newest);
  change.newest = ListVersion{key.sequence, leaf.body_digest(), place};
}

void apply(ListSlot& slot, const ListChange& change) {
  slot.leaves = change.leaves;
  if (!change.newest) return;
  if (slot.newest && slot.newest->body == BodyState::held) slot.predecessor = std::move(slot.newest->list);
  slot.waiting.reset();
  slot.newest = StatusListState{};
  slot.newest->sequence = change.newest->sequence;
  slot.newest->digest = change.newest->digest;
  slot.newest->place = change.newest->place;
}

void judge(ListSlot& slot, const CheckedBody& body, const Delegations& delegations) {
  VCNODE_ASSERT(body.bad || body.list);
  StatusListState& newest = *slot.newest;
  const Allowed allowed = signer_of(body, newest.place, delegations);
  if (allowed == Allowed::unknown) {
    slot.waiting = std::make_shared<const CheckedBody>(body);
    return;
  }
  newest.reason = body.bad;
  if (!newest.reason && allowed == Allowed::no) newest.reason = not_delegated(body);
  if (!newest.reason && slot.predecessor) newest.reason = fault_against(*body.list, *slot.predecessor);
  newest.body = newest.reason ? BodyState::bad : BodyState::held;
  // `body` may be the one that waited: it goes last.
  if (newest.body == BodyState::held) {
    newest.list = body.list;
    slot.predecessor.reset();
  }
  slot.waiting.reset();
}

std::shared_ptr<const status::StatusList> last_good(std::shared_ptr<const status::StatusList> good,
                                                    std::span<const StoredList> newest_first,
                                                    const Delegations& delegations) {
  for (auto stored = newest_first.rbegin(); stored != newest_first.rend(); ++stored) {
    const CheckedBody& body = stored->body;
    if (!body.list || signer_of(body, stored->place, delegations) != Allowed::yes) continue;
    if (!good || !fault_against(*body.list, *good)) good = body.list;
  }
  return good;
}

}  // namespace vcnode::feed
