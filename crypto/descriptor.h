// A POSIX file descriptor with an owner: what key files and passphrases need, no more.
//
// Errors: FILE_UNREADABLE, naming the file and the system's reason. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode {

[[nodiscard]] Failure system_failure(std::string_view verb, const std::filesystem::path& path,
                                     int error_number);

class Descriptor {
 public:
  [[nodiscard]] static Result<Descriptor> open(const std::filesystem::path& path);  // for reading
  // For reading, and never waiting: a pipe, a folder or a device is refused.
  [[nodiscard]] static Result<Descriptor> open_regular(const std::filesystem::path& path);
  // A new file: fails if there is one.
  [[nodiscard]] static Result<Descriptor> create(const std::filesystem::path& path, mode_t mode);
  // Somebody else's descriptor: used, never closed.
  [[nodiscard]] static Descriptor borrow(int number, std::filesystem::path name);

  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int number() const noexcept { return number_; }
  // Bytes read: out.size(), or fewer at the end of the file.
  [[nodiscard]] Result<std::size_t> read_up_to(std::span<std::uint8_t> out) const;
  [[nodiscard]] Result<void> write_all(BytesView bytes) const;
  [[nodiscard]] Result<void> sync() const;

 private:
  Descriptor(int number, bool owned, std::filesystem::path name);
  int number_;
  bool owned_;
  std::filesystem::path name_;
};

}  // namespace vcnode
