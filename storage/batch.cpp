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
