// What every store says about a batch in the same words: what is a programming error, and the sentences of a
// conflict. Threading: pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "protocol/ports.h"

namespace vcnode::storage {

// Databases count in signed 64-bit integers; no status list comes near.
inline constexpr std::uint64_t kStatusIndexMax = std::numeric_limits<std::int64_t>::max();

// Aborts on a body whose digest is not that of its bytes and on a status index above kStatusIndexMax: both
// are mistakes of the caller, which computed them, and keeping them would poison every later read.
void assert_well_formed(const StoreBatch& batch);

// STORE_CONFLICT, each naming the thing, the value and what is held.
[[nodiscard]] Failure leaf_conflict(const LeafAppend& append, std::uint64_t held);
[[nodiscard]] Failure credential_id_conflict(std::string_view credential_id);
[[nodiscard]] Failure status_index_conflict(std::string_view list, std::uint64_t index);

}  // namespace vcnode::storage
