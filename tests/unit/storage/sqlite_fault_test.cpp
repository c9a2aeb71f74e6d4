// The disk fails: what was acknowledged stays, what was refused never comes back, reads go on.
#include "storage/codes.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/wal.h"
#include "tests/contract/store_fixture.h"
#include "tests/unit/storage/fault_injection.h"
#include "tests/unit/storage/raw_sqlite.h"

using namespace vcnode;
using namespace vcnode::test;

namespace {

// Big enough that one commit makes a checkpoint due, so that the next one starts the log over.
std::string large_text() {
  return std::string(storage::kCheckpointFrames * 4096 + 100'000, 'L');
}

// Leaf `i` of feed 1 with a body, which is large for one of them.
StoreBatch step(std::uint64_t i) {
  return joined({leaves_batch(1, i, {concat("leaf ", i)}), head_batch(1, concat("note ", i)),
                 body_batch(i == 1 ? large_text() : concat("body ", i)),
                 allocation_batch("1", i, concat("urn:", i))});
}
constexpr std::uint64_t kSteps = 4;

// Exactly the first `count` steps are held, each of them whole.
void check_steps(const Store& store, std::uint64_t count) {
  CHECK(store.leaf_count(origin(1)).value() == count);
  CHECK(store.note(origin(1)).value() ==
        (count == 0 ? std::nullopt : std::optional(concat("note ", count - 1))));
  CHECK(store.allocated_indexes("1").value().size() == count);
  for (std::uint64_t i = 0; i < kSteps; ++i) {
    CHECK(store.body(step(i).bodies[0].digest).value().has_value() == (i < count));
  }
}

// What a crash at this moment would leave on disk, opened.
void check_steps_after_crash(const std::filesystem::path& file, std::uint64_t count) {
  const TemporaryDirectory elsewhere;
  const auto copy = elsewhere.path() / "store.db";
  std::filesystem::copy_file(file, copy);
  const auto log = file.string() + "-wal";
  if (std::filesystem::exists(log)) std::filesystem::copy_file(log, copy.string() + "-wal");
  check_steps(*open_or_fail(copy), count);
}

// Runs the steps while `Fault(arguments...)` lives. True if a step failed or commits are refused after it.
template <class Fault, class... Arguments>
bool survives(Arguments... arguments) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "store.db";
  auto store = open_or_fail(file);
  std::uint64_t acknowledged = 0;
  bool refused = false;
  {
    const Fault fault(arguments...);
    for (std::uint64_t i = 0; i < kSteps; ++i) {
      const auto outcome = store->commit(step(i));
      if (outcome.has_value()) {
        CHECK_FALSE(refused);  // never again after the first failure
        ++acknowledged;
      } else {
        CHECK_CODE(outcome, codes::STORE_FAILED);
        refused = true;
      }
    }
    check_steps(*store, acknowledged);
  }
  check_steps_after_crash(file, acknowledged);
  // The disk works again, but what this process knows of it is not to be trusted.
  const auto late = store->commit(leaves_batch(1, acknowledged, {"late"}));
  if (refused) CHECK_CODE_NAMES(late, codes::STORE_FAILED, "reads go on");
  refused = refused || !late.has_value();
  if (!refused) return false;
  check_steps(*store, acknowledged);
  check_steps_after_crash(file, acknowledged);
  store.reset();
  store = open_or_fail(file);
  check_steps(*store, acknowledged);
  REQUIRE_OK(store->commit(step(acknowledged)));
  return true;
}

}  // namespace

TEST_CASE("a sync that fails once, wherever in a run of commits and checkpoints") {
  std::uint64_t failing = 0;
  while (survives<FailingSyncs>(failing, failing)) ++failing;
  CHECK(failing >= kSteps + 2);  // one per commit, two or more in the checkpoint
}

TEST_CASE("syncs that fail from some moment on") {
  std::uint64_t failing = 0;
  while (survives<FailingSyncs>(failing, UINT64_MAX)) ++failing;
  CHECK(failing >= kSteps + 2);
}

