// How far two words are apart, for sentences that name what somebody may have meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace vcnode {

// Levenshtein's distance: the fewest insertions, deletions and replacements of bytes that lead from one to
// the other. Costs the product of their lengths: for words, not for documents.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace vcnode
