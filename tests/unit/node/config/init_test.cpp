#include <filesystem>

#include "crypto/base/rng.h"
#include "crypto/key_file.h"
#include "node/config/codes.h"
#include "node/config/config.h"
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
}

TEST_CASE("a failed init leaves nothing behind") {
  const TemporaryFolder folder;
  SystemRng rng;
  auto options = options_for(folder.path / "home");
  options.admit = {"not a did"};
  CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "not a did");
  CHECK(std::filesystem::is_empty(folder.path));
}
