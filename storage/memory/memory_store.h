// MemoryStore: the store of tests and simulations; durable means "kept until destroyed".
#pragma once

#include <memory>

#include "storage/group_commit.h"

namespace vcnode::storage {
[[nodiscard]] std::unique_ptr<GroupStore> make_memory_store();
}  // namespace vcnode::storage
