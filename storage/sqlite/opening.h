// What is looked at once, when a file is opened: the tables that nothing outside the store vouches for.
//
// A row's own check finds what changed in it, and not that nobody finds it any more. So what is looked up
// through an index is compared with it, and each name with its checksum: a bit that flipped there must not
// free a status index that was given, begin a feed anew, forget what a witness signed or lose an entry that
// ends a key. 3 µs for each allocation. Errors: STORE_CORRUPT and what the database meets.
#pragma once

#include "storage/sqlite/database.h"

namespace vcnode::storage {
[[nodiscard]] Result<void> check_opened(Database& database);
}  // namespace vcnode::storage
