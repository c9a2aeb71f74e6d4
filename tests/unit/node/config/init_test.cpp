#include <filesystem>
#include <fstream>
#include <functional>
#include <span>

#include "crypto/base/rng.h"
#include "crypto/key_file.h"
#include "node/config/codes.h"
#include "node/config/config.h"
#include "node/net/codes.h"
#include "node/net/tls.h"
#include "protocol/did/key.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::node;

namespace {

struct TemporaryFolder {
  std::filesystem::path path;
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vcnode-init-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

InitOptions options_for(const std::filesystem::path& home) {
  InitOptions options;
  options.home = home;
  options.fast_key_file = true;
  return options;
}

}  // namespace

TEST_CASE("init makes a home whose configuration, keys and DID fit together") {
  const TemporaryFolder folder;
  SystemRng rng;
  const auto made = init_home(options_for(folder.path / "home"), rng);
  REQUIRE_OK(made);
  const auto config = load_config(folder.path / "home");
  REQUIRE_OK(config);
  const auto passphrase = read_passphrase(config->passphrase);
  REQUIRE_OK(passphrase);
  const auto text = key_file_read(config->issuers.at(0).key_file);
  REQUIRE_OK(text);
  const auto key = key_file_open(*text, "assertion+feed", *passphrase);
  REQUIRE_OK(key);
  CHECK(did_key::did_of(key->public_key()) == made->issuer);
  CHECK(config->issuers.at(0).did == made->issuer);
  CHECK_CODE(key_file_open(*text, "node", *passphrase), codes::KEY_FILE_PURPOSE);
}

TEST_CASE("a second init refuses, and so does any folder that is not empty") {
  const TemporaryFolder folder;
  SystemRng rng;
  REQUIRE_OK(init_home(options_for(folder.path / "home"), rng));
  CHECK_CODE_NAMES(init_home(options_for(folder.path / "home"), rng), codes::HOME_EXISTS,
                   (folder.path / "home").string());

  const auto foreign = folder.path / "foreign";
  std::filesystem::create_directory(foreign);
  std::ofstream(foreign / "thesis.txt") << "three years of work";
  CHECK_CODE_NAMES(init_home(options_for(foreign), rng), codes::HOME_EXISTS, foreign.string());
  CHECK(std::filesystem::file_size(foreign / "thesis.txt") == 19);
  CHECK(std::distance(std::filesystem::directory_iterator(foreign), {}) == 1);

  CHECK_CODE_NAMES(init_home(options_for(foreign / "thesis.txt"), rng), codes::HOME_EXISTS,
                   "thesis.txt is not a folder");

  std::filesystem::create_directory(folder.path / "empty");
  REQUIRE_OK(init_home(options_for(folder.path / "empty"), rng));
}

TEST_CASE("a failed init leaves nothing behind") {
  const TemporaryFolder folder;
  SystemRng rng;
  auto options = options_for(folder.path / "home");
  options.admit = {"not a did"};
  CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "not a did");
  options.admit = {};
  options.sponsors = {"nor this"};
  CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "nor this");
  options.sponsors = {};
  options.admit = {"did:web:example.com"};
  options.judge = [](const Config& config) -> Result<void> {
    return fail(codes::CONFIG_VALUE, "no place for ", config.admit.at(0).text());
  };
  CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "no place for did:web:example.com");
  CHECK(std::filesystem::is_empty(folder.path));
}

namespace {

// Something happens in the unfinished home between two steps of init.
class MeddlingRng final : public Rng {
 public:
  explicit MeddlingRng(std::function<void()> meddle) : meddle_(std::move(meddle)) {}
  void fill(std::span<std::uint8_t> out) override {
    meddle_();
    system_.fill(out);
  }
  [[nodiscard]] std::uint64_t next() override { return system_.next(); }

 private:
  std::function<void()> meddle_;
  SystemRng system_;
};

}  // namespace

TEST_CASE("an init that cannot make one of its folders is an error and leaves no key behind") {
  for (const char* name : {"keys", "tls"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    MeddlingRng rng([&] {
      for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
        if (std::filesystem::exists(entry.path() / "passphrase")) std::ofstream(entry.path() / name) << "x";
      }
    });
    CHECK_CODE_NAMES(init_home(options_for(folder.path / "home"), rng), codes::FILE_UNREADABLE, name);
    CHECK(std::filesystem::is_empty(folder.path));
  }
}

TEST_CASE("a relative passphrase file is one of the current folder") {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path);
  std::ofstream("pp") << "correct horse battery staple\n";
  SystemRng rng;
  auto options = options_for("home");
  options.passphrase = "file:pp";
  std::filesystem::permissions("pp", std::filesystem::perms(0644));
  const auto exposed = init_home(options, rng);
  std::filesystem::permissions("pp", std::filesystem::perms(0600));
  const auto made = init_home(options, rng);
  options.home = "other";
  options.passphrase = "file:absent";
  const auto failed = init_home(options, rng);
  std::filesystem::current_path(before);
  CHECK_CODE_NAMES(exposed, codes::SECRET_FILE_PERMISSIONS, "has mode 0644");
  REQUIRE_OK(made);
  CHECK_CODE_NAMES(failed, codes::PASSPHRASE_UNAVAILABLE, (folder.path / "absent").string());
  const auto config = load_config(folder.path / "home");
  REQUIRE_OK(config);
  CHECK(config->passphrase.value == (folder.path / "pp").string());
  REQUIRE_OK(read_passphrase(config->passphrase));
}

TEST_CASE("init refuses to listen at a name, and says so of its option") {
  const TemporaryFolder folder;
  SystemRng rng;
  auto options = options_for(folder.path / "home");
  options.listen = "localhost:8443";
  CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "--listen 'localhost:8443'");
}

TEST_CASE(
    "init reads the certificate and the key that it is given, and leaves nothing behind if they are wrong") {
  const TemporaryFolder folder;
  SystemRng rng;
  const auto file = [&](const char* name) { return folder.path / name; };
  REQUIRE_OK(write_self_signed(file("a.pem"), file("a.key"), {"localhost"}));
  REQUIRE_OK(write_self_signed(file("b.pem"), file("b.key"), {"localhost"}));
  auto options = options_for(folder.path / "home");
  const auto init_with = [&](const char* certificate, const char* key) {
    options.tls_certificate = file(certificate);
    options.tls_key = file(key);
    return init_home(options, rng);
  };
  CHECK_CODE_NAMES(init_with("a.pem", "b.key"), codes::TLS_CERTIFICATE, file("b.key").string());
  CHECK_CODE_NAMES(init_with("a.key", "a.key"), codes::TLS_CERTIFICATE, "no certificate");
  CHECK_CODE_NAMES(init_with("a.pem", "absent.key"), codes::FILE_UNREADABLE, file("absent.key").string());
  std::filesystem::permissions(file("a.key"), std::filesystem::perms(0640));
  CHECK_CODE_NAMES(init_with("a.pem", "a.key"), codes::SECRET_FILE_PERMISSIONS,
                   concat("the TLS private key ", file("a.key").string(), " has mode 0640"));
  CHECK(!std::filesystem::exists(folder.path / "home"));
  std::filesystem::permissions(file("a.key"), std::filesystem::perms(0400));
  REQUIRE_OK(init_with("a.pem", "a.key"));
}
