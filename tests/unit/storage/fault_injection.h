// A disk that fails. This program replaces fsync and fdatasync for itself and the libraries it uses.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace vcnode::test {

// While it lives, syncs number `first` to `last` (counted from 0) return EIO without syncing.
class FailingSyncs {
 public:
  FailingSyncs(std::uint64_t first, std::uint64_t last);
  ~FailingSyncs();
  FailingSyncs(const FailingSyncs&) = delete;
  FailingSyncs& operator=(const FailingSyncs&) = delete;
};

// Syncs asked for since the program began, failed ones included.
[[nodiscard]] std::uint64_t sync_count();

// While it lives, no file of this process grows beyond `bytes`: writes beyond fail as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t bytes);
  ~FullDisk();
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

}  // namespace vcnode::test
