// Database, Statement, Query: as much of SQLite as the store needs, with owners and Results.
//
// Every error says file, what was being done and SQLite's own words. Codes: STORE_CORRUPT (damaged, not a
// database, or tables missing), STORE_BUSY (another program held the file for kBusyTimeoutMs), else
// STORE_FAILED. Threading: one connection with all its statements belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace vcnode::storage {

// An operator's tool may hold the file for a moment (a copy being made): SQLite tries again for this long.
inline constexpr int kBusyTimeoutMs = 2000;

[[nodiscard]] Failure sqlite_failure(sqlite3* database, int code, std::string_view doing);

// One execution of a statement; its end makes the statement free again and ends the read snapshot.
class Query {
 public:
  // True: a row is there to be read. False: no more.
  [[nodiscard]] Result<bool> next();
  // Columns of the current row; views end with the next call of next().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] BytesView blob(int column) const;

 private:
  friend class Statement;
  struct Reset {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Reset> statement_;
};

class Statement {
 public:
  Statement() = default;  // REQUIRES: assigned before use
  // Binds ?1, ?2 … to `values`: std::int64_t, std::string_view or BytesView, whose bytes outlive the Query.
  template <class... Values>
  [[nodiscard]] Result<Query> query(const Values&... values) {
    int position = 0;
    Result<void> bound;
    ((bound = bound.has_value() ? bind(++position, values) : bound), ...);
    if (!bound.has_value()) return bound.failure();
    return Query(statement_.get());
  }
  // For statements without rows.
  template <class... Values>
  [[nodiscard]] Result<void> execute(const Values&... values) {
    VCNODE_TRY(auto running, query(values...));
    VCNODE_CHECK(running.next());
    return {};
  }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  [[nodiscard]] Result<void> bind(int position, std::int64_t value);
  [[nodiscard]] Result<void> bind(int position, std::string_view value);
  [[nodiscard]] Result<void> bind(int position, BytesView value);
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Access { read, write };
  // The file must exist.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& path, Access access);
  // Any number of statements without parameters; rows are dropped.
  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  // The one value of a query such as a PRAGMA.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);
  [[nodiscard]] sqlite3* handle() const noexcept { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace vcnode::storage
