// libsodium wants sodium_init() before its first use; every file that calls libsodium goes through here.
#pragma once

namespace vcnode {

// Initialises libsodium on the first call; cheap afterwards, safe from any thread. A system without
// randomness aborts.
void sodium_ready() noexcept;

}  // namespace vcnode
