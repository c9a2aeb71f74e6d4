// OutputFile: a file that gets its new content whole or keeps the old one.
//
// Opened before the work whose result it is to hold: room is made beside the file, under a name that ends in
// ".tmp-" and random characters, so that what cannot be written is known first. `commit` writes, syncs and
// renames; without it nothing of the old file changes and nothing is left behind. What is not a regular file
// (a terminal, a pipe, /dev/null) cannot be replaced and is written directly. Errors: FILE_UNREADABLE, naming
// the file and the system's reason. Not thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode::cli {

class OutputFile {
 public:
  // `bytes_expected` are set aside where the file system can.
  [[nodiscard]] static Result<OutputFile> open(const std::filesystem::path& path, std::size_t bytes_expected);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  [[nodiscard]] Result<void> commit(std::string_view text);  // REQUIRES: not committed before

 private:
  OutputFile(std::filesystem::path target, std::filesystem::path temporary, int number);
  [[nodiscard]] static Result<OutputFile> open_directly(const std::filesystem::path& path);
  void close();
  [[nodiscard]] Result<void> put_in_place();

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty: `target_` itself is open
  int number_;
};

}  // namespace vcnode::cli
