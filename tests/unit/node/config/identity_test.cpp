// init with a domain, and what `issuer new` and `issuer move` do to a home.
#include "node/config/identity.h"

#include <fstream>
#include <sstream>

#include "crypto/codes.h"
#include "node/config/codes.h"
#include "protocol/issuer/documents.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::node;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vcnode-identity-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] InitOptions options() const {
    InitOptions out;
    out.home = path / "home";
    out.fast_key_file = true;
    out.domain = "uni.example:8443/creds";
    out.now = Timestamp(1'795'392'000);
    return out;
  }
};

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("init with a domain makes a did:webvh, its keys, and update keys outside of the home") {
  const Folder folder;
  SystemRng rng;
  const auto made = init_home(folder.options(), rng);
  REQUIRE_OK(made);
  CHECK(made->issuer.text().ends_with(":uni.example%3A8443:creds"));
  CHECK(made->public_url == "https://uni.example:8443");
  REQUIRE(made->first_entry);
  const auto body = issuer::EntryBody::parse(made->first_entry->body);
  REQUIRE_OK(body);
  const auto log = issuer::OwnLog::read("vcnode-dev", std::span(&*body, 1), Timestamp(1'795'392'000));
  REQUIRE_OK(log);
  CHECK(log->newest().did().did() == made->issuer);
  CHECK(log->newest().version_id().text() == made->first_entry->version_id);
  CHECK(made->origin == "vcnode-dev/" + made->first_entry->scid + "/1");

  const auto config = load_config(folder.path / "home");
  REQUIRE_OK(config);
  const IssuerConfig& issuer = config->issuers.at(0);
  CHECK(issuer.did == made->issuer);
  CHECK(issuer.has_history());
  CHECK(issuer.key_file.empty());
  const auto keys = list_keys(issuer.keys_folder);
  REQUIRE_OK(keys);
  REQUIRE(keys->size() == 2);
  CHECK(keys->at(0).key == issuer::assertion_methods(log->newest()).at(0).key);
  CHECK(keys->at(1).key == log->feed()->key);

  CHECK(made->update_folder == folder.path / "home-update-keys" / "main");
  CHECK(std::filesystem::status(made->update_folder).permissions() == std::filesystem::perms(0700));
  CHECK(text_of(made->update_folder / "README.txt").find("offline") != std::string::npos);
  const auto update = list_keys(made->update_folder);
  REQUIRE_OK(update);
  REQUIRE(update->size() == 2);
  CHECK_FALSE(log->may_be_signed_by(update->at(0).key));
  CHECK(log->may_be_signed_by(update->at(1).key));
}

TEST_CASE("update keys are never mixed with others, and a failed init takes its own away") {
  const Folder folder;
  SystemRng rng;
  auto options = folder.options();
  options.judge = [](const Config&) -> Result<void> { return fail(codes::CONFIG_VALUE, "no"); };
  CHECK_CODE(init_home(options, rng), codes::CONFIG_VALUE);
  CHECK(std::filesystem::is_empty(folder.path));

  REQUIRE_OK(init_home(folder.options(), rng));
  std::filesystem::remove_all(folder.path / "home");
  CHECK_CODE_NAMES(init_home(folder.options(), rng), codes::UPDATE_KEYS_EXIST, "home-update-keys");
  CHECK(list_keys(folder.path / "home-update-keys" / "main")->size() == 2);

  options = folder.options();
  options.update_keys = folder.path / "usb";
  std::ofstream(folder.path / "secret") << "a second passphrase\n";
  std::filesystem::permissions(folder.path / "secret", std::filesystem::perms(0600));
  options.update_passphrase = "file:" + (folder.path / "secret").string();
  const auto made = init_home(options, rng);
  REQUIRE_OK(made);
  CHECK(made->update_folder == folder.path / "usb" / "main");
  const auto key = list_keys(made->update_folder)->at(0);
  REQUIRE_OK(open_key(key.path, kUpdateKeyPurpose, SecretBytes::copy_of(as_bytes("a second passphrase"))));
}

TEST_CASE("a domain that no did:webvh can have is refused before anything is made") {
  const Folder folder;
  SystemRng rng;
  for (const char* domain : {"localhost", "127.0.0.1", "uni", "uni.example/", ""}) {
    CAPTURE(domain);
    auto options = folder.options();
    options.domain = domain;
    CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "--domain");
  }
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("an issuer is added to config.toml and renamed there, and nothing else changes") {
  const Folder folder;
  SystemRng rng;
  const auto made = init_home(folder.options(), rng);
  REQUIRE_OK(made);
  const auto config = load_config(folder.path / "home");
  REQUIRE_OK(config);
  const std::string before = text_of(folder.path / "home" / "config.toml");
  const auto other = Did::parse("did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd");
  const auto changed = add_issuer_table(*config, issuer_table("second", *other, "keys/issuer-second.json"));
  REQUIRE_OK(changed);
  CHECK(changed->issuers.size() == 2);
  CHECK(text_of(folder.path / "home" / "config.toml").starts_with(before));
  CHECK_CODE_NAMES(add_issuer_table(*config, issuer_table("second", *other, "x")), codes::CONFIG_VALUE,
                   "twice");
  CHECK(load_config(folder.path / "home")->issuers.size() == 2);

  const auto moved = Did::parse("did:webvh:" + made->first_entry->scid + ":new.example");
  REQUIRE_OK(rename_issuer(*config, made->issuer, *moved));
  CHECK(load_config(folder.path / "home")->issuers.at(0).did == *moved);
  REQUIRE_OK(rename_issuer(*config, made->issuer, *moved));
}
