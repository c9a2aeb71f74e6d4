// Health: what /readyz and the write paths ask before they promise anything. Loop thread only.
// What a read finds damaged, on any thread, comes here through storage::WatchedStore.
#pragma once

#include <optional>

#include "crypto/base/result.h"
#include "storage/codes.h"

namespace vcnode::node {

// Whether a refused commit means that no other will succeed before a restart. STORE_BUSY does not: nothing
// was written, and the next commit may succeed.
[[nodiscard]] inline bool ends_storing(const Error& error) {
  return error.code == codes::STORE_FAILED || error.code == codes::STORE_CORRUPT;
}

struct Health {
  // Set by the first failed commit or damaged read; never cleared while the process runs.
  std::optional<Error> store_failed;
  bool stopping = false;
};

}  // namespace vcnode::node
