// BeyondSeal: what an epoch loses when it is sealed before its end. Leaves from the seal on act on nothing;
// some of them said what nobody says again.
//
// Counted is what has an effect, or may have one that is not known here, whoever wrote it: a delegation, its
// end, a time batch and an observation carry no signature of the assertion key, so the thief of a feed key
// can write them like the issuer. Not counted: what acts on nothing (bad bodies, void statements, versions
// that are committed below the seal), and seal and state, which the next epoch says anew.
//
// Threading: belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/feed/replica.h"

namespace vcnode::feed {

// Of one kind, all that the seal leaves out.
struct LeftOut {
  std::string_view kind;  // the leaf type, or "withdrawal", "unread-statement", "list-key-end", "other"
  std::uint64_t count = 0;
  std::uint64_t first = 0;  // index of the first leaf
  std::string key;          // of that leaf
};

class BeyondSeal {
 public:
  // `replica` outlives it and stays as it is meanwhile.
  BeyondSeal(const FeedReplica& replica, std::uint64_t seal);

  // The next leaf, from the one at the seal on. Errors: LEAF_MALFORMED.
  [[nodiscard]] Result<void> add(BytesView leaf);
  // What was added so far, the gravest kind first.
  [[nodiscard]] std::vector<LeftOut> left_out() const;

 private:
  [[nodiscard]] std::string_view kind_of(const Leaf& leaf, const LeafPlace& place) const;
  [[nodiscard]] std::string_view kind_of_status(const Leaf& leaf, const LeafPlace& place) const;
  [[nodiscard]] std::string_view kind_of_statement(const Leaf& leaf, const LeafPlace& place) const;

  const FeedReplica& replica_;
  std::uint64_t next_;
  std::map<std::string, StatusListState, std::less<>> lists_;
  std::set<LeafPlace> missing_;                   // of leaves whose bodies are not held
  std::set<std::string, std::less<>> committed_;  // versions with a leaf below the seal
  std::vector<LeftOut> rows_;
};

// "2 withdrawals (the first is leaf 8, urn:uuid:…), 1 time batch (leaf 10, 4)". REQUIRES: not empty.
[[nodiscard]] std::string words_of(const std::vector<LeftOut>& left_out);

}  // namespace vcnode::feed
