#include "protocol/feed/beyond_seal.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"

namespace vcnode::feed {
namespace {

struct LossKind {
  std::string_view kind;
  std::string_view one;
  std::string_view many;
};

constexpr std::string_view kWithdrawal = "withdrawal";
constexpr std::string_view kUnread = "unread-statement";
constexpr std::string_view kListKeyEnd = "list-key-end";
constexpr std::string_view kOther = "other";

// The gravest first: what takes something back, then what would only be missing.
constexpr std::array kLossKinds = {
    LossKind{kCloseLeaf, "end of the feed", "ends of the feed"},
    LossKind{kWithdrawal, "withdrawal", "withdrawals"},
    LossKind{kUnread, "statement whose body is not held", "statements whose bodies are not held"},
    LossKind{kStatusLeaf, "status list", "status lists"},
    LossKind{kListKeyEnd, "end of a list key", "ends of list keys"},
    LossKind{kWebvhLeaf, "version of the DID that does not count here",
             "versions of the DID that do not count here"},
    LossKind{kStatementLeaf, "other statement", "other statements"},
    LossKind{kListKeyLeaf, "delegation to a list key", "delegations to list keys"},
    LossKind{kTimeBatchLeaf, "time batch", "time batches"},
    LossKind{kObservationLeaf, "observation", "observations"},
    LossKind{kOther, "leaf of a kind unknown here", "leaves of kinds unknown here"},
};

}  // namespace

BeyondSeal::BeyondSeal(const FeedReplica& replica, std::uint64_t seal)
    : replica_(replica), next_(seal), lists_(replica.status_lists()) {
  for (const BodyNeed& need : replica.missing()) missing_.insert(need.place);
  for (const VersionLeaf& leaf : replica.version_leaves())
    if (leaf.index < seal) committed_.insert(leaf.version_id);
}

Result<void> BeyondSeal::add(BytesView bytes) {
  VCNODE_TRY(const auto leaf, Leaf::parse(bytes));
  const LeafPlace place{replica_.origin().epoch(), next_++};
  const std::string_view kind = kind_of(leaf, place);
  if (kind.empty()) return {};
  auto row = std::ranges::find(rows_, kind, &LeftOut::kind);
  if (row == rows_.end()) row = rows_.insert(rows_.end(), {kind, 0, place.index, leaf.key});
  ++row->count;
  return {};
}

// Empty: nothing is lost with it.
std::string_view BeyondSeal::kind_of(const Leaf& leaf, const LeafPlace& place) const {
  if (leaf.type == kSealLeaf || leaf.type == kStateLeaf) return {};
  if (leaf.type == kStatusLeaf) return kind_of_status(leaf, place);
  if (leaf.type == kStatementLeaf) return kind_of_statement(leaf, place);
  if (leaf.type == kCloseLeaf)
    return replica_.closed_at() == place || missing_.contains(place) ? kCloseLeaf : std::string_view();
  if (leaf.type == kWebvhLeaf) return committed_.contains(leaf.digest) ? std::string_view() : kWebvhLeaf;
  if (leaf.type == kListKeyLeaf) return leaf.digest.empty() ? kListKeyEnd : kListKeyLeaf;
  if (leaf.type == kTimeBatchLeaf) return kTimeBatchLeaf;
  if (leaf.type == kObservationLeaf) return kObservationLeaf;
  return kOther;
}

// A newest list that is bad acts on nothing. What it hides may have been good.
std::string_view BeyondSeal::kind_of_status(const Leaf& leaf, const LeafPlace& place) const {
  const auto newest = lists_.find(split_status_key(leaf.key).uri);
  const bool bad =
      newest != lists_.end() && newest->second.place == place && newest->second.body == BodyState::bad;
  return bad ? std::string_view() : kStatusLeaf;
}

std::string_view BeyondSeal::kind_of_statement(const Leaf& leaf, const LeafPlace& place) const {
  if (missing_.contains(place)) return kUnread;
  const statement::Entry* entry = replica_.statements()->by_id(leaf.key);
  if (entry == nullptr || entry->place != place) return {};
  return entry->statement->kind() == statement::Kind::withdrawal ? kWithdrawal : kStatementLeaf;
}

std::vector<LeftOut> BeyondSeal::left_out() const {
  std::vector<LeftOut> out;
  for (const LossKind& kind : kLossKinds)
    for (const LeftOut& row : rows_)
      if (row.kind == kind.kind) out.push_back(row);
  return out;
}

std::string words_of(const std::vector<LeftOut>& left_out) {
  std::string out;
  for (const LeftOut& row : left_out) {
    const auto kind = std::ranges::find(kLossKinds, row.kind, &LossKind::kind);
    out += concat(out.empty() ? "" : ", ", row.count, " ", row.count == 1 ? kind->one : kind->many, " (",
                  row.count == 1 ? "leaf " : "the first is leaf ", row.first, ", ", excerpt(row.key), ")");
  }
  return out;
}

}  // namespace vcnode::feed
