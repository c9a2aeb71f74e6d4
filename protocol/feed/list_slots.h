// The status lists of a replica: which one of each URI is in force, and whether its body may follow the one
// before (protocol/spec/feed.md).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/feed/delegations.h"
#include "protocol/feed/replica.h"

namespace vcnode::feed {

struct ListVersion {  // one list of a URI that is not void
  std::uint64_t sequence = 0;
  Sha256Digest digest;
  LeafPlace place;
};

struct ListSlot {
  std::uint64_t leaves = 0;                               // of this URI, void ones included, of all epochs
  std::optional<StatusListState> newest;                  // none while every leaf was void
  std::shared_ptr<const status::StatusList> predecessor;  // last good list, kept until `newest` is found good
  std::shared_ptr<const CheckedBody> waiting;  // the newest, until it is known whether its signer may sign
};
using ListSlots = std::map<std::string, ListSlot, std::less<>>;

// What the new leaves of one URI do to its slot.
struct ListChange {
  std::uint64_t leaves = 0;
  std::optional<ListVersion> newest;
  std::vector<ListVersion> earlier;  // before `newest`, in leaf order; only where they are asked for
};
using ListChanges = std::map<std::string, ListChange, std::less<>>;

[[nodiscard]] BodyNeed need_of(std::string_view uri, const ListVersion& version);
[[nodiscard]] ListVersion version_of(const StatusListState& list);

// Counts a `status` leaf on top of `slots` and `changes`.
void count_list(const Leaf& leaf, const LeafPlace& place, const ListSlots& slots, bool keep_earlier,
                ListChanges& changes);
void apply(ListSlot& slot, const ListChange& change);
// Judges the body of the newest list, which is missing; it goes on waiting while its signer's delegation is.
void judge(ListSlot& slot, const CheckedBody& body, const Delegations& delegations);

// A stored list that was checked, and where its leaf stands.
struct StoredList {
  CheckedBody body;
  LeafPlace place;
};
// What a replica that had got these lists in order, after `good`, would compare the next one with.
[[nodiscard]] std::shared_ptr<const status::StatusList> last_good(
    std::shared_ptr<const status::StatusList> good, std::span<const StoredList> newest_first,
    const Delegations& delegations);

}  // namespace vcnode::feed
