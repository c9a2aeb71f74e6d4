#include "storage/sqlite/wal.h"

#include <sqlite3.h>

#include <algorithm>
#include <span>

#include "crypto/base/assert.h"
#include "storage/codes.h"

namespace vcnode::storage {
namespace {

// https://sqlite.org/fileformat2.html, section 4.
constexpr std::int64_t kFrameHeaderBytes = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // its last bit: checksums over big-endian words
using FrameHeader = std::array<std::uint8_t, kFrameHeaderBytes>;

std::uint32_t word_at(std::span<const std::uint8_t> bytes, std::size_t at, bool big_endian = true) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | bytes[at + (big_endian ? i : 3 - i)];
  return word;
}

bool is_good(std::span<const std::uint8_t, 32> header) {
  const std::uint32_t magic = word_at(header, 0);
  if ((magic & ~1u) != kMagic) return false;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  for (std::size_t at = 0; at < 24; at += 8) {
    first += word_at(header, at, (magic & 1) != 0) + second;
    second += word_at(header, at + 4, (magic & 1) != 0) + first;
  }
  return first == word_at(header, 24) && second == word_at(header, 28);
}

bool is_commit(const FrameHeader& frame) {
  return word_at(frame, 4) != 0;
}

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
  // Closing would fold and delete a refused log: the next opening would find nothing wrong.
  sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  VCNODE_CHECK(checkpoint(SQLITE_CHECKPOINT_PASSIVE));  // tells how much SQLite reads of the log
  VCNODE_CHECK(check_log());
  sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
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

// A power cut may leave one commit that was never acknowledged behind a frame that did not reach the disk;
// two cannot be, because the first was synced before the second was begun. Frames of an earlier round of the
// log carry other salts; if the header itself is bad, nothing of the log is read and none are told apart.
Result<void> Wal::check_log() {
  sqlite3_file* file = log_file(database_.handle());
  sqlite3_int64 size = 0;
  if (file == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK) return {};
  const auto header_bytes = static_cast<std::int64_t>(header_.size());
  const bool good = is_good(header_);
  const auto salts = std::span(header_).subspan(16, 8);
  int lost = 0;
  for (std::int64_t at = header_bytes + frames_ * (kFrameHeaderBytes + page_bytes_);
       at + kFrameHeaderBytes + page_bytes_ <= size; at += kFrameHeaderBytes + page_bytes_) {
    FrameHeader frame{};
    if (const int code = file->pMethods->xRead(file, frame.data(), kFrameHeaderBytes, at); code != SQLITE_OK)
      return sqlite_failure(database_.handle(), code, "read the write-ahead log");
    const bool of_this_round = !good || std::equal(salts.begin(), salts.end(), frame.begin() + 8);
    if (of_this_round && is_commit(frame)) ++lost;
  }
  if (lost < 2) return {};
  return fail(codes::STORE_CORRUPT, sqlite3_db_filename(database_.handle(), "main"),
              ": its write-ahead log is damaged after ", frames_, " frames: ", lost,
              " later commits cannot be read");
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
