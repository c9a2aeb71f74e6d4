// Rows that more than one connection reads: their columns, and what those say once the row's check is done.
// Errors: STORE_CORRUPT.
#pragma once

#include <string_view>

#include "protocol/ports.h"
#include "storage/sqlite/database.h"

namespace vcnode::storage {

// SELECT these, in this order; then the current row of the query is one of ours.
inline constexpr std::string_view kEntryColumns = "scid, number, version_id, body, row_check";
inline constexpr std::string_view kWitnessColumns = "origin, size, root, time, row_check";

[[nodiscard]] Result<void> check_entry(const Query& query);
[[nodiscard]] Result<StoredEntry> read_entry(const Query& query);
[[nodiscard]] Result<WitnessPut> read_witness(const Query& query);

}  // namespace vcnode::storage
