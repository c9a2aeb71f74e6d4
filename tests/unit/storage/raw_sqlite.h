// Another program that opens the store's file: to damage it and to stand in its way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

struct sqlite3;

namespace vcnode::test {

class RawSqlite {
 public:
  explicit RawSqlite(const std::filesystem::path& file);  // creates the file if it is missing
  ~RawSqlite();
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;
  // A failing statement fails the test.
  void execute(const std::string& sql);
  [[nodiscard]] std::int64_t integer(const std::string& sql);

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace vcnode::test
