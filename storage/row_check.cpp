#include "storage/row_check.h"

#include <zlib.h>

#include <array>
#include <cstddef>

#include "crypto/base/encoding.h"
#include "storage/codes.h"

namespace vcnode::storage {
namespace {

std::uint32_t extend(std::uint32_t check, BytesView bytes) {
  if (bytes.empty()) return check;  // to zlib a null pointer means "begin"
  return static_cast<std::uint32_t>(::crc32_z(check, bytes.data(), bytes.size()));
}

std::uint32_t extend(std::uint32_t check, std::uint64_t value) {
  std::array<std::uint8_t, sizeof value> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return extend(check, BytesView(bytes));
}

// Its length too: two texts in a row must not pass for two others.
std::uint32_t extend(std::uint32_t check, std::string_view text) {
  return extend(extend(check, std::uint64_t{text.size()}), as_bytes(text));
}

template <class... Name>
Result<void> compare(std::uint32_t computed, std::int64_t stored, const Name&... name) {
  if (std::int64_t{computed} == stored) return {};
  return fail(codes::STORE_CORRUPT, name..., " does not match its checksum: ", computed,
              " is the checksum of what the disk gave, ", stored, " was stored with it");
}

}  // namespace

LeafCheck::LeafCheck(const feed::OriginHash& origin)
    : origin_(origin), origin_check_(extend(0, origin.view())) {}

std::uint32_t LeafCheck::of(std::uint64_t index, BytesView data) const {
  return extend(extend(origin_check_, index), data);
}

Result<void> LeafCheck::verify(std::uint64_t index, BytesView data, std::int64_t stored) const {
  if (std::int64_t{of(index, data)} == stored) return {};
  return compare(of(index, data), stored, "feed ", hex_encode(origin_.view()), ": leaf ", index);
}

std::uint32_t origin_check(const feed::OriginHash& origin) {
  return extend(0, origin.view());
}

Result<void> verify_origin(const feed::OriginHash& origin, std::int64_t stored) {
  return compare(origin_check(origin), stored, "feed ", hex_encode(origin.view()), ": its name");
}

std::uint32_t note_check(const feed::OriginHash& origin, std::string_view note) {
  return extend(extend(0, origin.view()), as_bytes(note));
}

Result<void> verify_note(const feed::OriginHash& origin, std::string_view note, std::int64_t stored) {
  return compare(note_check(origin, note), stored, "feed ", hex_encode(origin.view()), ": the note");
}

std::uint32_t allocation_check(std::string_view list, std::uint64_t index, std::string_view credential_id,
                               Timestamp issued_at) {
  const auto named = extend(extend(extend(0, list), index), credential_id);
  return extend(named, static_cast<std::uint64_t>(issued_at.seconds()));
}

Result<void> verify_allocation(const Allocation& allocation, std::int64_t row, std::int64_t stored) {
  const auto computed =
      allocation_check(allocation.list, allocation.index, allocation.credential_id, allocation.issued_at);
  return compare(computed, stored, "the allocation in row ", row);
}

std::uint32_t entry_check(std::string_view scid, std::uint64_t number, std::string_view version_id,
                          BytesView body) {
  return extend(extend(extend(extend(0, scid), number), version_id), body);
}

Result<void> verify_entry(std::string_view scid, std::uint64_t number, std::string_view version_id,
                          BytesView body, std::int64_t stored) {
  return compare(entry_check(scid, number, version_id, body), stored, "issuer ", scid, ": the entry ",
                 version_id);
}

std::uint32_t witness_check(const WitnessPut& record) {
  const auto sized = extend(extend(0, record.origin.view()), record.size);
  return extend(extend(sized, record.root.view()), static_cast<std::uint64_t>(record.time.seconds()));
}

Result<void> verify_witness(const WitnessPut& record, std::int64_t stored) {
  return compare(witness_check(record), stored, "feed ", hex_encode(record.origin.view()),
                 ": the witness record");
}

}  // namespace vcnode::storage
