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
// index or credential id already taken), STORE_CORRUPT.
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

struct StoreBatch {
  std::vector<LeafAppend> leaves;
  std::vector<HeadPut> heads;
  std::vector<BodyPut> bodies;
  std::vector<AllocationPut> allocations;
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
};

}  // namespace vcnode
