// Random JSON trees and random texts of one tree, from a seed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "crypto/base/rng.h"

namespace vcnode::test {

// Members with one to few characters of every UTF-8 length, integers up to ±(2^53−1), doubles of any
// exponent.
[[nodiscard]] nlohmann::json random_tree(Rng& rng, std::size_t depth);

// A text of `tree` with its members in random order, random white space, and characters written as they are
// or as \u escapes.
[[nodiscard]] std::string random_text_of(const nlohmann::json& tree, Rng& rng);

}  // namespace vcnode::test
