#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "crypto/codes.h"
#include "crypto/key_file.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

using namespace vcnode;
using Kind = PassphraseSource::Kind;

namespace {

std::string passphrase_from(const std::filesystem::path& path) {
  const auto passphrase = read_passphrase({Kind::file, path.string()});
  return passphrase ? to_text(passphrase->view()) : passphrase.error().message;
}

std::filesystem::path file_with(const test::TemporaryDirectory& directory, std::string_view content) {
  const auto path = directory.path() / "passphrase";
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  return path;
}

}  // namespace

TEST_CASE("the three sources have one text form each") {
  CHECK(PassphraseSource::parse("file:/run/a:b")->kind == Kind::file);
  CHECK(PassphraseSource::parse("file:/run/a:b")->value == "/run/a:b");
  CHECK(PassphraseSource::parse("fd:3")->kind == Kind::descriptor);
  CHECK(PassphraseSource::parse("credential:issuer")->kind == Kind::credential);
  for (const std::string_view bad :
       {"", "secret", "file:", "fd:", "fd:x", "fd:-1", "fd:3x", "fd:99999999999", "env:HOME"}) {
    CAPTURE(bad);
    CHECK_CODE(PassphraseSource::parse(bad), codes::PASSPHRASE_UNAVAILABLE);
  }
  CHECK_CODE_NAMES(PassphraseSource::parse("env:HOME"), codes::PASSPHRASE_UNAVAILABLE,
                   "use file:PATH, fd:NUMBER");
  for (const std::string_view mistake : {"hunter2", "fd:hunter2", "env:hunter2"})  // perhaps the passphrase
    CHECK(PassphraseSource::parse(mistake).error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("one trailing newline is dropped, nothing else") {
  const test::TemporaryDirectory directory;
  CHECK(passphrase_from(file_with(directory, "secret")) == "secret");
  CHECK(passphrase_from(file_with(directory, "secret\n")) == "secret");
  CHECK(passphrase_from(file_with(directory, "secret\n\n")) == "secret\n");
  CHECK(passphrase_from(file_with(directory, " s \r\n")) == " s \r");
}

TEST_CASE("a passphrase has 1 to 1024 bytes") {
  const test::TemporaryDirectory directory;
  CHECK(passphrase_from(file_with(directory, std::string(1024, 'x'))).size() == 1024);
  CHECK(passphrase_from(file_with(directory, std::string(1024, 'x') + "\n")).size() == 1024);
  CHECK_CODE_NAMES(read_passphrase({Kind::file, file_with(directory, std::string(1025, 'x')).string()}),
                   codes::PASSPHRASE_UNAVAILABLE, "longer than the limit, allowed are 1 to 1024");
  CHECK_CODE(read_passphrase({Kind::file, file_with(directory, std::string(100'000, 'x')).string()}),
             codes::PASSPHRASE_UNAVAILABLE);
  CHECK_CODE_NAMES(read_passphrase({Kind::file, file_with(directory, "\n").string()}),
                   codes::PASSPHRASE_UNAVAILABLE, "empty");
}

TEST_CASE("a missing file is named") {
  CHECK_CODE_NAMES(read_passphrase({Kind::file, "/nonexistent/secret"}), codes::PASSPHRASE_UNAVAILABLE,
                   "/nonexistent/secret: No such file");
  CHECK_CODE_NAMES(read_passphrase({Kind::file, "/"}), codes::PASSPHRASE_UNAVAILABLE, "not a regular file");
}

TEST_CASE("a pipe in the place of the file is refused and not waited for") {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_CODE_NAMES(read_passphrase({Kind::file, path.string()}), codes::PASSPHRASE_UNAVAILABLE,
                   "pipe: not a regular file");
}

TEST_CASE("a passphrase comes through an inherited descriptor, in pieces too") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "sec", 3) == 3);
  REQUIRE(::write(ends[1], "ret\n", 4) == 4);
  ::close(ends[1]);
  const auto passphrase = read_passphrase({Kind::descriptor, std::to_string(ends[0])});
  REQUIRE_OK(passphrase);
  CHECK(as_text(passphrase->view()) == "secret");
  CHECK(::fcntl(ends[0], F_GETFD) >= 0);  // the descriptor is its owner's to close
  ::close(ends[0]);
  CHECK_CODE_NAMES(read_passphrase({Kind::descriptor, "1000000"}), codes::PASSPHRASE_UNAVAILABLE,
                   "descriptor 1000000");
}

TEST_CASE("a systemd credential is found by its name and nowhere else") {
  const test::TemporaryDirectory directory;
  file_with(directory, "from systemd\n");
  ::setenv("CREDENTIALS_DIRECTORY", directory.path().c_str(), 1);
  const auto passphrase = read_passphrase({Kind::credential, "passphrase"});
  REQUIRE_OK(passphrase);
  CHECK(as_text(passphrase->view()) == "from systemd");
  for (const std::string_view name : {"", ".", "..", "../passphrase", "/etc/passwd"})
    CHECK_CODE_NAMES(read_passphrase({Kind::credential, std::string(name)}), codes::PASSPHRASE_UNAVAILABLE,
                     "one file name");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  CHECK_CODE_NAMES(read_passphrase({Kind::credential, "passphrase"}), codes::PASSPHRASE_UNAVAILABLE,
                   "$CREDENTIALS_DIRECTORY");
}
