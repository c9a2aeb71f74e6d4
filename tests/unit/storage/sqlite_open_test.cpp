// Opening: whose file it is, who may have it, what is damaged.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "crypto/base/encoding.h"
#include "storage/codes.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/schema.h"
#include "tests/contract/store_fixture.h"
#include "tests/support/shared_data.h"
#include "tests/unit/storage/raw_sqlite.h"

using namespace vcnode;
using namespace vcnode::test;
using storage::open_sqlite_store;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "store.db";
};

constexpr std::string_view kBodyText = "a body that is easy to find in the file";

// A closed store with leaves 0 to 2 of feed 1, a note, a body and an allocation.
struct ClosedStore : Fixture {
  ClosedStore() {
    REQUIRE_OK(open_or_fail(file)->commit(
        joined({leaves_batch(1, 0, {"a", "b", "c"}), head_batch(1, "note"), body_batch(kBodyText),
                allocation_batch("1", 7, "urn:x"), entry_batch("QmScid", "1-versionid", "an entry"),
                witness_batch(witness_put(2, 5, "five", 100))})));
  }
};

void write_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

mode_t permissions(const std::filesystem::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

// What a child of another user than root says; the child is root's only way to meet a closed door.
template <class Question>
bool ask_as_nobody(Question question) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::seteuid(kNobody) != 0) ::_exit(2);
    ::_exit(question() ? 1 : 0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 2);
  return WEXITSTATUS(status) == 1;
}

bool refused_with(const std::filesystem::path& file, Code code) {
  const auto store = open_sqlite_store(file);
  return !store.has_value() && store.error().code == code;
}

}  // namespace

TEST_CASE("everything is there after closing and opening again") {
  const ClosedStore closed;
  const auto store = open_or_fail(closed.file);
  CHECK(leaf_texts(*store, 1) == std::vector<std::string>{"a", "b", "c"});
  CHECK(store->note(origin(1)).value() == "note");
  CHECK(store->body(body(kBodyText).digest).value() == to_bytes(kBodyText));
  CHECK(store->allocation_of("urn:x").value() == Allocation{"1", 7, "urn:x", Timestamp(1700000000)});
  CHECK(entry_texts(*store, "QmScid") == std::vector<std::string>{"1-versionid=an entry"});
  CHECK(store->entry_scids().value() == std::vector<std::string>{"QmScid"});
  CHECK(store->witness_record(origin(2)).value() == witness_put(2, 5, "five", 100));
  CHECK_CODE(store->commit(witness_batch(witness_put(2, 4, "four", 200))), codes::STORE_CONFLICT);
  REQUIRE_OK(store->commit(leaves_batch(1, 3, {"d"})));
  CHECK_CODE(store->commit(allocation_batch("1", 7, "urn:y")), codes::STORE_CONFLICT);
}

TEST_CASE("a closed store is one file and its lock") {
  const ClosedStore closed;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(closed.directory.path())) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"store.db", "store.db.lock"});
}

TEST_CASE("the file says that it is a store and of which schema") {
  const ClosedStore closed;
  RawSqlite other(closed.file);
  CHECK(other.integer("PRAGMA application_id") == storage::kApplicationId);
  CHECK(other.integer("PRAGMA user_version") == storage::kSchemaVersion);
}

TEST_CASE("only the owner may read any of the files, whatever the umask") {
  const Fixture fixture;
  const mode_t before = ::umask(0);
  const auto store = open_or_fail(fixture.file);
  REQUIRE_OK(store->commit(leaves_batch(1, 0, {"a"})));
  ::umask(before);
  for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) {
    CHECK_MESSAGE(permissions(fixture.file.string() + suffix) == 0600, suffix);
  }
}

TEST_CASE("a store in use is refused, by any of its names, and free again once closed") {
  const Fixture fixture;
  auto store = open_or_fail(fixture.file);
  CHECK_CODE_NAMES(open_sqlite_store(fixture.file), codes::STORE_LOCKED, fixture.file.string());
  const auto alias = fixture.directory.path() / "alias";
  std::filesystem::create_directory_symlink(fixture.directory.path(), alias);
  CHECK_CODE(open_sqlite_store(alias / "store.db"), codes::STORE_LOCKED);
  REQUIRE_OK(store->commit(leaves_batch(1, 0, {"a"})));  // the refused ones disturbed nothing
  store.reset();
  CHECK(leaf_texts(*open_or_fail(fixture.file), 1) == std::vector<std::string>{"a"});
}

