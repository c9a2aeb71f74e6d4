// The tables of the SQLite store, and whose file it is.
//
// application_id says "a vcnode store", user_version the schema. Nothing is migrated silently: a file with
// any other id or version is refused before a byte of it changes.
#pragma once

#include <cstdint>

#include "storage/sqlite/database.h"

namespace vcnode::storage {

inline constexpr std::int64_t kApplicationId = 0x76636e64;  // "vcnd"
inline constexpr std::int64_t kSchemaVersion = 3;           // 2: rows carry checks; 3: entry, witness

// An empty file gets the current schema, all of it or nothing. Errors: STORE_SCHEMA, STORE_CORRUPT,
// STORE_FAILED. `database` is the write connection; on return it is in WAL mode with synchronous=FULL.
[[nodiscard]] Result<void> prepare_schema(Database& database);

}  // namespace vcnode::storage
