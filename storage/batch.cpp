#include "storage/batch.h"

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "storage/codes.h"

namespace vcnode::storage {

void assert_well_formed(const StoreBatch& batch) {
  for (const BodyPut& body : batch.bodies) VCNODE_ASSERT(sha256(body.bytes) == body.digest);
  for (const AllocationPut& allocation : batch.allocations)
    VCNODE_ASSERT(allocation.index <= kStatusIndexMax);
  for (const EntryPut& entry : batch.entries) static_cast<void>(version_number(entry.version_id));
}

std::uint64_t version_number(std::string_view version_id) {
  const auto digits = version_id.substr(0, version_id.find_first_not_of("0123456789"));
  VCNODE_ASSERT(!digits.empty() && digits.size() <= kVersionDigitsMax && digits.front() != '0');
  VCNODE_ASSERT(version_id.substr(digits.size()).starts_with('-'));
  std::uint64_t number = 0;
  for (const char digit : digits) number = 10 * number + static_cast<std::uint64_t>(digit - '0');
  return number;
}

Result<void> check_follows(const WitnessPut& put, const WitnessPut& held) {
  const auto refused = [&](const auto&... why) {
    return fail(codes::STORE_CONFLICT, "feed ", hex_encode(put.origin.view()),
                ": cannot record as witnessed ", why...);
  };
  if (put.size < held.size) return refused("size ", put.size, ", size ", held.size, " is recorded");
  if (put.size == held.size && put.root != held.root)
    return refused("root ", hex_encode(put.root.view()), " of size ", put.size, ", root ",
                   hex_encode(held.root.view()), " is recorded");
  if (put.time < held.time)
    return refused("time ", put.time.seconds(), ", time ", held.time.seconds(), " is recorded");
  return {};
}

Failure leaf_conflict(const LeafAppend& append, std::uint64_t held) {
  return fail(codes::STORE_CONFLICT, "feed ", hex_encode(append.origin.view()), ": cannot append leaf ",
              append.first_index, ", the next one is ", held);
}

Failure credential_id_conflict(std::string_view credential_id) {
  return fail(codes::STORE_CONFLICT, "credential id ", credential_id, " already has a status index");
}

Failure status_index_conflict(std::string_view list, std::uint64_t index) {
  return fail(codes::STORE_CONFLICT, "index ", index, " of status list ", list, " is already taken");
}

}  // namespace vcnode::storage
