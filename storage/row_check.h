// RowCheck: the checksum that a stored row carries over what it says, so that a bit which flipped on the disk
// is found by whoever reads the row, and not by whoever is shown it.
//
// CRC-32: it is there against rot. Who can write the file can write a matching checksum as well; against him
// stand signatures and digests. A body needs none: its key is its digest.
// verify_*: STORE_CORRUPT with one sentence that names the row and both checksums.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"
#include "protocol/feed/origin.h"
#include "protocol/ports.h"

namespace vcnode::storage {

// Of the leaves of one feed: the feed's part is worked out once.
class LeafCheck {
 public:
  explicit LeafCheck(const feed::OriginHash& origin);
  [[nodiscard]] std::uint32_t of(std::uint64_t index, BytesView data) const;
  [[nodiscard]] Result<void> verify(std::uint64_t index, BytesView data, std::int64_t stored) const;

 private:
  feed::OriginHash origin_;
  std::uint32_t origin_check_;
};

[[nodiscard]] std::uint32_t origin_check(const feed::OriginHash& origin);
[[nodiscard]] Result<void> verify_origin(const feed::OriginHash& origin, std::int64_t stored);

[[nodiscard]] std::uint32_t note_check(const feed::OriginHash& origin, std::string_view note);
[[nodiscard]] Result<void> verify_note(const feed::OriginHash& origin, std::string_view note,
                                       std::int64_t stored);

[[nodiscard]] std::uint32_t allocation_check(std::string_view list, std::uint64_t index,
                                             std::string_view credential_id, Timestamp issued_at);
// `row` names it: a log shows neither indexes nor credential ids.
[[nodiscard]] Result<void> verify_allocation(const Allocation& allocation, std::int64_t row,
                                             std::int64_t stored);

[[nodiscard]] std::uint32_t entry_check(std::string_view scid, std::uint64_t number,
                                        std::string_view version_id, BytesView body);
[[nodiscard]] Result<void> verify_entry(std::string_view scid, std::uint64_t number,
                                        std::string_view version_id, BytesView body, std::int64_t stored);

[[nodiscard]] std::uint32_t witness_check(const WitnessPut& record);
[[nodiscard]] Result<void> verify_witness(const WitnessPut& record, std::int64_t stored);

}  // namespace vcnode::storage
