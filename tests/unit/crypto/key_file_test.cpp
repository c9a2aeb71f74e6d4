#include "crypto/key_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/multikey.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_directory.h"

using namespace vcnode;

namespace {

constexpr KeyFileCost kCheap{.ops = 1, .memory_bytes = 8192};

SecretBytes secret(std::string_view text) {
  return SecretBytes::copy_of(as_bytes(text));
}

Ed25519KeyPair some_key(std::uint64_t seed = 1) {
  SeededRng rng(seed);
  return Ed25519KeyPair::generate(rng);
}

std::string sealed(std::string_view purpose = "assertion") {
  SeededRng rng(2);
  return key_file_seal(some_key(), purpose, secret("correct horse"), kCheap, rng).value();
}

// A sealed file with one member replaced (or removed, with a discarded value).
std::string with(std::string_view name, const nlohmann::json& value) {
  auto file = nlohmann::json::parse(sealed());
  if (value.is_discarded()) {
    file.erase(std::string(name));
  } else {
    file[std::string(name)] = value;
  }
  return file.dump();
}

Result<Ed25519KeyPair> open(std::string_view text) {
  return key_file_open(text, "assertion", secret("correct horse"));
}

}  // namespace

TEST_CASE("a sealed key opens with its passphrase") {
  const auto key = open(sealed());
  REQUIRE_OK(key);
  CHECK(key->public_key() == some_key().public_key());
}

TEST_CASE("the file has the documented form") {
  const auto file = nlohmann::json::parse(sealed("node"));
  CHECK(file.size() == 9);
  CHECK(file["v"] == 1);
  CHECK(file["kdf"] == "argon2id");
  CHECK(file["ops"] == 1);
  CHECK(file["mem"] == 8192);
  CHECK(file["purpose"] == "node");
  CHECK(file["publicKeyMultibase"] == multikey_encode(some_key().public_key()));
  CHECK(base64url_decode(file["salt"].get<std::string>(), 16)->size() == 16);
  CHECK(base64url_decode(file["nonce"].get<std::string>(), 24)->size() == 24);
  CHECK(base64url_decode(file["ciphertext"].get<std::string>(), 48)->size() == 48);
}

TEST_CASE("two seals of one key share neither salt nor ciphertext") {
  SystemRng rng;
  const auto a = nlohmann::json::parse(key_file_seal(some_key(), "node", secret("x"), kCheap, rng).value());
  const auto b = nlohmann::json::parse(key_file_seal(some_key(), "node", secret("x"), kCheap, rng).value());
  CHECK(a["salt"] != b["salt"]);
  CHECK(a["nonce"] != b["nonce"]);
  CHECK(a["ciphertext"] != b["ciphertext"]);
}

TEST_CASE("a wrong passphrase does not open it, and the sentence names the key") {
  for (const std::string_view wrong : {"", "correct hors", "correct horse ", "Correct horse"})
    CHECK_CODE_NAMES(key_file_open(sealed(), "assertion", secret(wrong)), codes::KEY_FILE_PASSPHRASE,
                     multikey_encode(some_key().public_key()));
}

TEST_CASE("a changed byte anywhere in the sealed parts is noticed") {
  for (const std::string_view name : {"salt", "nonce", "ciphertext"}) {
    const auto text = nlohmann::json::parse(sealed())[std::string(name)].get<std::string>();
    Bytes bytes = base64url_decode(text, 48).value();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] ^= 0x40;
      CHECK_CODE(open(with(name, base64url_encode(bytes))), codes::KEY_FILE_PASSPHRASE);
      bytes[i] ^= 0x40;
    }
  }
  CHECK_CODE(open(with("ops", 2)), codes::KEY_FILE_PASSPHRASE);
  CHECK_CODE(open(with("mem", 16384)), codes::KEY_FILE_PASSPHRASE);
}

TEST_CASE("a key serves its purpose only, and the purpose cannot be rewritten") {
  CHECK_CODE_NAMES(key_file_open(sealed("node"), "assertion", secret("correct horse")),
                   codes::KEY_FILE_PURPOSE, "\"node\"");
  CHECK_CODE_NAMES(key_file_open(sealed("node"), "assertion", secret("correct horse")),
                   codes::KEY_FILE_PURPOSE, "\"assertion\" is needed");
  CHECK_CODE(key_file_open(with("purpose", "node"), "node", secret("correct horse")),
             codes::KEY_FILE_PASSPHRASE);
}

TEST_CASE("the public key cannot be swapped") {
  CHECK_CODE(open(with("publicKeyMultibase", multikey_encode(some_key(9).public_key()))),
             codes::KEY_FILE_PASSPHRASE);
}

TEST_CASE("hostile costs are refused before any work") {
  CHECK_CODE_NAMES(open(with("mem", 64ll * 1024 * 1024 * 1024)), codes::KEY_FILE_INVALID,
                   "8192 to 1073741824");
  CHECK_CODE_NAMES(open(with("mem", 64ll * 1024 * 1024 * 1024)), codes::KEY_FILE_INVALID, "68719476736");
  CHECK_CODE_NAMES(open(with("mem", 8191)), codes::KEY_FILE_INVALID, "8191");
  CHECK_CODE_NAMES(open(with("ops", 1'000'000)), codes::KEY_FILE_INVALID,
                   "1000000 passes (ops), allowed are 1 to 20");
  CHECK_CODE_NAMES(open(with("ops", 0)), codes::KEY_FILE_INVALID, "0 passes");
  CHECK_CODE_NAMES(open(with("ops", -1)), codes::KEY_FILE_INVALID, "non-negative integer \"ops\"");
  SystemRng rng;
  CHECK_CODE(key_file_seal(some_key(), "node", secret("x"), {.ops = 0, .memory_bytes = 8192}, rng),
             codes::KEY_FILE_INVALID);
  CHECK_CODE(key_file_seal(some_key(), "node", secret("x"), {.ops = 1, .memory_bytes = 1ull << 40}, rng),
             codes::KEY_FILE_INVALID);
}

