#include "storage/sqlite/database.h"

#include <sqlite3.h>

#include "crypto/base/assert.h"
#include "storage/codes.h"

namespace vcnode::storage {
namespace {

// SQLite takes a null pointer for NULL; an empty value is not NULL.
const char* or_empty(const void* data) {
  return data != nullptr ? static_cast<const char*>(data) : "";
}

// SQLITE_ERROR at this place means that a table or column of ours is missing: the SQL is fixed.
bool means_damage(int primary_code) {
  return primary_code == SQLITE_CORRUPT || primary_code == SQLITE_NOTADB || primary_code == SQLITE_ERROR;
}

Code code_of(int primary_code) {
  if (means_damage(primary_code)) return codes::STORE_CORRUPT;
  return primary_code == SQLITE_BUSY ? codes::STORE_BUSY : codes::STORE_FAILED;
}

}  // namespace

Failure sqlite_failure(sqlite3* database, int code, std::string_view doing) {
  const char* file = sqlite3_db_filename(database, "main");
  return fail(code_of(code & 0xff), or_empty(file), ": cannot ", doing, ": ", sqlite3_errmsg(database), " (",
              sqlite3_errstr(code), ", ", code, ")");
}

void Query::Reset::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

Result<bool> Query::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_failure(sqlite3_db_handle(statement_.get()), code,
                        concat("run \"", sqlite3_sql(statement_.get()), "\""));
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Query::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  return {or_empty(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

BytesView Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const std::uint8_t*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

namespace {
Result<void> bound(sqlite3_stmt* statement, int code) {
  if (code == SQLITE_OK) return {};
  return sqlite_failure(sqlite3_db_handle(statement), code, "bind a value");
}
}  // namespace

Result<void> Statement::bind(int position, std::int64_t value) {
  return bound(statement_.get(), sqlite3_bind_int64(statement_.get(), position, value));
}

Result<void> Statement::bind(int position, std::string_view value) {
  return bound(statement_.get(), sqlite3_bind_text64(statement_.get(), position, or_empty(value.data()),
                                                     value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

Result<void> Statement::bind(int position, BytesView value) {
  return bound(statement_.get(), sqlite3_bind_blob64(statement_.get(), position, or_empty(value.data()),
                                                     value.size(), SQLITE_STATIC));
}

void Database::Close::operator()(sqlite3* database) const noexcept {
  VCNODE_ASSERT(sqlite3_close(database) == SQLITE_OK);  // else a statement outlived its connection
}

Result<Database> Database::open(const std::filesystem::path& path, Access access) {
  VCNODE_ASSERT(sqlite3_threadsafe() != 0);
  sqlite3* raw = nullptr;
  const int mode = access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (raw == nullptr) return fail(codes::STORE_FAILED, path.string(), ": cannot open: out of memory");
  Database database(raw);
  if (code != SQLITE_OK) {
    return fail(codes::STORE_FAILED, path.string(), ": cannot open: ", sqlite3_errmsg(raw));
  }
  // SQLite opens for reading what it may not write.
  if (access == Access::write && sqlite3_db_readonly(raw, "main") != 0) {
    return fail(codes::STORE_FAILED, path.string(), ": cannot open for writing: permission denied");
  }
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  return database;
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_failure(handle(), code, concat("run \"", sql, "\""));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return sqlite_failure(handle(), code, concat("prepare \"", sql, "\""));
  return Statement(raw);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  VCNODE_TRY(auto statement, prepare(sql));
  VCNODE_TRY(auto query, statement.query());
  VCNODE_TRY(const bool row, query.next());
  VCNODE_ASSERT(row);
  return query.integer(0);
}

}  // namespace vcnode::storage
