// FileLock: one owner of a path at a time, among processes and within one.
//
// flock on a file beside the database, never on the database itself: closing any descriptor of that file
// would drop the locks SQLite holds on it. The lock file stays; removing it would let two owners lock two
// files of one name. Released by the destructor and by the death of the process. Errors: STORE_LOCKED,
// STORE_FAILED.
#pragma once

#include <filesystem>
#include <utility>

#include "crypto/base/result.h"

namespace vcnode::storage {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;  // negative: none
};

class FileLock {
 public:
  [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& path);

 private:
  explicit FileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Descriptor descriptor_;
};

}  // namespace vcnode::storage
