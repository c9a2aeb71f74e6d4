// A file that gets its new content whole or keeps the old one.
#include "node/cli/output_file.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "crypto/base/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

using namespace vcnode;
using cli::OutputFile;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kExpectedBytes = 4096;

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::ptrdiff_t entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

}  // namespace

TEST_CASE("without commit the old file is untouched and nothing is left behind") {
  const test::TemporaryDirectory folder;
  const fs::path path = folder.path() / "c.json";
  std::ofstream(path) << "old";
  {
    const auto file = OutputFile::open(path, kExpectedBytes);
    REQUIRE_OK(file);
    CHECK(entries(folder.path()) == 2);
    CHECK(content(path) == "old");
  }
  CHECK(content(path) == "old");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("commit puts the whole content in place, with the mode of what it replaces") {
  const test::TemporaryDirectory folder;
  const fs::path path = folder.path() / "c.json";
  std::ofstream(path) << "something longer than the new content";
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("c.json", folder.path() / "link.json");
  auto file = OutputFile::open(folder.path() / "link.json", kExpectedBytes);
  REQUIRE_OK(file);
  REQUIRE_OK(file->commit("new"));
  CHECK(content(path) == "new");
  CHECK(fs::is_symlink(folder.path() / "link.json"));
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(entries(folder.path()) == 2);
}

TEST_CASE("what cannot be replaced is written directly") {
  auto file = OutputFile::open("/dev/null", kExpectedBytes);
  REQUIRE_OK(file);
  REQUIRE_OK(file->commit("text"));
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("what cannot be written is known when it is opened") {
  const test::TemporaryDirectory folder;
  CHECK_CODE_NAMES(OutputFile::open(folder.path() / "no" / "c.json", kExpectedBytes), codes::FILE_UNREADABLE,
                   (folder.path() / "no" / "c.json").string());
  CHECK_CODE_NAMES(OutputFile::open(folder.path(), kExpectedBytes), codes::FILE_UNREADABLE, "directory");
  CHECK(entries(folder.path()) == 0);
}
