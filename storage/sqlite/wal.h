// Wal: keeps the write-ahead log short, and free of transactions that were refused.
//
// SQLite writes all frames of a transaction, its commit mark included, before it syncs the log. If that sync
// fails it forgets them in memory but leaves them in the file, and after a crash the next opening would find
// a complete transaction whose caller was told that nothing is kept. So the end of the last good commit is
// remembered, and cut_refused() shortens the file to it. SQLite's automatic checkpoint is replaced by
// checkpoint_if_due() because it hides its errors, and a failed sync in it must stop later commits too.
// Threading: belongs to the write connection.
#pragma once

#include <array>
#include <cstdint>

#include "storage/sqlite/database.h"

namespace vcnode::storage {

// SQLite's own default (4 MB of pages): the log stays small, and one commit in a few hundred pays for it.
inline constexpr std::int64_t kCheckpointFrames = 1000;

class Wal {
 public:
  explicit Wal(Database& database);  // `database` outlives this
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;

  // Folds what an earlier run left in the log into the database. Call once, before the first commit.
  // STORE_CORRUPT if the end of the file is missing, or if commits lie in the log beyond what SQLite reads of
  // it: it stops without a word at the first damaged frame, and what was acknowledged after it would be
  // undone.
  [[nodiscard]] Result<void> fold();
  [[nodiscard]] Result<void> checkpoint_if_due();
  // REQUIRES: the failed transaction is rolled back and no other will follow. False: the file could not be
  // shortened, what was refused may come back at the next opening.
  [[nodiscard]] bool cut_refused();

 private:
  // The log's first 32 bytes carry its salts: they change when SQLite starts the log over from its beginning.
  using Header = std::array<std::uint8_t, 32>;
  static int on_commit(void* wal, sqlite3* database, const char* name, int frames);
  [[nodiscard]] Result<void> checkpoint(int mode);
  [[nodiscard]] Result<void> check_whole();
  [[nodiscard]] Result<void> check_log();
  void remember(std::int64_t frames);
  [[nodiscard]] Header read_header() const;

  Database& database_;
  std::int64_t page_bytes_ = 0;
  std::int64_t frames_ = 0;  // in the log when the last good commit returned
  Header header_{};          // of the log at that time; zeros if it was empty
};

}  // namespace vcnode::storage
