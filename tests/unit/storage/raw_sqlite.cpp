#include "tests/unit/storage/raw_sqlite.h"

#include <sqlite3.h>

#include "tests/support/doctest.h"

namespace vcnode::test {

RawSqlite::RawSqlite(const std::filesystem::path& file) {
  REQUIRE(sqlite3_open(file.c_str(), &database_) == SQLITE_OK);
}

RawSqlite::~RawSqlite() {
  sqlite3_close(database_);
}

void RawSqlite::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  REQUIRE_MESSAGE(code == SQLITE_OK, sql, ": ", sqlite3_errmsg(database_));
}

std::int64_t RawSqlite::integer(const std::string& sql) {
  std::int64_t value = 0;
  const auto take = [](void* out, int, char** columns, char**) {
    *static_cast<std::int64_t*>(out) = std::stoll(columns[0]);
    return 0;
  };
  const int code = sqlite3_exec(database_, sql.c_str(), take, &value, nullptr);
  REQUIRE_MESSAGE(code == SQLITE_OK, sql, ": ", sqlite3_errmsg(database_));
  return value;
}

}  // namespace vcnode::test
