#include "protocol/feed/delegations.h"

namespace vcnode::feed {
namespace {

BodyNeed need_of(const DelegationLeaf& leaf) {
  return {*leaf.digest, std::string(kListKeyLeaf), leaf.id, leaf.place};
}

}  // namespace

void Delegations::apply(const DelegationLeaf& leaf) {
  if (const auto found = open_.find(leaf.id); found != open_.end()) {
    Slot& slot = slots_[found->second];
    if (leaf.digest == slot.need.digest) return;  // said twice
    slot.until = leaf.place;
    open_.erase(found);
  }
  if (!leaf.digest || slots_.size() >= kDelegationsMax) return;
  open_.emplace(leaf.id, slots_.size());
  slots_.push_back({need_of(leaf), std::nullopt, BodyState::missing, nullptr});
}

void Delegations::add_needs(const std::vector<DelegationLeaf>& next, std::vector<BodyNeed>& out) const {
  for (const Slot& slot : slots_)
    if (slot.body == BodyState::missing) out.push_back(slot.need);
  if (next.empty()) return;
  Delegations after = *this;
  for (const DelegationLeaf& leaf : next) after.apply(leaf);
  for (std::size_t i = slots_.size(); i < after.slots_.size(); ++i) out.push_back(after.slots_[i].need);
}

bool Delegations::add_body(const CheckedBody& body) {
  bool added = false;
  for (Slot& slot : slots_) {
    if (slot.body != BodyState::missing || !(slot.need == body.need) || slot.need.place != body.need.place)
      continue;
    slot.body = body.bad ? BodyState::bad : BodyState::held;
    if (!body.bad) slot.delegation = body.delegation;
    added = true;
  }
  return added;
}

Allowed Delegations::may_sign(const Ed25519PublicKey& key, const status::StatusList& list,
                              const LeafPlace& place) const {
  bool unknown = false;
  for (const Slot& slot : slots_) {
    if (slot.need.place >= place || (slot.until && *slot.until < place)) continue;
    if (slot.delegation && slot.delegation->delegate == key &&
        slot.delegation->covers(list.uri, list.valid_from))
      return Allowed::yes;
    unknown = unknown || slot.body == BodyState::missing;
  }
  return unknown ? Allowed::unknown : Allowed::no;
}

}  // namespace vcnode::feed
