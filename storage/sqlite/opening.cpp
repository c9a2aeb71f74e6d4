#include "storage/sqlite/opening.h"

#include <sqlite3.h>

#include "crypto/base/assert.h"
#include "storage/codes.h"
#include "storage/row_check.h"
#include "storage/sqlite/rows.h"

namespace vcnode::storage {
namespace {

template <class... Text>
Failure damaged(Database& database, const Text&... text) {
  return fail(codes::STORE_CORRUPT, sqlite3_db_filename(database.handle(), "main"), ": ", text...);
}

Result<void> check_indexes(Database& database) {
  for (const char* table : {"origin", "head", "allocation", "entry", "witness"}) {
    VCNODE_TRY(auto statement, database.prepare(concat("PRAGMA integrity_check('", table, "')")));
    VCNODE_TRY(auto query, statement.query());
    VCNODE_TRY(const bool row, query.next());
    if (row && query.text(0) == "ok") continue;
    return damaged(database, "the table ", table, " is damaged: ", row ? query.text(0) : "no answer");
  }
  return {};
}

// Calls `check(Query&)` for each row that `sql` finds.
template <class Check>
Result<void> check_rows(Database& database, std::string_view sql, Check check) {
  VCNODE_TRY(auto statement, database.prepare(sql));
  VCNODE_TRY(auto query, statement.query());
  for (;;) {
    VCNODE_TRY(const bool row, query.next());
    if (!row) return {};
    VCNODE_CHECK(check(query));
  }
}

// Whose the rows of a feed are stands in this table. A feed whose name changed there would be looked for
// under the old one, not be found, and be begun anew.
Result<void> check_origins(Database& database) {
  const auto named = [](const Query& query) {
    const auto origin = feed::OriginHash::from(query.blob(0));
    VCNODE_ASSERT(origin.has_value());  // the schema's condition, which the table was checked against
    return verify_origin(*origin, query.integer(1));
  };
  VCNODE_CHECK(check_rows(database, "SELECT hash, row_check FROM origin", named));
  VCNODE_TRY(const auto orphans,
             database.integer("SELECT count(*) FROM head WHERE origin NOT IN (SELECT id FROM origin)"));
  if (orphans == 0) return {};
  return damaged(database, "there are ", orphans, " heads whose feeds are not there");
}

// In the same way: a record under another feed's name would never be asked for again.
Result<void> check_entries_and_records(Database& database) {
  VCNODE_CHECK(check_rows(database, concat("SELECT ", kEntryColumns, " FROM entry"),
                          [](const Query& query) { return check_entry(query); }));
  return check_rows(database, concat("SELECT ", kWitnessColumns, " FROM witness"),
                    [](const Query& query) -> Result<void> {
                      VCNODE_TRY(const auto record, read_witness(query));
                      static_cast<void>(record);
                      return {};
                    });
}

}  // namespace

Result<void> check_opened(Database& database) {
  VCNODE_CHECK(check_indexes(database));
  VCNODE_CHECK(check_origins(database));
  return check_entries_and_records(database);
}

}  // namespace vcnode::storage
