#include "storage/sqlite/writer.h"

#include <sqlite3.h>

#include "crypto/base/assert.h"
#include "storage/batch.h"
#include "storage/codes.h"
#include "storage/row_check.h"
#include "storage/sqlite/schema.h"

namespace vcnode::storage {

namespace {

// A row's own check finds what changed in it, and not that nobody finds it any more. So what is looked up
// through an index is compared with it: a bit that flipped there must not free a status index that was given,
// or hide a feed so that it would be begun anew. About 3 µs for each allocation.
Result<void> check_unsigned_tables(Database& database) {
  for (const char* table : {"origin", "head", "allocation"}) {
    VCNODE_TRY(auto statement, database.prepare(concat("PRAGMA integrity_check('", table, "')")));
    VCNODE_TRY(auto query, statement.query());
    VCNODE_TRY(const bool row, query.next());
    if (row && query.text(0) == "ok") continue;
    return fail(codes::STORE_CORRUPT, sqlite3_db_filename(database.handle(), "main"), ": the table ", table,
                " is damaged: ", row ? query.text(0) : "no answer");
  }
  return {};
}

// Whose the rows of a feed are stands in this table. A feed whose name changed there would be looked for
// under the old one, not be found, and be begun anew.
Result<void> check_origins(Database& database) {
  VCNODE_TRY(auto statement, database.prepare("SELECT hash, row_check FROM origin"));
  {
    VCNODE_TRY(auto query, statement.query());
    for (;;) {
      VCNODE_TRY(const bool row, query.next());
      if (!row) break;
      const auto origin = feed::OriginHash::from(query.blob(0));
      VCNODE_ASSERT(origin.has_value());  // the schema's condition, which the table was checked against
      VCNODE_CHECK(verify_origin(*origin, query.integer(1)));
    }
  }
  VCNODE_TRY(const auto orphans,
             database.integer("SELECT count(*) FROM head WHERE origin NOT IN (SELECT id FROM origin)"));
  if (orphans == 0) return {};
  return fail(codes::STORE_CORRUPT, sqlite3_db_filename(database.handle(), "main"), ": there are ", orphans,
              " heads whose feeds are not there");
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& path) {
  VCNODE_TRY(auto database, Database::open(path, Database::Access::write));
  VCNODE_CHECK(prepare_schema(database));
  std::unique_ptr<Writer> writer(new Writer(std::move(database), path));
  VCNODE_CHECK(writer->wal_.fold());
  VCNODE_CHECK(check_unsigned_tables(writer->database_));
  VCNODE_CHECK(check_origins(writer->database_));
  VCNODE_CHECK(writer->prepare_statements());
  VCNODE_CHECK(writer->check_places());
  return writer;
}

Result<void> Writer::prepare_statements() {
  VCNODE_TRY(begin_, database_.prepare("BEGIN IMMEDIATE"));
  VCNODE_TRY(commit_, database_.prepare("COMMIT"));
  VCNODE_TRY(savepoint_, database_.prepare("SAVEPOINT batch"));
  VCNODE_TRY(release_, database_.prepare("RELEASE batch"));
  VCNODE_TRY(rollback_to_, database_.prepare("ROLLBACK TO batch"));
  VCNODE_TRY(find_origin_, database_.prepare("SELECT id FROM origin WHERE hash = ?1"));
  VCNODE_TRY(add_origin_, database_.prepare("INSERT INTO origin (hash, row_check) VALUES (?1, ?2)"));
  VCNODE_TRY(leaf_count_, database_.prepare("SELECT ifnull(max(idx) + 1, 0) FROM leaf WHERE origin = ?1"));
  VCNODE_TRY(add_leaf_,
             database_.prepare("INSERT INTO leaf (origin, idx, data, row_check) VALUES (?1, ?2, ?3, ?4)"));
  VCNODE_TRY(put_head_, database_.prepare("INSERT INTO head (origin, note, row_check) VALUES (?1, ?2, ?3)"
                                          " ON CONFLICT (origin) DO UPDATE SET note = excluded.note,"
                                          " row_check = excluded.row_check"));
  // A copy that went bad on the disk is replaced by the good one; an equal one is not written again.
  VCNODE_TRY(put_body_, database_.prepare("INSERT INTO body (digest, bytes) VALUES (?1, ?2)"
                                          " ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes"
                                          " WHERE bytes IS NOT excluded.bytes"));
  VCNODE_TRY(find_credential_id_, database_.prepare("SELECT 1 FROM allocation WHERE credential_id = ?1"));
  VCNODE_TRY(find_status_index_, database_.prepare("SELECT 1 FROM allocation WHERE list = ?1 AND idx = ?2"));
  VCNODE_TRY(add_allocation_, database_.prepare("INSERT INTO allocation"
                                                " (list, idx, credential_id, issued_at, row_check)"
                                                " VALUES (?1, ?2, ?3, ?4, ?5)"));
  return {};
}

std::vector<Result<void>> Writer::commit_group(const std::vector<const StoreBatch*>& batches) {
  if (refusal_) return Outcomes(batches.size(), fail(codes::STORE_FAILED, *refusal_));
  if (const auto placed = check_places(); !placed) {
    refuse_from_now_on(placed.error());
    return Outcomes(batches.size(), fail(codes::STORE_FAILED, *refusal_));
  }
  // Nothing is written yet when this fails (another program holds the file): a later commit may succeed.
  if (const auto begun = begin_.execute(); !begun.has_value()) return Outcomes(batches.size(), begun);
  auto outcomes = apply_group(batches);
  if (const auto placed = check_places(); outcomes && !placed) outcomes = placed.failure();
  if (!outcomes.has_value()) {
    const Error& cause = outcomes.error();
    refuse_from_now_on(cause);
    // The node shows the first refusal: it too says what to do. Busy in the middle of a transaction is no
    // moment's matter: what was begun is lost.
    const Code code = cause.code == codes::STORE_BUSY ? Code(codes::STORE_FAILED) : cause.code;
    return Outcomes(batches.size(), fail(code, *refusal_));
  }
  // The group itself is durable already.
  if (const auto done = wal_.checkpoint_if_due(); !done.has_value()) refuse_from_now_on(done.error());
  return std::move(outcomes).value();
}

Result<Writer::Outcomes> Writer::apply_group(const std::vector<const StoreBatch*>& batches) {
  Outcomes outcomes;
  outcomes.reserve(batches.size());
  for (const StoreBatch* batch : batches) {
    auto outcome = apply_in_savepoint(*batch);
    if (!outcome.has_value() && outcome.error().code != codes::STORE_CONFLICT) return outcome.failure();
    outcomes.push_back(std::move(outcome));
  }
  VCNODE_CHECK(commit_.execute());
  return outcomes;
}

Result<void> Writer::apply_in_savepoint(const StoreBatch& batch) {
  VCNODE_CHECK(savepoint_.execute());
  auto outcome = apply(batch);
  if (!outcome.has_value()) {
    if (outcome.error().code != codes::STORE_CONFLICT) return outcome;
    VCNODE_CHECK(rollback_to_.execute());
  }
  VCNODE_CHECK(release_.execute());
  return outcome;
}

Result<void> Writer::apply(const StoreBatch& batch) {
  for (const LeafAppend& leaves : batch.leaves) VCNODE_CHECK(append(leaves));
  for (const HeadPut& head : batch.heads) VCNODE_CHECK(put(head));
  for (const BodyPut& body : batch.bodies) {
    VCNODE_CHECK(put_body_.execute(body.digest.view(), BytesView(body.bytes)));
  }
  for (const AllocationPut& allocation : batch.allocations) VCNODE_CHECK(put(allocation));
  return {};
}

Result<void> Writer::append(const LeafAppend& append) {
  VCNODE_TRY(const auto held, held_leaves(append.origin));
  if (append.first_index != held) return leaf_conflict(append, held);
  if (append.leaves.empty()) return {};
  VCNODE_TRY(const auto origin, find_or_add_origin(append.origin));
  const LeafCheck check(append.origin);
  std::uint64_t index = held;
  for (const Bytes& leaf : append.leaves) {
    const std::int64_t row_check = check.of(index, leaf);
    VCNODE_CHECK(add_leaf_.execute(origin, static_cast<std::int64_t>(index++), BytesView(leaf), row_check));
  }
  return {};
}

Result<void> Writer::put(const HeadPut& head) {
  VCNODE_TRY(const auto origin, find_or_add_origin(head.origin));
  const std::int64_t row_check = note_check(head.origin, head.note);
  return put_head_.execute(origin, std::string_view(head.note), row_check);
}

Result<void> Writer::put(const AllocationPut& allocation) {
  const auto index = static_cast<std::int64_t>(allocation.index);
  const std::string_view list = allocation.list;
  const std::string_view id = allocation.credential_id;
  {
    VCNODE_TRY(auto query, find_credential_id_.query(id));
    VCNODE_TRY(const bool taken, query.next());
    if (taken) return credential_id_conflict(id);
  }
  {
    VCNODE_TRY(auto query, find_status_index_.query(list, index));
    VCNODE_TRY(const bool taken, query.next());
    if (taken) return status_index_conflict(list, allocation.index);
  }
  const std::int64_t row_check = allocation_check(list, allocation.index, id, allocation.issued_at);
  return add_allocation_.execute(list, index, id, allocation.issued_at.seconds(), row_check);
}

Result<std::optional<std::int64_t>> Writer::find_origin(const feed::OriginHash& origin) {
  VCNODE_TRY(auto query, find_origin_.query(origin.view()));
  VCNODE_TRY(const bool row, query.next());
  if (!row) return std::nullopt;
  return std::optional(query.integer(0));
}

Result<std::int64_t> Writer::find_or_add_origin(const feed::OriginHash& origin) {
  VCNODE_TRY(const auto known, find_origin(origin));
  if (known) return *known;
  VCNODE_CHECK(add_origin_.execute(origin.view(), std::int64_t{origin_check(origin)}));
  return sqlite3_last_insert_rowid(database_.handle());
}

Result<std::uint64_t> Writer::held_leaves(const feed::OriginHash& origin) {
  VCNODE_TRY(const auto known, find_origin(origin));
  if (!known) return 0;
  VCNODE_TRY(auto query, leaf_count_.query(*known));
  VCNODE_TRY(const bool row, query.next());
  return row ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

Result<void> Writer::check_places() {
  VCNODE_CHECK(file_.check());
  return log_file_.check();
}

void Writer::refuse_from_now_on(const Error& cause) {
  // SQLite has rolled back by itself after the worst failures, and else cannot refuse to.
  if (sqlite3_get_autocommit(database_.handle()) == 0) {
    static_cast<void>(database_.execute("ROLLBACK"));
  }
  refusal_ = concat("nothing more is stored since the disk failed once (", cause.message,
                    "); reads go on; check the disk, then restart");
  if (!wal_.cut_refused()) {
    refusal_->append("; what failed last could not be removed and may be found there after the restart");
  }
}

}  // namespace vcnode::storage
