// init with a domain, and what `issuer new` and `issuer move` do to a home.
#include "node/config/identity.h"

#include <fstream>
#include <sstream>

#include "crypto/codes.h"
#include "node/config/codes.h"
#include "node/config/issuer_place.h"
#include "protocol/issuer/documents.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_directory.h"

using namespace vcnode;
using namespace vcnode::node;

namespace {

struct HomeFolder {
  test::TemporaryDirectory directory;
  std::filesystem::path path = directory.path();
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

TEST_CASE("two issuers of one node have no address in common") {
  const auto at = [](const std::string& name, const std::string& place) {
    return IssuerConfig{name,
                        *Did::parse("did:webvh:QmbGByHk3idQYHk39xmYh6HZEKBcSGHEqa7Yv9u81goZ2e:" + place)};
  };
  const std::vector<IssuerConfig> good{
      at("a", "uni.example"),
      at("b", "uni.example:law"),
      at("c", "uni.example%3A8443"),
      at("d", "law.example"),
      {"e", *Did::parse("did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd")},
      {"f", *Did::parse("did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd")}};
  REQUIRE_OK(check_places(good));
  for (const char* place :
       {"uni.example", "uni.example:443", "uni.example:8443", "uni.example/law", "uni.example:443/law"}) {
    CAPTURE(place);
    CHECK_CODE_NAMES(check_place_free(good, "new", *issuer::location_of(place)), codes::ISSUER_PLACE_TAKEN,
                     "'new' and '");
  }
  auto bad = good;
  bad.push_back(at("g", "uni.example:law"));
  CHECK_CODE_NAMES(check_places(bad), codes::ISSUER_PLACE_TAKEN, "'g' and 'b'");
  REQUIRE_OK(check_place_free(good, "a", "uni.example"));  // where it is already
  REQUIRE_OK(check_place_free(good, "new", "uni.example:music"));
}

TEST_CASE("update keys inside the home are refused") {
  const HomeFolder folder;
  const auto home = folder.path / "home";
  std::filesystem::create_directory(home);
  std::filesystem::create_directory_symlink(home, folder.path / "other-name");
  for (const auto& inside :
       {home, home / "uk", home / "a" / ".." / "uk", folder.path / "other-name" / "uk"}) {
    CAPTURE(inside.string());
    CHECK_CODE_NAMES(check_outside_home(inside, home), codes::CONFIG_VALUE, home.string());
  }
  for (const auto& outside : {folder.path / "uk", folder.path / "home-update-keys", home / ".." / "uk"}) {
    CAPTURE(outside.string());
    REQUIRE_OK(check_outside_home(outside, home));
  }
  REQUIRE_OK(check_outside_home(std::nullopt, home));
  auto options = folder.options();
  options.home = folder.path / "new";
  options.update_keys = folder.path / "new" / "uk";
  SystemRng rng;
  CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "--update-keys");
  CHECK_FALSE(std::filesystem::exists(options.home));
  options.update_keys.reset();
  options.domain = "https://uni.example";
  CHECK_CODE_NAMES(init_home(options, rng), codes::CONFIG_VALUE, "it is a URL");
}

TEST_CASE("init with a domain makes a did:webvh, its keys, and update keys outside of the home") {
  const HomeFolder folder;
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
  const HomeFolder folder;
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
  const HomeFolder folder;
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
  const HomeFolder folder;
  SystemRng rng;
  const auto made = init_home(folder.options(), rng);
  REQUIRE_OK(made);
  const auto config = load_config(folder.path / "home");
  REQUIRE_OK(config);
  const std::string before = text_of(folder.path / "home" / "config.toml");
  const auto other = Did::parse("did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd");
  const auto changed = add_table(*config, issuer_table("second", *other, "keys/issuer-second.json"));
  REQUIRE_OK(changed);
  CHECK(changed->issuers.size() == 2);
  CHECK(text_of(folder.path / "home" / "config.toml").starts_with(before));
  CHECK_CODE_NAMES(add_table(*config, issuer_table("second", *other, "x")), codes::CONFIG_VALUE, "twice");
  CHECK(load_config(folder.path / "home")->issuers.size() == 2);

  const auto moved = Did::parse("did:webvh:" + made->first_entry->scid + ":new.example");
  REQUIRE_OK(rename_issuer(*config, made->issuer, *moved));
  CHECK(load_config(folder.path / "home")->issuers.at(0).did == *moved);
  REQUIRE_OK(rename_issuer(*config, made->issuer, *moved));
}