TEST_CASE("a disk that is full at some size") {
  int refusals = 0;
  for (std::uint64_t bytes = 32 * 1024; bytes < 9'000'000; bytes = bytes * 4 / 3 + 1000) {
    if (survives<FullDisk>(bytes)) ++refusals;
  }
  CHECK(refusals >= 15);
}

TEST_CASE("a group fails as a whole when it cannot be made durable, conflicts included") {
  const TemporaryDirectory directory;
  const auto store = open_or_fail(directory.path() / "store.db");
  const std::vector<StoreBatch> batches = {step(0), leaves_batch(1, 0, {"conflict"}), body_batch("third")};
  const FailingSyncs fault(0, 0);
  const auto outcomes = store->commit_group({&batches[0], &batches[1], &batches[2]});
  REQUIRE(outcomes.size() == 3);
  for (const auto& outcome : outcomes)
    CHECK_CODE_NAMES(outcome, codes::STORE_FAILED, "store.db: cannot run \"COMMIT\"");
  check_steps(*store, 0);
  CHECK_FALSE(store->body(body("third").digest).value().has_value());
}

TEST_CASE("a group commits with one sync, however many batches it has") {
  const TemporaryDirectory directory;
  const auto store = open_or_fail(directory.path() / "store.db");
  std::vector<StoreBatch> batches;
  for (std::uint64_t i = 0; i < 100; ++i) batches.push_back(leaves_batch(1, i, {"leaf"}));
  std::vector<const StoreBatch*> group;
  for (const auto& batch : batches) group.push_back(&batch);
  REQUIRE_OK(store->commit(leaves_batch(2, 0, {"the first commit also syncs the log's header"})));
  const auto before = sync_count();
  for (const auto& outcome : store->commit_group(group)) REQUIRE_OK(outcome);
  CHECK(sync_count() == before + 1);
  REQUIRE_OK(store->commit(joined({leaves_batch(1, 100, {"leaf"}), body_batch("b")})));
  CHECK(sync_count() == before + 2);
  REQUIRE_OK(store->commit(body_batch("b")));  // held already: nothing to write
  CHECK(sync_count() == before + 2);
}

TEST_CASE("opening needs a disk that syncs, and can be tried again") {
  const auto before = sync_count();
  { const SqliteBackend undisturbed; }
  const auto syncs_of_opening = sync_count() - before;
  CHECK(syncs_of_opening >= 8);
  std::uint64_t ignored = 0;
  for (std::uint64_t failing = 0; failing < syncs_of_opening; ++failing) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "store.db";
    {
      const FailingSyncs fault(failing, failing);
      const auto store = storage::open_sqlite_store(file);
      if (store.has_value()) {
        ++ignored;
      } else {
        CHECK_CODE(store, codes::STORE_FAILED);
      }
    }
    check_steps(*open_or_fail(file), 0);
  }
  CHECK(ignored == 2);  // SQLite ignores failures of its own two syncs of the directory; opening repeats them
}

TEST_CASE("another program that holds the file delays a commit and then fails it, but only it") {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "store.db";
  const auto store = open_or_fail(file);
  RawSqlite other(file);
  other.execute("BEGIN IMMEDIATE");
  CHECK_CODE_NAMES(store->commit(step(0)), codes::STORE_BUSY, "database is locked");
  check_steps(*store, 0);
  other.execute("ROLLBACK");
  REQUIRE_OK(store->commit(step(0)));
  check_steps(*store, 1);
}

TEST_CASE("another program that reads does not stop commits and checkpoints") {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "store.db";
  const auto store = open_or_fail(file);
  REQUIRE_OK(store->commit(step(0)));
  RawSqlite other(file);
  other.execute("BEGIN");
  CHECK(other.integer("SELECT count(*) FROM leaf") == 1);
  for (std::uint64_t i = 1; i < kSteps; ++i) REQUIRE_OK(store->commit(step(i)));
  CHECK(other.integer("SELECT count(*) FROM leaf") == 1);  // its snapshot
  check_steps(*store, kSteps);
  check_steps_after_crash(file, kSteps);
}
