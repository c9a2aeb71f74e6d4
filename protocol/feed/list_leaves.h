// The status lists that leaves name, as every reader of a feed counts them.
//
// A `status` leaf whose sequence is not the count of the leaves of its URI is void and acts on nothing
// (protocol/spec/feed.md); leaves of other types, and ones that do not parse, are passed over.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "protocol/feed/leaf.h"

namespace vcnode::feed {

struct ListLeaf {
  std::size_t index = 0;  // of the leaf
  std::string uri;
  std::uint64_t sequence = 0;
  Sha256Digest digest;
};

// Calls `visit` for every list that is not void, in leaf order. `leaves` begin at index 0; `counts`: of the
// lists of the epochs before, by URI.
void each_list(std::span<const Bytes> leaves, const std::function<void(ListLeaf)>& visit,
               std::map<std::string, std::uint64_t, std::less<>> counts = {});

// Of every list URI the last kListsBackMax lists before the newest, void leaves aside, each digest once: the
// last of every URI, then the one before it of every URI, and so on, so that a reader whose budget ends has
// looked at all lists alike.
[[nodiscard]] std::vector<Sha256Digest> earlier_lists(std::span<const Bytes> leaves);

}  // namespace vcnode::feed
