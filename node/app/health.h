// Health: what /readyz and the write paths ask before they promise anything. Loop thread only.
#pragma once

#include <optional>

#include "crypto/base/result.h"

namespace vcnode::node {

struct Health {
  std::optional<Error> store_failed;  // set by the first failed commit; never cleared while the process runs
  bool stopping = false;
};

}  // namespace vcnode::node
