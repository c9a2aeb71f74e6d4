#include "storage/sqlite/schema.h"

#include <sqlite3.h>

#include <string>

#include "storage/codes.h"

namespace vcnode::storage {
namespace {

// Leaves are clustered by feed and index: a feed is read in order. Bodies and allocations are appended and
// found through an index: with random keys that writes fewer pages than clustering by key
// (reference/performance.md, section 5). row_check: see storage/row_check.h. witness.origin names a feed that
// need not be held; its size is an unsigned number in 64 bits and is never compared by SQL.
constexpr const char* kSchema = R"sql(
CREATE TABLE origin (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  row_check INTEGER NOT NULL
) STRICT;
CREATE TABLE leaf (
  origin INTEGER NOT NULL REFERENCES origin (id),
  idx INTEGER NOT NULL CHECK (idx >= 0),
  data BLOB NOT NULL,
  row_check INTEGER NOT NULL,
  PRIMARY KEY (origin, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE head (
  origin INTEGER PRIMARY KEY REFERENCES origin (id),
  note TEXT NOT NULL,
  row_check INTEGER NOT NULL
) STRICT;
CREATE TABLE body (
  seq INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE allocation (
  seq INTEGER PRIMARY KEY,
  list TEXT NOT NULL,
  idx INTEGER NOT NULL CHECK (idx >= 0),
  credential_id TEXT NOT NULL UNIQUE,
  issued_at INTEGER NOT NULL,
  row_check INTEGER NOT NULL,
  UNIQUE (list, idx)
) STRICT;
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY,
  scid TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  version_id TEXT NOT NULL,
  body BLOB NOT NULL,
  row_check INTEGER NOT NULL,
  UNIQUE (scid, number, version_id)
) STRICT;
CREATE TABLE witness (
  seq INTEGER PRIMARY KEY,
  origin BLOB NOT NULL UNIQUE CHECK (length(origin) = 32),
  size INTEGER NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32),
  time INTEGER NOT NULL,
  row_check INTEGER NOT NULL
) STRICT;
)sql";

// foreign_keys and trusted_schema: defence against our own mistakes and a file made by others.
// temp_store: the journal of a savepoint may hold allocations and never goes to a temporary file.
constexpr const char* kSettings =
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
    "PRAGMA temp_store = MEMORY;";

Failure refused(Database& database, std::string_view why) {
  return fail(codes::STORE_SCHEMA, sqlite3_db_filename(database.handle(), "main"), ": ", why);
}

// True: an empty database, to be filled.
Result<bool> is_empty(Database& database) {
  VCNODE_TRY(const auto application, database.integer("PRAGMA application_id"));
  VCNODE_TRY(const auto version, database.integer("PRAGMA user_version"));
  VCNODE_TRY(const auto objects, database.integer("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && objects == 0) return true;
  if (application != kApplicationId) {
    return refused(database, concat("is a database of another program: application id ", application,
                                    ", a store of this one has ", kApplicationId));
  }
  if (version != kSchemaVersion) {
    return refused(database,
                   concat("has schema version ", version, ", this program knows version ", kSchemaVersion));
  }
  return false;
}

// Not every file system can do it (shared memory is needed), and SQLite then silently keeps the old mode. The
// change itself is written after its answer is given.
Result<void> switch_to_wal(Database& database) {
  VCNODE_TRY(auto statement, database.prepare("PRAGMA journal_mode = WAL"));
  VCNODE_TRY(auto query, statement.query());
  VCNODE_TRY(const bool row, query.next());
  const bool switched = row && query.text(0) == "wal";
  VCNODE_CHECK(query.next());
  if (switched) return {};
  return fail(codes::STORE_FAILED, sqlite3_db_filename(database.handle(), "main"),
              ": the file system cannot hold a write-ahead log");
}

}  // namespace

Result<void> prepare_schema(Database& database) {
  VCNODE_TRY(const bool empty, is_empty(database));
  VCNODE_CHECK(switch_to_wal(database));
  VCNODE_CHECK(database.execute(kSettings));
  if (!empty) return {};
  const auto sql = concat("BEGIN IMMEDIATE;", kSchema, "PRAGMA application_id = ", kApplicationId,
                          "; PRAGMA user_version = ", kSchemaVersion, "; COMMIT;");
  return database.execute(sql.c_str());
}

}  // namespace vcnode::storage
