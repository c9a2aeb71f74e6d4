// Store: the port behind which a node keeps what must survive.
//
// Declared here, implemented in storage/. Small and high-level: one way to write, a few ways to read.
//
// commit() is all-or-nothing and durable: when it returns success, a power cut loses nothing of the batch;
// when it returns an error nothing of it is kept. After a failed fsync an implementation refuses every later
// commit (STORE_FAILED) and goes on answering reads. Reads see every commit that returned before the read
// began. All methods are thread-safe.
//
// Errors: STORE_FAILED (the disk), STORE_BUSY (held by another program; a later try may succeed),
// STORE_CONFLICT (a precondition of the batch does not hold: a leaf index that is not the next one, a status
// index or credential id already taken, a witness record that goes back), STORE_CORRUPT.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/feed/origin.h"

namespace vcnode {

struct LeafAppend {
  feed::OriginHash origin;
  std::uint64_t first_index = 0;  // must equal the number of leaves held
  std::vector<Bytes> leaves;      // none: only that condition
};

struct HeadPut {
  feed::OriginHash origin;
  std::string note;
};

struct BodyPut {
  Sha256Digest digest;  // sha256 of bytes; storing one twice is not an error
  Bytes bytes;
};

// The issuer's own record of an issued credential: what revoking by id needs and nothing else. Private to
// this node, never sent anywhere.
struct AllocationPut {
  std::string list;           // name of the list pair, e.g. "1"
  std::uint64_t index = 0;    // unique within the list
  std::string credential_id;  // unique
  Timestamp issued_at;
};

// A version of an issuer's log as it is passed on (protocol/issuer/entry_body.h).
struct EntryPut {
  std::string scid;
  std::string version_id;  // "<number>-<hash>", number without leading zeros, at most 18 digits
  Bytes body;              // replaces what was held of this (scid, version_id)
};

// What a witness last signed of a feed, whether or not this node holds it. It is what keeps a witness from
// signing two histories, so it only moves forwards: size and time never get smaller, and one size keeps its
// root. Nothing removes one.
struct WitnessPut {
  feed::OriginHash origin;
  std::uint64_t size = 0;
  Sha256Digest root;
  Timestamp time;
};

// Applied in this order: dropped_feeds, leaves, heads, bodies, allocations, entries, witnessed.
struct StoreBatch {
  std::vector<LeafAppend> leaves;
  std::vector<HeadPut> heads;
  std::vector<BodyPut> bodies;
  std::vector<AllocationPut> allocations;
  std::vector<EntryPut> entries;
  std::vector<WitnessPut> witnessed;
  // Leaves and head of these feeds are removed, so that the leaves of this batch may begin again at 0.
  // Bodies, witness records and the marks of origin.h stay. A feed that is not held is not an error.
  std::vector<feed::OriginHash> dropped_feeds;
};

struct StoredEntry {
  std::string version_id;
  Bytes body;
};

struct Allocation {
  std::string list;
  std::uint64_t index = 0;
  std::string credential_id;
  Timestamp issued_at;
};

// What serving a feed needs; the gossip engine and the HTTP interface read through this.
class FeedArchive {
 public:
  virtual ~FeedArchive() = default;
  [[nodiscard]] virtual Result<std::optional<std::string>> note(const feed::OriginHash& origin) const = 0;
  [[nodiscard]] virtual Result<std::uint64_t> leaf_count(const feed::OriginHash& origin) const = 0;
  // Leaves from `first`, at most `count_max`, in order; fewer at the end.
  [[nodiscard]] virtual Result<std::vector<Bytes>> leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                          std::uint64_t count_max) const = 0;
  [[nodiscard]] virtual Result<std::optional<Bytes>> body(const Sha256Digest& digest) const = 0;
  // The digests of all bodies, ascending: one question in place of one for each body that may be missing.
  [[nodiscard]] virtual Result<std::vector<Sha256Digest>> body_digests() const = 0;
  // The log of an issuer: all entries held, by version number, then by the text of the versionId.
  [[nodiscard]] virtual Result<std::vector<StoredEntry>> entries(std::string_view scid) const = 0;
};

class Store : public FeedArchive {
 public:
  [[nodiscard]] virtual Result<void> commit(const StoreBatch& batch) = 0;
  [[nodiscard]] virtual Result<std::vector<feed::OriginHash>> origins() const = 0;  // sorted

  [[nodiscard]] virtual Result<std::optional<Allocation>> allocation_of(
      std::string_view credential_id) const = 0;
  [[nodiscard]] virtual Result<std::optional<Allocation>> allocation_at(std::string_view list,
                                                                        std::uint64_t index) const = 0;
  [[nodiscard]] virtual Result<std::vector<std::uint64_t>> allocated_indexes(
      std::string_view list) const = 0;  // sorted

  // The issuers of whom entries are held, sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> entry_scids() const = 0;
  [[nodiscard]] virtual Result<std::optional<WitnessPut>> witness_record(
      const feed::OriginHash& origin) const = 0;
};

}  // namespace vcnode
