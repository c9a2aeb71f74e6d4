// SqliteStore: the default store: one SQLite file, WAL, synchronous=FULL, append log with a unique digest
// index.
//
// Opening creates the file with the current schema, migrates nothing silently and refuses a newer schema
// (STORE_SCHEMA). A second process on the same file is refused (STORE_LOCKED). Reads use their own connection
// and do not wait for the writer.
#pragma once

#include <filesystem>
#include <memory>

#include "storage/group_commit.h"

namespace vcnode::storage {
[[nodiscard]] Result<std::unique_ptr<GroupStore>> open_sqlite_store(const std::filesystem::path& path);
}  // namespace vcnode::storage
