#include "storage/sqlite/rows.h"

#include "storage/codes.h"
#include "storage/row_check.h"

namespace vcnode::storage {

Result<void> check_entry(const Query& query) {
  return verify_entry(query.text(0), static_cast<std::uint64_t>(query.integer(1)), query.text(2),
                      query.blob(3), query.integer(4));
}

Result<StoredEntry> read_entry(const Query& query) {
  VCNODE_CHECK(check_entry(query));
  const auto body = query.blob(3);
  return StoredEntry{std::string(query.text(2)), Bytes(body.begin(), body.end())};
}

Result<WitnessPut> read_witness(const Query& query) {
  const auto origin = feed::OriginHash::from(query.blob(0));
  if (!origin)
    return fail(codes::STORE_CORRUPT, "a witness record's origin has ", query.blob(0).size(),
                " bytes, not 32");
  const auto root = Sha256Digest::from(query.blob(2));
  if (!root)
    return fail(codes::STORE_CORRUPT, "a witness record's root has ", query.blob(2).size(), " bytes, not 32");
  const WitnessPut record{*origin, static_cast<std::uint64_t>(query.integer(1)), *root,
                          Timestamp(query.integer(3))};
  VCNODE_CHECK(verify_witness(record, query.integer(4)));
  return record;
}

}  // namespace vcnode::storage
