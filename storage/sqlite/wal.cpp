#include "storage/sqlite/wal.h"

#include <sqlite3.h>

#include "crypto/base/assert.h"
#include "storage/codes.h"

namespace vcnode::storage {
namespace {

constexpr std::int64_t kFrameHeaderBytes = 24;  // https://sqlite.org/fileformat2.html, section 4.1

sqlite3_file* log_file(sqlite3* database) {
  sqlite3_file* file = nullptr;
  const int code =
      sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&file));
  return code == SQLITE_OK && file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

}  // namespace

Wal::Wal(Database& database) : database_(database) {
  sqlite3_wal_hook(database_.handle(), &Wal::on_commit, this);
}

int Wal::on_commit(void* wal, sqlite3*, const char*, int frames) {
  static_cast<Wal*>(wal)->remember(frames);
  return SQLITE_OK;
}

void Wal::remember(std::int64_t frames) {
  frames_ = frames;
  header_ = read_header();
}

Wal::Header Wal::read_header() const {
  Header header{};
  if (sqlite3_file* file = log_file(database_.handle()); file != nullptr) {
    const int code = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
    if (code != SQLITE_OK) header.fill(0);  // shorter than a header: empty
  }
  return header;
}

Result<void> Wal::fold() {
  VCNODE_TRY(page_bytes_, database_.integer("PRAGMA page_size"));
  VCNODE_CHECK(checkpoint(SQLITE_CHECKPOINT_TRUNCATE));
  return frames_ == 0 ? check_whole() : Result<void>();
}

// SQLite rounds up to whole pages and would read zeros for the missing end of the last one.
Result<void> Wal::check_whole() {
  VCNODE_TRY(const auto pages, database_.integer("PRAGMA page_count"));
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  const int code =
      sqlite3_file_control(database_.handle(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (code != SQLITE_OK) return sqlite_failure(database_.handle(), code, "look at the file");
  if (const int seen = file->pMethods->xFileSize(file, &size); seen != SQLITE_OK)
    return sqlite_failure(database_.handle(), seen, "learn the size of the file");
  if (size >= pages * page_bytes_) return {};
  return fail(codes::STORE_CORRUPT, sqlite3_db_filename(database_.handle(), "main"), ": is cut off: ", size,
              " bytes are there of ", pages * page_bytes_);
}

Result<void> Wal::checkpoint_if_due() {
  if (frames_ < kCheckpointFrames) return {};
  return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

Result<void> Wal::checkpoint(int mode) {
  int frames = 0;
  int folded = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), "main", mode, &frames, &folded);
  // Busy: somebody still reads from the log; the next checkpoint goes further.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
    return sqlite_failure(database_.handle(), code, "fold the write-ahead log into the database");
  remember(frames);
  return {};
}

bool Wal::cut_refused() {
  VCNODE_ASSERT(sqlite3_get_autocommit(database_.handle()) != 0);
  sqlite3_file* file = log_file(database_.handle());
  if (file == nullptr) return true;
  const bool started_over = read_header() != header_;
  const auto kept = started_over || frames_ == 0 ? 0
                                                 : static_cast<std::int64_t>(header_.size()) +
                                                       frames_ * (kFrameHeaderBytes + page_bytes_);
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return false;
  if (size <= kept) return true;
  if (file->pMethods->xTruncate(file, kept) != SQLITE_OK) return false;
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

}  // namespace vcnode::storage
