#include "storage/sqlite/writer.h"

#include <sqlite3.h>

#include "storage/batch.h"
#include "storage/codes.h"
#include "storage/row_check.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/schema.h"

namespace vcnode::storage {

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& path) {
  VCNODE_TRY(auto database, Database::open(path, Database::Access::write));
  VCNODE_CHECK(prepare_schema(database));
  std::unique_ptr<Writer> writer(new Writer(std::move(database), path));
  VCNODE_CHECK(writer->wal_.fold());
  VCNODE_CHECK(check_opened(writer->database_));
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
  VCNODE_TRY(drop_leaves_, database_.prepare("DELETE FROM leaf WHERE origin = ?1"));
  VCNODE_TRY(drop_head_, database_.prepare("DELETE FROM head WHERE origin = ?1"));
  VCNODE_TRY(drop_origin_, database_.prepare("DELETE FROM origin WHERE id = ?1"));
  VCNODE_TRY(put_entry_, database_.prepare("INSERT INTO entry (scid, number, version_id, body, row_check)"
                                           " VALUES (?1, ?2, ?3, ?4, ?5)"
                                           " ON CONFLICT (scid, number, version_id) DO UPDATE SET"
                                           " body = excluded.body, row_check = excluded.row_check"));
  VCNODE_TRY(find_witnessed_,
             database_.prepare(concat("SELECT ", kWitnessColumns, " FROM witness WHERE origin = ?1")));
  VCNODE_TRY(put_witnessed_, database_.prepare("INSERT INTO witness (origin, size, root, time, row_check)"
                                               " VALUES (?1, ?2, ?3, ?4, ?5)"
                                               " ON CONFLICT (origin) DO UPDATE SET size = excluded.size,"
                                               " root = excluded.root, time = excluded.time,"
                                               " row_check = excluded.row_check"));
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
  for (const feed::OriginHash& origin : batch.dropped_feeds) VCNODE_CHECK(drop(origin));
  for (const LeafAppend& leaves : batch.leaves) VCNODE_CHECK(append(leaves));
  for (const HeadPut& head : batch.heads) VCNODE_CHECK(put(head));
  for (const BodyPut& body : batch.bodies) {
    VCNODE_CHECK(put_body_.execute(body.digest.view(), BytesView(body.bytes)));
  }
  for (const AllocationPut& allocation : batch.allocations) VCNODE_CHECK(put(allocation));
  for (const EntryPut& entry : batch.entries) VCNODE_CHECK(put(entry));
  for (const WitnessPut& record : batch.witnessed) VCNODE_CHECK(put(record));
  return {};
}

Result<void> Writer::drop(const feed::OriginHash& origin) {
  VCNODE_TRY(const auto known, find_origin(origin));
  if (!known) return {};
  VCNODE_CHECK(drop_leaves_.execute(*known));
  VCNODE_CHECK(drop_head_.execute(*known));
  return drop_origin_.execute(*known);
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

Result<void> Writer::put(const EntryPut& entry) {
  const std::uint64_t number = version_number(entry.version_id);
  const std::int64_t row_check = entry_check(entry.scid, number, entry.version_id, entry.body);
  return put_entry_.execute(std::string_view(entry.scid), static_cast<std::int64_t>(number),
                            std::string_view(entry.version_id), BytesView(entry.body), row_check);
}

Result<void> Writer::put(const WitnessPut& record) {
  {
    VCNODE_TRY(auto query, find_witnessed_.query(record.origin.view()));
    VCNODE_TRY(const bool row, query.next());
    if (row) {
      VCNODE_TRY(const auto held, read_witness(query));
      VCNODE_CHECK(check_follows(record, held));
    }
  }
  const std::int64_t row_check = witness_check(record);
  return put_witnessed_.execute(record.origin.view(), static_cast<std::int64_t>(record.size),
                                record.root.view(), record.time.seconds(), row_check);
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