TEST_CASE("another process is refused as well") {
  const Fixture fixture;
  int to_parent[2];
  int to_child[2];
  REQUIRE(::pipe(to_parent) == 0);
  REQUIRE(::pipe(to_child) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  char byte = 0;
  if (child == 0) {
    const auto store = open_sqlite_store(fixture.file);
    byte = store.has_value() ? 'y' : 'n';
    static_cast<void>(::write(to_parent[1], &byte, 1));
    static_cast<void>(::read(to_child[0], &byte, 1));
    ::_exit(0);
  }
  REQUIRE(::read(to_parent[0], &byte, 1) == 1);
  CHECK(byte == 'y');
  CHECK_CODE(open_sqlite_store(fixture.file), codes::STORE_LOCKED);
  REQUIRE(::write(to_child[1], &byte, 1) == 1);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(open_sqlite_store(fixture.file).has_value());
  for (const int end : {to_parent[0], to_parent[1], to_child[0], to_child[1]}) ::close(end);
}

TEST_CASE("an older or newer schema is refused, naming both numbers, and not touched") {
  const ClosedStore closed;
  for (const auto version : {storage::kSchemaVersion - 1, storage::kSchemaVersion + 1}) {
    RawSqlite(closed.file).execute(concat("PRAGMA user_version = ", version));
    const auto before = read_file(closed.file);
    CHECK_CODE_NAMES(
        open_sqlite_store(closed.file), codes::STORE_SCHEMA,
        concat("has schema version ", version, ", this program knows version ", storage::kSchemaVersion));
    CHECK_CODE_NAMES(open_sqlite_store(closed.file), codes::STORE_SCHEMA, closed.file.string());
    CHECK(read_file(closed.file) == before);
  }
}

TEST_CASE("a database of another program is refused and not touched") {
  const Fixture fixture;
  RawSqlite(fixture.file).execute("CREATE TABLE recipe (title TEXT); INSERT INTO recipe VALUES ('soup')");
  const auto before = read_file(fixture.file);
  CHECK_CODE_NAMES(open_sqlite_store(fixture.file), codes::STORE_SCHEMA, "another program");
  CHECK(read_file(fixture.file) == before);
}

TEST_CASE("an empty file, as a crash while creating leaves it, becomes a store") {
  const Fixture fixture;
  write_file(fixture.file, "");
  REQUIRE_OK(open_or_fail(fixture.file)->commit(leaves_batch(1, 0, {"a"})));
}

TEST_CASE("a file that is not a database is refused and not touched") {
  const Fixture fixture;
  for (const std::string& garbage : {std::string("xy"), std::string(100, '\0'), std::string(10'000, '#')}) {
    write_file(fixture.file, garbage);
    CHECK_CODE_NAMES(open_sqlite_store(fixture.file), codes::STORE_CORRUPT, fixture.file.string());
    CHECK(read_file(fixture.file) == garbage);
  }
}

TEST_CASE("a file that lost its end is refused, wherever it was cut") {
  const ClosedStore closed;
  const auto whole = read_file(closed.file);
  std::vector<std::size_t> lengths = {1, 2, 15, 16, 50, 99, 100, 101, 511, 512, 1000, 4095, whole.size() - 1};
  for (std::size_t length = 4096; length < whole.size(); length += 4096) lengths.push_back(length);
  for (const auto length : lengths) {
    write_file(closed.file, std::string_view(whole).substr(0, length));
    const auto store = open_sqlite_store(closed.file);
    CHECK_MESSAGE(has_code(store, codes::STORE_CORRUPT), length, ": ", describe(store));
  }
  write_file(closed.file, whole);
  CHECK(open_sqlite_store(closed.file).has_value());
}

TEST_CASE("a log whose damage would undo several commits is refused; one that lost its last is not") {
  Fixture fixture;
  const auto store = open_or_fail(fixture.file);
  for (std::uint64_t i = 0; i < 5; ++i) REQUIRE_OK(store->commit(leaves_batch(1, i, {concat("leaf ", i)})));
  const auto whole = read_file(fixture.file);
  const auto log = read_file(fixture.file.string() + "-wal");
  constexpr std::size_t kHeaderBytes = 32;
  constexpr std::size_t kFrameBytes = 24 + 4096;
  std::vector<std::size_t> commits;  // where the frame of each begins
  for (std::size_t at = kHeaderBytes; at < log.size(); at += kFrameBytes)
    if (log.substr(at + 4, 4) != std::string(4, '\0')) commits.push_back(at);
  REQUIRE(commits.size() >= 5);
  const Fixture crashed;
  const auto open_with = [&](std::size_t flipped) {
    auto damaged = log;
    damaged[flipped] = static_cast<char>(damaged[flipped] ^ 1);
    write_file(crashed.file, whole);
    write_file(crashed.file.string() + "-wal", damaged);
    return open_sqlite_store(crashed.file);
  };
  CHECK_CODE_NAMES(open_with(kHeaderBytes + 100), codes::STORE_CORRUPT,
                   "write-ahead log is damaged after 0 frames");
  CHECK_CODE_NAMES(open_with(17), codes::STORE_CORRUPT,
                   "later commits cannot be read");  // in the log's header
  CHECK_CODE_NAMES(open_with(commits[commits.size() - 2] + 100), codes::STORE_CORRUPT, "2 later commits");
  CHECK_CODE(open_sqlite_store(crashed.file), codes::STORE_CORRUPT);  // again: a refusal mends nothing
  const auto last = open_with(commits.back() + 100);
  REQUIRE_OK(last);
  CHECK((*last)->leaf_count(origin(1)).value() == 4);
}

TEST_CASE("a store without one of its tables is refused") {
  const ClosedStore closed;
  RawSqlite(closed.file).execute("DROP TABLE body");
  CHECK_CODE_NAMES(open_sqlite_store(closed.file), codes::STORE_CORRUPT, "no such table: body");
}

TEST_CASE("a body that changed on the disk is not served, and mended by storing it again") {
  const ClosedStore closed;
  auto bytes = read_file(closed.file);
  const auto at = bytes.find(kBodyText);
  REQUIRE(at != std::string::npos);
  bytes[at] ^= 1;
  write_file(closed.file, bytes);
  const auto store = open_or_fail(closed.file);
  const auto put = body(kBodyText);
  CHECK_CODE_NAMES(store->body(put.digest), codes::STORE_CORRUPT, hex_encode(put.digest.view()));
  CHECK(store->note(origin(1)).value() == "note");
  REQUIRE_OK(store->commit(body_batch(kBodyText)));
  CHECK(store->body(put.digest).value() == to_bytes(kBodyText));
}

TEST_CASE("a leaf that is gone from the middle of a feed is noticed") {
  const ClosedStore closed;
  RawSqlite(closed.file).execute("DELETE FROM leaf WHERE idx = 1");
  const auto store = open_or_fail(closed.file);
  CHECK_CODE_NAMES(store->leaves(origin(1), 0, 10), codes::STORE_CORRUPT,
                   "leaf 1 is missing, the next one there is 2");
  CHECK(leaf_texts(*store, 1, 2) == std::vector<std::string>{"c"});
}

// Regression: an index that had flipped to another list counted as free, and the node might give it again.
TEST_CASE("a row that differs from its index is refused at opening") {
  const ClosedStore closed;
  const auto whole = read_file(closed.file);
  const auto hash = origin(1);
  const auto witnessed = origin(2);
  for (const std::string& text : {std::string("urn:x"), std::string("QmScid"), std::string("1-versionid"),
                                  std::string(witnessed.view().begin(), witnessed.view().end()),
                                  std::string(hash.view().begin(), hash.view().end())}) {
    std::size_t copies = 0;
    for (auto place = whole.find(text); place != std::string::npos; place = whole.find(text, place + 1)) {
      auto damaged = whole;
      damaged[place] = static_cast<char>(damaged[place] ^ 1);
      write_file(closed.file, damaged);
      CHECK_CODE_NAMES(open_sqlite_store(closed.file), codes::STORE_CORRUPT, "is damaged");
      ++copies;
    }
    CHECK(copies == 2);
  }
}

TEST_CASE("a feed that was dropped is gone after opening again, and its old rows with it") {
  const ClosedStore closed;
  REQUIRE_OK(open_or_fail(closed.file)->commit(joined({drop_batch(1), leaves_batch(2, 0, {"other"})})));
  const auto store = open_or_fail(closed.file);
  CHECK(store->origins().value() == std::vector{origin(2)});
  CHECK(leaf_texts(*store, 1).empty());
  CHECK(leaf_texts(*store, 2) == std::vector<std::string>{"other"});
  CHECK(RawSqlite(closed.file).integer("SELECT count(*) FROM leaf") == 1);
  CHECK(RawSqlite(closed.file).integer("SELECT count(*) FROM head") == 0);
  REQUIRE_OK(store->commit(leaves_batch(1, 0, {"again"})));
  CHECK(leaf_texts(*store, 1) == std::vector<std::string>{"again"});
}

TEST_CASE("an origin hash of a wrong length is noticed") {
  const ClosedStore closed;
  const auto store = open_or_fail(closed.file);
  RawSqlite(closed.file).execute("PRAGMA ignore_check_constraints = ON; UPDATE origin SET hash = x'0102'");
  CHECK_CODE_NAMES(store->origins(), codes::STORE_CORRUPT, "has 2 bytes");
}

TEST_CASE("damage found while writing refuses the batch and every later one") {
  const ClosedStore closed;
  const auto root = RawSqlite(closed.file).integer("SELECT rootpage FROM sqlite_schema WHERE name = 'leaf'");
  auto bytes = read_file(closed.file);
  std::fill_n(bytes.begin() + (root - 1) * 4096, 4096, '\x5a');
  write_file(closed.file, bytes);
  const auto store = open_or_fail(closed.file);
  CHECK_CODE(store->commit(leaves_batch(1, 3, {"d"})), codes::STORE_CORRUPT);
  CHECK_CODE(store->leaf_count(origin(1)), codes::STORE_CORRUPT);
  CHECK_CODE(store->commit(body_batch("b")), codes::STORE_FAILED);
  CHECK(store->note(origin(1)).value() == "note");
}

TEST_CASE("places where no store can be") {
  const Fixture fixture;
  CHECK_CODE_NAMES(open_sqlite_store(fixture.directory.path() / "missing" / "store.db"), codes::STORE_FAILED,
                   "missing/store.db");
  const auto directory = fixture.directory.path() / "directory";
  std::filesystem::create_directory(directory);
  CHECK_CODE_NAMES(open_sqlite_store(directory), codes::STORE_FAILED, directory.string());
}

TEST_CASE("a directory or file that may not be written is refused at opening") {
  const ClosedStore closed;
  const auto& directory = closed.directory.path();
  ::chmod(directory.c_str(), 0555);
  CHECK(ask_as_nobody([&] { return refused_with(directory / "new.db", codes::STORE_FAILED); }));
  ::chmod(directory.c_str(), 0777);
  ::chmod((closed.file.string() + ".lock").c_str(), 0666);
  ::chmod(closed.file.c_str(), 0444);
  CHECK(ask_as_nobody([&] { return refused_with(closed.file, codes::STORE_FAILED); }));
  ::chmod(closed.file.c_str(), 0666);
  CHECK(ask_as_nobody([&] { return open_sqlite_store(closed.file).has_value(); }));
}

TEST_CASE("more readers than connections wait for their turn") {
  const ClosedStore closed;
  const auto pool = storage::ReaderPool::open(closed.file);
  REQUIRE_OK(pool);
  std::vector<std::thread> threads;
  std::atomic<std::size_t> inside{0};
  std::atomic<std::size_t> inside_max{0};
  std::atomic<std::uint64_t> counted{0};
  constexpr std::size_t kThreads = 4 * storage::kReaderCount;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      counted += (*pool)->with_reader([&](storage::Reader& reader) {
        const auto now = ++inside;
        for (auto seen = inside_max.load(); seen < now && !inside_max.compare_exchange_weak(seen, now);) {
        }
        const auto count = reader.leaf_count(origin(1)).value();
        --inside;
        return count;
      });
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(counted == 3 * kThreads);
  CHECK(inside_max <= storage::kReaderCount);
}

TEST_CASE("a head whose feed is another one, or gone, is damage") {
  for (const std::string sql :
       {"UPDATE origin SET hash = zeroblob(32)", "PRAGMA foreign_keys = OFF; DELETE FROM origin"}) {
    CAPTURE(sql);
    const ClosedStore store;
    RawSqlite(store.file).execute(sql);
    CHECK_CODE(open_sqlite_store(store.file), codes::STORE_CORRUPT);
  }
}

TEST_CASE("a store whose file was moved or removed takes nothing more, and reads go on") {
  for (const std::string ending : {"", "-wal"}) {
    for (const bool replaced : {false, true}) {
      CAPTURE(ending);
      CAPTURE(replaced);
      const Fixture f;
      const auto store = open_or_fail(f.file);
      REQUIRE_OK(store->commit(leaves_batch(1, 0, {"a"})));
      const std::string name = f.file.string() + ending;
      std::filesystem::rename(name, name + ".moved");
      if (replaced) write_file(name, "another file");
      CHECK_CODE_NAMES(store->commit(leaves_batch(1, 1, {"b"})), codes::STORE_FAILED, name);
      CHECK_CODE_NAMES(store->commit(leaves_batch(1, 1, {"b"})), codes::STORE_FAILED,
                       "moved or removed while the node runs");
      CHECK(store->leaf_count(origin(1)).value() == 1);
      std::filesystem::remove(name);
      std::filesystem::rename(name + ".moved", name);
      CHECK_CODE(store->commit(leaves_batch(1, 1, {"b"})), codes::STORE_FAILED);  // until it is opened again
    }
  }
}
