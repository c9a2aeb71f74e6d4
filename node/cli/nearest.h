// The word somebody may have meant: for sentences about unknown commands and options.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vcnode::cli {

// The candidate that the fewest insertions, deletions and replacements lead to, the first of several; empty
// if there is none or if more than half of the word would have to change, when it is no help.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace vcnode::cli
