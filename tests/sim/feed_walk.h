// FeedWalk: what the leaves on a node's disk say, worked out without the production code.
//
// An own RFC 6962 root, an own reading of leaves, the rule of void lists counted again. Used by checkers
// only; it reads each leaf of each node once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/node.h"

namespace vcnode::sim {

struct WalkedList {
  std::uint64_t leaves = 0;    // of this URI
  std::uint64_t sequence = 0;  // of the newest that is not void; 0: none
  std::string digest;          // hex
};

class FeedWalk {
 public:
  // Takes over leaves up to `size`; false if the disk holds fewer.
  [[nodiscard]] bool advance(const Disk& disk, const feed::OriginHash& origin, std::uint64_t size);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Sha256Digest root() const;
  [[nodiscard]] const std::map<std::string, WalkedList>& lists() const noexcept { return lists_; }

 private:
  void take(BytesView leaf);
  std::uint64_t size_ = 0;
  std::vector<std::pair<unsigned, Sha256Digest>> subtrees_;  // (height, root), largest first
  std::map<std::string, WalkedList> lists_;
};

class FeedWalks {
 public:
  // The walk of one node's feed, taken up to `size`; nullptr if the disk holds fewer leaves.
  [[nodiscard]] const FeedWalk* at(const Node& node, const feed::OriginHash& origin, std::uint64_t size);
  void forget(const Node& node);  // its disk may be another one

 private:
  std::map<std::pair<std::size_t, feed::OriginHash>, FeedWalk> walks_;
};

// The signatures of a head's note, checked with libsodium alone: the feed key's signature and cosignature.
[[nodiscard]] bool note_is_signed(std::string_view note, const Ed25519PublicKey& key);

}  // namespace vcnode::sim
