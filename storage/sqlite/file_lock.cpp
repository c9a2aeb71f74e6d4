#include "storage/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "storage/codes.h"

namespace vcnode::storage {

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const auto failed = [&path](std::string_view doing) {
    return fail(codes::STORE_FAILED, path.string(), ": cannot ", doing, ": ",
                std::generic_category().message(errno));
  };
  if (descriptor.number() < 0) return failed("open the lock file");
  if (::flock(descriptor.number(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(descriptor));
  if (errno != EWOULDBLOCK) return failed("lock");
  return fail(codes::STORE_LOCKED, path.string(), ": held by another process; stop it first");
}

}  // namespace vcnode::storage
