#include "storage/sqlite/file_place.h"

#include <sys/stat.h>

#include "storage/codes.h"

namespace vcnode::storage {

Result<void> FilePlace::check() {
  struct stat now {};
  const bool there = ::stat(path_.c_str(), &now) == 0;
  if (!there && !seen_) return {};
  const std::pair<std::uint64_t, std::uint64_t> found{now.st_dev, now.st_ino};
  if (there && !seen_) seen_ = found;
  if (there && *seen_ == found) return {};
  return fail(codes::STORE_FAILED, path_.string(),
              there ? ": another file is in its place" : ": is not there any more",
              "; it was moved or removed while the node runs");
}

}  // namespace vcnode::storage
