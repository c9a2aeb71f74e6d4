// What every store says about a batch in the same words: what is a programming error, and the sentences of a
// conflict. Threading: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "protocol/ports.h"

namespace vcnode::storage {

// Databases count in signed 64-bit integers; no status list comes near.
inline constexpr std::uint64_t kStatusIndexMax = std::numeric_limits<std::int64_t>::max();

// Nine suffice for every log (webvh/version_id.h); these fit a signed 64-bit integer.
inline constexpr std::size_t kVersionDigitsMax = 18;

// Aborts on a body whose digest is not that of its bytes, on a status index above kStatusIndexMax and on a
// version_id that does not begin with its number: all are mistakes of the caller, which computed or parsed
// them, and keeping them would poison every later read.
void assert_well_formed(const StoreBatch& batch);

// The number that a version_id begins with, which orders entries.
// REQUIRES: 1 to kVersionDigitsMax digits, the first of them not 0, then '-'.
[[nodiscard]] std::uint64_t version_number(std::string_view version_id);

// Whether `put` may replace the record that is held; STORE_CONFLICT if it goes back.
[[nodiscard]] Result<void> check_follows(const WitnessPut& put, const WitnessPut& held);

// STORE_CONFLICT, each naming the thing, the value and what is held.
[[nodiscard]] Failure leaf_conflict(const LeafAppend& append, std::uint64_t held);
[[nodiscard]] Failure credential_id_conflict(std::string_view credential_id);
[[nodiscard]] Failure status_index_conflict(std::string_view list, std::uint64_t index);

}  // namespace vcnode::storage
