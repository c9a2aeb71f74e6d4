#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <stdlib.h>  // mkdtemp is POSIX, not std

#include <string>
#include <system_error>

namespace vcnode::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "vcnode-test-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace vcnode::test