TEST_CASE("a purpose is a short word") {
  SystemRng rng;
  CHECK_CODE_NAMES(key_file_seal(some_key(), "", secret("x"), kCheap, rng), codes::KEY_FILE_INVALID,
                   "0 bytes, allowed are 1 to 64");
  CHECK_CODE_NAMES(key_file_seal(some_key(), std::string(65, 'p'), secret("x"), kCheap, rng),
                   codes::KEY_FILE_INVALID, "65 bytes");
  CHECK_CODE(key_file_seal(some_key(), "\xff", secret("x"), kCheap, rng), codes::KEY_FILE_INVALID);
  CHECK_CODE(open(with("purpose", "")), codes::KEY_FILE_INVALID);
}

TEST_CASE("malformed files are refused, naming the member") {
  const auto absent = nlohmann::json(nlohmann::json::value_t::discarded);
  for (const std::string_view name :
       {"v", "kdf", "ops", "mem", "salt", "nonce", "purpose", "publicKeyMultibase", "ciphertext"}) {
    CAPTURE(name);
    CHECK_CODE_NAMES(open(with(name, absent)), codes::KEY_FILE_INVALID, concat("\"", name, "\""));
    CHECK_CODE_NAMES(open(with(name, nullptr)), codes::KEY_FILE_INVALID, concat("\"", name, "\""));
  }
  CHECK_CODE_NAMES(open(with("extra", 1)), codes::KEY_FILE_INVALID, "unknown member \"extra\"");
  CHECK_CODE_NAMES(open(with("v", 2)), codes::KEY_FILE_INVALID, "version 2, this software reads version 1");
  CHECK_CODE_NAMES(open(with("kdf", "scrypt")), codes::KEY_FILE_INVALID, "\"scrypt\"");
  CHECK_CODE_NAMES(open(with("salt", "AAAA")), codes::KEY_FILE_INVALID, "3 bytes, it must have 16");
  CHECK_CODE_NAMES(open(with("nonce", std::string(40, 'A'))), codes::KEY_FILE_INVALID, "more than 24 bytes");
  CHECK_CODE_NAMES(open(with("ciphertext", "not base64url!")), codes::KEY_FILE_INVALID, "\"ciphertext\"");
  CHECK_CODE_NAMES(open("[]"), codes::KEY_FILE_INVALID, "of type array");
  CHECK_CODE_NAMES(open("{"), codes::KEY_FILE_INVALID, "malformed");
  CHECK_CODE_NAMES(open(sealed() + std::string(5000, ' ')), codes::KEY_FILE_INVALID, "the limit is 4096");
}

TEST_CASE("a key file is written for its owner only and read back") {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "issuer.key";
  REQUIRE_OK(key_file_write(path, sealed()));
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777u) == 0600u);
  CHECK(key_file_read(path).value() == sealed());
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("an existing file is never overwritten") {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "issuer.key";
  std::ofstream(path) << "precious";
  CHECK_CODE_NAMES(key_file_write(path, sealed()), codes::KEY_FILE_EXISTS, path.string());
  CHECK(test::read_file(path) == "precious");
  const auto dangling = directory.path() / "link.key";
  std::filesystem::create_symlink(directory.path() / "nowhere", dangling);
  CHECK_CODE_NAMES(key_file_write(dangling, sealed()), codes::KEY_FILE_EXISTS, dangling.string());
  CHECK_FALSE(std::filesystem::exists(directory.path() / "nowhere"));
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 2);
}

TEST_CASE("a key file that others can read is refused with its mode") {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "issuer.key";
  REQUIRE_OK(key_file_write(path, sealed()));
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK_CODE_NAMES(key_file_read(path), codes::KEY_FILE_PERMISSIONS, "mode 0640");
  REQUIRE(::chmod(path.c_str(), 0604) == 0);
  CHECK_CODE_NAMES(key_file_read(path), codes::KEY_FILE_PERMISSIONS, path.string());
}

TEST_CASE("files that cannot be read or written are named with the reason") {
  const test::TemporaryDirectory directory;
  CHECK_CODE_NAMES(key_file_read(directory.path() / "absent.key"), codes::FILE_UNREADABLE,
                   "absent.key: No such file");
  CHECK_CODE_NAMES(key_file_read(directory.path()), codes::FILE_UNREADABLE, "not a regular file");
  CHECK_CODE_NAMES(key_file_write(directory.path() / "no" / "such.key", "x"), codes::FILE_UNREADABLE,
                   "No such file");
}

TEST_CASE("a key file longer than the limit is refused unread") {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "huge.key";
  REQUIRE_OK(key_file_write(path, std::string(10'000, ' ')));
  CHECK_CODE_NAMES(key_file_read(path), codes::KEY_FILE_INVALID, "limit of 4096");
}
