#include "crypto/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "crypto/base/codes.h"

namespace vcnode {

Failure system_failure(std::string_view verb, const std::filesystem::path& path, int error_number) {
  return fail(codes::FILE_UNREADABLE, "cannot ", verb, " ", path.string(), ": ",
              std::generic_category().message(error_number));
}

Result<Descriptor> Descriptor::open(const std::filesystem::path& path) {
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0) return system_failure("read", path, errno);
  return Descriptor(number, true, path);
}

Result<Descriptor> Descriptor::open_regular(const std::filesystem::path& path) {
  // Without O_NONBLOCK the opening of a pipe waits for its writer.
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (number < 0) return system_failure("read", path, errno);
  Descriptor file(number, true, path);
  struct stat status {};
  if (::fstat(number, &status) != 0) return system_failure("read", path, errno);
  if (!S_ISREG(status.st_mode))
    return fail(codes::FILE_UNREADABLE, "cannot read ", path.string(), ": not a regular file");
  return file;
}

Result<Descriptor> Descriptor::create(const std::filesystem::path& path, mode_t mode) {
  const int number = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (number < 0) return system_failure("create", path, errno);
  return Descriptor(number, true, path);
}

Descriptor Descriptor::borrow(int number, std::filesystem::path name) {
  return {number, false, std::move(name)};
}

Descriptor::Descriptor(int number, bool owned, std::filesystem::path name)
    : number_(number), owned_(owned), name_(std::move(name)) {}

Descriptor::Descriptor(Descriptor&& other) noexcept
    : number_(other.number_), owned_(std::exchange(other.owned_, false)), name_(std::move(other.name_)) {}

Descriptor::~Descriptor() {
  if (owned_) ::close(number_);
}

Result<std::size_t> Descriptor::read_up_to(std::span<std::uint8_t> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::read(number_, out.data() + done, out.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("read", name_, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Result<void> Descriptor::write_all(BytesView bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::write(number_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("write", name_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> Descriptor::sync() const {
  if (::fsync(number_) != 0) return system_failure("sync", name_, errno);
  return {};
}

}  // namespace vcnode
