// FilePlace: whether a file is still where it was found.
//
// A file that was moved or removed goes on taking writes and syncs while somebody has it open, and all of
// that is gone with him: nothing may be acknowledged on it. Threading: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "crypto/base/result.h"

namespace vcnode::storage {

class FilePlace {
 public:
  explicit FilePlace(std::filesystem::path path) : path_(std::move(path)) {}
  // Remembers what it sees first; a file that is not there yet is no error. Errors: STORE_FAILED.
  [[nodiscard]] Result<void> check();

 private:
  std::filesystem::path path_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> seen_;  // device and inode
};

}  // namespace vcnode::storage
