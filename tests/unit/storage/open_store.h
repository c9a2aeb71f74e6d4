// A store that is open while another hand damages its file.
#pragma once

#include "tests/contract/store_fixture.h"
#include "tests/unit/storage/raw_sqlite.h"

namespace vcnode::test {

// With leaves 0 to 2 of feed 1, a note, a body and two allocations.
struct OpenStore {
  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "store.db";
  std::unique_ptr<storage::GroupStore> store = open_or_fail(file);
  OpenStore() {
    REQUIRE_OK(store->commit(
        joined({leaves_batch(1, 0, {"leaf a", "leaf b", "leaf c"}), head_batch(1, "note"), body_batch("body"),
                allocation_batch("1", 7, "urn:x"), allocation_batch("1", 9, "urn:y")})));
  }
  void damage(const std::string& sql) const {
    RawSqlite(file).execute("PRAGMA ignore_check_constraints = ON; " + sql);
  }
  void open_again() {
    store.reset();
    store = open_or_fail(file);
  }
};

}  // namespace vcnode::test
