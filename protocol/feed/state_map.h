// StateMap: what a feed says now, as one root (protocol/spec/feed.md, "State").
//
// A map from the type and key of leaves, the key without sequence and time, to the newest digest. Root = RFC
// 6962 tree over the entries, ordered by type and then key, each as a leaf of those three members. It is
// continued across epochs. `state` leaves carry it; they are no part of it.
//
// Threading: a plain value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/base/bytes.h"
#include "protocol/feed/leaf.h"

namespace vcnode::feed {

// A `state` leaf nearer than this to the one before in its epoch is void: checking one costs a walk over all
// that the feed says.
inline constexpr std::uint64_t kStatePeriodLeaves = 1024;

// The key of a leaf without sequence and time.
[[nodiscard]] std::string_view state_key(const Leaf& leaf);

class StateMap {
 public:
  void put(const Leaf& leaf);
  // Takes over what `newer` says.
  void merge(StateMap&& newer);
  [[nodiscard]] Sha256Digest root() const;
  // The root after merge(newer).
  [[nodiscard]] Sha256Digest root_with(const StateMap& newer) const;

 private:
  using KeyView = std::pair<std::string_view, std::string_view>;  // type, key
  using Key = std::pair<std::string, std::string>;
  struct Less {
    using is_transparent = void;
    static KeyView view(const Key& key) { return {key.first, key.second}; }
    static KeyView view(const KeyView& key) { return key; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return view(a) < view(b);
    }
  };
  std::map<Key, std::string, Less> digests_;
};

// The `state` leaves of one epoch. One whose number is not its count, or that stands too near to the last
// that counted, is void.
struct StateLeaves {
  std::uint64_t count = 0;
  std::optional<std::uint64_t> newest;  // index of the last that is not void

  // Counts the `state` leaf of this index; false if it is void.
  [[nodiscard]] bool count_leaf(const Leaf& leaf, std::uint64_t index);
  // Whether one at this index would not be void.
  [[nodiscard]] bool due_at(std::uint64_t index) const;
};

}  // namespace vcnode::feed
