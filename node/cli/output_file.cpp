#include "node/cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/rng.h"
#include "crypto/descriptor.h"

namespace vcnode::cli {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kNewFileMode = 0666;  // less the umask: a credential is its holder's to share

std::string random_ending() {
  std::array<std::uint8_t, 4> bytes{};
  SystemRng().fill(bytes);
  return ".tmp-" + hex_encode(bytes);
}

// A rename makes the entry in the folder; only this makes it last.
Result<void> sync_folder(const fs::path& folder) {
  VCNODE_TRY(const auto descriptor, Descriptor::open(folder));
  return descriptor.sync();
}

}  // namespace

Result<OutputFile> OutputFile::open(const fs::path& path, std::size_t bytes_expected) {
  std::error_code error;
  fs::path target = fs::canonical(path, error);  // through links: the file is replaced, not the link
  if (error) target = path;
  struct stat old {};
  const bool replaces = ::stat(target.c_str(), &old) == 0;
  if (replaces && !S_ISREG(old.st_mode)) return open_directly(target);
  if (replaces && ::access(target.c_str(), W_OK) != 0) return system_failure("write", target, errno);
  fs::path temporary = target;
  temporary += random_ending();
  const int number = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFileMode);
  if (number < 0) return system_failure("create", target, errno);
  OutputFile file(std::move(target), std::move(temporary), number);
  if (replaces && ::fchmod(number, old.st_mode & 07777) != 0)
    return system_failure("create", file.target_, errno);
  const int reason = ::posix_fallocate(number, 0, static_cast<off_t>(bytes_expected));
  if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG || reason == EIO)
    return system_failure("make room for", file.target_, reason);
  return file;
}

Result<OutputFile> OutputFile::open_directly(const fs::path& path) {
  const int number = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (number < 0) return system_failure("write", path, errno);
  return OutputFile(path, {}, number);
}

OutputFile::OutputFile(fs::path target, fs::path temporary, int number)
    : target_(std::move(target)), temporary_(std::move(temporary)), number_(number) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      number_(std::exchange(other.number_, -1)) {}

OutputFile::~OutputFile() {
  close();
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<void> OutputFile::commit(std::string_view text) {
  VCNODE_CHECK(Descriptor::borrow(number_, target_).write_all(as_bytes(text)));
  if (!temporary_.empty()) VCNODE_CHECK(put_in_place());
  close();
  return {};
}

Result<void> OutputFile::put_in_place() {
  // What was set aside and not needed goes back.
  const off_t size = ::lseek(number_, 0, SEEK_CUR);
  if (size < 0 || ::ftruncate(number_, size) != 0 || ::fsync(number_) != 0)
    return system_failure("write", target_, errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return system_failure("write", target_, errno);
  temporary_.clear();
  const fs::path folder = target_.parent_path();
  return sync_folder(folder.empty() ? fs::path(".") : folder);
}

}  // namespace vcnode::cli
