#include "storage/sqlite/reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "storage/codes.h"
#include "storage/row_check.h"
#include "storage/sqlite/rows.h"

namespace vcnode::storage {
namespace {

constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::int64_t clamped(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min(value, kLargest));
}

// Of columns as prepare_allocation() names them.
Result<std::optional<Allocation>> next_allocation(Query& query) {
  VCNODE_TRY(const bool row, query.next());
  if (!row) return std::nullopt;
  Allocation found{std::string(query.text(0)), static_cast<std::uint64_t>(query.integer(1)),
                   std::string(query.text(2)), Timestamp(query.integer(3))};
  VCNODE_CHECK(verify_allocation(found, query.integer(4), query.integer(5)));
  return std::optional(std::move(found));
}

Result<Statement> prepare_allocation(Database& database, std::string_view condition) {
  return database.prepare(
      concat("SELECT list, idx, credential_id, issued_at, seq, row_check FROM allocation WHERE ", condition));
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& path) {
  VCNODE_TRY(auto database, Database::open(path, Database::Access::read));
  std::unique_ptr<Reader> reader(new Reader(std::move(database)));
  Database& db = reader->database_;
  VCNODE_TRY(
      reader->note_,
      db.prepare(
          "SELECT note, head.row_check FROM head JOIN origin ON origin.id = head.origin WHERE hash = ?1"));
  VCNODE_TRY(reader->leaf_count_, db.prepare("SELECT ifnull(max(idx) + 1, 0) FROM leaf"
                                             " WHERE origin = (SELECT id FROM origin WHERE hash = ?1)"));
  VCNODE_TRY(
      reader->leaves_,
      db.prepare(
          "SELECT idx, data, row_check FROM leaf WHERE origin = (SELECT id FROM origin WHERE hash = ?1)"
          " AND idx >= ?2 ORDER BY idx LIMIT ?3"));
  VCNODE_TRY(reader->body_, db.prepare("SELECT bytes FROM body WHERE digest = ?1"));
  VCNODE_TRY(reader->body_digests_, db.prepare("SELECT digest FROM body ORDER BY digest"));
  VCNODE_TRY(reader->origins_, db.prepare("SELECT hash FROM origin ORDER BY hash"));
  VCNODE_TRY(reader->allocation_of_, prepare_allocation(db, "credential_id = ?1"));
  VCNODE_TRY(reader->allocation_at_, prepare_allocation(db, "list = ?1 AND idx = ?2"));
  VCNODE_TRY(reader->allocated_indexes_, prepare_allocation(db, "list = ?1 ORDER BY idx"));
  VCNODE_TRY(reader->entries_, db.prepare(concat("SELECT ", kEntryColumns,
                                                 " FROM entry WHERE scid = ?1 ORDER BY number, version_id")));
  VCNODE_TRY(reader->entry_scids_, db.prepare("SELECT DISTINCT scid FROM entry ORDER BY scid"));
  VCNODE_TRY(reader->witness_record_,
             db.prepare(concat("SELECT ", kWitnessColumns, " FROM witness WHERE origin = ?1")));
  return reader;
}

Result<std::optional<std::string>> Reader::note(const feed::OriginHash& origin) {
  VCNODE_TRY(auto query, note_.query(origin.view()));
  VCNODE_TRY(const bool row, query.next());
  if (!row) return std::nullopt;
  const auto note = query.text(0);
  VCNODE_CHECK(verify_note(origin, note, query.integer(1)));
  return std::optional(std::string(note));
}

Result<std::uint64_t> Reader::leaf_count(const feed::OriginHash& origin) {
  VCNODE_TRY(auto query, leaf_count_.query(origin.view()));
  VCNODE_TRY(const bool row, query.next());
  return row ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

Result<std::vector<Bytes>> Reader::leaves(const feed::OriginHash& origin, std::uint64_t first,
                                          std::uint64_t count_max) {
  std::vector<Bytes> found;
  if (first > kLargest) return found;
  const LeafCheck check(origin);
  VCNODE_TRY(auto query, leaves_.query(origin.view(), clamped(first), clamped(count_max)));
  while (true) {
    VCNODE_TRY(const bool row, query.next());
    if (!row) return found;
    const auto expected = first + found.size();
    if (const auto index = static_cast<std::uint64_t>(query.integer(0)); index != expected) {
      return fail(codes::STORE_CORRUPT, "feed ", hex_encode(origin.view()), ": leaf ", expected,
                  " is missing, the next one there is ", index);
    }
    const auto data = query.blob(1);
    VCNODE_CHECK(check.verify(expected, data, query.integer(2)));
    found.emplace_back(data.begin(), data.end());
  }
}

Result<std::optional<Bytes>> Reader::body(const Sha256Digest& digest) {
  VCNODE_TRY(auto query, body_.query(digest.view()));
  VCNODE_TRY(const bool row, query.next());
  if (!row) return std::nullopt;
  const auto bytes = query.blob(0);
  if (const auto found = sha256(bytes); found != digest) {
    return fail(codes::STORE_CORRUPT, "body ", hex_encode(digest.view()), ": the ", bytes.size(),
                " bytes stored under this digest have digest ", hex_encode(found.view()));
  }
  return std::optional(Bytes(bytes.begin(), bytes.end()));
}

Result<std::vector<Sha256Digest>> Reader::body_digests() {
  VCNODE_TRY(auto query, body_digests_.query());
  std::vector<Sha256Digest> all;
  while (true) {
    VCNODE_TRY(const bool row, query.next());
    if (!row) return all;
    const auto digest = Sha256Digest::from(query.blob(0));
    if (!digest)
      return fail(codes::STORE_CORRUPT, "a body's digest has ", query.blob(0).size(), " bytes, not 32");
    all.push_back(*digest);
  }
}

Result<std::vector<feed::OriginHash>> Reader::origins() {
  VCNODE_TRY(auto query, origins_.query());
  std::vector<feed::OriginHash> all;
  while (true) {
    VCNODE_TRY(const bool row, query.next());
    if (!row) return all;
    const auto hash = feed::OriginHash::from(query.blob(0));
    if (!hash)
      return fail(codes::STORE_CORRUPT, "an origin hash has ", query.blob(0).size(), " bytes, not 32");
    all.push_back(*hash);
  }
}

Result<std::optional<Allocation>> Reader::allocation_of(std::string_view credential_id) {
  VCNODE_TRY(auto query, allocation_of_.query(credential_id));
  return next_allocation(query);
}

Result<std::optional<Allocation>> Reader::allocation_at(std::string_view list, std::uint64_t index) {
  if (index > kLargest) return std::nullopt;
  VCNODE_TRY(auto query, allocation_at_.query(list, clamped(index)));
  return next_allocation(query);
}

Result<std::vector<std::uint64_t>> Reader::allocated_indexes(std::string_view list) {
  VCNODE_TRY(auto query, allocated_indexes_.query(list));
  std::vector<std::uint64_t> indexes;
  while (true) {
    VCNODE_TRY(const auto allocation, next_allocation(query));
    if (!allocation) return indexes;
    indexes.push_back(allocation->index);
  }
}

Result<std::vector<StoredEntry>> Reader::entries(std::string_view scid) {
  VCNODE_TRY(auto query, entries_.query(scid));
  std::vector<StoredEntry> all;
  while (true) {
    VCNODE_TRY(const bool row, query.next());
    if (!row) return all;
    VCNODE_TRY(auto entry, read_entry(query));
    all.push_back(std::move(entry));
  }
}

Result<std::vector<std::string>> Reader::entry_scids() {
  VCNODE_TRY(auto query, entry_scids_.query());
  std::vector<std::string> all;
  while (true) {
    VCNODE_TRY(const bool row, query.next());
    if (!row) return all;
    all.emplace_back(query.text(0));
  }
}

Result<std::optional<WitnessPut>> Reader::witness_record(const feed::OriginHash& origin) {
  VCNODE_TRY(auto query, witness_record_.query(origin.view()));
  VCNODE_TRY(const bool row, query.next());
  if (!row) return std::nullopt;
  VCNODE_TRY(const auto record, read_witness(query));
  return std::optional(record);
}

Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const std::filesystem::path& path) {
  auto pool = std::make_unique<ReaderPool>();
  for (std::size_t i = 0; i < kReaderCount; ++i) {
    VCNODE_TRY(auto reader, Reader::open(path));
    pool->idle_.push_back(std::move(reader));
  }
  return pool;
}

ReaderPool::Lease::Lease(ReaderPool& from) : pool(from) {
  std::unique_lock lock(pool.mutex_);
  pool.returned_.wait(lock, [this] { return !pool.idle_.empty(); });
  reader = std::move(pool.idle_.back());
  pool.idle_.pop_back();
}

ReaderPool::Lease::~Lease() {
  {
    const std::lock_guard lock(pool.mutex_);
    pool.idle_.push_back(std::move(reader));
  }
  pool.returned_.notify_one();
}

}  // namespace vcnode::storage
