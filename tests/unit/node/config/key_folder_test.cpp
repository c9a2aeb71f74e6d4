#include "node/config/key_folder.h"

#include <filesystem>
#include <fstream>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "node/config/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

using namespace vcnode;
using namespace vcnode::node;

namespace {

constexpr KeyFileCost kCheap{.ops = 1, .memory_bytes = 64 * 1024};

struct KeyFolder {
  test::TemporaryDirectory directory;
  std::filesystem::path path = directory.path();
  SecretBytes passphrase = SecretBytes::copy_of(as_bytes("open sesame"));
  SystemRng rng;
  [[nodiscard]] KeyMaking making() { return {passphrase, kCheap, rng}; }
};

}  // namespace

TEST_CASE("keys are numbered, listed by purpose and number, and open with their passphrase") {
  KeyFolder folder;
  CHECK(list_keys(folder.path / "absent")->empty());
  for (int i = 0; i < 11; ++i) REQUIRE_OK(make_key(folder.path, kAssertionKeyPurpose, folder.making()));
  const auto feed = make_key(folder.path, kFeedKeyPurpose, folder.making());
  REQUIRE_OK(feed);
  CHECK(feed->path.filename() == "feed-1.key");
  std::ofstream(folder.path / "README.txt") << "not a key";
  const auto listed = list_keys(folder.path);
  REQUIRE_OK(listed);
  REQUIRE(listed->size() == 12);
  CHECK(listed->at(1).path.filename() == "assertion-2.key");
  CHECK(listed->at(10).path.filename() == "assertion-11.key");
  CHECK(listed->at(11).key == feed->key);
  const auto opened = open_key(feed->path, kFeedKeyPurpose, folder.passphrase);
  REQUIRE_OK(opened);
  CHECK((*opened)->public_key() == feed->key);
  CHECK_CODE_NAMES(open_key(feed->path, kUpdateKeyPurpose, folder.passphrase), codes::KEY_FILE_PURPOSE,
                   feed->path.string());
  CHECK(cost_of(feed->path)->memory_bytes == kCheap.memory_bytes);
}

TEST_CASE("a number that the caller gives is that of the file, and no file of this name is replaced") {
  KeyFolder folder;
  const auto name = [&](std::uint64_t number) {
    const auto made = make_key(folder.path, kAssertionKeyPurpose, folder.making(), number);
    REQUIRE_OK(made);
    return made->path.filename().string();
  };
  CHECK(name(5) == "assertion-5.key");
  CHECK(name(5) == "assertion-5-2.key");
  CHECK(name(0) == "assertion-6.key");
  REQUIRE_OK(retire_key(list_keys(folder.path)->at(0)));
  CHECK(name(5) == "assertion-5-3.key");
  CHECK(name(3) == "assertion-3.key");
  const auto listed = list_keys(folder.path);
  REQUIRE_OK(listed);
  REQUIRE(listed->size() == 4);
  CHECK(listed->at(0).path.filename() == "assertion-3.key");
  CHECK(listed->at(3).path.filename() == "assertion-6.key");
}

TEST_CASE("files that cannot be read are told apart from the rest") {
  KeyFolder folder;
  REQUIRE_OK(make_key(folder.path, kFeedKeyPurpose, folder.making()));
  {
    std::ofstream(folder.path / "update-7.key") << "{}";
    std::filesystem::permissions(folder.path / "update-7.key", std::filesystem::perms::owner_read);
  }
  const auto files = read_key_files(folder.path);
  REQUIRE_OK(files);
  CHECK(files->keys.size() == 1);
  REQUIRE(files->damaged.size() == 1);
  CHECK(files->damaged[0].code == codes::KEY_FILE_INVALID);
  CHECK_CODE_NAMES(list_keys(folder.path), codes::KEY_FILE_INVALID, "update-7.key");
}

TEST_CASE("a key that an earlier attempt left is used before a new one is made") {
  KeyFolder folder;
  const auto first = unused_key(folder.path, kUpdateKeyPurpose, {}, folder.making());
  REQUIRE_OK(first);
  const auto again = unused_key(folder.path, kUpdateKeyPurpose, {}, folder.making());
  REQUIRE_OK(again);
  CHECK(again->key == first->key);
  const auto other = unused_key(folder.path, kUpdateKeyPurpose, {first->key}, folder.making());
  REQUIRE_OK(other);
  CHECK(other->key != first->key);
  const SecretBytes wrong = SecretBytes::copy_of(as_bytes("open barley"));
  CHECK_CODE(unused_key(folder.path, kUpdateKeyPurpose, {}, {wrong, kCheap, folder.rng}),
             codes::KEY_FILE_PASSPHRASE);
}

TEST_CASE("a key that an earlier attempt left is used for what its file is named after") {
  KeyFolder folder;
  const auto second = unused_key(folder.path, kAssertionKeyPurpose, {}, folder.making(), 2);
  REQUIRE_OK(second);
  const auto beside = make_key(folder.path, kAssertionKeyPurpose, folder.making(), 2);
  REQUIRE_OK(beside);
  CHECK(beside->path.filename() == "assertion-2-2.key");
  const auto again = unused_key(folder.path, kAssertionKeyPurpose, {second->key}, folder.making(), 2);
  REQUIRE_OK(again);
  CHECK(again->key == beside->key);
  const auto third = unused_key(folder.path, kAssertionKeyPurpose, {second->key}, folder.making(), 3);
  REQUIRE_OK(third);
  CHECK(third->path.filename() == "assertion-3.key");
}

TEST_CASE("a retired key leaves the folder and its number is never given again") {
  KeyFolder folder;
  const auto key = make_key(folder.path, kFeedKeyPurpose, folder.making());
  REQUIRE_OK(key);
  REQUIRE_OK(retire_key(*key));
  CHECK(list_keys(folder.path)->empty());
  REQUIRE(list_keys(folder.path / kRetiredFolder)->size() == 1);
  CHECK(make_key(folder.path, kFeedKeyPurpose, folder.making())->path.filename() == "feed-2.key");
}

TEST_CASE("a file that is no key file, or open to others, is named") {
  KeyFolder folder;
  const auto file = folder.path / "feed-1.key";
  for (const char* text :
       {"{", "[]", "{}", R"({"purpose":"feed"})", R"({"purpose":"feed","publicKeyMultibase":"z6"})"}) {
    CAPTURE(text);
    std::filesystem::remove(file);
    REQUIRE_OK(write_private(file, text));
    const auto listed = list_keys(folder.path);
    REQUIRE_FALSE(listed.has_value());
    CHECK(listed.error().message.find("feed-1.key") != std::string::npos);
  }
  CHECK_CODE(cost_of(file), codes::KEY_FILE_INVALID);
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  CHECK_CODE_NAMES(list_keys(folder.path), codes::KEY_FILE_PERMISSIONS, "feed-1.key");
}

TEST_CASE("a folder for keys is made with its parents, for its owner alone") {
  KeyFolder folder;
  const auto inner = folder.path / "a" / "b";
  REQUIRE_OK(make_private_folder(inner));
  REQUIRE_OK(make_private_folder(inner));
  CHECK(std::filesystem::status(inner.parent_path()).permissions() == std::filesystem::perms(0700));
  std::filesystem::permissions(inner, std::filesystem::perms(0755));
  CHECK_CODE_NAMES(make_private_folder(inner), codes::SECRET_FILE_PERMISSIONS, "mode 0755");
  std::ofstream(folder.path / "file") << "x";
  CHECK_CODE(make_private_folder(folder.path / "file"), codes::FILE_UNREADABLE);
}
